"""Reads of `operations_1m` and `operations_1h`: calls by name, with their times as histograms."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from watchkeeper.lib.clock import HOUR_MS, MINUTE_MS, SECOND_MS
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import Columns
from watchkeeper.traces.histogram import BUCKETS_AN_OCTAVE, NOTHING, SECOND_BUCKET, Histogram
from watchkeeper.traces.queries import OperationQuery, OperationSort

BY_MINUTE_UP_TO_MS = 3 * HOUR_MS
"""Longer ranges are counted by whole hours."""
_ID = "operation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Whole buckets of one table that cover a range. resolution_ms: of the table."""

    range: TimeRange
    resolution_ms: int

    @classmethod
    def over(cls, range_: TimeRange) -> Grid:
        """The minutes, or in ranges of over three hours the hours, that the range touches."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What is called. id: hash of the other fields, as the tables have it."""

    id: int
    category: str
    service: str
    name: str
    method: str
    system: str
    op: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums over calls. first_ms, last_ms: starts of the first and last bucket with any."""

    calls: int = 0
    errors: int = 0
    total_ns: int = 0
    hits: int = 0
    misses: int = 0
    slowest_ns: int = 0
    slowest_trace: str = ""
    first_ms: int = 0
    last_ms: int = 0
    times: Histogram = NOTHING


_SUMS = """sum(calls) AS n, sum(errors) AS failed, sum(total_ns) AS time_ns, sum(hits), sum(misses),
    max(slowest), toUnixTimestamp(min(bucket)) * 1000, toUnixTimestamp(max(bucket)) * 1000"""
_ORDERS = {
    OperationSort.TIME: "time_ns DESC",
    OperationSort.CALLS: "n DESC",
    OperationSort.AVG: "time_ns / n DESC",
    OperationSort.ERRORS: "failed DESC, n DESC",
    OperationSort.ERROR_RATIO: "failed / n DESC, n DESC",
    OperationSort.NAME: "any(name), any(service)",
}
_QUANTILES = {OperationSort.P50: 0.5, OperationSort.P95: 0.95, OperationSort.P99: 0.99}


def listed(
    columns: Columns,
    scope: Scope,
    query: OperationQuery,
    grid: Grid,
    *,
    limit: int,
) -> tuple[int, dict[Operation, Totals]]:
    """How many operations match, and those that lead in the query's order, with their times."""
    quantile = _QUANTILES.get(query.sort)
    ids = _slowest(columns, scope, query, grid, quantile, limit) if quantile else None
    where, params = _where(scope, query, grid)
    total = "count() OVER ()"
    if ids is not None:
        total = str(ids[0])
        where, params["ids"] = where + _AMONG, ids[1]
    sql = f"""
    SELECT {_ID}, any(category), any(service), any(name), any(method), any(system), any(op),
           {_SUMS}, {total}
    FROM {grid.table} WHERE {where} GROUP BY operation
    ORDER BY {_ORDERS.get(query.sort, "time_ns DESC")}, operation LIMIT {{limit:UInt32}}
    """
    rows = columns.rows(sql, params | {"limit": limit})
    if ids is not None:
        places = {each: at for at, each in enumerate(ids[1])}
        rows.sort(key=lambda row: places[row[0]])
    times = histograms(columns, scope, query, grid, [row[0] for row in rows])
    found = {_operation(row): _totals(row[7:15], times.get(row[0], NOTHING)) for row in rows}
    return (int(rows[0][15]) if rows else 0), found


_AMONG = " AND operation IN {ids:Array(UInt64)}"


def _slowest(
    columns: Columns,
    scope: Scope,
    query: OperationQuery,
    grid: Grid,
    quantile: float,
    limit: int,
) -> tuple[int, list[int]]:
    """How many operations match, and the ids of those with the greatest quantile."""
    where, params = _where(scope, query, grid)
    sql = f"""
    SELECT {_ID}, quantileInterpolatedWeighted({quantile})(quarter, k) AS q, count() OVER ()
    FROM {grid.table} ARRAY JOIN took.1 AS quarter, took.2 AS k
    WHERE {where} GROUP BY operation ORDER BY q DESC, operation LIMIT {{limit:UInt32}}
    """
    rows = columns.rows(sql, params | {"limit": limit})
    return (int(rows[0][2]) if rows else 0), [row[0] for row in rows]


def histograms(
    columns: Columns, scope: Scope, query: OperationQuery, grid: Grid, ids: Sequence[int]
) -> dict[int, Histogram]:
    """The times of each of these operations."""
    if not ids:
        return {}
    where, params = _where(scope, query, grid)
    sql = f"""
    SELECT {_ID}, quarter, sum(k) FROM {grid.table} ARRAY JOIN took.1 AS quarter, took.2 AS k
    WHERE {where} {_AMONG} GROUP BY operation, quarter
    """
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in columns.rows(sql, params | {"ids": list(ids)}):
        found[row[0]].append((int(row[1]), int(row[2])))
    return {each: Histogram.of(buckets) for each, buckets in found.items()}


def known(
    columns: Columns, scope: Scope, query: OperationQuery, grid: Grid, ids: Sequence[int]
) -> dict[int, Totals]:
    """Of each of these operations its sums and times; absent where there was no call."""
    if not ids:
        return {}
    where, params = _where(scope, query, grid)
    sql = f"SELECT {_ID}, {_SUMS} FROM {grid.table} WHERE {where} {_AMONG} GROUP BY operation"
    rows = columns.rows(sql, params | {"ids": list(ids)})
    times = histograms(columns, scope, query, grid, ids) if rows else {}
    return {row[0]: _totals(row[1:9], times.get(row[0], NOTHING)) for row in rows}


