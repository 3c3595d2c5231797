"""Profiles: list, flame graphs, and pprof files that are sent here."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from watchkeeper.api.auth import RoomsHere, ViewerScope
from watchkeeper.api.wk.json_answer import json_answer
from watchkeeper.api.wk.shapes import ERRORS, RangeQuery
from watchkeeper.lib.clock import HOUR_MS
from watchkeeper.model import TimeRange
from watchkeeper.traces import Flame, ProfilePage, ProfileQuery

router = APIRouter(prefix="/projects/{project_id}/profiles", tags=["profiles"], responses=ERRORS)


class ProfileFilter(RangeQuery):
    """Which profiles; empty fields match all. trace_id, profiler_id: of that one, at any time."""

    transaction: str = Field(default="", max_length=500)
    service: str = Field(default="", max_length=250)
    env: str = Field(default="", max_length=64)
    release: str = Field(default="", max_length=250)
    trace_id: str = Field(default="", max_length=64)
    profiler_id: str = Field(default="", max_length=64)

    def over(self, span: TimeRange) -> ProfileQuery:
        """The same as the traces room says it."""
        return ProfileQuery(
            range=span,
            transaction=self.transaction,
            service=self.service,
            environment=self.env,
            release=self.release,
            trace_id=self.trace_id,
            profiler_id=self.profiler_id,
        )


class ProfileListQuery(ProfileFilter):
    """A page of the list."""

    cursor: str = Field(default="", max_length=200)
    limit: int = Field(default=50, ge=1, le=200)


class FlameQuery(ProfileFilter):
    """thread: id of one thread. kind: what was measured, where a profile holds several."""

    thread: str = Field(default="", max_length=100)
    kind: str = Field(default="", max_length=64)


class OneFlameQuery(BaseModel):
    """As FlameQuery."""

    thread: str = Field(default="", max_length=100)
    kind: str = Field(default="", max_length=64)


@router.get("", response_model=ProfilePage)
def list_profiles(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[ProfileListQuery, Query()]
) -> Response:
    """A page of profiles and the transactions that have some. The last hour by default."""
    span = query.within(rooms.clock(), default_ms=HOUR_MS)
    page = rooms.profiles.list(scope, query.over(span), cursor=query.cursor, limit=query.limit)
    return json_answer(page)


@router.get("/flame", response_model=Flame)
def get_flame(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[FlameQuery, Query()]
) -> Response:
    """One flame graph of all profiles that match, the newest 50 merged."""
    span = query.within(rooms.clock(), default_ms=HOUR_MS)
    flame = rooms.profiles.merged(scope, query.over(span), thread=query.thread, kind=query.kind)
    return json_answer(flame)


@router.get("/{profile_id}", response_model=Flame)
def get_profile(
    rooms: RoomsHere,
    scope: ViewerScope,
    profile_id: Annotated[str, Path(max_length=64)],
    query: Annotated[OneFlameQuery, Query()],
) -> Response:
    """The flame graph of one profile."""
    flame = rooms.profiles.one(scope, profile_id, thread=query.thread, kind=query.kind)
    return json_answer(flame)
