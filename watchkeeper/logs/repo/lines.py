"""Whole lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from watchkeeper.logs.repo.conditions import Condition
from watchkeeper.logs.types import Line, Spot
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import Columns, Settings

_PLACE = "cityHash64(received, severity, service, host, body, trace_id, span_id)"
_LINE = f"""
project_id, toUnixTimestamp64Milli(ts), nanos, {_PLACE} AS place, toUnixTimestamp64Milli(received),
severity, severity_number, service, environment, release, host, source, body, attributes,
trace_id, span_id, request_id, user_key, session_id, pattern
"""
_NAMES = (
    "project_id", "ts_ms", "nanos", "place", "received_ms", "severity", "severity_number",
    "service", "environment", "release", "host", "source", "body", "attributes", "trace_id",
    "span_id", "request_id", "user_key", "session_id", "pattern",
)  # fmt: skip
_NUMBERS = frozenset({0, 1, 2, 3, 4, 6, 19})
IN_RANGE = (
    "project_id = {project:UInt32} AND ts >= fromUnixTimestamp64Milli({from:Int64}) "
    "AND ts < fromUnixTimestamp64Milli({to:Int64})"
)
_BEFORE = """(ts < fromUnixTimestamp64Milli({at:Int64}) OR
  (ts = fromUnixTimestamp64Milli({at:Int64}) AND (nanos, place) <= ({n:UInt32}, {p:UInt64})))"""
_AFTER = """(ts > fromUnixTimestamp64Milli({at:Int64}) OR
  (ts = fromUnixTimestamp64Milli({at:Int64}) AND (nanos, place) >= ({n:UInt32}, {p:UInt64})))"""


def range_params(scope: Scope, span: TimeRange) -> dict[str, object]:
    """Values for IN_RANGE. The scope names one project."""
    return {"project": scope.project_id, "from": span.start_ms, "to": span.end_ms}


_ANY_NUMBER = 10**15


def reading(most_rows: int | None = None) -> Settings:
    """How lines are read; more than `most_rows` are QueryTooHeavy.

    With any bound at all the engine asks its skipping indexes before it reads, not while it does:
    a third of the cost where they rule out nearly everything.
    """
    return {"max_rows_to_read": most_rows or _ANY_NUMBER, "read_overflow_mode": "throw"}


def page_of_lines(
    columns: Columns,
    scope: Scope,
    span: TimeRange,
    condition: Condition,
    *,
    after: Spot | None,
    is_newest_first: bool,
    limit: int,
) -> list[Line]:
    """At most `limit` lines of a range in the order asked for, beyond the spot `after`."""
    params: dict[str, object] = {**range_params(scope, span), **condition.params, "limit": limit}
    wanted = [IN_RANGE, condition.sql]
    if after is not None:
        wanted.append(_BEFORE if is_newest_first else _AFTER)
        params |= {"at": after.ts_ms, "n": after.nanos, "p": after.place}
    params["skip"] = after.skip if after else 0
    way = "DESC" if is_newest_first else "ASC"
    rows = columns.rows(
        f"""
        SELECT {_LINE} FROM logs WHERE {" AND ".join(wanted)}
        ORDER BY ts {way}, nanos {way}, place {way}
        LIMIT {{limit:UInt32}} OFFSET {{skip:UInt32}}
        """,
        params,
        settings=reading(),
    )
    return [_line(row) for row in rows]


def arrived_lines(
    columns: Columns,
    scope: Scope,
    condition: Condition,
    *,
    since_ms: int,
    until_ms: int,
    limit: int,
) -> list[Line]:
    """The newest `limit` lines that were received in [since_ms, until_ms), oldest first."""
    rows = columns.rows(
        f"""
        SELECT {_LINE} FROM logs
        WHERE project_id = {{project:UInt32}}
          AND received >= fromUnixTimestamp64Milli({{since:Int64}})
          AND received < fromUnixTimestamp64Milli({{until:Int64}}) AND {condition.sql}
        ORDER BY received DESC, ts DESC, nanos DESC, place DESC LIMIT {{limit:UInt32}}
        """,
        {
            "project": scope.project_id,
            "since": since_ms,
            "until": until_ms,
            "limit": limit,
            **condition.params,
        },
    )
    return [_line(row) for row in reversed(rows)]


def lines_of_ids(
    columns: Columns, scope: Scope, *, trace_id: str, request_id: str, limit: int
) -> list[Line]:
    """Lines of a trace and of a request in every project of the scope, oldest first."""
    wanted = []
    if trace_id:
        wanted.append("trace_id = {trace:String}")
    if request_id:
        wanted.append("request_id = {request:String}")
    rows = columns.rows(
        f"""
        SELECT {_LINE} FROM logs
        WHERE project_id IN {{projects:Array(UInt32)}} AND ({" OR ".join(wanted)})
        ORDER BY ts, nanos, place LIMIT {{limit:UInt32}}
        """,
        {
            "projects": scope.project_ids,
            "trace": trace_id,
            "request": request_id,
            "limit": limit,
        },
    )
    return [_line(row) for row in rows]


def patterned_lines(
    columns: Columns, scope: Scope, wanted: Iterable[tuple[int, int]]
) -> dict[int, Line]:
    """One line for each (pattern, Unix ms of such a line), by pattern."""
    pairs = list(wanted)
    if not pairs:
        return {}
    rows = columns.rows(
        f"""
        SELECT {_LINE} FROM logs
        WHERE project_id = {{project:UInt32}}
          AND ts IN (SELECT fromUnixTimestamp64Milli(arrayJoin({{times:Array(Int64)}}), 'UTC'))
          AND pattern IN {{patterns:Array(UInt64)}}
        ORDER BY ts DESC, nanos DESC, place DESC LIMIT 1 BY pattern
        """,
        {
            "project": scope.project_id,
            "times": sorted({at_ms for _pattern, at_ms in pairs}),
            "patterns": sorted({pattern for pattern, _at_ms in pairs}),
        },
    )
    return {line.pattern: line for line in map(_line, rows)}


def _line(row: Sequence[object]) -> Line:
    values = {
        name: int(str(value)) if at in _NUMBERS else value
        for at, (name, value) in enumerate(zip(_NAMES, row, strict=True))
    }
    return Line(**values)  # type: ignore[arg-type]  # as selected
