"""Reads of the column tables `errors`, `errors_1h` and `errors_1d`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from watchkeeper.issues.repo.search_events import EventConditions
from watchkeeper.lib.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from watchkeeper.lib.round_steps import round_step_ms
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import Columns, Settings

RAW_UP_TO_MS = 12 * HOUR_MS
"""Shorter ranges are counted from the events themselves, longer ones from whole hours."""

DAYS_FROM_MS = 3 * DAY_MS
"""Of a longer range whole days are counted as days, where no times are asked for."""

HASHES_AT_MOST = 20_000
"""Groups that one list looks at, those with the most events first."""

_SKEW_MS = MINUTE_MS + SECOND_MS
ALL_AT_ONCE: Settings = {"optimize_move_to_prewhere": 0}
"""For roll-ups, nearly all of whose rows fit: to look at conditions first costs more."""

RAW = {
    "table": "errors",
    "earlier": "ts < fromUnixTimestamp64Milli({start:Int64})",
    "slot": "intDiv(toUnixTimestamp64Milli(ts) - {start:Int64}, {step:Int64})",
    "events": "count()",
    "one": "toUInt64(1)",
    "users": "uniqCombined64If(person, person != 0)",
    # Days by receipt that no event of the range can lie in are passed over by name: `received` is
    # not read for it.
    "within": (
        "_partition_id >= {first_day:String} "
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
_OF_PROJECT = {**_HOURLY, "table": "error_totals_1h"}
_FIRST_WHOLE_DAY = "intDiv({start:Int64} + 86399999, 86400000)"
_LAST_DAY = "intDiv({end:Int64}, 86400000)"
_WHOLE_DAYS = f"day >= toDate({_FIRST_WHOLE_DAY}) AND day < toDate({_LAST_DAY})"
_BEYOND_WHOLE_DAYS = (
    f"(bucket < fromUnixTimestamp({_FIRST_WHOLE_DAY} * 86400) "
    f"OR bucket >= fromUnixTimestamp({_LAST_DAY} * 86400))"
)
_SUMS = "project_id, grouping_hash, level, environment, release, handled, events, users"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which events count. hashes: None for all of the project. search: what else must hold."""

    range: TimeRange
    environment: str = ""
    release: str = ""
    hashes: Sequence[int] | None = None
    search: EventConditions = field(default_factory=EventConditions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """Equal parts of a chart's time. starts: Unix ms; the last part may reach beyond the range."""

    step_ms: int
    starts: Sequence[int]


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
) -> dict[int, IssueCounts]:
    """Events and users (0 unless asked for) of each group with an event that counts; no slots.

    merged: hash → the hash that stands for its issue, of issues with several hashes, so that a
    person who met two of them counts once.
    """
    source, span, rows = without_times(chosen)
    users = f"ifNull({source['users']}, 0)" if with_users else "0"
    group, params = _whole(merged)
    sql = f"""
    SELECT {group} AS whole, {source["events"]} AS n, {users}
    FROM {rows} GROUP BY whole ORDER BY n DESC, whole LIMIT {{most:UInt32}}
    """
    params |= params_of(scope, chosen, span) | {"most": HASHES_AT_MOST}
    found = columns.rows(sql, params, settings=settings_of(source))
    return {int(h): IssueCounts(events=int(n), users=int(u), slots={}) for h, n, u in found}


def active_in_full(
    columns: Columns, scope: Scope, chosen: Filter, *, merged: Mapping[int, int], buckets: int
) -> dict[int, IssueCounts]:
    """The same with users and slots, from the events: where a search has to read them, once."""
    group, params = _whole(merged)
    sql = f"""
    SELECT whole, sum(k) AS n, uniqCombined64IfMerge(people), groupArray(slot), groupArray(k)
    FROM (
        SELECT {group} AS whole, {RAW["slot"]} AS slot, count() AS k,
               uniqCombined64IfState(person, person != 0) AS people
        FROM errors WHERE {where(RAW, chosen)} GROUP BY whole, slot
    )
    GROUP BY whole ORDER BY n DESC, whole LIMIT {{most:UInt32}}
    """
    params |= params_of(scope, chosen, chosen.range, step_ms=bucket_ms(chosen.range, buckets)) | {
        "most": HASHES_AT_MOST
    }
    return {
        int(one): IssueCounts(events=int(n), users=int(users), slots=_slots(slots, events))
        for one, n, users, slots, events in columns.rows(sql, params)
    }


def _whole(merged: Mapping[int, int]) -> tuple[str, dict[str, object]]:
    """SQL of the hash that stands for a row's issue, and its parameters."""
    if not merged:
        return "grouping_hash", {}
    params: dict[str, object] = {"parts": list(merged), "wholes": list(merged.values())}
    return "transform(grouping_hash, {parts:Array(UInt64)}, {wholes:Array(UInt64)})", params


