"""Performance problems as a list: repeated statements, slow ones, ones that became slower."""

from __future__ import annotations

import hashlib

from watchkeeper.model import Scope
from watchkeeper.store.columns import Columns
from watchkeeper.traces.performance import Found, find, is_regressed, only, week_before
from watchkeeper.traces.performance_types import (
    LatencyBudget,
    PerformanceProblem,
    ProblemEvidence,
    ProblemPage,
)
from watchkeeper.traces.queries import OperationQuery, OperationSort
from watchkeeper.traces.repo import problems as repo
from watchkeeper.traces.repo.operations import Key, Totals

_NS_A_MS = 1_000_000
_LOOKED_AT = 500


def problem_page(
    columns: Columns, scope: Scope, query: OperationQuery, budget: LatencyBudget, *, kind: str
) -> ProblemPage:
    """The problems of a range, the costliest first. kind: only these; empty: all."""
    problems: list[PerformanceProblem] = []
    if kind in {"", "n_plus_one"}:
        problems += [_repeated(each) for each in repo.repeated(columns, scope, query)]
    if kind in {"", "slow_query", "slower_query"}:
        wide = only(query, sort=OperationSort.TIME, limit=_LOOKED_AT)
        found = find(columns, scope, wide, budget)
        if kind != "slower_query":
            problems += _slow(found)
        if kind != "slow_query":
            problems += _slower(found)
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
        lost_ms=each.total_ns / _NS_A_MS,
        p95_ms=None,
        p95_ratio=None,
        first_seen_ms=each.first_ms,
        last_seen_ms=each.last_ms,
        evidence=each.evidence,
    )


def _slow(found: Found) -> list[PerformanceProblem]:
    return [
        _statement("slow_query", f"{round(totals.slow):,} slow calls", found, key, totals)
        for key, totals in found.page
        if round(totals.slow) >= 1
    ]


def _slower(found: Found) -> list[PerformanceProblem]:
    problems = []
    for key, totals in found.page:
        before = week_before(totals, found.before.get(key))
        if before and is_regressed(before):
            title = f"{before.p95_ratio:.1f} times as slow as a week before"
            problems.append(_statement("slower_query", title, found, key, totals))
    return problems


def _statement(kind: str, title: str, found: Found, key: Key, totals: Totals) -> PerformanceProblem:
    _category, service, name, _method, system, _op = key
    before = week_before(totals, found.before.get(key))
    is_slow = kind == "slow_query"
    slots = sorted(at for at, (calls, _) in found.sparks[key].items() if calls)
    last = slots[-1] if slots else 0
    return PerformanceProblem(
        id=_id(kind, service, name),
        kind="slow_query" if is_slow else "slower_query",
        title=title,
        service=service,
        transaction="",
        statement=name,
        system=system,
        occurrences=round(totals.slow) if is_slow else totals.calls,
        calls=totals.calls,
        avg_calls=1.0,
        lost_ms=_lost_ms(totals, is_slow=is_slow, was_ms=before.p95_ms if before else 0.0),
        p95_ms=totals.p95_ns / _NS_A_MS,
        p95_ratio=before.p95_ratio if before else None,
        first_seen_ms=found.spark_times_ms[slots[0] if slots else 0],
        last_seen_ms=min(
            found.spark_times_ms[last] + found.grid.slot_ms(len(found.spark_times_ms)),
            found.grid.range.end_ms,
        ),
        evidence=[
            ProblemEvidence(
                trace_id=totals.slowest_trace,
                span_id="",
                ts_ms=0,
                calls=1,
                duration_ms=totals.slowest_ns / _NS_A_MS,
            )
        ],
    )


def _lost_ms(totals: Totals, *, is_slow: bool, was_ms: float) -> float:
    """At least the time of the slow calls' share; or what is spent beyond last week's p95."""
    whole = totals.total_ns / _NS_A_MS
    if is_slow:
        return whole * totals.slow / max(1, totals.calls)
    now_ms = totals.p95_ns / _NS_A_MS
    return whole * max(0.0, 1 - was_ms / now_ms) if now_ms else 0.0


def _id(kind: str, service: str, statement: str) -> str:
    text = "\0".join((kind, service, statement))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
