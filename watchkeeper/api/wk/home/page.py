"""The page that says what is up, what broke and what is firing."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import Field

from watchkeeper.api.auth import RoomsHere, ViewerScope
from watchkeeper.api.rooms import Rooms
from watchkeeper.api.wk.home import parts
from watchkeeper.api.wk.home.queries import ask
from watchkeeper.api.wk.home.shapes import HomeAnswer
from watchkeeper.api.wk.issues import issue_answer
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.shapes import ERRORS, RangeQuery
from watchkeeper.issues import IssueQuery, IssueStatus
from watchkeeper.lib.clock import DAY_MS, HOUR_MS
from watchkeeper.model import Scope, TimeRange

SHOWN_ISSUES = 8
MOST_BACK_MS = 366 * DAY_MS
ALERTS_BACK_MS = 90 * DAY_MS

router = LateRouter(tags=["home"], responses=ERRORS)


class HomeQuery(RangeQuery):
    """env: narrows the issues to one environment. back_ms: what charts are compared with."""

    env: str = Field(default="", max_length=64)
    back_ms: int = Field(default=0, ge=0, le=MOST_BACK_MS, description="ms; 0 compares nothing")


@router.get("/projects/{project_id}/home")
def get_home(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[HomeQuery, Query()]
) -> HomeAnswer:
    """All that Home shows, in one answer. The last 6 h if no range is given."""
    span = query.within(rooms.clock(), default_ms=6 * HOUR_MS)
    wanted = IssueQuery(
        range=span,
        status=IssueStatus.UNRESOLVED,
        environment=query.env,
        limit=SHOWN_ISSUES,
    )
    asked = ask(rooms.engine, rooms.source, scope, span, back_ms=query.back_ms)
    issues = rooms.issues.list(scope, wanted).issues
    alerts = rooms.alerts.active(scope)
    targets, history = rooms.scraper.targets(scope), asked.history()
    return HomeAnswer(
        needs_you=parts.needs_you(alerts, targets, history, issues),
        last_alert_ms=_last_alert_ms(rooms, scope),
        charts=[each.result() for each in asked.charts],
        services=asked.services.result(),
        targets=parts.target_rows(targets, history),
        issues=[issue_answer(each) for each in issues],
        counts=parts.counts(alerts, targets, rooms.issues.status_counts(scope)),
        hosts=parts.hosts({key: each.result() for key, each in asked.hosts.items()}),
        setup_done=parts.setup_done(rooms, scope),
    )


def _last_alert_ms(rooms: Rooms, scope: Scope) -> int | None:
    """When an alert last entered a phase."""
    now_ms = rooms.clock()
    span = TimeRange(now_ms - ALERTS_BACK_MS, now_ms + 1)
    newest = rooms.alerts.history(scope, span, limit=1)
    return newest[0].at_ms if newest else None
