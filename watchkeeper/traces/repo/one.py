"""Reads of one trace: when it was, its spans, and what else carries its id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from watchkeeper.lib.clock import DAY_MS, HOUR_MS, MINUTE_MS, NS_A_MS
from watchkeeper.model import Scope
from watchkeeper.store.columns import Columns

MOST_SPANS = 10_000
MOST_ERRORS = 100
_OURS = "project_id IN {projects:Array(UInt32)} AND trace_id = {trace:String}"


@dataclass(slots=True)
class StoredSpan:
    """One span of a trace, as far as the waterfall needs it. start_ns: Unix ns."""

    project_id: int
    span_id: str
    parent_id: str
    start_ns: int
    duration_ns: int
    name: str
    service: str
    op: str
    kind: str
    status: str
    http_status: int
    host: str
    db_system: str
    statement: str
    links: str


@dataclass(frozen=True, slots=True)
class StoredError:
    """One error event that names the trace."""

    project_id: int
    event_id: str
    span_id: str
    ts_ms: int
    level: str
    type: str
    value: str


@dataclass(frozen=True, slots=True)
class StoredProfile:
    """One profile that names the trace."""

    project_id: int
    profile_id: str
    span_id: str
    transaction: str
    duration_ns: int


def extent(columns: Columns, scope: Scope, trace_id: str) -> tuple[int, int] | None:
    """Unix ns of its first and last start; None if no span of it is stored."""
    sql = f"""
    SELECT count(), min(toUnixTimestamp64Nano(start)), max(toUnixTimestamp64Nano(end))
    FROM traces WHERE {_OURS}
    """
    parts, first, last = columns.rows(sql, _params(scope, trace_id))[0]
    return (int(first), int(last)) if int(parts) else None


def spans(
    columns: Columns, scope: Scope, trace_id: str, bounds: tuple[int, int]
) -> list[StoredSpan]:
    """Its first spans by start, one more than are shown if there are more."""
    sql = f"""
    SELECT project_id, span_id, parent_id, toUnixTimestamp64Nano(ts) AS at, duration_ns, name,
           service, op, kind, status, http_status, host, db_system, statement, links
    FROM spans WHERE {_OURS} AND {_BETWEEN} ORDER BY ts, span_id LIMIT {{most:UInt32}}
    """
    rows = columns.rows(sql, _params(scope, trace_id, bounds) | {"most": MOST_SPANS + 1})
    return [StoredSpan(*row) for row in rows]


def count_spans(columns: Columns, scope: Scope, trace_id: str, bounds: tuple[int, int]) -> int:
    """How many are stored."""
    sql = f"SELECT count() FROM spans WHERE {_OURS} AND {_BETWEEN}"
    return int(columns.rows(sql, _params(scope, trace_id, bounds))[0][0])


def span_row(
    columns: Columns, scope: Scope, trace_id: str, span_id: str, bounds: tuple[int, int]
) -> dict[str, object] | None:
    """Everything of one span, by column; None if it is not stored. ts, received: Unix ns, ms."""
    names = (*_DETAILS, "attributes", "events", "links")
    sql = f"""
    SELECT toUnixTimestamp64Nano(ts), toUnixTimestamp64Milli(received), {", ".join(names)}
    FROM spans WHERE {_OURS} AND {_BETWEEN} AND span_id = {{span:String}} LIMIT 1
    """
    rows = columns.rows(sql, _params(scope, trace_id, bounds) | {"span": span_id})
    return dict(zip(("ts", "received", *names), rows[0], strict=True)) if rows else None


def told_by(
    columns: Columns, scope: Scope, trace_id: str, span_id: str, at_ns: int
) -> tuple[str, str, dict[str, str]]:
    """Environment, release and attributes of the span that began then; empty if it is gone."""
    sql = f"""
    SELECT environment, release, attributes
    FROM spans WHERE {_OURS} AND {_BETWEEN} AND span_id = {{span:String}} LIMIT 1
    """
    rows = columns.rows(sql, _params(scope, trace_id, (at_ns, at_ns)) | {"span": span_id})
    return (rows[0][0], rows[0][1], rows[0][2]) if rows else ("", "", {})


_BETWEEN = (
    "ts >= fromUnixTimestamp64Nano({start:Int64}) AND ts <= fromUnixTimestamp64Nano({end:Int64})"
)
_DETAILS = (
    "project_id", "span_id", "parent_id", "duration_ns", "name", "kind", "op", "status",
    "status_message", "service", "environment", "release", "host", "is_entry", "route",
    "transaction", "http_method", "http_status", "db_system", "statement", "user_key",
    "session_id", "source",
)  # fmt: skip


def errors(
    columns: Columns, scope: Scope, trace_id: str, bounds: tuple[int, int]
) -> tuple[int, list[StoredError]]:
    """How many error events name the trace, and the first of them."""
    sql = f"""
    SELECT project_id, event_id, span_id, toUnixTimestamp64Milli(ts), level, type, value,
           count() OVER ()
    FROM errors WHERE {_OURS}
      AND received >= fromUnixTimestamp64Milli({{from:Int64}})
      AND received < fromUnixTimestamp64Milli({{to:Int64}})
    ORDER BY ts, event_id LIMIT {{most:UInt32}}
    """
    params = _params(scope, trace_id) | {
        "from": bounds[0] // NS_A_MS - HOUR_MS,
        "to": bounds[1] // NS_A_MS + DAY_MS,
        "most": MOST_ERRORS,
    }
    rows = columns.rows(sql, params)
    return (int(rows[0][7]) if rows else 0), [StoredError(*row[:7]) for row in rows]


def log_lines(
    columns: Columns, scope: Scope, trace_id: str, bounds: tuple[int, int]
) -> Mapping[str, int]:
    """How many log lines each of its spans has; those without a span under ''."""
    sql = f"""
    SELECT span_id, count() FROM logs WHERE {_OURS}
      AND ts >= fromUnixTimestamp64Milli({{from:Int64}})
      AND ts < fromUnixTimestamp64Milli({{to:Int64}})
    GROUP BY span_id
    """
    params = _params(scope, trace_id) | {
        "from": bounds[0] // NS_A_MS - MINUTE_MS,
        "to": bounds[1] // NS_A_MS + MINUTE_MS,
    }
    return {span: int(lines) for span, lines in columns.rows(sql, params)}


def profiles(
    columns: Columns, scope: Scope, trace_id: str, bounds: tuple[int, int]
) -> list[StoredProfile]:
    """Profiles taken during the trace."""
    sql = f"""
    SELECT project_id, profile_id, span_id, transaction, duration_ns FROM profiles
    WHERE {_OURS}
      AND ts >= fromUnixTimestamp64Milli({{from:Int64}})
      AND ts < fromUnixTimestamp64Milli({{to:Int64}})
    ORDER BY ts LIMIT 50
    """
    params = _params(scope, trace_id) | {
        "from": bounds[0] // NS_A_MS - HOUR_MS,
        "to": bounds[1] // NS_A_MS + HOUR_MS,
    }
    return [StoredProfile(*row) for row in columns.rows(sql, params)]


def _params(
    scope: Scope, trace_id: str, bounds: tuple[int, int] | None = None
) -> dict[str, object]:
    told: dict[str, object] = {"projects": list(scope.project_ids), "trace": trace_id}
    return told | ({"start": bounds[0], "end": bounds[1]} if bounds else {})
