"""Operations as lists: endpoints, statements, calls to others; now and a week before."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

from watchkeeper.lib.clock import NS_A_MS, SECOND_MS
from watchkeeper.model import Scope
from watchkeeper.store.columns import Columns
from watchkeeper.traces.performance_types import (
    Dependency,
    DependencyPage,
    Endpoint,
    EndpointPage,
    Latency,
    LatencyBudget,
    RedSeries,
    Statement,
    StatementPage,
    WeekBefore,
)
from watchkeeper.traces.queries import OperationQuery, OperationSort
from watchkeeper.traces.repo import operations as repo
from watchkeeper.traces.repo.operations import Grid, Operation, Totals
from watchkeeper.traces.weeks_before import WeeksBefore

SPARK_SLOTS = 24
MARKS_MS = (500, 1_000, 2_000, 3_000)
FEWEST_CALLS = 30
"""In each of two weeks, for a comparison to mean something."""
BEYOND_CHANCE = 3.0
"""Standard errors between the mean logarithms of two sets of times."""
REGRESSED_RATIO = 1.25
COMPARED_AT_MOST = 500
"""Operations, those that take most time, among which the greatest change is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of operations. all: of them together; before: by id, the week before."""

    query: OperationQuery
    grid: Grid
    total: int
    page: Sequence[tuple[Operation, Totals]]
    all: Totals
    before: Mapping[int, Totals]
    spark_times_ms: Sequence[int]
    sparks: Mapping[int, Mapping[int, int]]

    def per_s(self, calls: int) -> float:
        return calls * SECOND_MS / max(1, self.grid.range.length_ms)

    def spark(self, operation: Operation) -> list[int]:
        """Calls in each slot."""
        slots = self.sparks.get(operation.id, {})
        return [slots.get(at, 0) for at in range(len(self.spark_times_ms))]


def find(columns: Columns, scope: Scope, query: OperationQuery, weeks_before: WeeksBefore) -> Found:
    """The operations that lead in the query's order, with all that is shown of them."""
    grid = Grid.over(query.range)
    is_by_change = query.sort is OperationSort.CHANGE
    limit = COMPARED_AT_MOST if is_by_change else query.limit
    leaders = repo.leading(columns, scope, query, grid, limit=limit)
    page = list(leaders.rows.items())
    before = weeks_before.of(scope, query, grid, _ids(page))
    if is_by_change:
        page.sort(key=lambda each: -_change(each[1], before.get(each[0].id)))
        page = page[: query.limit]
    slot_ms = grid.slot_ms(SPARK_SLOTS)
    return Found(
        query=query,
        grid=grid,
        total=leaders.total,
        page=page,
        all=leaders.all,
        before=before,
        spark_times_ms=grid.slots(slot_ms),
        sparks=repo.sparks(columns, scope, query, grid, slot_ms=slot_ms, ids=_ids(page)),
    )


def _ids(page: Sequence[tuple[Operation, Totals]]) -> list[int]:
    return [operation.id for operation, _ in page]


class _Shared(TypedDict):
    """What every page of operations says of itself."""

    from_ms: int
    to_ms: int
    resolution_ms: int
    spark_times_ms: list[int]
    total: int


class _Rated(_Shared):
    """And of all operations together."""

    calls: int
    per_s: float
    latency: Latency


def _shared(found: Found) -> _Shared:
    return {
        "from_ms": found.grid.range.start_ms,
        "to_ms": found.grid.range.end_ms,
        "resolution_ms": found.grid.resolution_ms,
        "spark_times_ms": list(found.spark_times_ms),
        "total": found.total,
    }


def _rated(found: Found) -> _Rated:
    return {
        **_shared(found),
        "calls": found.all.calls,
        "per_s": found.per_s(found.all.calls),
        "latency": latency(found.all),
    }


def endpoint_page(found: Found, budget: LatencyBudget) -> EndpointPage:
    """Endpoints by rate, errors and duration."""
    return EndpointPage(
        **_rated(found),
        budget=budget,
        error_ratio=_ratio(found.all.errors, found.all.calls),
        endpoints=[_endpoint(found, *each, budget) for each in found.page],
    )


def _endpoint(found: Found, what: Operation, totals: Totals, budget: LatencyBudget) -> Endpoint:
    times = latency(totals)
    measured = {
        "avg": times.avg_ms,
        "p50": times.p50_ms,
        "p95": times.p95_ms,
        "p99": times.p99_ms,
    }
    return Endpoint(
        service=what.service,
        route=what.name,
        method=what.method,
        op=what.op,
        calls=totals.calls,
        per_s=found.per_s(totals.calls),
        errors=totals.errors,
        error_ratio=_ratio(totals.errors, totals.calls),
        latency=times,
        under={str(ms): _ratio(totals.times.below(ms), totals.times.calls) for ms in MARKS_MS},
        apdex=apdex(totals, budget.satisfied_ms),
        total_ms=totals.total_ns / NS_A_MS,
        time_ratio=_ratio(totals.total_ns, found.all.total_ns),
        spark=found.spark(what),
        before=week_before(totals, found.before.get(what.id)),
        is_over_budget=measured[budget.stat] > budget.limit_ms,
    )


def statement_page(found: Found, slow_ms: int) -> StatementPage:
    """Statements by the time that they take."""
    return StatementPage(
        **_rated(found),
        statements=[_statement(found, *each, slow_ms) for each in found.page],
    )


