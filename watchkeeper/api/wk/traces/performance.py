"""Performance: endpoints, statements, calls to others, problems, the map of services."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field
from starlette.responses import Response

from watchkeeper.api.auth import AdminScope, RoomsHere, ViewerScope
from watchkeeper.api.wk.json_answer import json_answer
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.shapes import ERRORS, Body, RangeQuery, example
from watchkeeper.lib.clock import DAY_MS, HOUR_MS
from watchkeeper.model import TimeRange
from watchkeeper.traces import (
    PRESETS,
    BudgetChoice,
    Category,
    DependencyPage,
    EndpointPage,
    LatencyBudget,
    OperationQuery,
    OperationSort,
    PresetName,
    ProblemKind,
    ProblemPage,
    RedSeries,
    ServiceMap,
    SlowQueries,
    StatementPage,
    StatName,
)

router = LateRouter(
    prefix="/projects/{project_id}/performance", tags=["performance"], responses=ERRORS
)

SortName = Literal[
    "time", "calls", "p50", "p95", "p99", "avg", "errors", "error_ratio", "change", "name"
]


class OperationFilter(RangeQuery):
    """Which calls. q: words of the name, all of which must occur. env: environment."""

    q: str = Field(default="", max_length=500)
    service: str = Field(default="", max_length=250)
    env: str = Field(default="", max_length=64)
    system: str = Field(default="", max_length=64)
    sort: SortName = "time"
    limit: int = Field(default=100, ge=1, le=200)

    def over(self, span: TimeRange, categories: tuple[Category, ...]) -> OperationQuery:
        """The same as the traces room says it."""
        return OperationQuery(
            range=span,
            categories=categories,
            text=self.q,
            service=self.service,
            environment=self.env,
            system=self.system,
            sort=OperationSort(self.sort),
            limit=self.limit,
        )


class DependencyFilter(OperationFilter):
    """category: only this kind of call."""

    category: Literal["", "http", "cache", "queue", "rpc"] = ""


class SeriesQuery(RangeQuery):
    """One operation, or all of the category. name: route, statement, host, …"""

    category: Literal["entry", "db", "http", "cache", "queue", "rpc"] = "entry"
    service: str = Field(default="", max_length=250)
    name: str = Field(default="", max_length=10_000)
    method: str = Field(default="", max_length=64)
    env: str = Field(default="", max_length=64)
    buckets: int = Field(default=60, ge=1, le=240)


class StatementFilter(RangeQuery):
    """Which database calls."""

    service: str = Field(default="", max_length=250)
    env: str = Field(default="", max_length=64)
    limit: int = Field(default=50, ge=1, le=200)

    def over(self, span: TimeRange) -> OperationQuery:
        """The same as the traces room says it."""
        return OperationQuery(
            range=span,
            categories=(Category.DB,),
            service=self.service,
            environment=self.env,
            limit=self.limit,
        )


class SlowQueriesQuery(StatementFilter):
    """over_ms: calls that took longer; the project's slow_query_ms if absent."""

    over_ms: int | None = Field(default=None, ge=1, le=600_000)


class ProblemsQuery(StatementFilter):
    """kind: only these problems."""

    kind: ProblemKind | Literal[""] = ""
    limit: int = Field(default=100, ge=1, le=200)


class BudgetBody(Body):
    """preset: one of those offered; `own`: stat and limit_ms say it."""

    model_config = example(preset="strict")
    preset: PresetName
    stat: StatName = "p95"
    limit_ms: int = Field(default=500, ge=1, le=600_000)
    for_minutes: int = Field(default=10, ge=1, le=1_440)
    satisfied_ms: int = Field(default=500, ge=1, le=600_000)
    slow_query_ms: int = Field(default=1_000, ge=1, le=600_000)


class MapQuery(RangeQuery):
    """env: environment."""

    env: str = Field(default="", max_length=64)