def summed(columns: Columns, scope: Scope, query: OperationQuery, grid: Grid) -> Totals:
    """All operations that match, taken together."""
    where, params = _where(scope, query, grid)
    (row,) = columns.rows(f"SELECT {_SUMS} FROM {grid.table} WHERE {where}", params)
    if not int(row[0]):
        return Totals()
    sql = f"""
    SELECT quarter, sum(k) FROM {grid.table} ARRAY JOIN took.1 AS quarter, took.2 AS k
    WHERE {where} GROUP BY quarter
    """
    times = Histogram.of((int(at), int(k)) for at, k in columns.rows(sql, params))
    return _totals(row, times)


def by_service(
    columns: Columns, scope: Scope, query: OperationQuery, grid: Grid, column: str
) -> dict[tuple[str, str, str], Totals]:
    """Sums by service, category and `system`, `name` or `service`, those with most calls."""
    assert column in {"system", "name", "service"}
    where, params = _where(scope, query, grid)
    key = f"service, category, {column}"
    rows = columns.rows(
        f"SELECT service, category, {column} AS other, {_SUMS} FROM {grid.table} WHERE {where} "
        f"GROUP BY {key} ORDER BY n DESC LIMIT 500",
        params,
    )
    sql = f"""
    SELECT service, category, {column} AS other, quarter, sum(k)
    FROM {grid.table} ARRAY JOIN took.1 AS quarter, took.2 AS k
    WHERE {where} GROUP BY {key}, quarter
    """
    times: dict[tuple[str, str, str], list[tuple[int, int]]] = defaultdict(list)
    for service, category, other, quarter, calls in columns.rows(sql, params):
        times[service, category, other].append((int(quarter), int(calls)))
    return {
        (row[0], row[1], row[2]): _totals(row[3:], Histogram.of(times[row[0], row[1], row[2]]))
        for row in rows
    }


@dataclass(frozen=True, slots=True)
class Slot:
    """Calls of one slot of time. errors: 0 where only times were asked for."""

    calls: int
    errors: int
    p50_ms: float
    p95_ms: float
    p99_ms: float


_SLOT = "intDiv(toInt64(toUnixTimestamp(bucket)) * 1000 - {start:Int64}, {slot:Int64})"


def _ms(quantile: str) -> str:
    """The time in the middle of a bucket."""
    return f"{SECOND_MS} * exp2(({quantile} + 0.5 - {SECOND_BUCKET}) / {BUCKETS_AN_OCTAVE})"


def over_time(
    columns: Columns, scope: Scope, query: OperationQuery, grid: Grid, *, slot_ms: int
) -> dict[int, Slot]:
    """Slots by number, all operations that match together."""
    where, params = _where(scope, query, grid)
    params |= {"slot": slot_ms}
    errors = {
        int(slot): int(failed)
        for slot, failed in columns.rows(
            f"SELECT {_SLOT} AS s, sum(errors) FROM {grid.table} WHERE {where} GROUP BY s", params
        )
    }
    sql = f"""
    SELECT {_SLOT} AS s, sum(k), quantilesInterpolatedWeighted(0.5, 0.95, 0.99)(quarter, k) AS q,
           {_ms("q[1]")}, {_ms("q[2]")}, {_ms("q[3]")}
    FROM {grid.table} ARRAY JOIN took.1 AS quarter, took.2 AS k WHERE {where} GROUP BY s
    """
    return {
        int(row[0]): Slot(int(row[1]), errors.get(int(row[0]), 0), row[3], row[4], row[5])
        for row in columns.rows(sql, params)
    }


def sparks(
    columns: Columns,
    scope: Scope,
    query: OperationQuery,
    grid: Grid,
    *,
    slot_ms: int,
    ids: Sequence[int],
) -> Mapping[int, Mapping[int, tuple[int, float]]]:
    """Of each of these operations, by number of slot: calls and p95 in ms."""
    if not ids:
        return {}
    where, params = _where(scope, query, grid)
    sql = f"""
    SELECT {_ID}, {_SLOT} AS s, sum(k), quantileInterpolatedWeighted(0.95)(quarter, k) AS q,
           {_ms("q")}
    FROM {grid.table} ARRAY JOIN took.1 AS quarter, took.2 AS k
    WHERE {where} {_AMONG} GROUP BY operation, s
    """
    found: dict[int, dict[int, tuple[int, float]]] = defaultdict(dict)
    for row in columns.rows(sql, params | {"slot": slot_ms, "ids": list(ids)}):
        found[row[0]][int(row[1])] = (int(row[2]), float(row[4]))
    return found


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
        if value := getattr(query, column):
            claims.append(f"{column} = {{{column}:String}}")
            params[column] = value
    for number, word in enumerate(query.text.split()):
        claims.append(f"positionCaseInsensitiveUTF8(name, {{word{number}:String}}) > 0")
        params[f"word{number}"] = word
    return " AND ".join(claims), params


def _operation(row: Sequence[int | str]) -> Operation:
    id_, category, service, name, method, system, op = row[:7]
    return Operation(
        id=int(id_),
        category=str(category),
        service=str(service),
        name=str(name),
        method=str(method),
        system=str(system),
        op=str(op),
    )


def _totals(row: Sequence[int | str], times: Histogram) -> Totals:
    calls, errors, total_ns, hits, misses, slowest, first_ms, last_ms = row
    text = str(slowest)
    return Totals(
        calls=int(calls),
        errors=int(errors),
        total_ns=int(total_ns),
        hits=int(hits),
        misses=int(misses),
        slowest_ns=int(text[:20] or 0),
        slowest_trace=text[20:],
        first_ms=int(first_ms),
        last_ms=int(last_ms),
        times=times,
    )
