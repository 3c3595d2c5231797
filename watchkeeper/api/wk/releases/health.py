"""How releases do: their sessions over time, and what was uploaded for them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from watchkeeper.api.auth import RoomsHere, ViewerScope
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.shapes import ERRORS, Answer, RangeQuery
from watchkeeper.artifacts import Health, HealthLine
from watchkeeper.lib.clock import DAY_MS

router = LateRouter(tags=["releases"], responses=ERRORS)


class HealthAnswer(Answer):
    """Of the sessions that began in the range; each is one of healthy, errored, abnormal, crashed.

    crash_free_…: share without a crash, 0..1; users: null if no session said whose it was.
    adoption_ratio: share of all sessions of the last 24 hours; null if there were none.
    """

    sessions: int
    healthy: int
    errored: int
    abnormal: int
    crashed: int
    users: int
    crashed_users: int
    crash_free_sessions_ratio: float | None
    crash_free_users_ratio: float | None
    adoption_ratio: float | None


class HealthLineAnswer(Answer):
    """A value a slot of time; null in those without sessions, which are gaps and not zeros."""

    sessions: list[int | None]
    healthy: list[int | None]
    errored: list[int | None]
    abnormal: list[int | None]
    crashed: list[int | None]
    users: list[int | None]
    crash_free_sessions_ratio: list[float | None]
    crash_free_users_ratio: list[float | None]


class EnvironmentHealthAnswer(Answer):
    """How the release does in one environment."""

    environment: str
    health: HealthAnswer


class ReleaseBeforeAnswer(Answer):
    """The last release of the same package before it that had sessions in the range."""

    version: str
    health: HealthAnswer
    line: HealthLineAnswer


class ReleaseHealthAnswer(Answer):
    """times_ms: starts of the slots, each `step_ms` long: 5 minutes, an hour or a day (UTC).

    health: null without sessions in the range. before: null where there is no such release.
    """

    version: str
    health: HealthAnswer | None
    step_ms: int
    times_ms: list[int]
    line: HealthLineAnswer
    environments: list[EnvironmentHealthAnswer]
    before: ReleaseBeforeAnswer | None


class ArtifactAnswer(Answer):
    """An uploaded file. kind: source, minified_source, source_map, …; size_bytes: unpacked.

    debug_id: empty where the file is found by its address alone.
    """

    kind: str
    url: str
    debug_id: str
    size_bytes: int
    dist: str
    uploaded_ms: int


class ArtifactsAnswer(Answer):
    """A page, by address. next_offset: null at the end."""

    artifacts: list[ArtifactAnswer]
    next_offset: int | None


class ArtifactsQuery(BaseModel):
    """Which page."""

    limit: int = Field(default=100, ge=1, le=500)
    offset: int = Field(default=0, ge=0, le=1_000_000)


class HealthQuery(RangeQuery):
    """env: only sessions of this environment."""

    env: str = Field(default="", max_length=64)


@router.get("/projects/{project_id}/releases/{version:path}/health")
def get_release_health(
    rooms: RoomsHere, scope: ViewerScope, version: str, query: Annotated[HealthQuery, Query()]
) -> ReleaseHealthAnswer:
    """A release's sessions over time, beside the release before; the last 14 days by default."""
    span = query.within(rooms.clock(), default_ms=14 * DAY_MS)
    page = rooms.session_health.page(scope, version, span, query.env)
    return ReleaseHealthAnswer(
        version=version,
        health=health_answer(page.total),
        step_ms=page.line.step_ms,
        times_ms=list(_times(page.line)),
        line=_line(page.line),
        environments=[
            EnvironmentHealthAnswer(environment=name, health=_answer(health))
            for name, health in page.environments.items()
        ],
        before=None
        if page.before_total is None
        else ReleaseBeforeAnswer(
            version=page.before,
            health=_answer(page.before_total),
            line=_line(page.before_line),
        ),
    )


@router.get("/projects/{project_id}/releases/{version:path}/artifacts")
def list_artifacts(
    rooms: RoomsHere, scope: ViewerScope, version: str, query: Annotated[ArtifactsQuery, Query()]
) -> ArtifactsAnswer:
    """Source maps and sources that were uploaded for a release, by address."""
    found = rooms.uploads.release_files(scope, version, limit=query.limit + 1, offset=query.offset)
    has_more = len(found) > query.limit
    return ArtifactsAnswer(
        artifacts=[
            ArtifactAnswer(
                kind=str(one["kind"]),
                url=str(one["url"]),
                debug_id=str(one["debug_id"]),
                size_bytes=int(one["size_bytes"]),
                dist=str(one["dist"]),
                uploaded_ms=int(one["uploaded_ms"]),
            )
            for one in found[: query.limit]
        ],
        next_offset=query.offset + query.limit if has_more else None,
    )


def health_answer(health: Health | None) -> HealthAnswer | None:
    """None for a release without sessions."""
    return None if health is None else _answer(health)


def _answer(health: Health) -> HealthAnswer:
    return HealthAnswer.model_validate(health, from_attributes=True)


def _times(line: HealthLine) -> range:
    return range(line.start_ms, line.end_ms, line.step_ms)


def _line(line: HealthLine) -> HealthLineAnswer:
    by_slot = {point.start_ms: point.health for point in line.points}
    slots = [by_slot.get(at_ms) for at_ms in _times(line)]
    return HealthLineAnswer(
        sessions=[one.sessions if one else None for one in slots],
        healthy=[one.healthy if one else None for one in slots],
        errored=[one.errored if one else None for one in slots],
        abnormal=[one.abnormal if one else None for one in slots],
        crashed=[one.crashed if one else None for one in slots],
        users=[one.users if one else None for one in slots],
        crash_free_sessions_ratio=[one.crash_free_sessions_ratio if one else None for one in slots],
        crash_free_users_ratio=[one.crash_free_users_ratio if one else None for one in slots],
    )
