"""Reads of the column tables `errors` and `errors_1h`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from watchkeeper.issues.repo.search_events import EventConditions
from watchkeeper.lib.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import Columns

RAW_UP_TO_MS = 12 * HOUR_MS
"""Shorter ranges are counted from the events themselves, longer ones from whole hours."""

HASHES_AT_MOST = 20_000
"""Groups that one list looks at, those with the most events first."""

RAW = {
    "table": "errors",
    "earlier": "ts < fromUnixTimestamp64Milli({start:Int64})",
    "slot": "intDiv(toUnixTimestamp64Milli(ts) - {start:Int64}, {step:Int64})",
    "events": "count()",
    "one": "toUInt64(1)",
    "users": "uniqCombined64(nullIf(user_key, ''))",
    "within": (
        "received >= fromUnixTimestamp64Milli({start:Int64} - {skew:Int64}) "
        "AND ts >= fromUnixTimestamp64Milli({start:Int64}) "
        "AND ts < fromUnixTimestamp64Milli({end:Int64})"
    ),
}
_HOURLY = {
    "table": "errors_1h",
    "earlier": "bucket < fromUnixTimestamp(intDiv({start:Int64}, 1000))",
    "slot": "intDiv(toInt64(toUnixTimestamp(bucket)) * 1000 - {start:Int64}, {step:Int64})",
    "events": "sum(events)",
    "one": "events",
    "users": "uniqCombined64Merge(users)",
    "within": (
        "bucket >= fromUnixTimestamp(intDiv({start:Int64}, 1000)) "
        "AND bucket < fromUnixTimestamp(intDiv({end:Int64}, 1000))"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which events count. hashes: None for all of the project. search: what else must hold."""

    range: TimeRange
    environment: str = ""
    release: str = ""
    hashes: Sequence[int] | None = None
    search: EventConditions = field(default_factory=EventConditions)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueCounts:
    """slots: events by bucket number, absent where there was none."""

    events: int
    users: int
    slots: Mapping[int, int]


def active_hashes(
    columns: Columns,
    scope: Scope,
    chosen: Filter,
    *,
    with_users: bool,
    merged: Mapping[int, int],
) -> dict[int, tuple[int, int]]:
    """Events and users (0 unless asked for) of each group with an event that counts.

    merged: hash → the hash that stands for its issue, of issues with several hashes, so that a
    person who met two of them counts once.
    """
    source, span = source_of(chosen)
    users = f"ifNull({source['users']}, 0)" if with_users else "0"
    group = "grouping_hash"
    params = params_of(scope, chosen, span) | {"most": HASHES_AT_MOST}
    if merged:
        group = "transform(grouping_hash, {parts:Array(UInt64)}, {wholes:Array(UInt64)})"
        params |= {"parts": list(merged), "wholes": list(merged.values())}
    sql = f"""
    SELECT {group} AS whole, {source["events"]} AS n, {users}
    FROM {source["table"]} WHERE {where(source, chosen)}
    GROUP BY whole ORDER BY n DESC, whole LIMIT {{most:UInt32}}
    """
    return {int(h): (int(n), int(u)) for h, n, u in columns.rows(sql, params)}


def by_issue(
    columns: Columns,
    scope: Scope,
    chosen: Filter,
    *,
    issue_of: Mapping[int, int],
    buckets: int,
) -> dict[int, IssueCounts]:
    """Counts of each issue in the range, which is cut into equal buckets.

    issue_of: issue id by hash. Over 12 hours the counts are those of the whole hours touched.
    """
    source, span = source_of(chosen)
    sql = f"""
    SELECT transform(grouping_hash, {{hashes:Array(UInt64)}}, {{issues:Array(UInt64)}},
                     toUInt64(0)) AS issue,
           {source["events"]}, ifNull({source["users"]}, 0),
           sumMap([{source["slot"]}], [{source["one"]}]) AS found, found.1, found.2
    FROM {source["table"]} WHERE {where(source, chosen)} GROUP BY issue
    """
    params = params_of(scope, chosen, span, buckets=buckets)
    params |= {"hashes": list(issue_of), "issues": list(issue_of.values())}
    return {
        int(issue): IssueCounts(events=int(n), users=int(users), slots=_slots(slots, counts))
        for issue, n, users, _found, slots, counts in columns.rows(sql, params)
    }


def _slots(slots: Sequence[Any], counts: Sequence[Any]) -> dict[int, int]:
    return {int(slot): int(count) for slot, count in zip(slots, counts, strict=True)}


def by_level(
    columns: Columns, scope: Scope, chosen: Filter, *, buckets: int
) -> list[tuple[int, str, bool, int]]:
    """(bucket number, level, handled, events) over the range."""
    source, span = source_of(chosen)
    sql = f"""
    SELECT {source["slot"]} AS slot, level, handled, {source["events"]}
    FROM {source["table"]} WHERE {where(source, chosen)} GROUP BY slot, level, handled
    """
    rows = columns.rows(sql, params_of(scope, chosen, span, buckets=buckets))
    return [(int(slot), str(level), bool(handled), int(n)) for slot, level, handled, n in rows]


