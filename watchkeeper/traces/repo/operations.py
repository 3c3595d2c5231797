"""Reads of `operations_1m` and `operations_1h`: calls by name, with their times as histograms."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from watchkeeper.lib.clock import HOUR_MS, MINUTE_MS, SECOND_MS
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import Columns
from watchkeeper.traces.queries import OperationQuery, OperationSort

BY_MINUTE_UP_TO_MS = 6 * HOUR_MS
"""Longer ranges are counted by whole hours."""
SECOND_BUCKET = 240
BUCKETS_AN_OCTAVE = 8
_MOST_NAMES = 5_000
"""Operations that one list looks at, those that take most time first."""

Key = tuple[str, str, str, str, str, str]
"""category, service, name, method, system, op."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Whole buckets of one table that cover a range. resolution_ms: of the table."""

    range: TimeRange
    resolution_ms: int

    @classmethod
    def over(cls, range_: TimeRange) -> Grid:
        """The minutes, or in ranges of over six hours the hours, that the range touches."""
        is_short = range_.length_ms <= BY_MINUTE_UP_TO_MS
        step = MINUTE_MS if is_short else HOUR_MS
        end_ms = -(-range_.end_ms // step) * step
        return cls(range=TimeRange(range_.start_ms // step * step, end_ms), resolution_ms=step)

    @property
    def table(self) -> str:
        return "operations_1m" if self.resolution_ms == MINUTE_MS else "operations_1h"

    def slot_ms(self, slots: int) -> int:
        """Length of one of at most `slots` equal slots, a multiple of the resolution."""
        wanted = math.ceil(self.range.length_ms / max(1, slots))
        return max(self.resolution_ms, -(-wanted // self.resolution_ms) * self.resolution_ms)

    def slots(self, slot_ms: int) -> list[int]:
        """Starts of the slots, Unix ms."""
        return list(range(self.range.start_ms, self.range.end_ms, slot_ms))

    def before(self, by_ms: int) -> Grid:
        """The same length of time, earlier."""
        return replace(
            self, range=TimeRange(self.range.start_ms - by_ms, self.range.end_ms - by_ms)
        )


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over calls. Times ns; p…: ns, interpolated within an eighth of an octave.

    mean, variance: of the times' buckets, which are logarithms.
    """

    calls: int = 0
    errors: int = 0
    total_ns: int = 0
    p50_ns: float = 0
    p95_ns: float = 0
    p99_ns: float = 0
    mean: float = 0
    variance: float = 0
    under: tuple[int, int, int, int] = (0, 0, 0, 0)
    satisfied: float = 0
    tolerated: float = 0
    slow: float = 0
    hits: int = 0
    misses: int = 0
    slowest_ns: int = 0
    slowest_trace: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Times to count calls below, ms. satisfied_ms is also taken fourfold."""

    satisfied_ms: int
    slow_ms: int


def bucket_of(ms: float) -> float:
    """Where a time lies among the buckets; whole at their lower bounds."""
    return SECOND_BUCKET + BUCKETS_AN_OCTAVE * math.log2(max(ms, 1e-6) / SECOND_MS)


def _ns(quantile: str) -> str:
    """The time in the middle of a bucket, ns."""
    return f"1e9 * exp2(({quantile} + 0.5 - {SECOND_BUCKET}) / {BUCKETS_AN_OCTAVE})"


def _below(name: str) -> str:
    """Calls below a mark; within its bucket they are taken as evenly spread."""
    at = f"{{{name}:Float64}}"
    return f"sum(calls * least(1., greatest(0., {at} - toFloat64(took))))"


_SUMS = f"""sum(calls) AS n, sum(errors) AS failed, sum(total_ns) AS time_ns,
    quantilesInterpolatedWeighted(0.5, 0.95, 0.99)(took, calls) AS q,
    {_ns("q[1]")} AS p50, {_ns("q[2]")} AS p95, {_ns("q[3]")} AS p99,
    sum(took * calls) / n AS mean, 
    greatest(sum(toFloat64(took) * took * calls) / n - mean * mean, 0) AS variance,
    [{_below("half_s")}, {_below("one_s")}, {_below("two_s")}, {_below("three_s")}] AS under,
    {_below("satisfied")} AS satisfied_n, {_below("tolerated")} AS tolerated_n,
    {_below("slow")} AS not_slow, sum(hits) AS hits_n, sum(misses) AS misses_n,
    max(slowest) AS worst"""
_SUM_NAMES = (
    "n, failed, time_ns, p50, p95, p99, mean, variance, under, satisfied_n, tolerated_n, not_slow,"
    " hits_n, misses_n, worst"
)
_KEY = "category, service, name, method, system, op"
_ORDERS = {
    OperationSort.TIME: "time_ns DESC",
    OperationSort.CALLS: "n DESC",
    OperationSort.P50: "p50 DESC",
    OperationSort.P95: "p95 DESC",
    OperationSort.P99: "p99 DESC",
    OperationSort.AVG: "time_ns / n DESC",
    OperationSort.ERRORS: "failed DESC",
    OperationSort.ERROR_RATIO: "failed / n DESC",
    OperationSort.CHANGE: "time_ns DESC",
    OperationSort.NAME: "name",
}


def listed(
    columns: Columns,
    scope: Scope,
    query: OperationQuery,
    grid: Grid,
    marks: Marks,
    *,
    names: Sequence[str] | None = None,
    limit: int = _MOST_NAMES,
) -> tuple[int, dict[Key, Totals]]:
    """How many operations match, and those that lead in the query's order.

    names: only operations of these names.
    """
    where, params = _where(scope, query, grid)
    if names is not None:
        where, params["names"] = where + " AND has({names:Array(String)}, name)", list(names)
    sql = f"""
    SELECT {_KEY}, {_SUM_NAMES}, count() OVER () FROM (
        SELECT {_KEY}, {_SUMS} FROM {grid.table} WHERE {where} GROUP BY {_KEY}
    ) ORDER BY {_ORDERS[query.sort]}, {_KEY} LIMIT {{limit:UInt32}}
    """
    rows = columns.rows(sql, params | _mark_params(marks) | {"limit": limit})
    found = {_key(row): _totals(row[6:21]) for row in rows}
    return (int(rows[0][21]) if rows else 0), found


def summed(
    columns: Columns, scope: Scope, query: OperationQuery, grid: Grid, marks: Marks
) -> Totals:
    """All operations that match, taken together."""
    where, params = _where(scope, query, grid)
    sql = f"""
    SELECT {_SUM_NAMES} FROM (SELECT {_SUMS} FROM {grid.table} WHERE {where})
    """
    (row,) = columns.rows(sql, params | _mark_params(marks))
    return _totals(row) if int(row[0]) else Totals()


def by_service(
    columns: Columns, scope: Scope, query: OperationQuery, grid: Grid, marks: Marks, column: str
) -> dict[tuple[str, str, str], Totals]:
    """Sums by service, category and `system` or `name`."""
    assert column in {"system", "name", "service"}
    where, params = _where(scope, query, grid)
    sql = f"""
    SELECT service, category, {column} AS other, {_SUM_NAMES} FROM (
        SELECT service, category, {column}, {_SUMS} FROM {grid.table} WHERE {where}
        GROUP BY service, category, {column}
    ) ORDER BY n DESC LIMIT 500
    """
    rows = columns.rows(sql, params | _mark_params(marks))
    return {(row[0], row[1], row[2]): _totals(row[3:]) for row in rows}


@dataclass(frozen=True, slots=True)
class Slot:
    """Calls of one slot of time. p…_ns as in Totals."""

    calls: int
    errors: int
    p50_ns: float
    p95_ns: float
    p99_ns: float


def over_time(
    columns: Columns,
    scope: Scope,
    query: OperationQuery,
    grid: Grid,
    *,
    slot_ms: int,
) -> dict[int, Slot]:
    """Slots by number, all operations that match together."""
    where, params = _where(scope, query, grid)
    sql = f"""
    SELECT {_SLOT} AS slot, sum(calls), sum(errors),
           quantilesInterpolatedWeighted(0.5, 0.95, 0.99)(took, calls) AS q,
           {_ns("q[1]")}, {_ns("q[2]")}, {_ns("q[3]")}
    FROM {grid.table} WHERE {where} GROUP BY slot
    """
    rows = columns.rows(sql, params | {"slot": slot_ms})
    return {int(row[0]): Slot(int(row[1]), int(row[2]), row[4], row[5], row[6]) for row in rows}


def sparks(
    columns: Columns,
    scope: Scope,
    query: OperationQuery,
    grid: Grid,
    *,
    slot_ms: int,
    keys: Sequence[Key],
) -> Mapping[Key, Mapping[int, tuple[int, float]]]:
    """Of each of these operations, by number of slot: calls and p95 in ns."""
    where, params = _where(scope, query, grid)
    sql = f"""
    SELECT {_KEY}, {_SLOT} AS slot, sum(calls),
           quantileInterpolatedWeighted(0.95)(took, calls) AS q, {_ns("q")}
    FROM {grid.table} WHERE {where} AND has({{names:Array(String)}}, name)
    GROUP BY {_KEY}, slot
    """
    names = sorted({key[2] for key in keys})
    found: dict[Key, dict[int, tuple[int, float]]] = {key: {} for key in keys}
    for row in columns.rows(sql, params | {"slot": slot_ms, "names": names}):
        slots = found.get(_key(row))
        if slots is not None:
            slots[int(row[6])] = (int(row[7]), float(row[9]))
    return found


_SLOT = "intDiv(toInt64(toUnixTimestamp(bucket)) * 1000 - {start:Int64}, {slot:Int64})"


def _where(scope: Scope, query: OperationQuery, grid: Grid) -> tuple[str, dict[str, object]]:
    claims = [
        "project_id IN {projects:Array(UInt32)}",
        "has({categories:Array(String)}, category)"
        if len(query.categories) > 1
        else "category = {category:String}",
        "bucket >= fromUnixTimestamp(intDiv({start:Int64}, 1000))",
        "bucket < fromUnixTimestamp(intDiv({end:Int64}, 1000))",
    ]
    params: dict[str, object] = {
        "projects": list(scope.project_ids),
        "categories": [category.value for category in query.categories],
        "category": query.categories[0].value,
        "start": grid.range.start_ms,
        "end": grid.range.end_ms,
    }
    for column in ("service", "environment", "system", "name", "method"):
        value = getattr(query, column)
        if value:
            claims.append(f"{column} = {{{column}:String}}")
            params[column] = value
    for number, word in enumerate(query.text.split()):
        claims.append(f"positionCaseInsensitiveUTF8(name, {{word{number}:String}}) > 0")
        params[f"word{number}"] = word
    return " AND ".join(claims), params


def _mark_params(marks: Marks) -> dict[str, object]:
    return {
        "half_s": bucket_of(500),
        "one_s": bucket_of(1_000),
        "two_s": bucket_of(2_000),
        "three_s": bucket_of(3_000),
        "satisfied": bucket_of(marks.satisfied_ms),
        "tolerated": bucket_of(4 * marks.satisfied_ms),
        "slow": bucket_of(marks.slow_ms),
    }


def _key(row: Sequence[str]) -> Key:
    return row[0], row[1], row[2], row[3], row[4], row[5]


def _totals(row: Sequence[object]) -> Totals:
    calls, errors, total_ns, p50, p95, p99, mean, variance, under, good, fair, quick, *rest = row
    hits, misses, worst = rest
    assert isinstance(under, list)
    text = str(worst)
    n = _float(calls)
    return Totals(
        calls=int(n),
        errors=int(_float(errors)),
        total_ns=int(_float(total_ns)),
        p50_ns=_float(p50),
        p95_ns=_float(p95),
        p99_ns=_float(p99),
        mean=_float(mean),
        variance=_float(variance),
        under=(_int(under[0]), _int(under[1]), _int(under[2]), _int(under[3])),
        satisfied=_float(good),
        tolerated=_float(fair),
        slow=n - _float(quick),
        hits=int(_float(hits)),
        misses=int(_float(misses)),
        slowest_ns=int(text[:20] or 0),
        slowest_trace=text[20:],
    )


def _float(value: object) -> float:
    return float(value) if isinstance(value, int | float | str) else 0.0


def _int(value: object) -> int:
    return round(_float(value))