def by_issue(
    columns: Columns,
    scope: Scope,
    chosen: Filter,
    *,
    issue_of: Mapping[int, int],
    buckets: int,
    users: Mapping[int, int] | None = None,
    beside: Executor | None = None,
) -> dict[int, IssueCounts]:
    """Counts of each issue in the range, which is cut into equal buckets.

    issue_of: issue id by hash. users: by issue, if they are known or not wanted. beside: where they
    are counted at the same time. Over 12 hours the counts are
    those of the whole hours touched.
    """
    source, span = source_of(chosen)
    if users is None and (source is RAW or span.length_ms < DAYS_FROM_MS):
        return _by_issue_at_once(columns, scope, chosen, issue_of, buckets)
    counted: Future[dict[int, int]] | None = None
    if users is None and beside is not None:
        counted = beside.submit(_users, columns, scope, chosen, issue_of)
    sql = f"""
    SELECT {_ISSUE} AS issue, {source["slot"]} AS slot, {source["events"]}
    FROM {source["table"]} WHERE {where(source, chosen)} GROUP BY issue, slot
    """
    params = params_of(scope, chosen, span, step_ms=bucket_ms(span, buckets)) | _issues(issue_of)
    slots: dict[int, dict[int, int]] = {}
    for issue, slot, events in columns.rows(sql, params, settings=settings_of(source)):
        slots.setdefault(int(issue), {})[int(slot)] = int(events)
    if users is None:
        users = counted.result() if counted else _users(columns, scope, chosen, issue_of)
    return {
        issue: IssueCounts(events=sum(each.values()), users=users.get(issue, 0), slots=each)
        for issue, each in slots.items()
    }


def _by_issue_at_once(
    columns: Columns, scope: Scope, chosen: Filter, issue_of: Mapping[int, int], buckets: int
) -> dict[int, IssueCounts]:
    """The same by one query: of a short range it is the cheaper way."""
    source, span = source_of(chosen)
    sql = f"""
    SELECT {_ISSUE} AS issue, {source["events"]}, ifNull({source["users"]}, 0),
           sumMap([{source["slot"]}], [{source["one"]}]) AS found, found.1, found.2
    FROM {source["table"]} WHERE {where(source, chosen)} GROUP BY issue
    """
    params = params_of(scope, chosen, span, step_ms=bucket_ms(span, buckets)) | _issues(issue_of)
    return {
        int(issue): IssueCounts(events=int(n), users=int(users), slots=_slots(slots, events))
        for issue, n, users, _found, slots, events in columns.rows(
            sql, params, settings=settings_of(source)
        )
    }


_ISSUE = "transform(grouping_hash, {hashes:Array(UInt64)}, {issues:Array(UInt64)}, toUInt64(0))"


def _issues(issue_of: Mapping[int, int]) -> dict[str, object]:
    return {"hashes": list(issue_of), "issues": list(issue_of.values())}


def _users(
    columns: Columns, scope: Scope, chosen: Filter, issue_of: Mapping[int, int]
) -> dict[int, int]:
    """Users by issue."""
    source, span, rows = without_times(chosen)
    sql = f"SELECT {_ISSUE} AS issue, ifNull({source['users']}, 0) FROM {rows} GROUP BY issue"
    params = params_of(scope, chosen, span) | _issues(issue_of)
    found = columns.rows(sql, params, settings=settings_of(source))
    return {int(issue): int(people) for issue, people in found}


def _slots(slots: Sequence[Any], counts: Sequence[Any]) -> dict[int, int]:
    return {int(slot): int(count) for slot, count in zip(slots, counts, strict=True)}


def by_level(
    columns: Columns, scope: Scope, chosen: Filter, *, step_ms: int
) -> list[tuple[int, str, bool, int]]:
    """(slot number, level, handled, events) over the range."""
    source, span = source_of(chosen, is_by_issue=False)
    sql = f"""
    SELECT {source["slot"]} AS slot, level, handled, {source["events"]}
    FROM {source["table"]} WHERE {where(source, chosen)} GROUP BY slot, level, handled
    """
    params = params_of(scope, chosen, span, step_ms=step_ms)
    rows = columns.rows(sql, params, settings=settings_of(source))
    return [(int(slot), str(level), bool(handled), int(n)) for slot, level, handled, n in rows]


