"""Issues and their events."""

from __future__ import annotations

import math
from typing import Annotated

from fastapi import Query
from pydantic import Field

from watchkeeper.api.auth import Caller, MemberScope, RoomsHere, ViewerScope
from watchkeeper.api.wk.issues.act_shapes import IssuePatch, StatusName
from watchkeeper.api.wk.issues.acts import change_of, intent_of, tell
from watchkeeper.api.wk.issues.answers import (
    detail_answer,
    event_answer,
    issue_answer,
    issues_answer,
)
from watchkeeper.api.wk.issues.shapes import (
    EventAnswer,
    IssueAnswer,
    IssueDetail,
    IssuesAnswer,
    SortName,
)
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.shapes import ERRORS, RangeQuery
from watchkeeper.issues import IssueQuery, IssueSort, IssueStatus
from watchkeeper.lib.clock import DAY_MS, MINUTE_MS
from watchkeeper.model import Severity, TimeRange

MOST_BUCKETS = 96
"""Buckets of a chart of events."""

router = LateRouter(tags=["issues"], responses=ERRORS)


class IssueFilter(RangeQuery):
    """What the list shows. q: a search, such as `is:unresolved release:latest checkout`."""

    status: StatusName | None = None
    q: str = Field(default="", max_length=500)
    env: str = Field(default="", max_length=64)
    release: str = Field(default="", max_length=250)
    severity: Severity | None = None
    sort: SortName = "last_seen"
    cursor: str | None = Field(default=None, max_length=200)
    limit: int = Field(default=50, ge=1, le=200)

    def over(self, span: TimeRange) -> IssueQuery:
        """The same as the issues room says it."""
        return IssueQuery(
            range=span,
            status=IssueStatus(self.status) if self.status else None,
            text=self.q,
            environment=self.env,
            release=self.release,
            severity=self.severity,
            sort=IssueSort(self.sort),
            cursor=self.cursor or "",
            limit=self.limit,
        )


@router.get("/projects/{project_id}/issues")
def list_issues(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[IssueFilter, Query()]
) -> IssuesAnswer:
    """A page of issues, and the project's events. The last 24 h if no range is given."""
    span = query.within(rooms.clock(), default_ms=DAY_MS)
    page, stats = rooms.issues.list_with_stats(scope, query.over(span), buckets=buckets_of(span))
    return issues_answer(page, stats)


@router.get("/projects/{project_id}/issues/{short_id}")
def get_issue(
    rooms: RoomsHere, scope: ViewerScope, short_id: str, query: Annotated[RangeQuery, Query()]
) -> IssueDetail:
    """One issue with its time series, tags and history. The last 24 h if no range is given."""
    span = query.within(rooms.clock(), default_ms=DAY_MS)
    page = rooms.issues.page_of(scope, short_id, span, buckets=buckets_of(span))
    return detail_answer(page.issue, page.stats, list(page.tags), list(page.activity))


@router.patch("/projects/{project_id}/issues/{short_id}")
def change_issue(
    rooms: RoomsHere, scope: MemberScope, caller: Caller, short_id: str, body: IssuePatch
) -> IssueAnswer:
    """Resolve, ignore, reopen, rate or assign. Needs role member."""
    now_ms = rooms.clock()
    rooms.issues.acts.change(
        scope, [short_id], change_of(body), actor=caller.email, intent=intent_of(body, now_ms)
    )
    tell(rooms, scope)
    return issue_answer(rooms.issues.get(scope, short_id, TimeRange(now_ms - DAY_MS, now_ms)))


@router.get("/projects/{project_id}/issues/{short_id}/events/{which}")
def get_event(rooms: RoomsHere, scope: ViewerScope, short_id: str, which: str) -> EventAnswer:
    """One event: its id, or `latest`, `oldest`, `recommended`."""
    return event_answer(rooms.issues.event(scope, short_id, which))


def buckets_of(span: TimeRange) -> int:
    """Buckets of a chart of the range: whole minutes or longer, at most MOST_BUCKETS."""
    return max(1, min(MOST_BUCKETS, math.ceil(span.length_ms / MINUTE_MS)))
