"""Traces: search, one trace, one span."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path, Query
from pydantic import Field, StringConstraints
from starlette.responses import Response

from watchkeeper.access import Principal
from watchkeeper.api.auth import Caller, RoomsHere, ViewerScope
from watchkeeper.api.wk.json_answer import json_answer
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.shapes import ERRORS, RangeQuery
from watchkeeper.lib.clock import HOUR_MS
from watchkeeper.lib.errors import NotFound
from watchkeeper.model import Scope, TimeRange
from watchkeeper.traces import (
    SearchFields,
    SearchValues,
    SpanDetail,
    Trace,
    TraceOutlines,
    TraceOverview,
    TracePage,
    TraceQuery,
    TraceSort,
)

router = LateRouter(tags=["traces"], responses=ERRORS)

TraceId = Annotated[str, Path(max_length=64, description="32 hex digits")]
SpanId = Annotated[str, Path(max_length=32, description="16 hex digits")]


class TraceFilter(RangeQuery):
    """Which traces. q: the search language (docs/use/traces.md); the other fields narrow further.

    service, op, route, status: of one span of the trace. min_ms, max_ms: of the whole trace.
    """

    q: str = Field(default="", max_length=2_000)
    service: str = Field(default="", max_length=250)
    op: str = Field(default="", max_length=250)
    route: str = Field(default="", max_length=500)
    status: Literal["", "unset", "ok", "error"] = ""
    env: str = Field(default="", max_length=64)
    release: str = Field(default="", max_length=250)
    min_ms: float | None = Field(default=None, ge=0)
    max_ms: float | None = Field(default=None, ge=0)

    def over(self, span: TimeRange) -> TraceQuery:
        """The same as the traces room says it."""
        return TraceQuery(
            range=span,
            text=self.q,
            service=self.service,
            op=self.op,
            route=self.route,
            status=self.status,
            environment=self.env,
            release=self.release,
            min_ms=self.min_ms,
            max_ms=self.max_ms,
        )


class TraceListQuery(TraceFilter):
    """A page of the list."""

    sort: Literal["newest", "slowest"] = "newest"
    cursor: str = Field(default="", max_length=200)
    limit: int = Field(default=50, ge=1, le=200)
    within_ms: int = Field(
        default=60,
        ge=0,
        le=5_000,
        description="After that long the search stops; the cursor goes on from there",
    )


class TraceOverviewQuery(TraceFilter):
    """buckets: of the histogram, at most."""

    buckets: int = Field(default=60, ge=1, le=240)


HexId = Annotated[str, StringConstraints(pattern="^[0-9a-f]{32}$")]


class OutlinesQuery(RangeQuery):
    """id: of traces, 32 hex digits each, given once for every trace."""

    id: list[HexId] = Field(min_length=1, max_length=100)


class ValuesQuery(RangeQuery):
    """field: `service`, `name`, … or `attr.<key>`. prefix: what the values begin with."""

    field: str = Field(max_length=250)
    prefix: str = Field(default="", max_length=250)
    limit: int = Field(default=50, ge=1, le=200)


@router.get("/projects/{project_id}/traces", response_model=TracePage)
def list_traces(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[TraceListQuery, Query()]
) -> Response:
    """A page of traces, newest or slowest first. The last hour if no range is given."""
    span = query.within(rooms.clock(), default_ms=HOUR_MS)
    page = rooms.traces.search(
        scope,
        query.over(span),
        sort=TraceSort(query.sort),
        cursor=query.cursor,
        limit=query.limit,
        within_ms=query.within_ms,
    )
    return json_answer(page)


@router.get("/projects/{project_id}/traces/overview", response_model=TraceOverview)
def get_traces_overview(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[TraceOverviewQuery, Query()]
) -> Response:
    """The histogram and the scatter of the same search."""
    span = query.within(rooms.clock(), default_ms=HOUR_MS)
    overview = rooms.traces.overview(scope, query.over(span), buckets=query.buckets)
    return json_answer(overview)


@router.get("/projects/{project_id}/traces/outlines", response_model=TraceOutlines)
def list_trace_outlines(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[OutlinesQuery, Query()]
) -> Response:
    """The longest spans of some traces, for a small picture of each."""
    span = query.within(rooms.clock(), default_ms=HOUR_MS)
    return json_answer(rooms.traces.outlines(scope, query.id, span))


@router.get("/projects/{project_id}/traces/fields", response_model=SearchFields)
def list_trace_fields(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[RangeQuery, Query()]
) -> Response:
    """What the search language knows, and the keys of attributes, for completion."""
    span = query.within(rooms.clock(), default_ms=HOUR_MS)
    found = rooms.traces.fields(scope, span)
    return json_answer(found)


@router.get("/projects/{project_id}/traces/values", response_model=SearchValues)
def list_trace_values(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[ValuesQuery, Query()]
) -> Response:
    """Values of one field, for completion."""
    span = query.within(rooms.clock(), default_ms=HOUR_MS)
    found = rooms.traces.values(
        scope, span, field=query.field, prefix=query.prefix, limit=query.limit
    )
    return json_answer(found)


@router.get("/projects/{project_id}/traces/{trace_id}", response_model=Trace)
def get_trace(
    rooms: RoomsHere, scope: ViewerScope, trace_id: TraceId, adjust_skew: bool = True
) -> Response:
    """One trace of this project, ready to be drawn."""
    return json_answer(rooms.traces.trace(scope, trace_id, adjust_skew=adjust_skew))


@router.get("/projects/{project_id}/traces/{trace_id}/spans/{span_id}", response_model=SpanDetail)
def get_span(rooms: RoomsHere, scope: ViewerScope, trace_id: TraceId, span_id: SpanId) -> Response:
    """All that is stored of one span."""
    span = rooms.traces.span(scope, trace_id, span_id)
    return json_answer(span)


@router.get("/traces/{trace_id}", response_model=Trace)
def find_trace(
    rooms: RoomsHere, caller: Caller, trace_id: TraceId, adjust_skew: bool = True
) -> Response:
    """One trace with its spans in every project that the caller may read."""
    for scope in _scopes(caller):
        try:
            return json_answer(rooms.traces.trace(scope, trace_id, adjust_skew=adjust_skew))
        except NotFound:
            continue
    raise NotFound(f"There is no trace {trace_id!r} in your projects.")


def _scopes(caller: Principal) -> list[Scope]:
    """One scope an organisation, with all projects that the caller may read in it."""
    return [caller.scope(org=each.org_slug) for each in caller.memberships if each.project_ids]
