"""Issues and their events."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from watchkeeper.api.auth import Caller, MemberScope, RoomsHere, ViewerScope
from watchkeeper.api.wk import issue_answers as answers

from watchkeeper.api.wk.issue_shapes import (
    BulkAnswer,
    BulkBody,
    EventAnswer,
    IssueAnswer,
    IssueDetail,
    IssuePatch,
    IssuesAnswer,
    SortName,
    StatusName,
)
from watchkeeper.api.wk.shapes import ERRORS, RangeQuery
from watchkeeper.model import Severity

router = APIRouter(tags=["issues"], responses=ERRORS)


class IssueFilter(RangeQuery):
    """What the list shows. q: words of title, type, culprit or short id; empty fields match all."""

    status: StatusName | None = None
    q: str = Field(default="", max_length=500)
    env: str = Field(default="", max_length=64)
    release: str = Field(default="", max_length=250)
    severity: Severity | None = None
    sort: SortName = "last_seen"
    cursor: str | None = None
    limit: int = Field(default=50, ge=1, le=200)


@router.get("/projects/{project_id}/issues")
def list_issues(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[IssueFilter, Query()]
) -> IssuesAnswer:
    """A page of issues, and the events of all that match. The last 24 h if no range is given."""
    range_ = query.within(rooms.clock(), default_ms=DAY_MS)
    wanted = _issue_query(query, range_)
    page = rooms.issues.list(scope, wanted)
    stats = rooms.issues.stats(scope, range_, _bucket_ms(range_))
    return answers.page(page, stats)


@router.post("/projects/{project_id}/issues/bulk")
def change_issues(project_id: int, body: BulkBody) -> BulkAnswer:
    """One change to many issues. An id that does not exist changes nothing: 404. Role member."""
    raise NotImplementedError


@router.get("/projects/{project_id}/issues/{short_id}")
def get_issue(project_id: int, short_id: str, query: Annotated[RangeQuery, Query()]) -> IssueDetail:
    """One issue with its time series, tags and history."""
    raise NotImplementedError


@router.patch("/projects/{project_id}/issues/{short_id}")
def change_issue(project_id: int, short_id: str, body: IssuePatch) -> IssueAnswer:
    """Resolve, ignore, reopen, rate or assign. Needs role member."""
    raise NotImplementedError


@router.get("/projects/{project_id}/issues/{short_id}/events/{which}")
def get_event(project_id: int, short_id: str, which: str) -> EventAnswer:
    """One event: its id, or `latest`, `oldest`, `recommended`."""
    raise NotImplementedError
