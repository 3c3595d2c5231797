"""Lines by pattern."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from watchkeeper.logs.repo.conditions import Condition, level_column
from watchkeeper.logs.repo.lines import IN_RANGE, range_params
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import LOG_TEMPLATE, Columns, Settings

_FIVE_MINUTES = (
    "project_id = {project:UInt32} "
    "AND bucket >= toDateTime(intDiv({from:Int64}, 300000) * 300, 'UTC') "
    "AND bucket < toDateTime(intDiv({to:Int64} + 299999, 300000) * 300, 'UTC')"
)

_ALL_OF_IT: Settings = {"optimize_read_in_order": 0}
"""For a stretch of which nearly all lines are counted: in order it is read by one thread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternCount:
    """Lines of one pattern in a range. spark: lines in equal buckets. last_ms: its newest line."""

    pattern: int
    template: str
    lines: int
    by_severity: dict[str, int]
    services: tuple[str, ...]
    spark: tuple[int, ...]
    first_ms: int
    last_ms: int


_SUMMED = """
SELECT pattern, {template}, sum(lines) AS counted, sumMap(map(level, lines)),
       groupUniqArray(5)(service), sumMap(map(slot, lines)),
       toUnixTimestamp64Milli(min(first)), toUnixTimestamp64Milli(max(last))
FROM ({inner}) GROUP BY pattern ORDER BY counted DESC, pattern LIMIT {{most:UInt32}}
"""


def rolled_patterns(
    columns: Columns, scope: Scope, span: TimeRange, condition: Condition, *, slots: int, most: int
) -> list[PatternCount]:
    """From the roll-up, whole five minutes. The condition is on severity and service alone."""
    inner = f"""
    SELECT pattern, template, lines, {level_column()} AS level, toString(service) AS service,
           least(intDiv(greatest(0, toInt64(toUnixTimestamp(bucket)) * 1000 - {{from:Int64}})
                 * {{slots:Int64}}, {{to:Int64}} - {{from:Int64}}), {{slots:Int64}} - 1) AS slot,
           first, last
    FROM log_patterns WHERE {_FIVE_MINUTES} AND {condition.sql}
    """
    params = {**range_params(scope, span), **condition.params, "slots": slots, "most": most}
    rows = columns.rows(_SUMMED.format(inner=inner, template="any(template)"), params)
    return [_pattern(row, slots) for row in rows]


def pattern_counts(
    columns: Columns,
    scope: Scope,
    span: TimeRange,
    condition: Condition,
    *,
    slots: int,
    most: int,
    newest: int,
    since_ms: int,
) -> list[PatternCount]:
    """From the newest lines that match, none from before `since_ms`."""
    inner = f"""
    SELECT pattern, any(body) AS line, count() AS lines, level, service, slot,
           min(ts) AS first, max(ts) AS last
    FROM (
        SELECT pattern, body, {level_column()} AS level, toString(service) AS service, ts,
               intDiv((toUnixTimestamp64Milli(ts) - {{from:Int64}}) * {{slots:Int64}},
                      {{to:Int64}} - {{from:Int64}}) AS slot
        FROM logs WHERE {IN_RANGE} AND {condition.sql}
          AND logs.ts >= fromUnixTimestamp64Milli({{since:Int64}})
        ORDER BY logs.ts DESC LIMIT {{newest:UInt32}}
    ) GROUP BY pattern, level, service, slot
    """
    params = {
        **range_params(scope, span),
        **condition.params,
        "slots": slots,
        "most": most,
        "newest": newest,
        "since": since_ms,
    }
    template = LOG_TEMPLATE.format(body="any(line)")  # made once a pattern: it is dear
    sql = _SUMMED.format(inner=inner, template=template)
    rows = columns.rows(sql, params, settings=_ALL_OF_IT)
    return [_pattern(row, slots) for row in rows]


def first_seen(columns: Columns, scope: Scope, patterns: Sequence[int]) -> dict[int, int]:
    """When each of these patterns came up first, Unix ms, as far back as lines are kept."""
    rows = columns.rows(
        """
        SELECT pattern, toUnixTimestamp64Milli(min(first)) FROM log_patterns
        WHERE project_id = {project:UInt32} AND pattern IN {patterns:Array(UInt64)}
        GROUP BY pattern
        """,
        {"project": scope.project_id, "patterns": list(patterns)},
    )
    return {int(pattern): int(at_ms) for pattern, at_ms in rows}


def _pattern(row: Sequence[object], slots: int) -> PatternCount:
    pattern, template, lines, levels, services, spark, first_ms, last_ms = row
    assert isinstance(levels, dict)
    assert isinstance(spark, dict)
    assert isinstance(services, list)
    by_slot = {int(slot): int(count) for slot, count in spark.items()}
    return PatternCount(
        pattern=int(str(pattern)),
        template=str(template),
        lines=int(str(lines)),
        by_severity={str(level): int(count) for level, count in levels.items()},
        services=tuple(sorted(map(str, services))),
        spark=tuple(by_slot.get(slot, 0) for slot in range(slots)),
        first_ms=int(str(first_ms)),
        last_ms=int(str(last_ms)),
    )
