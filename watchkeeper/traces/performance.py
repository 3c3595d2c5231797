"""Operations as lists: endpoints, statements, calls to others; now and a week before."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from watchkeeper.lib.clock import DAY_MS, SECOND_MS
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
from watchkeeper.traces.repo.operations import Grid, Key, Marks, Totals

WEEK_MS = 7 * DAY_MS
SPARK_SLOTS = 24
FEWEST_CALLS = 30
"""In each of two weeks, for a comparison to mean something."""
BEYOND_CHANCE = 3.0
"""Standard errors between the mean logarithms of two sets of times."""
REGRESSED_RATIO = 1.25
_NS_A_MS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of operations. all: of them together; before: the week before, where there was any."""

    query: OperationQuery
    grid: Grid
    total: int
    page: Sequence[tuple[Key, Totals]]
    all: Totals
    before: Mapping[Key, Totals]
    spark_times_ms: Sequence[int]
    sparks: Mapping[Key, Mapping[int, tuple[int, float]]]

    def per_s(self, calls: int) -> float:
        return calls * SECOND_MS / max(1, self.grid.range.length_ms)

    def spark(self, key: Key) -> list[int]:
        """Calls in each slot."""
        slots = self.sparks[key]
        return [slots[at][0] if at in slots else 0 for at in range(len(self.spark_times_ms))]

    def spark_p95_ms(self, key: Key) -> list[float | None]:
        """p95 in each slot."""
        slots = self.sparks[key]
        return [
            slots[at][1] / _NS_A_MS if at in slots else None
            for at in range(len(self.spark_times_ms))
        ]


def find(columns: Columns, scope: Scope, query: OperationQuery, budget: LatencyBudget) -> Found:
    """The operations that lead in the query's order, with all that is shown of them."""
    grid = Grid.over(query.range)
    marks = Marks(satisfied_ms=budget.satisfied_ms, slow_ms=budget.slow_query_ms)
    ago = grid.before(WEEK_MS)
    if query.sort is OperationSort.CHANGE:
        total, rows = repo.listed(columns, scope, query, grid, marks)
        _, before = repo.listed(columns, scope, query, ago, marks)
        order = sorted(rows, key=lambda key: -_change(rows[key], before.get(key)))
        page = [(key, rows[key]) for key in order[: query.limit]]
    else:
        total, rows = repo.listed(columns, scope, query, grid, marks, limit=query.limit)
        page = list(rows.items())
        names = sorted({key[2] for key, _ in page})
        _, before = repo.listed(columns, scope, query, ago, marks, names=names)
    slot_ms = grid.slot_ms(SPARK_SLOTS)
    keys = [key for key, _ in page]
    return Found(
        query=query,
        grid=grid,
        total=total,
        page=page,
        all=repo.summed(columns, scope, query, grid, marks),
        before=before,
        spark_times_ms=grid.slots(slot_ms),
        sparks=repo.sparks(columns, scope, query, grid, slot_ms=slot_ms, keys=keys),
    )


def endpoint_page(found: Found, budget: LatencyBudget) -> EndpointPage:
    """Endpoints by rate, errors and duration."""
    return EndpointPage(
        from_ms=found.grid.range.start_ms,
        to_ms=found.grid.range.end_ms,
        resolution_ms=found.grid.resolution_ms,
        spark_times_ms=list(found.spark_times_ms),
        budget=budget,
        total=found.total,
        calls=found.all.calls,
        per_s=found.per_s(found.all.calls),
        error_ratio=_ratio(found.all.errors, found.all.calls),
        latency=latency(found.all),
        endpoints=[_endpoint(found, key, totals, budget) for key, totals in found.page],
    )


def _endpoint(found: Found, key: Key, totals: Totals, budget: LatencyBudget) -> Endpoint:
    _category, service, route, method, _system, op = key
    times = latency(totals)
    measured = {
        "avg": times.avg_ms,
        "p50": times.p50_ms,
        "p95": times.p95_ms,
        "p99": times.p99_ms,
    }
    marks = ("500", "1000", "2000", "3000")
    return Endpoint(
        service=service,
        route=route,
        method=method,
        op=op,
        calls=totals.calls,
        per_s=found.per_s(totals.calls),
        errors=totals.errors,
        error_ratio=_ratio(totals.errors, totals.calls),
        latency=times,
        under={
            mark: _ratio(under, totals.calls)
            for mark, under in zip(marks, totals.under, strict=True)
        },
        apdex=_ratio((totals.satisfied + totals.tolerated) / 2, totals.calls),
        total_ms=totals.total_ns / _NS_A_MS,
        time_ratio=_ratio(totals.total_ns, found.all.total_ns),
        spark=found.spark(key),
        spark_p95_ms=found.spark_p95_ms(key),
        before=week_before(totals, found.before.get(key)),
        is_over_budget=measured[budget.stat] > budget.limit_ms,
    )


