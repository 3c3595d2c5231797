"""The page that says what is up, what broke and what is firing."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import Field

from watchkeeper.api.auth import RoomsHere, ViewerScope
from watchkeeper.api.wk import home_parts as parts
from watchkeeper.api.wk.home_queries import ask
from watchkeeper.api.wk.home_shapes import HomeAnswer
from watchkeeper.api.wk.issue_answers import issue_answer
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.shapes import ERRORS, RangeQuery
from watchkeeper.issues import IssueQuery, IssueStatus
from watchkeeper.lib.clock import HOUR_MS

SHOWN_ISSUES = 8

router = LateRouter(tags=["home"], responses=ERRORS)


class HomeQuery(RangeQuery):
    """env: narrows the issues to one environment."""

    env: str = Field(default="", max_length=64)


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
    asked = ask(rooms.engine, scope, span)
    issues = rooms.issues.list(scope, wanted).issues
    alerts = rooms.alerts.active(scope)
    targets = rooms.scraper.targets(scope)
    return HomeAnswer(
        needs_you=parts.needs_you(alerts, targets, issues),
        charts=[each.result() for each in asked.charts],
        targets=parts.target_rows(targets, asked.history()),
        issues=[issue_answer(each) for each in issues],
        counts=parts.counts(alerts, targets, rooms.issues.status_counts(scope)),
        hosts=parts.hosts({key: each.result() for key, each in asked.hosts.items()}),
        setup_done=parts.setup_done(rooms, scope),
    )
