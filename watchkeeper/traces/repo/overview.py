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
    """How many spans begin in the window."""
    sql = f"SELECT count() FROM spans WHERE {_OURS} AND {_times('ts', [window])}"
    return int(columns.rows(sql, _params(scope, Bound(), [window]))[0][0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretches:
    """What is looked at: the first `length_ns` of each bucket from `start_ns` on."""

    window: Window
    bucket_ns: int
    length_ns: int

    @property
    def params(self) -> dict[str, object]:
        return {"first": self.window.start_ns, "bucket": self.bucket_ns, "length": self.length_ns}

    def where(self, column: str) -> str:
        """The rows of the window; of each bucket, where it is longer, of its first part."""
        claim = _times(column, [self.window])
        if self.length_ns >= self.bucket_ns:
            return claim
        starts = range(self.window.start_ns, self.window.end_ns, self.bucket_ns)
        parts = [Window(start_ns=at, end_ns=at + self.length_ns) for at in starts]
        ranges = " OR ".join(
            f"({column} >= fromUnixTimestamp64Nano({part.start_ns}) "
            f"AND {column} < fromUnixTimestamp64Nano({part.end_ns}))"
            for part in parts
        )
        # The ranges choose blocks; a row is told by one remainder instead of all of them.
        return (
            f"{claim} AND indexHint({ranges}) AND (toUnixTimestamp64Nano({column}) "
            "- {first:Int64}) % {bucket:Int64} < {length:Int64}"
        )


_SLOT = "intDiv(toUnixTimestamp64Nano({at}) - {{first:Int64}}, {{bucket:Int64}}) AS slot"


def histogram(
    columns: Columns, scope: Scope, wanted: Wanted, stretches: Stretches
) -> dict[int, Slot]:
    """Buckets of traces by number."""
    bound = Bound()
    sql = f"""
    SELECT {_SLOT.format(at="start")}, uniqCombined(trace), uniqCombinedIf(trace, errors > 0),
           quantilesIf(0.5, 0.95)(extent_ns, has_root = 1) AS whole,
           quantilesIf(0.5, 0.95)(extent_ns, has_root = 0) AS torn,
           if(isNaN(whole[1]), torn, whole) AS q, q[1] / 1e6, q[2] / 1e6, max(extent_ns)
    FROM trace_parts WHERE {_OURS} AND {stretches.where("start")} AND {_parts(wanted, bound)}
    GROUP BY slot
    """
    params = _params(scope, bound, [stretches.window]) | stretches.params
    return {
        int(row[0]): Slot(
            count=int(row[1]),
            errors=int(row[2]),
            p50_ms=row[6],
            p95_ms=row[7],
            longest_ns=int(row[8]),
        )
        for row in columns.rows(sql, params)
    }


SAMPLED_A_SLOT = 16
"""Matching spans, and of those that failed half as many, that come with a bucket."""


def histogram_of_spans(
    columns: Columns, scope: Scope, wanted: Wanted, stretches: Stretches
) -> dict[int, tuple[Slot, list[Point]]]:
    """Buckets of spans by number, each with dots: its longest, some that failed, an even sample."""
    bound = Bound()
    sql = f"""
    SELECT slot, count(), countIf(bad), quantiles(0.5, 0.95)(took) AS q, q[1] / 1e6, q[2] / 1e6,
           max(took),
           arrayConcat([argMax(dot, took)], groupArraySampleIf({SAMPLED_A_SLOT // 2}, 1)(dot, bad),
                       groupArraySample({SAMPLED_A_SLOT}, 1)(dot))
    FROM (
        SELECT {_SLOT.format(at="ts")}, duration_ns AS took, status = 'error' AS bad,
               (trace_id, toUnixTimestamp64Milli(ts), took / 1e6, bad, name, service) AS dot
        FROM spans
        WHERE {_OURS} AND {stretches.where("ts")} AND {spans_where(wanted.terms, bound)}
    ) GROUP BY slot
    """
    params = _params(scope, bound, [stretches.window]) | stretches.params
    found = {}
    for row in columns.rows(sql, params):
        slot = Slot(
            count=int(row[1]),
            errors=int(row[2]),
            p50_ms=row[4],
            p95_ms=row[5],
            longest_ns=int(row[6]),
        )
        found[int(row[0])] = slot, [_point(each) for each in row[7]]
    return found


def _point(row: Sequence[object]) -> Point:
    trace_id, start_ms, duration_ms, is_error, name, service = row
    return Point(
        trace_id=str(trace_id),
        start_ms=int(str(start_ms)),
        duration_ms=float(str(duration_ms)),
        is_error=bool(is_error),
        name=str(name),
        service=str(service),
    )


def points(
    columns: Columns,
    scope: Scope,
    wanted: Wanted,
    window: Window,
    *,
    one_in: int,
    one_error_in: int,
    from_ns: int,
    limit: int,
) -> list[Point]:
    """Traces as dots: an even sample, a denser one of what failed, what took from_ns or longer."""
    bound = Bound()
    sql = f"""
    SELECT trace_id, at, took / 1e6, bad, name, service FROM (
        SELECT trace_id, toUnixTimestamp64Milli(start) AS at, extent_ns AS took, errors > 0 AS bad,
               name, service
        FROM trace_parts
        WHERE {_OURS} AND {_times("start", [window])} AND {_parts(wanted, bound)}
          AND (extent_ns >= {{from:UInt64}} OR trace % {{one_in:UInt64}} = 0
               OR (errors > 0 AND trace % {{one_error_in:UInt64}} = 0))
    ) ORDER BY took DESC, bad DESC, at, trace_id LIMIT 1 BY trace_id LIMIT {{limit:UInt32}}
    """
    params = _params(scope, bound, [window]) | {
        "one_in": one_in,
        "one_error_in": one_error_in,
        "from": from_ns,
        "limit": limit,
    }
    return [_point(row) for row in columns.rows(sql, params)]


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
