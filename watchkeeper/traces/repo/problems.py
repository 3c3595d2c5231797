"""Reads of single slow calls and of repeated statements."""

from __future__ import annotations

from collections.abc import Sequence
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
    SELECT service, statement, any(below), any(engine), count(), sum(times),
           sum(took_ns) AS lost, min(first_ms), max(first_ms),
           groupArraySorted({_EVIDENCE})((-toInt64(took_ns), trace_id, parent_id, first_ms, times))
    FROM (
        SELECT service, statement, trace_id, parent_id, any(transaction) AS below,
               any(system) AS engine, max(calls) AS times, argMax(total_ns, calls) AS took_ns,
               min(toUnixTimestamp64Milli(start)) AS first_ms
        FROM repeated_queries WHERE {where} AND NOT startsWith(system, 'redis')
        GROUP BY service, statement, trace_id, parent_id
    ) GROUP BY service, statement ORDER BY lost DESC LIMIT {{limit:UInt32}}
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


REPEATED_COLUMNS = (
    "project_id",
    "start",
    "trace_id",
    "parent_id",
    "service",
    "environment",
    "transaction",
    "statement",
    "system",
    "calls",
    "total_ns",
)
"""Of `repeated_queries`, in the order of `repeated_across`."""
FEWEST_EQUAL = 5
"""As the view of `repeated_queries` has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TornTrace:
    """A trace that came in several inserts. start_ns, end_ns: of all that there is of it."""

    project_id: int
    trace_id: str
    start_ns: int
    end_ns: int


def torn_traces(
    columns: Columns, *, start_ms: int, end_ms: int, since_ms: int, limit: int
) -> tuple[list[TornTrace], int]:
    """Traces with a torn part received in [start_ms, end_ms), by their start; how many in all.

    since_ms: parts that began before that are left out.
    """
    recent = "start >= fromUnixTimestamp64Milli({since:Int64})"
    sql = f"""
    SELECT project_id, trace_id, toUnixTimestamp64Nano(min(start)) AS begun,
           max(toUnixTimestamp64Nano(start) + toInt64(extent_ns)), count() OVER ()
    FROM trace_parts
    WHERE {recent} AND trace IN (
        SELECT trace FROM trace_parts
        WHERE {recent} AND is_torn = 1 AND received >= fromUnixTimestamp64Milli({{start:Int64}})
          AND received < fromUnixTimestamp64Milli({{end:Int64}})
    )
    GROUP BY project_id, trace_id HAVING count() > 1 ORDER BY begun, trace_id
    LIMIT {{limit:UInt32}}
    """
    params = {"start": start_ms, "end": end_ms, "since": since_ms, "limit": limit}
    rows = columns.rows(sql, params, settings={"max_execution_time": 0})
    torn = [
        TornTrace(project_id=int(row[0]), trace_id=row[1], start_ns=int(row[2]), end_ns=int(row[3]))
        for row in rows
    ]
    return torn, int(rows[0][4]) if rows else 0


def repeated_across(columns: Columns, torn: Sequence[TornTrace]) -> bytes:
    """What is repeated in these traces and is not known with so many calls yet.

    RowBinary of REPEATED_COLUMNS.
    """
    where = "project_id IN {projects:Array(UInt32)} AND trace_id IN {traces:Array(String)}"
    sql = f"""
    SELECT project_id, toDateTime64(min(ts), 3, 'UTC') AS start, trace_id, parent_id, service,
           any(environment) AS environment, any(spans.transaction) AS transaction, statement,
           any(db_system) AS system, toUInt32(count()) AS calls, sum(duration_ns) AS total_ns
    FROM spans
    WHERE {where} AND statement != '' AND parent_id != ''
      AND ts >= fromUnixTimestamp64Nano({{start:Int64}})
      AND ts <= fromUnixTimestamp64Nano({{end:Int64}})
    GROUP BY project_id, trace_id, parent_id, service, statement
    HAVING calls >= {FEWEST_EQUAL} AND (trace_id, parent_id, service, statement, calls) NOT IN (
        SELECT trace_id, parent_id, service, statement, repeated_queries.calls
        FROM repeated_queries WHERE {where}
    )
    """
    params: dict[str, object] = {
        "projects": sorted({each.project_id for each in torn}),
        "traces": [each.trace_id for each in torn],
        "start": min(each.start_ns for each in torn),
        "end": max(each.end_ns for each in torn),
    }
    return columns.fetch(sql, params, fmt="RowBinary", settings={"max_execution_time": 0})


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