def _statement(found: Found, what: Operation, totals: Totals, slow_ms: int) -> Statement:
    before = week_before(totals, found.before.get(what.id))
    return Statement(
        statement=what.name,
        system=what.system,
        service=what.service,
        op=what.op,
        calls=totals.calls,
        per_s=found.per_s(totals.calls),
        errors=totals.errors,
        error_ratio=_ratio(totals.errors, totals.calls),
        latency=latency(totals),
        total_ms=totals.total_ns / NS_A_MS,
        time_ratio=_ratio(totals.total_ns, found.all.total_ns),
        slow=slow_calls(totals, slow_ms),
        spark=found.spark(what),
        before=before,
        is_regressed=is_regressed(before),
        example_trace_id=totals.slowest_trace,
        example_ms=totals.slowest_ns / NS_A_MS,
    )


def dependency_page(found: Found) -> DependencyPage:
    """Calls to hosts, caches and queues."""
    return DependencyPage(
        **_shared(found),
        dependencies=[_dependency(found, *each) for each in found.page],
    )


def _dependency(found: Found, what: Operation, totals: Totals) -> Dependency:
    told = totals.hits + totals.misses
    return Dependency(
        # The query asked for no other category.
        category=what.category,  # type: ignore[arg-type]
        service=what.service,
        name=what.name,
        system=what.system,
        op=f"{what.op} {what.method}".strip(),
        calls=totals.calls,
        per_s=found.per_s(totals.calls),
        errors=totals.errors,
        error_ratio=_ratio(totals.errors, totals.calls),
        latency=latency(totals),
        total_ms=totals.total_ns / NS_A_MS,
        hits=totals.hits,
        misses=totals.misses,
        hit_ratio=totals.hits / told if told else None,
        spark=found.spark(what),
        before=week_before(totals, found.before.get(what.id)),
        example_trace_id=totals.slowest_trace,
    )


def series(columns: Columns, scope: Scope, query: OperationQuery, *, buckets: int) -> RedSeries:
    """Rate, errors and duration over time."""
    grid = Grid.over(query.range)
    slot_ms = grid.slot_ms(buckets)
    times_ms = grid.slots(slot_ms)
    found = repo.over_time(columns, scope, query, grid, slot_ms=slot_ms)
    slots = [found.get(at) for at in range(len(times_ms))]
    return RedSeries(
        times_ms=times_ms,
        bucket_ms=slot_ms,
        calls=[slot.calls if slot else 0 for slot in slots],
        per_s=[slot.calls * SECOND_MS / slot_ms if slot else 0.0 for slot in slots],
        errors=[slot.errors if slot else 0 for slot in slots],
        p50_ms=[slot.p50_ms if slot else None for slot in slots],
        p95_ms=[slot.p95_ms if slot else None for slot in slots],
        p99_ms=[slot.p99_ms if slot else None for slot in slots],
    )


def latency(totals: Totals) -> Latency:
    """Times in ms."""
    return Latency(
        avg_ms=_ratio(totals.total_ns, totals.calls) / NS_A_MS,
        p50_ms=totals.times.quantile_ms(0.5),
        p95_ms=totals.times.quantile_ms(0.95),
        p99_ms=totals.times.quantile_ms(0.99),
    )


def apdex(totals: Totals, satisfied_ms: int) -> float:
    """Satisfied calls, and half of those within four times the time, to all; 0 without any."""
    times = totals.times
    return _ratio((times.below(satisfied_ms) + times.below(4 * satisfied_ms)) / 2, times.calls)


def slow_calls(totals: Totals, slow_ms: int) -> int:
    """How many took longer."""
    return round(totals.times.calls - totals.times.below(slow_ms))


def week_before(now: Totals, before: Totals | None) -> WeekBefore | None:
    """The comparison; None if there was nothing."""
    if before is None or not before.calls:
        return None
    was_ms = before.times.quantile_ms(0.95)
    return WeekBefore(
        calls=before.calls,
        error_ratio=_ratio(before.errors, before.calls),
        p95_ms=was_ms,
        p95_ratio=now.times.quantile_ms(0.95) / was_ms if was_ms else None,
        is_significant=_differ(now, before),
    )


def is_regressed(before: WeekBefore | None) -> bool:
    """True if it became slower by a quarter or more, beyond chance."""
    ratio = before.p95_ratio if before else None
    return bool(before and before.is_significant and ratio and ratio >= REGRESSED_RATIO)


def _differ(one: Totals, other: Totals) -> bool:
    """Welch's test on the logarithms of the times."""
    if min(one.calls, other.calls) < FEWEST_CALLS:
        return False
    (mean, variance), (was, was_variance) = one.times.logarithms(), other.times.logarithms()
    error = math.sqrt(variance / one.calls + was_variance / other.calls)
    return abs(mean - was) > BEYOND_CHANCE * error


def _change(now: Totals, before: Totals | None) -> float:
    compared = week_before(now, before)
    if compared is None or not compared.is_significant:
        return 0.0
    return compared.p95_ratio or 0.0


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def only(query: OperationQuery, **fields: object) -> OperationQuery:
    """The query with other fields."""
    return replace(query, **fields)  # type: ignore[arg-type]
