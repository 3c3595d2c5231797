"""Scheduled jobs that check in."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field

from watchkeeper.api.auth import MemberScope, RoomsHere, ViewerScope
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.shapes import ERRORS, Answer, Done, RangeQuery
from watchkeeper.lib.clock import DAY_MS
from watchkeeper.monitors import Monitor, MonitorEnvironment

router = LateRouter(tags=["monitors"], responses=ERRORS)

RunStatusName = Literal["in_progress", "ok", "error", "missed", "timeout"]


class MonitorEnvironmentAnswer(Answer):
    """A job in one environment.

    status: of the last run. is_late: due, and not yet missed. incident_ms: since when it has an
    open issue, null if it has none. last_ms: when the last run began;
    last_ok_ms: the last that was well; next_ms: when the next is due, null without a schedule.
    failures: runs in a row that were no success.
    """

    environment: str
    status: RunStatusName
    is_late: bool
    last_ms: int | None
    last_ok_ms: int | None
    next_ms: int | None
    failures: int
    incident_ms: int | None


class RunCountsAnswer(Answer):
    """Runs of the range by what became of them."""

    ok: int
    error: int
    missed: int
    timeout: int
    in_progress: int


class MonitorAnswer(Answer):
    """A scheduled job. schedule: a crontab line, or `every 10 minutes`; empty: none was told.

    schedule_error: why what was told cannot be read. ok_ratios: share of the runs that ended well,
    by 48 equal slots of the range; null where none ended. failure_issue_threshold: runs in a row
    that were no success and open an issue; recovery_threshold: runs in a row that were, and resolve
    it. owner: `user:` or `team:` and whose the job is; empty if nobody was named.
    """

    slug: str
    schedule: str
    timezone: str
    margin_min: int
    max_runtime_min: int
    failure_issue_threshold: int
    recovery_threshold: int
    owner: str
    schedule_error: str
    created_ms: int
    environments: list[MonitorEnvironmentAnswer]
    runs: RunCountsAnswer
    ok_ratios: list[float | None]


class MonitorsAnswer(Answer):
    """By name."""

    monitors: list[MonitorAnswer]


class RunAnswer(Answer):
    """One run. ts_ms: when it began, or should have; duration_ms: null if it is not known."""

    check_in_id: str
    status: RunStatusName
    ts_ms: int
    duration_ms: int | None
    environment: str
    release: str
    trace_id: str


class MonitorPageAnswer(Answer):
    """A job with its last runs in the range, newest first, at most 500."""

    monitor: MonitorAnswer
    runs: list[RunAnswer]


class MonitorQuery(RangeQuery):
    """env: only runs of this environment. The last 24 hours if no range is given."""

    env: str = Field(default="", max_length=250)


@router.get("/projects/{project_id}/monitors")
def list_monitors(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[RangeQuery, Query()]
) -> MonitorsAnswer:
    """Every scheduled job that ever checked in; its runs of the last 24 hours by default."""
    span = query.within(rooms.clock(), default_ms=DAY_MS)
    return MonitorsAnswer(monitors=[_monitor(one) for one in rooms.monitors.all(scope, span)])


@router.get("/projects/{project_id}/monitors/{slug}")
def get_monitor(
    rooms: RoomsHere, scope: ViewerScope, slug: str, query: Annotated[MonitorQuery, Query()]
) -> MonitorPageAnswer:
    """One scheduled job and its runs."""
    span = query.within(rooms.clock(), default_ms=DAY_MS)
    page = rooms.monitors.page(scope, slug, span, query.env)
    return MonitorPageAnswer(
        monitor=_monitor(page.monitor),
        runs=[
            RunAnswer(
                check_in_id=one.check_in_id,
                status=one.status.value,
                ts_ms=one.ts_ms,
                duration_ms=one.duration_ms,
                environment=one.environment,
                release=one.release,
                trace_id=one.trace_id,
            )
            for one in page.runs
        ],
    )


@router.delete("/projects/{project_id}/monitors/{slug}")
def delete_monitor(rooms: RoomsHere, scope: MemberScope, slug: str) -> Done:
    """Stop waiting for a job. Its check-ins stay, and the next one makes it anew. Needs member."""
    rooms.monitors.remove(scope, slug)
    return Done()


def _monitor(one: Monitor) -> MonitorAnswer:
    schedule = one.config.schedule
    return MonitorAnswer(
        slug=one.slug,
        schedule=schedule.text() if schedule else "",
        timezone=one.config.timezone,
        margin_min=one.config.margin_min,
        max_runtime_min=one.config.max_runtime_min,
        failure_issue_threshold=one.config.failures,
        recovery_threshold=one.config.recoveries,
        owner=one.config.owner,
        schedule_error=one.config.error,
        created_ms=one.created_ms,
        environments=[_environment(each) for each in one.environments],
        runs=RunCountsAnswer.model_validate(one.runs, from_attributes=True),
        ok_ratios=list(one.ok_ratios),
    )


def _environment(one: MonitorEnvironment) -> MonitorEnvironmentAnswer:
    state = one.state
    return MonitorEnvironmentAnswer(
        environment=one.environment,
        status=state.status.value,
        is_late=one.is_late,
        last_ms=state.last_ms,
        last_ok_ms=state.last_ok_ms,
        next_ms=state.next_ms,
        failures=state.failures,
        incident_ms=state.incident_ms,
    )
