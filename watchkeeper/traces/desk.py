"""Front of the room: traces, their spans, and what they cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from watchkeeper.lib.clock import NS_A_MS, SECOND_MS
from watchkeeper.lib.errors import Invalid
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import Columns
from watchkeeper.traces import performance
from watchkeeper.traces.budgets import Budgets
from watchkeeper.traces.language import FIELDS
from watchkeeper.traces.one import read_span, read_trace
from watchkeeper.traces.outlines import read_outlines
from watchkeeper.traces.overview import read_overview
from watchkeeper.traces.performance_types import (
    DependencyPage,
    EndpointPage,
    ProblemPage,
    RedSeries,
    ServiceMap,
    SlowQueries,
    StatementPage,
)
from watchkeeper.traces.problems import problem_page
from watchkeeper.traces.queries import OperationQuery, TraceQuery, TraceSort
from watchkeeper.traces.repo import overview as overview_repo
from watchkeeper.traces.repo import problems as problems_repo
from watchkeeper.traces.repo.conditions import column_of
from watchkeeper.traces.repo.search import Window
from watchkeeper.traces.search import Search, Seconds, newest_page, slowest_page, wanted_of
from watchkeeper.traces.service_map import service_map
from watchkeeper.traces.types import (
    SearchFields,
    SearchValues,
    SpanDetail,
    Trace,
    TraceOutlines,
    TraceOverview,
    TracePage,
)
from watchkeeper.traces.weeks_before import WeeksBefore


class Traces:
    """Search, one trace, one span. Every read sees the projects of its scope alone."""

    def __init__(
        self, columns: Columns, budgets: Budgets, *, seconds: Seconds = time.monotonic
    ) -> None:
        """seconds: a monotonic clock."""
        self._columns = columns
        self._budgets = budgets
        self._seconds = seconds

    def search(
        self,
        scope: Scope,
        query: TraceQuery,
        *,
        sort: TraceSort,
        cursor: str,
        limit: int,
        within_ms: int,
    ) -> TracePage:
        """A page of traces. within_ms: no further stretch is searched after that long.

        Raises BadSearch, Invalid for a cursor of another list.
        """
        search = Search(
            columns=self._columns, scope=scope, query=query, wanted=wanted_of(query), limit=limit
        )
        read = slowest_page if sort is TraceSort.SLOWEST else newest_page
        return read(search, cursor, budget_s=within_ms / SECOND_MS, seconds=self._seconds)

    def overview(self, scope: Scope, query: TraceQuery, *, buckets: int) -> TraceOverview:
        """Histogram and scatter of the same search. Raises BadSearch."""
        return read_overview(self._columns, scope, query, wanted_of(query), buckets=buckets)

    def outlines(self, scope: Scope, trace_ids: Sequence[str], span: TimeRange) -> TraceOutlines:
        """Small pictures of traces of a list."""
        return read_outlines(self._columns, scope, trace_ids, span)

    def fields(self, scope: Scope, span: TimeRange) -> SearchFields:
        """What can be asked."""
        return SearchFields(
            fields=[field.told() for field in FIELDS.values()],
            attributes=overview_repo.attribute_keys(self._columns, scope, Window.of(span)),
        )

    def values(
        self, scope: Scope, span: TimeRange, *, field: str, prefix: str, limit: int
    ) -> SearchValues:
        """Values of a text field or attribute. Raises Invalid for a field without values."""
        if field in FIELDS and column_of(field) is None:
            raise Invalid(f"`{field}` has no values to choose from; see its example.")
        found = overview_repo.values(
            self._columns, scope, Window.of(span), field=field, prefix=prefix, limit=limit
        )
        return SearchValues(values=found, is_sampled=True)

    def trace(self, scope: Scope, trace_id: str, *, adjust_skew: bool) -> Trace:
        """The trace with its spans in all projects of the scope. Raises NotFound."""
        return read_trace(
            self._columns,
            scope,
            trace_id,
            adjust_skew=adjust_skew,
            slow_query_ms=self._budgets.of_any(scope).slow_query_ms,
        )

    def span(self, scope: Scope, trace_id: str, span_id: str) -> SpanDetail:
        """Everything of one span. Raises NotFound."""
        return read_span(self._columns, scope, trace_id, span_id)


def _nothing() -> int:
    return 0


class Performance:
    """Operations: endpoints, statements, calls to others."""

    def __init__(
        self, columns: Columns, budgets: Budgets, *, counted_ms: Callable[[], int] = _nothing
    ) -> None:
        """counted_ms: calls between services that were received before are counted by minute."""
        self._columns = columns
        self.budgets = budgets
        self._counted_ms = counted_ms
        self._weeks_before = WeeksBefore(columns)

    def endpoints(self, scope: Scope, query: OperationQuery) -> EndpointPage:
        """Endpoints by rate, errors and duration."""
        budget = self.budgets.of_any(scope)
        found = performance.find(self._columns, scope, query, self._weeks_before)
        return performance.endpoint_page(found, budget)

    def series(self, scope: Scope, query: OperationQuery, *, buckets: int) -> RedSeries:
        """Rate, errors and duration over time of all operations that match."""
        return performance.series(self._columns, scope, query, buckets=buckets)

    def statements(self, scope: Scope, query: OperationQuery) -> StatementPage:
        """Statements by the time that they take."""
        slow_ms = self.budgets.of_any(scope).slow_query_ms
        found = performance.find(self._columns, scope, query, self._weeks_before)
        return performance.statement_page(found, slow_ms)

    def slow_queries(
        self, scope: Scope, query: OperationQuery, *, over_ms: int | None
    ) -> SlowQueries:
        """Single calls that took longer than over_ms, or than the project's slow_query_ms."""
        limit_ms = over_ms or self.budgets.of_any(scope).slow_query_ms
        found = problems_repo.slow_queries(self._columns, scope, query, over_ns=limit_ms * NS_A_MS)
        return SlowQueries(over_ms=limit_ms, searched_from_ms=query.range.start_ms, queries=found)

    def dependencies(self, scope: Scope, query: OperationQuery) -> DependencyPage:
        """Calls to hosts, caches and queues."""
        return performance.dependency_page(
            performance.find(self._columns, scope, query, self._weeks_before)
        )

    def problems(self, scope: Scope, query: OperationQuery, *, kind: str) -> ProblemPage:
        """Repeated, slow and slower statements. kind: only these; empty: all."""
        budget = self.budgets.of_any(scope)
        return problem_page(self._columns, scope, query, budget, self._weeks_before, kind=kind)

    def service_map(self, scope: Scope, span: TimeRange, *, environment: str) -> ServiceMap:
        """Who calls whom."""
        return service_map(
            self._columns, scope, span, environment=environment, counted_ms=self._counted_ms()
        )
