"""Numbers of lines: by time, by severity, by the values of fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from watchkeeper.lib.clock import HOUR_MS
from watchkeeper.logs.language import Field, FieldKind
from watchkeeper.logs.repo.conditions import (
    Condition,
    Values,
    attribute_column,
    level_column,
)
from watchkeeper.logs.repo.lines import IN_RANGE, range_params, reading
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import Columns

_MINUTES = (
    "project_id = {project:UInt32} "
    "AND bucket >= toDateTime(intDiv({from:Int64}, 60000) * 60, 'UTC') "
    "AND bucket < toDateTime(intDiv({to:Int64} + 59999, 60000) * 60, 'UTC')"
)
"""Whole minutes that the range touches."""

_FIRST_HOUR = "toDateTime(intDiv({from:Int64} + 3599999, 3600000) * 3600, 'UTC')"
_LAST_HOUR = "toDateTime(intDiv({to:Int64}, 3600000) * 3600, 'UTC')"
_HOURS = f"project_id = {{project:UInt32}} AND bucket >= {_FIRST_HOUR} AND bucket < {_LAST_HOUR}"
"""Whole hours that lie in the range."""

_BESIDE_HOURS = f"{_MINUTES} AND (bucket < {_FIRST_HOUR} OR bucket >= {_LAST_HOUR})"
_FEW_ROWS = 20_000
_HOURS_FROM_MS = 3 * HOUR_MS
"""A shorter range is read by minute: it has few whole hours."""


@dataclass(frozen=True, slots=True)
class Count:
    """Lines of one severity in the bucket of this number, from the range's start."""

    bucket: int
    severity: str
    lines: int


def count_lines(columns: Columns, scope: Scope, span: TimeRange) -> int:
    """Every line of the minutes that a range touches."""
    sql = f"SELECT sum(n) FROM ({_summed(span, 'project_id', '1')})"
    return int(columns.rows(sql, range_params(scope, span))[0][0])


