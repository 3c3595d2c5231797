"""Reads of single slow calls and of repeated statements."""

from __future__ import annotations

from dataclasses import dataclass

from watchkeeper.model import Scope
from watchkeeper.store.columns import Columns
from watchkeeper.traces.performance_types import ProblemEvidence, SlowQuery
from watchkeeper.traces.queries import OperationQuery

_EVIDENCE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """A statement that is repeated below one parent, over all its occurrences."""

    service: str
    transaction: str
    statement: str
    system: str
    occurrences: int
    calls: int
    total_ns: int
    first_ms: int
    last_ms: int
    evidence: list[ProblemEvidence]


def slow_queries(
    columns: Columns, scope: Scope, query: OperationQuery, *, over_ns: int
) -> list[SlowQuery]:
    """Database calls that took longer, the slowest first."""
    where, params = _where(scope, query, "ts")
    sql = f"""
    SELECT trace_id, span_id, toUnixTimestamp64Milli(ts), duration_ns / 1e6, statement, system,
           service, transaction, is_error
    FROM slow_queries WHERE {where} AND duration_ns > {{over:UInt64}}
    ORDER BY duration_ns DESC, span_id LIMIT {{limit:UInt32}}
    """
    rows = columns.rows(sql, params | {"over": over_ns, "limit": query.limit})
    return [
        SlowQuery(
            trace_id=row[0],
            span_id=row[1],
            ts_ms=int(row[2]),
            duration_ms=float(row[3]),
            statement=row[4],
            system=row[5],
            service=row[6],
            transaction=row[7],
            is_error=bool(row[8]),
        )
        for row in rows
    ]


def repeated(columns: Columns, scope: Scope, query: OperationQuery) -> list[Repeated]:
    """Statements that were repeated, those that took most time first."""
    where, params = _where(scope, query, "start")
    sql = f"""
    SELECT service, statement, any(transaction), any(system), count(), sum(calls),
           sum(total_ns) AS lost, min(toUnixTimestamp64Milli(start)),
           max(toUnixTimestamp64Milli(start)),
           groupArraySorted({_EVIDENCE})((-toInt64(total_ns), trace_id, parent_id,
               toUnixTimestamp64Milli(repeated_queries.start), repeated_queries.calls))
    FROM repeated_queries WHERE {where} AND NOT startsWith(system, 'redis')
    GROUP BY service, statement ORDER BY lost DESC LIMIT {{limit:UInt32}}
    """
    return [
        Repeated(
            service=row[0],
            statement=row[1],
            transaction=row[2],
            system=row[3],
            occurrences=int(row[4]),
            calls=int(row[5]),
            total_ns=int(row[6]),
            first_ms=int(row[7]),
            last_ms=int(row[8]),
            evidence=[
                ProblemEvidence(
                    trace_id=trace,
                    span_id=parent,
                    ts_ms=int(at),
                    calls=int(calls),
                    duration_ms=-int(lost) / 1e6,
                )
                for lost, trace, parent, at, calls in row[9]
            ],
        )
        for row in columns.rows(sql, params | {"limit": query.limit})
    ]


def _where(scope: Scope, query: OperationQuery, at: str) -> tuple[str, dict[str, object]]:
    claims = [
        "project_id IN {projects:Array(UInt32)}",
        f"{at} >= fromUnixTimestamp64Milli({{start:Int64}})",
        f"{at} < fromUnixTimestamp64Milli({{end:Int64}})",
    ]
    params: dict[str, object] = {
        "projects": list(scope.project_ids),
        "start": query.range.start_ms,
        "end": query.range.end_ms,
    }
    for column in ("service", "environment"):
        if value := getattr(query, column):
            claims.append(f"{column} = {{{column}:String}}")
            params[column] = value
    return " AND ".join(claims), params
