"""What is known about an issue beside its events."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Query
from pydantic import Field

from watchkeeper.api.auth import RoomsHere, ViewerScope
from watchkeeper.api.wk.issues.fact_answers import (
    events_answer,
    facts_answer,
    similar_answer,
    tag_values_answer,
    why_answer,
)
from watchkeeper.api.wk.issues.fact_shapes import (
    EventsAnswer,
    FactsAnswer,
    SimilarAnswer,
    TagValuesAnswer,
    WhyAnswer,
)
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.shapes import ERRORS, RangeQuery
from watchkeeper.lib.clock import DAY_MS
from watchkeeper.lib.errors import Invalid

_EVENT_ID = re.compile(r"[0-9a-f]{32}\Z")
_DEFAULT_MS = 30 * DAY_MS

router = LateRouter(tags=["issues"], responses=ERRORS)


class EventsQuery(RangeQuery):
    """q: a search; its terms about events count."""

    q: str = Field(default="", max_length=500)
    cursor: str = Field(default="", max_length=200)
    limit: int = Field(default=50, ge=1, le=200)


@router.get("/projects/{project_id}/issues/{short_id}/facts")
def get_facts(rooms: RoomsHere, scope: ViewerScope, short_id: str) -> FactsAnswer:
    """Releases and environments with their shares, suspect deploy and commits."""
    return facts_answer(rooms.issues.facts(scope, short_id))


@router.get("/projects/{project_id}/issues/{short_id}/events")
def list_events(
    rooms: RoomsHere, scope: ViewerScope, short_id: str, query: Annotated[EventsQuery, Query()]
) -> EventsAnswer:
    """A page of the issue's events, newest first. The last 30 d if no range is given."""
    span = query.within(rooms.clock(), default_ms=_DEFAULT_MS)
    page = rooms.issues.events(
        scope, short_id, span, text=query.q, cursor=query.cursor, limit=query.limit
    )
    return events_answer(page)


@router.get("/projects/{project_id}/issues/{short_id}/tags/{key}")
def list_tag_values(
    rooms: RoomsHere,
    scope: ViewerScope,
    short_id: str,
    key: str,
    query: Annotated[RangeQuery, Query()],
) -> TagValuesAnswer:
    """Every value of one tag (or of user, url, transaction, release, …), the commonest first."""
    span = query.within(rooms.clock(), default_ms=_DEFAULT_MS)
    return tag_values_answer(rooms.issues.tag_values(scope, short_id, span, key))


@router.get("/projects/{project_id}/issues/{short_id}/similar")
def list_similar(rooms: RoomsHere, scope: ViewerScope, short_id: str) -> SimilarAnswer:
    """Issues that may be the same fault, with a score and its reasons."""
    return similar_answer(rooms.issues.similar(scope, short_id))


@router.get("/projects/{project_id}/issues/{short_id}/why")
def get_why(
    rooms: RoomsHere, scope: ViewerScope, short_id: str, event: str = "latest", other: str = ""
) -> WhyAnswer:
    """Why an event (its id, latest, oldest, recommended) is in the issue.

    With `other`, the id of any event of the project: why the two are in one issue, or not.
    """
    which = event.lower().replace("-", "")
    beside = other.lower().replace("-", "")
    if which not in {"latest", "oldest", "recommended"} and not _EVENT_ID.match(which):
        raise Invalid("event: latest, oldest, recommended or 32 hex digits.")
    if beside and not _EVENT_ID.match(beside):
        raise Invalid("other: an event's id has 32 hex digits.")
    return why_answer(rooms.issues.why(scope, short_id, which, beside))