def minute_counts(
    columns: Columns, scope: Scope, span: TimeRange, condition: Condition, *, step_ms: int
) -> list[Count]:
    """From the roll-ups. The range begins and ends with a minute; with an hour, if steps are."""
    by_hour = step_ms % HOUR_MS == 0
    table, within = ("logs_1h", _HOURS) if by_hour else ("logs_1m", _MINUTES)
    rows = columns.rows(
        f"""
        SELECT intDiv(toInt64(toUnixTimestamp(bucket)) * 1000 - {{from:Int64}},
                      {{step:Int64}}) AS b,
               {level_column()} AS level, sum(lines)
        FROM {table} WHERE {within} AND {condition.sql} GROUP BY b, level
        """,
        {**range_params(scope, span), **condition.params, "step": step_ms},
    )
    return _counts(rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stripes:
    """Stretches of a range that stand for all of it, each `unit_ms` long.

    units: Unix ms of their starts, by `unit_ms`. one_in: the share of the range that they are.
    """

    unit_ms: int
    units: Sequence[int]
    one_in: float


def rows_to_read(
    columns: Columns, scope: Scope, span: TimeRange, condition: Condition, stripes: Stripes
) -> int:
    """About how many lines the index cannot rule out, by what it says of the stripes."""
    within, params = _within(scope, span, condition, stripes)
    found = columns.rows(f"EXPLAIN ESTIMATE SELECT 1 FROM logs WHERE {within}", params)
    of_table = [int(rows) for _database, table, _parts, rows, _marks in found if table == "logs"]
    known = round(sum(of_table) * stripes.one_in)
    # Of a cluster it tells this node's lines alone, under another table's name; and it counts whole
    # blocks, which a small project shares with others.
    if not of_table or known > _FEW_ROWS:
        lines = count_lines(columns, scope, span)
        return min(lines, known) if of_table else lines
    return known


def count_buckets(
    columns: Columns,
    scope: Scope,
    span: TimeRange,
    condition: Condition,
    *,
    step_ms: int,
    stripes: Stripes | None,
    most_rows: int | None = None,
) -> list[Count]:
    """From the lines, those of the stripes alone if there are any.

    Raises QueryTooHeavy if more than `most_rows` would have to be read.
    """
    within, params = _within(scope, span, condition, stripes)
    rows = columns.rows(
        f"""
        SELECT intDiv(toUnixTimestamp64Milli(ts) - {{from:Int64}}, {{step:Int64}}) AS b,
               {level_column()} AS level, count()
        FROM logs WHERE {within} GROUP BY b, level
        """,
        {**params, "step": step_ms},
        settings=reading(most_rows),
    )
    return _counts(rows)


def _within(
    scope: Scope, span: TimeRange, condition: Condition, stripes: Stripes | None
) -> tuple[str, dict[str, object]]:
    """What lines of the range, or of its stripes, fulfil; and the values for it."""
    params = {**range_params(scope, span), **condition.params}
    if stripes is None:
        return f"{IN_RANGE} AND {condition.sql}", params
    # A set, which the key narrows as well as it does a range, and which is read and checked once.
    striped = "intDiv(toUnixTimestamp64Milli(ts), {unit:Int64}) IN {units:Array(Int64)}"
    params |= {"unit": stripes.unit_ms, "units": list(stripes.units)}
    return f"{IN_RANGE} AND {striped} AND {condition.sql}", params


def minute_facets(
    columns: Columns,
    scope: Scope,
    span: TimeRange,
    condition: Condition,
    fields: Sequence[Field],
    *,
    limit: int,
) -> Iterator[tuple[int, str, int]]:
    """(number of the field, value, lines), the commonest first, from the roll-ups."""
    used = ", ".join(sorted({each.column for each in fields}))
    value = Values(dict(condition.params))
    sql = _by_field(fields, value, f"({_summed(span, used, condition.sql)})", lines="sum(n)")
    rows = columns.rows(sql, {**range_params(scope, span), **value.params, "most": limit})
    for at, found, counted in rows:
        if int(at) >= 0:
            yield int(at), str(found), int(counted)


def _summed(span: TimeRange, labels: str, condition: str) -> str:
    """SQL of rows with labels and lines `n`: of the whole hours in a longer range, and minutes
    beside."""

    def of(table: str, within: str) -> str:
        return f"SELECT {labels}, lines AS n FROM {table} WHERE {within} AND {condition}"

    if span.length_ms < _HOURS_FROM_MS:
        return of("logs_1m", _MINUTES)
    return f"{of('logs_1h', _HOURS)} UNION ALL {of('logs_1m', _BESIDE_HOURS)}"


def _by_field(fields: Sequence[Field], value: Values, rows: str, *, lines: str) -> str:
    """SQL of (number of the field, value, lines) of these rows, read once; number -1: all."""
    numbers = range(len(fields))
    named = ", ".join(f"{_as_text(each, value)} AS f{at}" for at, each in enumerate(fields))
    weighed = ", n" if lines == "sum(n)" else ""
    return f"""
    SELECT indexOf([{", ".join(f"grouping(f{at}) = 0" for at in numbers)}], 1) - 1 AS at,
           if(at < 0, '', [{", ".join(f"f{at}" for at in numbers)}][at + 1]) AS found,
           {lines} AS counted
    FROM (SELECT {named}{weighed} FROM {rows})
    GROUP BY GROUPING SETS ((), {", ".join(f"(f{at})" for at in numbers)})
    ORDER BY counted DESC, found LIMIT {{most:UInt32}} BY at
    """


def facet_counts(
    columns: Columns,
    scope: Scope,
    span: TimeRange,
    condition: Condition,
    fields: Sequence[Field],
    *,
    limit: int,
    stripes: Stripes | None,
    most_rows: int | None = None,
) -> Iterator[tuple[int, str, int]]:
    """The same from the lines, or those of the stripes; number -1 counts all that match.

    Raises QueryTooHeavy if more than `most_rows` would have to be read.
    """
    value = Values(dict(condition.params))
    within, params = _within(scope, span, condition, stripes)
    sql = _by_field(fields, value, f"logs WHERE {within}", lines="count()")
    params |= {**value.params, "most": limit}
    rows = columns.rows(sql, params, settings=reading(most_rows))
    for at, found, counted in rows:
        yield int(at), str(found), int(counted)


def count_matching(
    columns: Columns, scope: Scope, span: TimeRange, condition: Condition, *, most: int
) -> int:
    """Matching lines, counted up to `most`."""
    rows = columns.rows(
        f"""
        SELECT count() FROM (
            SELECT 1 FROM logs WHERE {IN_RANGE} AND {condition.sql} LIMIT {{most:UInt64}}
        )
        """,
        {**range_params(scope, span), **condition.params, "most": most},
        settings=reading(),
    )
    return int(rows[0][0])


def attribute_names(
    columns: Columns,
    scope: Scope,
    span: TimeRange,
    condition: Condition,
    *,
    limit: int,
    stripes: Stripes | None,
) -> list[tuple[str, int]]:
    """Names of attributes in lines that match, or those of the stripes, the commonest first."""
    within, params = _within(scope, span, condition, stripes)
    rows = columns.rows(
        f"""
        SELECT arrayJoin(mapKeys(attributes)) AS name, count() AS counted
        FROM logs WHERE {within} GROUP BY name
        ORDER BY counted DESC, name LIMIT {{most:UInt32}}
        """,
        {**params, "most": limit},
        settings=reading(),
    )
    return [(str(name), int(counted)) for name, counted in rows]


def _as_text(searched: Field, value: Values) -> str:
    match searched.kind:
        case FieldKind.LEVEL:
            return level_column()
        case FieldKind.ATTRIBUTE:
            return attribute_column(searched.key, value)
        case FieldKind.PATTERN:
            return "lower(leftPad(hex(pattern), 16, '0'))"
        case _:
            return f"toString({searched.column})"


def _counts(rows: Sequence[Sequence[object]]) -> list[Count]:
    return [Count(int(str(b)), str(level), int(str(lines))) for b, level, lines in rows]