def over_time(
    columns: Columns, scope: Scope, chosen: Filter, *, step_ms: int
) -> list[tuple[int, int, int]]:
    """(slot number, events, users) over the range."""
    source, span = source_of(chosen, is_by_issue=False)
    sql = f"""
    SELECT {source["slot"]} AS slot, {source["events"]}, ifNull({source["users"]}, 0)
    FROM {source["table"]} WHERE {where(source, chosen)} GROUP BY slot
    """
    params = params_of(scope, chosen, span, step_ms=step_ms)
    rows = columns.rows(sql, params, settings=settings_of(source))
    return [(int(slot), int(n), int(users)) for slot, n, users in rows]


def newest_from(
    columns: Columns,
    scope: Scope,
    hashes: Sequence[int] | None,
    most: int,
    *,
    end_ms: int | None = None,
) -> int:
    """Start of the day from which on groups have so many events, Unix ms; 0 if they never had.

    hashes: None for all of the project. end_ms: events of days after it do not count.
    """
    of_groups = "" if hashes is None else "AND grouping_hash IN {hashes:Array(UInt64)}"
    last_day = "" if end_ms is None else "AND day <= toDate(intDiv({end:Int64}, {ms:Int64}))"
    sql = f"""
    SELECT toInt64(day) * {{ms:Int64}} AS at, sum(events) FROM errors_1d
    WHERE project_id = {{project:UInt32}} {of_groups} {last_day}
    GROUP BY at ORDER BY at DESC
    """
    left = most
    params: dict[str, object] = {"project": scope.project_id, "ms": DAY_MS}
    if hashes is not None:
        params["hashes"] = list(hashes)
    if end_ms is not None:
        params["end"] = end_ms
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


def source_of(chosen: Filter, *, is_by_issue: bool = True) -> tuple[Mapping[str, str], TimeRange]:
    """The table to count from, and the range it can tell apart.

    is_by_issue: False where it does not matter of which issue an event is, unless `chosen` says.
    """
    span = chosen.range
    if span.length_ms <= RAW_UP_TO_MS or chosen.search.needs_rows:
        return RAW, span
    source = _HOURLY if is_by_issue or chosen.hashes is not None else _OF_PROJECT
    return source, TimeRange(
        span.start_ms // HOUR_MS * HOUR_MS, -(-span.end_ms // HOUR_MS) * HOUR_MS
    )


def settings_of(source: Mapping[str, str]) -> Settings | None:
    """How the source is best read."""
    return None if source is RAW else ALL_AT_ONCE


def without_times(
    chosen: Filter, *, is_by_issue: bool = True
) -> tuple[Mapping[str, str], TimeRange, str]:
    """The source, the range it can tell apart, and what stands after FROM, to count without times.

    A long range is made of the days that lie in it whole, and of the hours before and after.
    """
    source, span = source_of(chosen, is_by_issue=is_by_issue)
    if source is not _HOURLY or span.length_ms < DAYS_FROM_MS:
        return source, span, f"{source['table']} WHERE {where(source, chosen)}"
    days = where({**source, "within": _WHOLE_DAYS}, chosen)
    hours = where(source, chosen)
    return (
        source,
        span,
        f"(SELECT {_SUMS} FROM errors_1d WHERE {days} UNION ALL "
        f"SELECT {_SUMS} FROM errors_1h WHERE {hours} AND {_BEYOND_WHOLE_DAYS})",
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
    scope: Scope, chosen: Filter, span: TimeRange, *, step_ms: int = 1
) -> dict[str, object]:
    """Values of what `where` and the sources name."""
    params: dict[str, object] = {
        "project": scope.project_id,
        "start": span.start_ms,
        "end": span.end_ms,
        "first_day": day_of_receipt(span.start_ms),
        "step": step_ms,
    }
    if chosen.hashes is not None:
        params["chosen"] = list(chosen.hashes)
    if chosen.environment:
        params["environment"] = chosen.environment
    if chosen.release:
        params["release"] = chosen.release
    return params | dict(chosen.search.params)


def day_of_receipt(at_ms: int) -> str:
    """The first day, as a partition of `errors` is called, that may have events from then on."""
    return datetime.fromtimestamp((at_ms - _SKEW_MS) / SECOND_MS, UTC).strftime("%Y%m%d")


def bucket_ms(span: TimeRange, buckets: int) -> int:
    """Length of each of so many equal buckets that cover the range."""
    return max(1, -(-span.length_ms // max(1, buckets)))


def slots_of(chosen: Filter, most: int) -> Slots:
    """The slots of a chart of the range, at most so many: of a round length, and never finer than
    what is counted, or every bar would stand for an hour and claim to be a part of it.
    """
    source, counted = source_of(chosen)
    finest_ms = SECOND_MS if source is RAW else HOUR_MS
    wanted_ms = max(finest_ms, bucket_ms(counted, most))
    step = round_step_ms(wanted_ms)
    return Slots(step_ms=step, starts=range(counted.start_ms, counted.end_ms, step))
