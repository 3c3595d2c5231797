"""Reads of `operations_1m` and `operations_1h`: calls by name, with their times as histograms."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from watchkeeper.lib.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import Columns
from watchkeeper.traces.histogram import BUCKETS_AN_OCTAVE, NOTHING, SECOND_BUCKET, Histogram
from watchkeeper.traces.queries import OperationQuery, OperationSort

BY_MINUTE_UP_TO_MS = 3 * HOUR_MS
"""Longer ranges are counted by whole hours."""
FEWEST_DAYS = 2
"""From so many whole days on they are read from the days."""


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

    def parts(self, *, by_day: bool) -> list[tuple[str, int, int]]:
        """Tables with the start and end of what is read of each, Unix ms: whole days by day."""
        start, end = self.range.start_ms, self.range.end_ms
        first, last = -(-start // DAY_MS) * DAY_MS, end // DAY_MS * DAY_MS
        if not by_day or self.resolution_ms < HOUR_MS or last - first < FEWEST_DAYS * DAY_MS:
            return [(self.table, start, end)]
        edges = [(self.table, start, first), (self.table, last, end)]
        return [("operations_1d", first, last), *(each for each in edges if each[1] < each[2])]

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaders:
    """The first operations in an order. total: how many match; all: those together."""

    total: int
    all: Totals
    rows: Mapping[Operation, Totals]


_SUMS = """sum(calls) AS n, sum(errors) AS failed, sum(total_ns) AS time_ns, sum(hits), sum(misses),
    max(slowest), toUnixTimestamp(min(first)) * 1000, toUnixTimestamp(max(last)) * 1000,
    sumMap(CAST(took, 'Map(UInt8, UInt64)')) AS times"""
_COMPARED = """sum(calls) AS n, sum(errors), sum(total_ns), 0, 0, '', 0, 0,
    sumMap(CAST(took, 'Map(UInt8, UInt64)'))"""
"""Of the columns of _SUMS those that a comparison needs."""
_ORDERS = {
    OperationSort.TIME: "time_ns DESC",
    OperationSort.CALLS: "n DESC",
    OperationSort.AVG: "time_ns / n DESC",
    OperationSort.ERRORS: "failed DESC, n DESC",
    OperationSort.ERROR_RATIO: "failed / n DESC, n DESC",
    OperationSort.NAME: "any(name), any(service)",
}
_QUANTILES = {OperationSort.P50: 0.5, OperationSort.P95: 0.95, OperationSort.P99: 0.99}


def leading(
    columns: Columns, scope: Scope, query: OperationQuery, grid: Grid, *, limit: int
) -> Leaders:
    """The operations that lead in the query's order, and all that match."""
    source, params = _source(scope, query, grid)
    sql = f"""
    SELECT operation, any(category), any(service), any(name), any(method), any(system), any(op),
           {_SUMS}, count() OVER (), grouping(operation) AS whole
    FROM {source} GROUP BY operation WITH ROLLUP
    ORDER BY whole DESC, {_order(query)}, operation LIMIT {{limit:UInt32}}
    """
    rows = columns.rows(sql, params | {"limit": limit + 1})
    if len(rows) < 2:
        return Leaders(total=0, all=Totals(), rows={})
    return Leaders(
        total=int(rows[0][16]) - 1,
        all=_totals(rows[0][7:16]),
        rows={_operation(row): _totals(row[7:16]) for row in rows[1:]},
    )


def _order(query: OperationQuery) -> str:
    quantile = _QUANTILES.get(query.sort)
    if quantile is None:
        return _ORDERS.get(query.sort, "time_ns DESC")
    # As `Histogram.quantile_ms` has it: within a bucket calls are evenly spread.
    reached = f"arrayFirstIndex(each -> each >= {quantile} * n, arrayCumSum(mapValues(times)))"
    passed = f"arraySum(arraySlice(mapValues(times), 1, {reached} - 1))"
    spread = f"({quantile} * n - {passed}) / mapValues(times)[{reached}]"
    return f"mapKeys(times)[{reached}] + {spread} DESC"


_AMONG = " AND operation IN {ids:Array(UInt64)}"


def known(
    columns: Columns, scope: Scope, query: OperationQuery, grid: Grid, ids: Sequence[int]
) -> dict[int, Totals]:
    """Of each of these operations calls, errors and times; absent where there was no call."""
    if not ids:
        return {}
    source, params = _source(scope, query, grid, _AMONG)
    rows = columns.rows(
        f"SELECT operation, {_COMPARED} FROM {source} GROUP BY operation",
        params | {"ids": list(ids)},
    )
    return {row[0]: _totals(row[1:10]) for row in rows}