def over_time(
    columns: Columns, scope: Scope, chosen: Filter, *, buckets: int
) -> list[tuple[int, int, int]]:
    """(bucket number, events, users) over the range."""
    source, span = source_of(chosen)
    sql = f"""
    SELECT {source["slot"]} AS slot, {source["events"]}, ifNull({source["users"]}, 0)
    FROM {source["table"]} WHERE {where(source, chosen)} GROUP BY slot
    """
    rows = columns.rows(sql, params_of(scope, chosen, span, buckets=buckets))
    return [(int(slot), int(n), int(users)) for slot, n, users in rows]


def newest_from(columns: Columns, scope: Scope, hashes: Sequence[int], most: int) -> int:
    """Start of the day from which on groups have so many events, Unix ms; 0 if they never had."""
    sql = """
    SELECT toInt64(day) * {ms:Int64} AS at, sum(events) FROM errors_1d
    WHERE project_id = {project:UInt32} AND grouping_hash IN {hashes:Array(UInt64)}
    GROUP BY at ORDER BY at DESC
    """
    left = most
    params = {"project": scope.project_id, "hashes": list(hashes), "ms": DAY_MS}
    for day_ms, events in columns.rows(sql, params):
        left -= int(events)
        if left <= 0:
            return int(day_ms)
    return 0


def first_day(columns: Columns, scope: Scope, hashes: Sequence[int]) -> int:
    """Start of the first day with events of these groups, Unix ms; 0 if there is none."""
    sql = """
    SELECT toInt64(min(day)) * {ms:Int64} FROM errors_1d
    WHERE project_id = {project:UInt32} AND grouping_hash IN {hashes:Array(UInt64)}
    """
    params = {"project": scope.project_id, "hashes": list(hashes), "ms": DAY_MS}
    return int(columns.rows(sql, params)[0][0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """Stored events of one group, and the first and last hour of them, Unix ms."""

    events: int
    first_ms: int
    last_ms: int


def lives(columns: Columns, scope: Scope, hashes: Sequence[int]) -> dict[int, Life]:
    """By hash, those that have stored events."""
    sql = """
    SELECT grouping_hash, sum(events), toInt64(toUnixTimestamp(min(bucket))) * 1000,
           toInt64(toUnixTimestamp(max(bucket))) * 1000
    FROM errors_1h
    WHERE project_id = {project:UInt32} AND grouping_hash IN {hashes:Array(UInt64)}
    GROUP BY grouping_hash
    """
    found = columns.rows(sql, {"project": scope.project_id, "hashes": list(hashes)})
    return {
        int(one): Life(events=int(n), first_ms=int(first), last_ms=int(last))
        for one, n, first, last in found
    }


def source_of(chosen: Filter) -> tuple[Mapping[str, str], TimeRange]:
    """The table to count from, and the range it can tell apart."""
    span = chosen.range
    if span.length_ms <= RAW_UP_TO_MS or chosen.search.needs_rows:
        return RAW, span
    return _HOURLY, TimeRange(
        span.start_ms // HOUR_MS * HOUR_MS, -(-span.end_ms // HOUR_MS) * HOUR_MS
    )


def where(source: Mapping[str, str], chosen: Filter) -> str:
    """Conditions on rows of the source, for `params_of`."""
    parts = ["project_id = {project:UInt32}", source["within"]]
    if chosen.hashes is not None:
        parts.append("grouping_hash IN {chosen:Array(UInt64)}")
    if chosen.environment:
        parts.append("environment = {environment:String}")
    if chosen.release:
        parts.append("release = {release:String}")
    return " AND ".join([*parts, *chosen.search.sql])


def params_of(
    scope: Scope, chosen: Filter, span: TimeRange, *, buckets: int = 1
) -> dict[str, object]:
    """Values of what `where` and the sources name."""
    params: dict[str, object] = {
        "project": scope.project_id,
        "start": span.start_ms,
        "end": span.end_ms,
        "skew": MINUTE_MS + SECOND_MS,
        "step": bucket_ms(span, buckets),
    }
    if chosen.hashes is not None:
        params["chosen"] = list(chosen.hashes)
    if chosen.environment:
        params["environment"] = chosen.environment
    if chosen.release:
        params["release"] = chosen.release
    return params | dict(chosen.search.params)


def bucket_ms(span: TimeRange, buckets: int) -> int:
    """Length of each of so many equal buckets that cover the range."""
    return max(1, -(-span.length_ms // max(1, buckets)))


def bucket_starts(chosen: Filter, buckets: int) -> list[int]:
    """Starts of the buckets that these counts come in."""
    _used, counted = source_of(chosen)
    step = bucket_ms(counted, buckets)
    return [counted.start_ms + step * number for number in range(buckets)]
