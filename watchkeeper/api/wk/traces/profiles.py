"""Profiles: list, flame graphs, and pprof files that are sent here."""

from __future__ import annotations

from typing import Annotated
from uuid import uuid4

from fastapi import Path, Query, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from watchkeeper.api.auth import MemberScope, RoomsHere, ViewerScope
from watchkeeper.api.wk.json_answer import json_answer
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.shapes import ERRORS, RangeQuery
from watchkeeper.ingest import EncodedRows, EnvelopeBatch, ProfileRow, encode_envelope_rows
from watchkeeper.lib.clock import HOUR_MS, NS_A_MS
from watchkeeper.model import Kind, TimeRange
from watchkeeper.traces import Flame, ProfilePage, ProfileQuery, UploadedProfile, checked_pprof

router = LateRouter(prefix="/projects/{project_id}/profiles", tags=["profiles"], responses=ERRORS)


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


class UploadQuery(BaseModel):
    """What a pprof file does not say of itself."""

    service: str = Field(default="", max_length=250)
    transaction: str = Field(default="", max_length=500)
    env: str = Field(default="", max_length=64)
    release: str = Field(default="", max_length=250)
    host: str = Field(default="", max_length=250)
    platform: str = Field(default="", max_length=64)
    trace_id: str = Field(default="", pattern="^([0-9a-fA-F]{32})?$")
    span_id: str = Field(default="", pattern="^([0-9a-fA-F]{16})?$")


@router.post("", response_model=UploadedProfile, status_code=201)
async def upload_profile(
    rooms: RoomsHere, scope: MemberScope, request: Request, query: Annotated[UploadQuery, Query()]
) -> Response:
    """Keep a pprof file, gzipped or plain, sent as the body. Needs role member.

    It can be read within a second. 400 for a body that is no pprof profile.
    """
    body = await request.body()
    message, times = await run_in_threadpool(checked_pprof, body)
    profile_id = uuid4().hex
    row = ProfileRow(
        ts=times.start_ns // NS_A_MS or rooms.clock(),
        duration_ns=times.duration_ns,
        profile_id=profile_id,
        profiler_id="",
        trace_id=query.trace_id.lower(),
        span_id=query.span_id.lower(),
        transaction=query.transaction,
        platform=query.platform,
        service=query.service,
        environment=query.env,
        release=query.release,
        host=query.host,
        format="pprof",
        payload=message,
    )
    kept = EncodedRows(Kind.PROFILES, encode_envelope_rows([row]))
    await rooms.acceptor.accept_envelope(scope.project_id, EnvelopeBatch(rows=[kept]))
    return json_answer(UploadedProfile(profile_id=profile_id), status_code=201)


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