def callees(
    columns: Columns, scope: Scope, query: OperationQuery, grid: Grid
) -> dict[tuple[str, str, str], Totals]:
    """Calls, errors and times by service, category and what is called, those with most calls.

    What is called: the system of a database, the service itself for entries, else the name.
    """
    source, params = _source(scope, query, grid)
    rows = columns.rows(
        f"""
        SELECT service, category,
               multiIf(category = 'db', system, category = 'entry', service, name) AS other,
               {_COMPARED}
        FROM {source} GROUP BY service, category, other ORDER BY n DESC LIMIT 1000
        """,
        params,
    )
    return {(row[0], row[1], row[2]): _totals(row[3:12]) for row in rows}


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
    source, params = _source(scope, query, grid, by_day=False)
    sql = f"""
    SELECT {_SLOT} AS s, sum(calls), sum(errors),
           quantilesInterpolatedWeightedArray(0.5, 0.95, 0.99)(took.1, took.2) AS q,
           {_ms("q[1]")}, {_ms("q[2]")}, {_ms("q[3]")}
    FROM {source} GROUP BY s
    """
    return {
        int(row[0]): Slot(int(row[1]), int(row[2]), row[4], row[5], row[6])
        for row in columns.rows(sql, params | {"slot": slot_ms})
    }


def sparks(
    columns: Columns,
    scope: Scope,
    query: OperationQuery,
    grid: Grid,
    *,
    slot_ms: int,
    ids: Sequence[int],
) -> Mapping[int, Mapping[int, int]]:
    """Calls of each of these operations by number of slot."""
    if not ids:
        return {}
    source, params = _source(scope, query, grid, _AMONG, by_day=False)
    sql = f"""
    SELECT operation, groupArray(s), groupArray(n) FROM (
        SELECT operation, {_SLOT} AS s, sum(calls) AS n FROM {source} GROUP BY operation, s
    ) GROUP BY operation
    """
    rows = columns.rows(sql, params | {"slot": slot_ms, "ids": list(ids)})
    return {row[0]: dict(zip(map(int, row[1]), map(int, row[2]), strict=True)) for row in rows}


_COLUMNS = (
    "operation, category, service, name, method, system, op, calls, errors, total_ns, hits, "
    "misses, slowest, took"
)


def _source(
    scope: Scope, query: OperationQuery, grid: Grid, more: str = "", *, by_day: bool = True
) -> tuple[str, dict[str, object]]:
    """What to write after FROM, with its values: the rows that match, days in place of hours.

    by_day: False where the hour of a row matters, which is then its `bucket`.
    """
    where, params = _where(scope, query, grid)
    parts = []
    for number, (table, start_ms, end_ms) in enumerate(grid.parts(by_day=by_day)):
        first, last = ("first", "last") if table == "operations_1d" else ("bucket", "bucket")
        parts.append(
            f"SELECT {_COLUMNS}, bucket, {first} AS first, {last} AS last FROM {table} "
            f"WHERE {where}{more} AND bucket >= toDateTime({{a{number}:UInt32}}, 'UTC') "
            f"AND bucket < toDateTime({{b{number}:UInt32}}, 'UTC')"
        )
        params |= {f"a{number}": start_ms // SECOND_MS, f"b{number}": end_ms // SECOND_MS}
    return f"({' UNION ALL '.join(parts)})", params


def _where(scope: Scope, query: OperationQuery, grid: Grid) -> tuple[str, dict[str, object]]:
    claims = [
        "project_id IN {projects:Array(UInt32)}",
        "has({categories:Array(String)}, category)"
        if len(query.categories) > 1
        else "category = {category:String}",
    ]
    params: dict[str, object] = {
        "projects": list(scope.project_ids),
        "categories": [category.value for category in query.categories],
        "category": query.categories[0].value,
        "start": grid.range.start_ms,
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


def _totals(row: Sequence[object]) -> Totals:
    """Of the columns of _SUMS."""
    calls, errors, total_ns, hits, misses, slowest, first_ms, last_ms, times = row
    text = str(slowest)
    assert isinstance(times, dict)
    return Totals(
        calls=_int(calls),
        errors=_int(errors),
        total_ns=_int(total_ns),
        hits=_int(hits),
        misses=_int(misses),
        slowest_ns=int(text[:20] or 0),
        slowest_trace=text[20:],
        first_ms=_int(first_ms),
        last_ms=_int(last_ms),
        times=Histogram.of((int(at), int(k)) for at, k in times.items()),
    )


def _int(value: object) -> int:
    return int(value) if isinstance(value, int | str) else 0
