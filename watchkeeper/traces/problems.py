"""Performance problems as a list: repeated statements, slow ones, ones that became slower."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from watchkeeper.lib.clock import NS_A_MS
from watchkeeper.lib.side_by_side import side_by_side
from watchkeeper.model import Scope
from watchkeeper.store.columns import Columns
from watchkeeper.traces.performance import (
    is_regressed,
    only,
    slow_calls,
    week_before,
)
from watchkeeper.traces.performance_types import (
    LatencyBudget,
    PerformanceProblem,
    ProblemEvidence,
    ProblemKind,
    ProblemPage,
)
from watchkeeper.traces.queries import OperationQuery, OperationSort
from watchkeeper.traces.repo import operations
from watchkeeper.traces.repo import problems as repo
from watchkeeper.traces.repo.operations import Grid, Operation, Totals
from watchkeeper.traces.weeks_before import WeeksBefore

_Compared = tuple[Operation, Totals, Totals | None]
"""An operation, its calls now and a week before."""

_LOOKED_AT = 300


def problem_page(
    columns: Columns,
    scope: Scope,
    query: OperationQuery,
    budget: LatencyBudget,
    weeks_before: WeeksBefore,
    *,
    kind: str,
) -> ProblemPage:
    """The problems of a range, the costliest first. kind: only these; empty: all."""
    grid = Grid.over(query.range)

    def repeated() -> list[PerformanceProblem]:
        if kind not in {"", "n_plus_one"}:
            return []
        return [_repeated(each) for each in repo.repeated(columns, scope, query)]

    def slow() -> list[PerformanceProblem]:
        if kind == "n_plus_one":
            return []
        wide = only(query, sort=OperationSort.TIME)
        rows = operations.leading(columns, scope, wide, grid, limit=_LOOKED_AT).rows
        before = weeks_before.of(scope, wide, grid, [what.id for what in rows])
        found = [(what, now, before.get(what.id)) for what, now in rows.items()]
        return [
            *(_slow(found, grid, budget.slow_query_ms) if kind != "slower_query" else ()),
            *(_slower(found, grid) if kind != "slow_query" else ()),
        ]

    problems = list(chain.from_iterable(side_by_side(slow, repeated)))
    problems.sort(key=lambda problem: (-problem.lost_ms, problem.id))
    return ProblemPage(
        from_ms=query.range.start_ms,
        to_ms=query.range.end_ms,
        total=len(problems),
        problems=problems[: query.limit],
    )


def _repeated(each: repo.Repeated) -> PerformanceProblem:
    return PerformanceProblem(
        id=_id("n_plus_one", each.service, each.statement),
        kind="n_plus_one",
        title=f"{each.calls // max(1, each.occurrences)} equal queries below one span",
        service=each.service,
        transaction=each.transaction,
        statement=each.statement,
        system=each.system,
        occurrences=each.occurrences,
        calls=each.calls,
        avg_calls=each.calls / max(1, each.occurrences),
        lost_ms=each.total_ns / NS_A_MS,
        p95_ms=None,
        p95_ratio=None,
        first_seen_ms=each.first_ms,
        last_seen_ms=each.last_ms,
        evidence=each.evidence,
    )


def _slow(found: Sequence[_Compared], grid: Grid, slow_ms: int) -> list[PerformanceProblem]:
    problems = []
    for what, now, before in found:
        slow = slow_calls(now, slow_ms)
        # The slowest call is known exactly, the others by their bucket.
        if slow >= 1 and now.slowest_ns > slow_ms * NS_A_MS:
            lost_ms = max(slow * slow_ms, now.slowest_ns / NS_A_MS)
            each = _problem("slow_query", what, now, before, grid)
            problems.append(
                replace(each, title=f"{slow:,} slow calls", occurrences=slow, lost_ms=lost_ms)
            )
    return problems


def _slower(found: Sequence[_Compared], grid: Grid) -> list[PerformanceProblem]:
    problems = []
    for what, now, before in found:
        compared = week_before(now, before)
        if before and compared and is_regressed(compared):
            title = f"{compared.p95_ratio:.1f} times as slow as a week before"
            was_ms = before.total_ns / before.calls * now.calls / NS_A_MS
            lost_ms = max(0.0, now.total_ns / NS_A_MS - was_ms)
            each = _problem("slower_query", what, now, before, grid)
            problems.append(replace(each, title=title, lost_ms=lost_ms))
    return problems


def _problem(
    kind: ProblemKind, what: Operation, now: Totals, before: Totals | None, grid: Grid
) -> PerformanceProblem:
    compared = week_before(now, before)
    return PerformanceProblem(
        id=_id(kind, what.service, what.name),
        kind=kind,
        title="",
        service=what.service,
        transaction="",
        statement=what.name,
        system=what.system,
        occurrences=now.calls,
        calls=now.calls,
        avg_calls=1.0,
        lost_ms=0.0,
        p95_ms=now.times.quantile_ms(0.95),
        p95_ratio=compared.p95_ratio if compared else None,
        first_seen_ms=now.first_ms,
        last_seen_ms=min(now.last_ms + grid.resolution_ms, grid.range.end_ms),
        evidence=[
            ProblemEvidence(
                trace_id=now.slowest_trace,
                span_id="",
                ts_ms=now.last_ms,
                calls=1,
                duration_ms=now.slowest_ns / NS_A_MS,
            )
        ],
    )


def _id(kind: str, service: str, statement: str) -> str:
    text = "\0".join((kind, service, statement))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
