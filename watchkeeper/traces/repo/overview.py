"""Reads for what stands above a list of traces, and for completing a search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from watchkeeper.model import Scope
from watchkeeper.store.columns import Columns
from watchkeeper.traces.repo.conditions import Bound, column_of, parts_where, spans_where
from watchkeeper.traces.repo.search import Wanted, Window
from watchkeeper.traces.types import SearchValue

_OURS = "project_id IN {projects:Array(UInt32)}"
NEWEST_SPANS = 50_000
"""What completion looks at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One bucket of the histogram. p…_ms: of traces with their root, else of all."""

    count: int
    errors: int
    p50_ms: float
    p95_ms: float
    longest_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One dot of the scatter."""

    trace_id: str
    start_ms: int
    duration_ms: float
    is_error: bool
    name: str
    service: str


def count(columns: Columns, scope: Scope, window: Window) -> int:
    """About how many spans the window holds."""
    sql = f"SELECT sum(spans) FROM trace_parts WHERE {_OURS} AND {_times('start', [window])}"
    return int(columns.rows(sql, _params(scope, Bound(), [window]))[0][0] or 0)


def histogram(
    columns: Columns,
    scope: Scope,
    wanted: Wanted,
    windows: Sequence[Window],
    *,
    start_ns: int,
    bucket_ns: int,
) -> dict[int, Slot]:
    """Buckets by number. windows: what is looked at of the range."""
    bound = Bound()
    slot = "intDiv(toUnixTimestamp64Nano({at}) - {{first:Int64}}, {{bucket:Int64}}) AS slot"
    if wanted.of_spans:
        sql = f"""
        SELECT {slot.format(at="ts")}, count(), countIf(status = 'error'),
               quantiles(0.5, 0.95)(duration_ns) AS q, q[1] / 1e6, q[2] / 1e6,
               max(duration_ns)
        FROM spans WHERE {_OURS} AND {_times("ts", windows)} AND {spans_where(wanted.terms, bound)}
        GROUP BY slot
        """
    else:
        where = _parts(wanted, bound)
        sql = f"""
        SELECT {slot.format(at="start")}, uniqCombined(trace), uniqCombinedIf(trace, errors > 0),
               if(countIf(has_root) > 0, quantilesIf(0.5, 0.95)(extent_ns, has_root = 1),
                  quantiles(0.5, 0.95)(extent_ns)) AS q, q[1] / 1e6, q[2] / 1e6,
               max(extent_ns)
        FROM trace_parts WHERE {_OURS} AND {_times("start", windows)} AND {where} GROUP BY slot
        """
    params = _params(scope, bound, windows) | {"first": start_ns, "bucket": bucket_ns}
    return {
        int(row[0]): Slot(
            count=int(row[1]),
            errors=int(row[2]),
            p50_ms=row[4],
            p95_ms=row[5],
            longest_ns=int(row[6]),
        )
        for row in columns.rows(sql, params)
    }


def points(
    columns: Columns,
    scope: Scope,
    wanted: Wanted,
    windows: Sequence[Window],
    *,
    one_in: int,
    one_error_in: int,
    from_ns: int,
    limit: int,
) -> list[Point]:
    """Dots: an even sample, a denser one of what failed, and what took from_ns or longer."""
    bound = Bound()
    if wanted.of_spans:
        table, at, length, failed = "spans", "ts", "duration_ns", "status = 'error'"
        where = spans_where(wanted.terms, bound)
    else:
        table, at, length, failed = "trace_parts", "start", "extent_ns", "errors > 0"
        where = _parts(wanted, bound)
    chosen = f"{_OURS} AND {_times(at, windows)} AND {where}"
    told = f"trace_id, toUnixTimestamp64Milli({at}) AS at, {length} AS took, {failed} AS bad"
    lot = "trace" if table == "trace_parts" else "intHash64(toUnixTimestamp64Nano(ts))"
    even = f"({failed} AND {lot} % {{one_error_in:UInt64}} = 0)"
    sql = f"""
    SELECT trace_id, at, took / 1e6, bad, name, service FROM (
        SELECT {told}, name, service FROM {table}
        WHERE {chosen}
          AND ({length} >= {{from:UInt64}} OR {lot} % {{one_in:UInt64}} = 0 OR {even})
    ) ORDER BY took DESC LIMIT 1 BY trace_id LIMIT {{limit:UInt32}}
    """
    params = _params(scope, bound, windows) | {
        "one_in": one_in,
        "one_error_in": one_error_in,
        "from": from_ns,
        "limit": limit,
    }
    return [
        Point(
            trace_id=row[0],
            start_ms=int(row[1]),
            duration_ms=float(row[2]),
            is_error=bool(row[3]),
            name=row[4],
            service=row[5],
        )
        for row in columns.rows(sql, params)
    ]


def attribute_keys(columns: Columns, scope: Scope, window: Window) -> list[str]:
    """Keys of attributes of the newest spans, the commonest first."""
    sql = f"""
    SELECT arrayJoin(mapKeys(attributes)) AS key FROM (
        SELECT attributes FROM spans WHERE {_OURS} AND {_times("ts", [window])}
        ORDER BY {_newest(scope)} LIMIT 5000
    ) GROUP BY key ORDER BY count() DESC, key LIMIT 500
    """
    return [row[0] for row in columns.rows(sql, _params(scope, Bound(), [window]))]


def values(
    columns: Columns, scope: Scope, window: Window, *, field: str, prefix: str, limit: int
) -> list[SearchValue]:
    """Values of a field or attribute in the newest spans, the commonest first."""
    bound = Bound()
    column = column_of(field)
    key = bound.text(field.removeprefix("attr."))
    told = column or f"attributes[{key}]"
    begin = bound.text(prefix)
    sql = f"""
    SELECT toString(value) AS text, count() FROM (
        SELECT {told} AS value FROM spans WHERE {_OURS} AND {_times("ts", [window])}
        ORDER BY {_newest(scope)} LIMIT {NEWEST_SPANS if column else 5_000}
    ) WHERE text != '' AND startsWith(lowerUTF8(text), lowerUTF8({begin}))
    GROUP BY text ORDER BY count() DESC, text LIMIT {{limit:UInt32}}
    """
    params = _params(scope, bound, [window]) | {"limit": limit}
    return [SearchValue(value=row[0], count=int(row[1])) for row in columns.rows(sql, params)]


def _newest(scope: Scope) -> str:
    """The table's own order, so that only its end is read."""
    return "project_id DESC, ts DESC" if len(scope.project_ids) == 1 else "ts DESC"


def _parts(wanted: Wanted, bound: Bound) -> str:
    where = parts_where(wanted.terms, bound)
    if wanted.service:
        where += f" AND has(services, {bound.text(wanted.service)})"
    return where


def _times(column: str, windows: Sequence[Window]) -> str:
    claims = (
        f"({column} >= fromUnixTimestamp64Nano({{a{at}:Int64}}) "
        f"AND {column} < fromUnixTimestamp64Nano({{b{at}:Int64}}))"
        for at in range(len(windows))
    )
    return f"({' OR '.join(claims)})"


def _params(scope: Scope, bound: Bound, windows: Sequence[Window]) -> dict[str, object]:
    params: dict[str, object] = {"projects": list(scope.project_ids), **bound.params}
    for at, window in enumerate(windows):
        params |= {f"a{at}": window.start_ns, f"b{at}": window.end_ns}
    return params
