"""Reads of calls between services: spans that enter one, with the service that they came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from watchkeeper.lib.clock import MINUTE_MS
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import SLOT_OF_DURATION, Columns
from watchkeeper.traces.histogram import Histogram
from watchkeeper.traces.repo.operations import Totals

OPERATION_COLUMNS = (
    "project_id",
    "category",
    "bucket",
    "operation",
    "environment",
    "service",
    "name",
    "method",
    "system",
    "op",
    "calls",
    "errors",
    "total_ns",
    "hits",
    "misses",
    "slowest",
    "took",
)
"""Of `operations_1m`, in the order of `closed_calls`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """Spans that were received in a stretch of time. calls: with a parent, entering a service."""

    spans: int
    calls: int


def arrivals(columns: Columns, start_ms: int, end_ms: int) -> Arrivals:
    """What was received in [start_ms, end_ms), of all projects."""
    sql = f"""
    SELECT count(), countIf(is_entry = 1 AND parent_id != '') FROM spans
    WHERE {_received("start", "end")}
    """
    spans, calls = columns.rows(sql, {"start": start_ms, "end": end_ms})[0]
    return Arrivals(spans=int(spans), calls=int(calls))


def oldest_arrival_ms(columns: Columns) -> int | None:
    """When the first of the spans that are kept was received; None without any."""
    count, at_ms = columns.rows("SELECT count(), toUnixTimestamp64Milli(min(received)) FROM spans")[
        0
    ]
    return int(at_ms) if int(count) else None


def closed_calls(columns: Columns, *, start_ms: int, end_ms: int, around: TimeRange) -> bytes:
    """Calls whose entry was received in [start_ms, end_ms), by minute, as rows of `operations_1m`.

    around: when the callers' spans were received. RowBinary of OPERATION_COLUMNS.
    """
    joined = _joined(_received("start", "end"), _received("before", "after"))
    sql = f"""
    SELECT project_id, 'call' AS category, bucket,
           cityHash64('call', caller, callee, '', '', '') AS operation, environment,
           caller AS service, callee AS name, '' AS method, '' AS system, '' AS op,
           sum(n) AS calls, sum(failed) AS errors, sum(time_ns) AS total_ns,
           toUInt64(0) AS hits, toUInt64(0) AS misses, max(worst) AS slowest,
           (groupArray(slot), groupArray(n)) AS took
    FROM (
        SELECT project_id, toStartOfMinute(toDateTime(ts, 'UTC')) AS bucket, caller, callee,
               environment, {SLOT_OF_DURATION} AS slot, count() AS n,
               countIf(status = 'error') AS failed,
               sum(duration_ns) AS time_ns,
               max(concat(leftPad(toString(duration_ns), 20, '0'), trace_id)) AS worst
        FROM ({joined}) GROUP BY project_id, bucket, caller, callee, environment, slot
    ) GROUP BY project_id, bucket, caller, callee, environment
    """
    params = {"start": start_ms, "end": end_ms, "before": around.start_ms, "after": around.end_ms}
    return columns.fetch(sql, params, fmt="RowBinary", settings={"max_execution_time": 0})


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """Spans of a range that are not counted by minute yet: those received from `since_ms` on."""

    scope: Scope
    range: TimeRange
    since_ms: int
    environment: str

    @property
    def _ours(self) -> str:
        named = " AND environment = {environment:String}" if self.environment else ""
        return f"project_id IN {{projects:Array(UInt32)}}{named}"

    @property
    def _params(self) -> dict[str, object]:
        return {
            "projects": list(self.scope.project_ids),
            "environment": self.environment,
            "since": self.since_ms,
        }


_SINCE = "received >= fromUnixTimestamp64Milli({since:Int64})"
_FROM_BEFORE_MS = 10 * MINUTE_MS
"""How much earlier than a call its caller's span may have been received, or may have begun."""


def open_spans(columns: Columns, still: Open) -> int:
    """How many spans are not counted yet."""
    where, params = within([still.range])
    sql = f"SELECT count() FROM spans WHERE {still._ours} AND {_SINCE} AND {where}"
    return int(columns.rows(sql, still._params | params)[0][0])


def open_calls(
    columns: Columns, still: Open, parts: Sequence[TimeRange]
) -> dict[tuple[str, str], Totals]:
    """Calls by caller and callee in these parts of the range, of what is not counted yet."""
    inside, params = within(parts)
    wider, more = within([TimeRange(p.start_ms - _FROM_BEFORE_MS, p.end_ms) for p in parts], "w")
    entries = f"{still._ours} AND {_SINCE} AND {inside}"
    before = "received >= fromUnixTimestamp64Milli({since:Int64} - {earlier:Int64})"
    callers = f"project_id IN {{projects:Array(UInt32)}} AND {before} AND {wider}"
    sql = f"""
    SELECT caller, callee, sum(n), sum(failed), sum(time_ns), (groupArray(slot), groupArray(n))
    FROM (
        SELECT caller, callee, {SLOT_OF_DURATION} AS slot, count() AS n,
               countIf(status = 'error') AS failed,
               sum(duration_ns) AS time_ns
        FROM ({_joined(entries, callers)}) GROUP BY caller, callee, slot
    ) GROUP BY caller, callee ORDER BY sum(n) DESC LIMIT 1000
    """
    rows = columns.rows(sql, still._params | params | more | {"earlier": _FROM_BEFORE_MS})
    return {
        (row[0], row[1]): Totals(
            calls=int(row[2]),
            errors=int(row[3]),
            total_ns=int(row[4]),
            times=Histogram.of((int(at), int(n)) for at, n in zip(*row[5], strict=True)),
        )
        for row in rows
    }


def _joined(entries: str, callers: str) -> str:
    """Entry spans that the first condition names, with the service of the span above.

    A caller's span that is stored twice, or that two services share, counts once.
    """
    entered = f"{entries} AND is_entry = 1 AND parent_id != ''"
    return f"""
    SELECT project_id, ts, trace_id, duration_ns, status, environment, callee, caller
    FROM (
        SELECT project_id, ts, trace_id, duration_ns, status, environment, service AS callee,
               cityHash64(trace_id, parent_id) AS id
        FROM spans WHERE {entered}
    ) AS entry
    INNER JOIN (
        SELECT project_id, cityHash64(trace_id, span_id) AS id, any(service) AS caller
        FROM spans WHERE {callers} AND cityHash64(trace_id, span_id) IN (
            SELECT cityHash64(trace_id, parent_id) FROM spans WHERE {entered}
        ) GROUP BY project_id, id
    ) AS above USING (project_id, id)
    WHERE caller != callee
    """


def _received(start: str, end: str) -> str:
    return (
        f"received >= fromUnixTimestamp64Milli({{{start}:Int64}}) "
        f"AND received < fromUnixTimestamp64Milli({{{end}:Int64}})"
    )


def within(parts: Sequence[TimeRange], name: str = "t") -> tuple[str, dict[str, object]]:
    """The condition of spans that began in any of the parts, and its parameters."""
    claims, params = [], dict[str, object]()
    for at, part in enumerate(parts):
        start, end = f"{name}a{at}", f"{name}b{at}"
        claims.append(
            f"(ts >= fromUnixTimestamp64Milli({{{start}:Int64}}) "
            f"AND ts < fromUnixTimestamp64Milli({{{end}:Int64}}))"
        )
        params |= {start: part.start_ms, end: part.end_ms}
    return f"({' OR '.join(claims)})", params