@router.get("/endpoints", response_model=EndpointPage)
def list_endpoints(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[OperationFilter, Query()]
) -> Response:
    """Rate, errors and duration by service and route. The last hour if no range is given."""
    span = query.within(rooms.clock(), default_ms=HOUR_MS)
    found = rooms.performance.endpoints(scope, query.over(span, (Category.ENTRY,)))
    return json_answer(found)


@router.get("/series", response_model=RedSeries)
def get_operation_series(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[SeriesQuery, Query()]
) -> Response:
    """Rate, errors and duration over time, of one operation or of all."""
    span = query.within(rooms.clock(), default_ms=HOUR_MS)
    found = rooms.performance.series(
        scope,
        OperationQuery(
            range=span,
            categories=(Category(query.category),),
            service=query.service,
            environment=query.env,
            name=query.name,
            method=query.method,
        ),
        buckets=query.buckets,
    )
    return json_answer(found)


@router.get("/statements", response_model=StatementPage)
def list_statements(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[OperationFilter, Query()]
) -> Response:
    """Database statements by the time they take. The last hour if no range is given."""
    span = query.within(rooms.clock(), default_ms=HOUR_MS)
    found = rooms.performance.statements(scope, query.over(span, (Category.DB,)))
    return json_answer(found)


@router.get("/slow-queries", response_model=SlowQueries)
def list_slow_queries(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[SlowQueriesQuery, Query()]
) -> Response:
    """Single database calls that took long, the slowest first."""
    span = query.within(rooms.clock(), default_ms=DAY_MS)
    found = rooms.performance.slow_queries(scope, query.over(span), over_ms=query.over_ms)
    return json_answer(found)


@router.get("/dependencies", response_model=DependencyPage)
def list_dependencies(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[DependencyFilter, Query()]
) -> Response:
    """Outgoing requests by host, caches with their hit ratio, queues."""
    span = query.within(rooms.clock(), default_ms=HOUR_MS)
    chosen = (Category(query.category),) if query.category else Category.outside()
    found = rooms.performance.dependencies(scope, query.over(span, chosen))
    return json_answer(found)


@router.get("/problems", response_model=ProblemPage)
def list_performance_problems(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[ProblemsQuery, Query()]
) -> Response:
    """N+1 queries, slow queries and queries that became slower. The last 24 h by default."""
    span = query.within(rooms.clock(), default_ms=DAY_MS)
    found = rooms.performance.problems(scope, query.over(span), kind=query.kind)
    return json_answer(found)


@router.get("/map", response_model=ServiceMap)
def get_service_map(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[MapQuery, Query()]
) -> Response:
    """Who calls whom. The last hour if no range is given."""
    span = query.within(rooms.clock(), default_ms=HOUR_MS)
    found = rooms.performance.service_map(scope, span, environment=query.env)
    return json_answer(found)


@router.get("/budget", response_model=BudgetChoice)
def get_latency_budget(rooms: RoomsHere, scope: ViewerScope) -> Response:
    """How slow the project's endpoints may be, and what may be chosen instead."""
    return _budget(rooms.performance.budgets.get(scope))


@router.put("/budget", response_model=BudgetChoice)
def put_latency_budget(rooms: RoomsHere, scope: AdminScope, body: BudgetBody) -> Response:
    """Choose a preset or say it yourself. Needs role admin."""
    chosen = rooms.performance.budgets.put(
        scope,
        preset=body.preset,
        own=LatencyBudget(
            preset="own",
            stat=body.stat,
            limit_ms=body.limit_ms,
            for_minutes=body.for_minutes,
            satisfied_ms=body.satisfied_ms,
            slow_query_ms=body.slow_query_ms,
        ),
        now_ms=rooms.clock(),
    )
    return _budget(chosen)


def _budget(budget: LatencyBudget) -> Response:
    return json_answer(BudgetChoice(budget=budget, presets=list(PRESETS)))
