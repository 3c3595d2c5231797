"""Saved queries of logs, each a counter to alert on."""

from __future__ import annotations

from watchkeeper.api.auth import Caller, MemberScope, RoomsHere, ViewerScope
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.logs.answers import query_answer
from watchkeeper.api.wk.logs.shapes import LogQueriesAnswer, LogQueryAnswer, LogQueryBody
from watchkeeper.api.wk.shapes import ERRORS, Done
from watchkeeper.logs import MOST_QUERIES, LogQueries

router = LateRouter(tags=["logs"], responses=ERRORS)


@router.get("/projects/{project_id}/logs/queries")
def list_log_queries(rooms: RoomsHere, scope: ViewerScope) -> LogQueriesAnswer:
    """Saved queries by name, with where their counters stand."""
    room = LogQueries(rooms.meta, rooms.clock)
    slug = room.slug(scope)
    return LogQueriesAnswer(
        queries=[query_answer(row, slug) for row in room.of(scope)], most=MOST_QUERIES
    )


@router.post("/projects/{project_id}/logs/queries")
def create_log_query(
    rooms: RoomsHere, caller: Caller, scope: MemberScope, body: LogQueryBody
) -> LogQueryAnswer:
    """Save a query; lines received from now on are counted. Needs role member."""
    room = LogQueries(rooms.meta, rooms.clock)
    added = room.add(scope, name=body.name, query=body.q, by=caller.email)
    return query_answer(added, room.slug(scope))


@router.delete("/projects/{project_id}/logs/queries/{query_id}")
def delete_log_query(rooms: RoomsHere, scope: MemberScope, query_id: int) -> Done:
    """Forget a saved query; its series ends. Needs role member."""
    LogQueries(rooms.meta, rooms.clock).remove(scope, query_id)
    return Done()
