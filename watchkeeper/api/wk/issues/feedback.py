"""What people write about the product."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query
from pydantic import Field

from watchkeeper.api.auth import RoomsHere, ViewerScope
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.shapes import ERRORS, Answer, RangeQuery
from watchkeeper.issues import FeedbackFilter, FeedbackPage
from watchkeeper.lib.clock import DAY_MS

router = LateRouter(tags=["feedback"], responses=ERRORS)

_DEFAULT_MS = 90 * DAY_MS
EventId = Annotated[str, Path(pattern=r"^[0-9a-fA-F-]{32,36}$")]


class FeedbackAnswer(Answer):
    """What somebody wrote. Empty texts: not told.

    event_id: the error that it is about; short_id, title: of its issue, empty if it is not stored.
    source: what showed the form.
    """

    feedback_id: str
    ts_ms: int
    name: str
    email: str
    message: str
    url: str
    source: str
    user_key: str
    event_id: str
    replay_id: str
    trace_id: str
    environment: str
    release: str
    short_id: str
    title: str


class FeedbackListAnswer(Answer):
    """A page, newest first. total: of all pages."""

    feedback: list[FeedbackAnswer]
    next_cursor: str | None
    total: int


class PageQuery(RangeQuery):
    """The last 90 days if no range is given."""

    cursor: str = Field(default="", max_length=200)
    limit: int = Field(default=50, ge=1, le=200)


class FeedbackQuery(PageQuery):
    """q: part of the message, of a name, an e-mail address or a URL; env, release: only those."""

    q: str = Field(default="", max_length=200)
    env: str = Field(default="", max_length=64)
    release: str = Field(default="", max_length=250)


@router.get("/projects/{project_id}/feedback")
def list_feedback(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[FeedbackQuery, Query()]
) -> FeedbackListAnswer:
    """What people wrote, the newest first."""
    chosen = FeedbackFilter(
        range=query.within(rooms.clock(), default_ms=_DEFAULT_MS),
        text=query.q.strip(),
        environment=query.env,
        release=query.release,
    )
    return _answer(
        rooms.feedback.page(scope, chosen, cursor=query.cursor, limit=query.limit),
    )


@router.get("/projects/{project_id}/issues/{short_id}/feedback")
def list_issue_feedback(
    rooms: RoomsHere, scope: ViewerScope, short_id: str, query: Annotated[PageQuery, Query()]
) -> FeedbackListAnswer:
    """What people wrote about the events of an issue."""
    chosen = FeedbackFilter(range=query.within(rooms.clock(), default_ms=_DEFAULT_MS))
    page = rooms.feedback.page(
        scope, chosen, issue=short_id, cursor=query.cursor, limit=query.limit
    )
    return _answer(page)


@router.get("/projects/{project_id}/events/{event_id}/feedback")
def list_event_feedback(
    rooms: RoomsHere, scope: ViewerScope, event_id: EventId, query: Annotated[PageQuery, Query()]
) -> FeedbackListAnswer:
    """What people wrote about one event."""
    chosen = FeedbackFilter(
        range=query.within(rooms.clock(), default_ms=_DEFAULT_MS),
        event_id=event_id.replace("-", "").lower(),
    )
    return _answer(rooms.feedback.page(scope, chosen, cursor=query.cursor, limit=query.limit))


def _answer(page: FeedbackPage) -> FeedbackListAnswer:
    return FeedbackListAnswer(
        feedback=[
            FeedbackAnswer.model_validate(one, from_attributes=True) for one in page.feedback
        ],
        next_cursor=page.next_cursor,
        total=page.total,
    )