def statement_page(found: Found) -> StatementPage:
    """Statements by the time that they take."""
    return StatementPage(
        from_ms=found.grid.range.start_ms,
        to_ms=found.grid.range.end_ms,
        resolution_ms=found.grid.resolution_ms,
        spark_times_ms=list(found.spark_times_ms),
        total=found.total,
        calls=found.all.calls,
        per_s=found.per_s(found.all.calls),
        latency=latency(found.all),
        statements=[_statement(found, key, totals) for key, totals in found.page],
    )


def _statement(found: Found, key: Key, totals: Totals) -> Statement:
    _category, service, name, _method, system, op = key
    before = week_before(totals, found.before.get(key))
    return Statement(
        statement=name,
        system=system,
        service=service,
        op=op,
        calls=totals.calls,
        per_s=found.per_s(totals.calls),
        errors=totals.errors,
        error_ratio=_ratio(totals.errors, totals.calls),
        latency=latency(totals),
        total_ms=totals.total_ns / _NS_A_MS,
        time_ratio=_ratio(totals.total_ns, found.all.total_ns),
        slow=round(totals.slow),
        spark=found.spark(key),
        before=before,
        is_regressed=is_regressed(before),
        example_trace_id=totals.slowest_trace,
        example_ms=totals.slowest_ns / _NS_A_MS,
    )


def dependency_page(found: Found) -> DependencyPage:
    """Calls to hosts, caches and queues."""
    return DependencyPage(
        from_ms=found.grid.range.start_ms,
        to_ms=found.grid.range.end_ms,
        resolution_ms=found.grid.resolution_ms,
        spark_times_ms=list(found.spark_times_ms),
        total=found.total,
        dependencies=[_dependency(found, key, totals) for key, totals in found.page],
    )


def _dependency(found: Found, key: Key, totals: Totals) -> Dependency:
    category, service, name, method, system, op = key
    told = totals.hits + totals.misses
    return Dependency(
        # The query asked for no other category.
        category=category,  # type: ignore[arg-type]
        service=service,
        name=name,
        system=system,
        op=f"{op} {method}".strip(),
        calls=totals.calls,
        per_s=found.per_s(totals.calls),
        errors=totals.errors,
        error_ratio=_ratio(totals.errors, totals.calls),
        latency=latency(totals),
        total_ms=totals.total_ns / _NS_A_MS,
        hits=totals.hits,
        misses=totals.misses,
        hit_ratio=totals.hits / told if told else None,
        spark=found.spark(key),
        before=week_before(totals, found.before.get(key)),
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
        p50_ms=[slot.p50_ns / _NS_A_MS if slot else None for slot in slots],
        p95_ms=[slot.p95_ns / _NS_A_MS if slot else None for slot in slots],
        p99_ms=[slot.p99_ns / _NS_A_MS if slot else None for slot in slots],
    )


def latency(totals: Totals) -> Latency:
    """Times in ms."""
    return Latency(
        avg_ms=_ratio(totals.total_ns, totals.calls) / _NS_A_MS,
        p50_ms=totals.p50_ns / _NS_A_MS,
        p95_ms=totals.p95_ns / _NS_A_MS,
        p99_ms=totals.p99_ns / _NS_A_MS,
    )


def week_before(now: Totals, before: Totals | None) -> WeekBefore | None:
    """The comparison; None if there was nothing."""
    if before is None or not before.calls:
        return None
    return WeekBefore(
        calls=before.calls,
        error_ratio=_ratio(before.errors, before.calls),
        p95_ms=before.p95_ns / _NS_A_MS,
        p95_ratio=now.p95_ns / before.p95_ns if before.p95_ns else None,
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
    # A time is known to an eighth of an octave: its logarithm has at least a bucket's variance.
    within = 1 / 12
    error = math.sqrt((one.variance + within) / one.calls + (other.variance + within) / other.calls)
    return abs(one.mean - other.mean) > BEYOND_CHANCE * error


def _change(now: Totals, before: Totals | None) -> float:
    if before is None or not before.p95_ns or not _differ(now, before):
        return 0.0
    return now.p95_ns / before.p95_ns


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def only(query: OperationQuery, **fields: object) -> OperationQuery:
    """The query with other fields."""
    return replace(query, **fields)  # type: ignore[arg-type]
