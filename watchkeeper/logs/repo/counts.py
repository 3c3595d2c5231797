"""Numbers of lines: by time, by severity, by the values of fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from watchkeeper.lib.clock import MINUTE_MS
from watchkeeper.logs.language import Field, FieldKind
from watchkeeper.logs.repo.conditions import Condition, Values, level_column
from watchkeeper.logs.repo.lines import IN_RANGE, range_params
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import Columns

_MINUTES = (
    "project_id = {project:UInt32} "
    "AND bucket >= toDateTime(intDiv({from:Int64}, 60000) * 60, 'UTC') "
    "AND bucket < toDateTime(intDiv({to:Int64} + 59999, 60000) * 60, 'UTC')"
)
"""Whole minutes that the range touches."""


@dataclass(frozen=True, slots=True)
class Count:
    """Lines of one severity in the bucket of this number, from the range's start."""

    bucket: int
    severity: str
    lines: int


def count_lines(columns: Columns, scope: Scope, span: TimeRange) -> int:
    """Every line of the minutes that a range touches."""
    sql = f"SELECT sum(lines) FROM logs_1m WHERE {_MINUTES}"
    return int(columns.rows(sql, range_params(scope, span))[0][0])


def minute_counts(
    columns: Columns, scope: Scope, span: TimeRange, condition: Condition, *, step_ms: int
) -> list[Count]:
    """From the roll-up by minute. The range begins and ends with a minute."""
    rows = columns.rows(
        f"""
        SELECT intDiv(toInt64(toUnixTimestamp(bucket)) * 1000 - {{from:Int64}},
                      {{step:Int64}}) AS b,
               {level_column()} AS level, sum(lines)
        FROM logs_1m WHERE {_MINUTES} AND {condition.sql} GROUP BY b, level
        """,
        {**range_params(scope, span), **condition.params, "step": step_ms},
    )
    return _counts(rows)


def count_buckets(
    columns: Columns,
    scope: Scope,
    span: TimeRange,
    condition: Condition,
    *,
    step_ms: int,
    most_rows: int,
) -> list[Count]:
    """From the lines. Raises QueryTooHeavy if more than `most_rows` would have to be read."""
    return _count_where(columns, scope, span, condition, Condition("", {}), step_ms, most_rows)


def count_stripes(
    columns: Columns,
    scope: Scope,
    span: TimeRange,
    condition: Condition,
    *,
    step_ms: int,
    stripes: Sequence[tuple[int, int]],
    most_rows: int,
) -> list[Count]:
    """Like `count_buckets`, of these stretches of time alone (Unix ms, half-open)."""
    value = Values(prefix="stripe")
    parts = [
        f"ts >= fromUnixTimestamp64Milli({value(start, 'Int64')}) "
        f"AND ts < fromUnixTimestamp64Milli({value(end, 'Int64')})"
        for start, end in stripes
    ]
    more = Condition(f" AND ({' OR '.join(parts)})", value.params)
    return _count_where(columns, scope, span, condition, more, step_ms, most_rows)


def _count_where(
    columns: Columns,
    scope: Scope,
    span: TimeRange,
    condition: Condition,
    more: Condition,
    step_ms: int,
    most_rows: int,
) -> list[Count]:
    rows = columns.rows(
        f"""
        SELECT intDiv(toUnixTimestamp64Milli(ts) - {{from:Int64}}, {{step:Int64}}) AS b,
               {level_column()} AS level, count()
        FROM logs WHERE {IN_RANGE}{more.sql} AND {condition.sql} GROUP BY b, level
        """,
        {**range_params(scope, span), **condition.params, **more.params, "step": step_ms},
        settings={"max_rows_to_read": most_rows, "read_overflow_mode": "throw"},
    )
    return _counts(rows)


def minute_facets(
    columns: Columns,
    scope: Scope,
    span: TimeRange,
    condition: Condition,
    fields: Sequence[Field],
    *,
    limit: int,
) -> Iterator[tuple[int, str, int]]:
    """(number of the field, value, lines), the commonest first, from the roll-up by minute."""
    values = Values()
    # A pass for each field: to group by one short column takes a fraction of what pairs would.
    of_each = [
        f"""
        SELECT {at} AS at, {_as_text(each, values)} AS found, sum(n) AS counted FROM (
            SELECT {each.column}, sum(lines) AS n FROM logs_1m
            WHERE {_MINUTES} AND {condition.sql} GROUP BY {each.column}
        ) GROUP BY found ORDER BY counted DESC, found LIMIT {{most:UInt32}}
        """
        for at, each in enumerate(fields)
    ]
    rows = columns.rows(
        " UNION ALL ".join(f"SELECT * FROM ({one})" for one in of_each),
        {**range_params(scope, span), **condition.params, "most": limit},
    )
    for at, found, counted in rows:
        yield int(at), str(found), int(counted)


def facet_counts(
    columns: Columns,
    scope: Scope,
    span: TimeRange,
    condition: Condition,
    fields: Sequence[Field],
    *,
    limit: int,
    newest: int,
) -> Iterator[tuple[int, str, int]]:
    """The same from the newest lines that match; number -1 counts those that were looked at."""
    value = Values(dict(condition.params))
    pairs = _pairs(fields, value)
    used = ", ".join(sorted({each.column for each in fields}))
    rows = columns.rows(
        f"""
        SELECT pair.1 AS at, pair.2 AS found, count() AS counted FROM (
            SELECT arrayJoin([(-1, ''), {pairs}]) AS pair FROM (
                SELECT {used} FROM logs
                WHERE {IN_RANGE} AND {condition.sql} ORDER BY ts DESC LIMIT {{newest:UInt32}}
            )
        ) GROUP BY at, found ORDER BY counted DESC, found LIMIT {{most:UInt32}} BY at
        """,
        {**range_params(scope, span), **value.params, "most": limit, "newest": newest},
    )
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
    )
    return int(rows[0][0])


def attribute_names(
    columns: Columns,
    scope: Scope,
    span: TimeRange,
    condition: Condition,
    *,
    limit: int,
    newest: int,
) -> list[tuple[str, int]]:
    """Names of attributes in the newest lines that match, the commonest first."""
    rows = columns.rows(
        f"""
        SELECT arrayJoin(names) AS name, count() AS counted FROM (
            SELECT mapKeys(attributes) AS names FROM logs WHERE {IN_RANGE} AND {condition.sql}
            ORDER BY ts DESC LIMIT {{newest:UInt32}}
        ) GROUP BY name ORDER BY counted DESC, name LIMIT {{most:UInt32}}
        """,
        {**range_params(scope, span), **condition.params, "most": limit, "newest": newest},
    )
    return [(str(name), int(counted)) for name, counted in rows]


def floor_minute(at_ms: int) -> int:
    """The start of the minute that an instant lies in."""
    return at_ms // MINUTE_MS * MINUTE_MS


def _pairs(fields: Sequence[Field], value: Values) -> str:
    return ", ".join(f"({at}, {_as_text(each, value)})" for at, each in enumerate(fields))


def _as_text(searched: Field, value: Values) -> str:
    match searched.kind:
        case FieldKind.LEVEL:
            return level_column()
        case FieldKind.ATTRIBUTE:
            return f"attributes[{value(searched.key)}]"
        case FieldKind.PATTERN:
            return "lower(leftPad(hex(pattern), 16, '0'))"
        case _:
            return f"toString({searched.column})"


def _counts(rows: Sequence[Sequence[object]]) -> list[Count]:
    return [Count(int(str(b)), str(level), int(str(lines))) for b, level, lines in rows]
