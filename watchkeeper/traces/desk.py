"""Front of the room: traces, their spans, and what they cost."""

from __future__ import annotations

from watchkeeper.lib.clock import Clock
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta
from watchkeeper.traces.budgets import Budgets
from watchkeeper.traces.performance_types import (
    DependencyPage,
    EndpointPage,
    ProblemPage,
    RedSeries,
    ServiceMap,
    SlowQueries,
    StatementPage,
)
from watchkeeper.traces.profiles.types import Flame, ProfilePage
from watchkeeper.traces.queries import OperationQuery, ProfileQuery, TraceQuery, TraceSort
from watchkeeper.traces.types import (
    SearchFields,
    SearchValues,
    SpanDetail,
    Trace,
    TraceOverview,
    TracePage,
)


class Traces:
    """Search, one trace, one span."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns

    def search(
        self, scope: Scope, query: TraceQuery, *, sort: TraceSort, cursor: str, limit: int
    ) -> TracePage:
        raise NotImplementedError

    def overview(self, scope: Scope, query: TraceQuery, *, buckets: int) -> TraceOverview:
        raise NotImplementedError

    def fields(self, scope: Scope, span: TimeRange) -> SearchFields:
        raise NotImplementedError

    def values(
        self, scope: Scope, span: TimeRange, *, field: str, prefix: str, limit: int
    ) -> SearchValues:
        raise NotImplementedError

    def trace(self, scope: Scope, trace_id: str, *, adjust_skew: bool) -> Trace:
        raise NotImplementedError

    def span(self, scope: Scope, trace_id: str, span_id: str) -> SpanDetail:
        raise NotImplementedError


class Performance:
    """Operations: endpoints, statements, calls to others."""

    def __init__(self, columns: Columns, meta: Meta, clock: Clock) -> None:
        self.budgets = Budgets(meta)

    def endpoints(self, scope: Scope, query: OperationQuery) -> EndpointPage:
        raise NotImplementedError

    def series(self, scope: Scope, query: OperationQuery, *, buckets: int) -> RedSeries:
        raise NotImplementedError

    def statements(self, scope: Scope, query: OperationQuery) -> StatementPage:
        raise NotImplementedError

    def slow_queries(
        self, scope: Scope, query: OperationQuery, *, over_ms: int | None
    ) -> SlowQueries:
        raise NotImplementedError

    def dependencies(self, scope: Scope, query: OperationQuery) -> DependencyPage:
        raise NotImplementedError

    def problems(self, scope: Scope, query: OperationQuery, *, kind: str) -> ProblemPage:
        raise NotImplementedError

    def service_map(self, scope: Scope, span: TimeRange, *, environment: str) -> ServiceMap:
        raise NotImplementedError


class Profiles:
    """Stored profiles as flame graphs."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns

    def list(self, scope: Scope, query: ProfileQuery, *, cursor: str, limit: int) -> ProfilePage:
        raise NotImplementedError

    def merged(self, scope: Scope, query: ProfileQuery, *, thread: str, kind: str) -> Flame:
        raise NotImplementedError

    def one(self, scope: Scope, profile_id: str, *, thread: str, kind: str) -> Flame:
        raise NotImplementedError
