"""How many errors a project has: totals, trends, and by what they have in common."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import Field

from watchkeeper.api.auth import RoomsHere, ViewerScope
from watchkeeper.api.wk.issues.error_shapes import (
    ByName,
    ErrorGroup,
    ErrorGroupsAnswer,
    ErrorSummaryAnswer,
    ErrorTotals,
)
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.shapes import ERRORS, RangeQuery
from watchkeeper.issues import ErrorFilter, GroupBy, IssueStatus
from watchkeeper.issues import ErrorTotals as TotalsOfRange
from watchkeeper.lib.clock import DAY_MS
from watchkeeper.model import TimeRange

router = LateRouter(tags=["errors"], responses=ERRORS)


class ErrorsQuery(RangeQuery):
    """Which errors count, and in how many buckets."""

    env: str = Field(default="", max_length=64)
    release: str = Field(default="", max_length=250)
    buckets: int = Field(default=48, ge=1, le=500)

    def over(self, span: TimeRange) -> ErrorFilter:
        """The same as the issues room says it."""
        return ErrorFilter(range=span, environment=self.env, release=self.release)


class GroupsQuery(ErrorsQuery):
    """by: what is counted; tag: which tag stands for a feature."""

    by: ByName = "type"
    tag: str = Field(default="feature", max_length=200)
    limit: int = Field(default=20, ge=1, le=100)


@router.get("/projects/{project_id}/errors/summary")
def get_error_summary(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[ErrorsQuery, Query()]
) -> ErrorSummaryAnswer:
    """Errors, people, issues and error rate beside the range before. 24 h if none is given."""
    span = query.within(rooms.clock(), default_ms=DAY_MS)
    found = rooms.issues.rates.summary(scope, query.over(span), buckets=query.buckets)
    return ErrorSummaryAnswer(
        now=_totals(found.now),
        before=_totals(found.before),
        change_pct=found.change_pct,
        times_ms=list(found.times_ms),
        events=list(found.events),
        users=list(found.users),
        new_issues=found.new_issues,
        regressions=found.regressions,
        unresolved=found.statuses[IssueStatus.UNRESOLVED],
        resolved=found.statuses[IssueStatus.RESOLVED],
        ignored=found.statuses[IssueStatus.IGNORED],
    )


@router.get("/projects/{project_id}/errors/groups")
def get_error_groups(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[GroupsQuery, Query()]
) -> ErrorGroupsAnswer:
    """The most frequent errors by endpoint, user, feature, type, function, …, each over time."""
    span = query.within(rooms.clock(), default_ms=DAY_MS)
    found = rooms.issues.rates.groups(
        scope,
        query.over(span),
        GroupBy(query.by),
        tag=query.tag,
        buckets=query.buckets,
        limit=query.limit,
    )
    return ErrorGroupsAnswer(
        by=query.by,
        tag=query.tag if query.by == "feature" else "",
        total=found.total,
        other=found.other,
        times_ms=list(found.times_ms),
        groups=[
            ErrorGroup(
                value=one.value,
                label=one.label,
                short_id=one.short_id,
                events=one.events,
                users=one.users,
                ratio=one.ratio,
                per_minute=one.per_minute,
                previous_events=one.previous_events,
                requests=one.requests,
                error_pct=one.error_pct,
                series=list(one.series),
            )
            for one in found.groups
        ],
    )


def _totals(one: TotalsOfRange) -> ErrorTotals:
    return ErrorTotals(
        events=one.events,
        users=one.users,
        issues=one.issues,
        requests=one.requests,
        error_pct=one.error_pct,
    )
