"""Reads of the column tables `errors` and `errors_1h`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from watchkeeper.lib.clock import HOUR_MS, MINUTE_MS, SECOND_MS
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import Columns

RAW_UP_TO_MS = 12 * HOUR_MS
"""Shorter ranges are counted from the events themselves, longer ones from whole hours."""

HASHES_AT_MOST = 10_000
"""Groups that one list looks at, those with the most events first."""

TAGGED_EVENTS = 50_000

_RAW = {
    "table": "errors",
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
    """Which events count. hashes: None for all of the project."""

    range: TimeRange
    environment: str = ""
    release: str = ""
    hashes: Sequence[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueCounts:
    """slots: events by bucket number, absent where there was none."""

    events: int
    users: int
    slots: Mapping[int, int]


def active_hashes(
    columns: Columns, scope: Scope, chosen: Filter, *, with_users: bool
) -> dict[int, tuple[int, int]]:
    """Events and users (0 unless asked for) of each group with an event that counts."""
    source, span = _source(chosen.range)
    users = f"ifNull({source['users']}, 0)" if with_users else "0"
    sql = f"""
    SELECT grouping_hash, {source["events"]} AS n, {users}
    FROM {source["table"]} WHERE {_where(source, chosen)}
    GROUP BY grouping_hash ORDER BY n DESC, grouping_hash LIMIT {{most:UInt32}}
    """
    params = _params(scope, chosen, span) | {"most": HASHES_AT_MOST}
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
    source, span = _source(chosen.range)
    sql = f"""
    SELECT transform(grouping_hash, {{hashes:Array(UInt64)}}, {{issues:Array(UInt64)}},
                     toUInt64(0)) AS issue,
           {source["events"]}, ifNull({source["users"]}, 0),
           sumMap([{source["slot"]}], [{source["one"]}]) AS found, found.1, found.2
    FROM {source["table"]} WHERE {_where(source, chosen)} GROUP BY issue
    """
    params = _params(scope, chosen, span, buckets=buckets)
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
    source, span = _source(chosen.range)
    sql = f"""
    SELECT {source["slot"]} AS slot, level, handled, {source["events"]}
    FROM {source["table"]} WHERE {_where(source, chosen)} GROUP BY slot, level, handled
    """
    rows = columns.rows(sql, _params(scope, chosen, span, buckets=buckets))
    return [(int(slot), str(level), bool(handled), int(n)) for slot, level, handled, n in rows]


def over_time(
    columns: Columns, scope: Scope, chosen: Filter, *, buckets: int
) -> list[tuple[int, int, int]]:
    """(bucket number, events, users) over the range."""
    source, span = _source(chosen.range)
    sql = f"""
    SELECT {source["slot"]} AS slot, {source["events"]}, ifNull({source["users"]}, 0)
    FROM {source["table"]} WHERE {_where(source, chosen)} GROUP BY slot
    """
    rows = columns.rows(sql, _params(scope, chosen, span, buckets=buckets))
    return [(int(slot), int(n), int(users)) for slot, n, users in rows]


def releases_and_environments(
    columns: Columns, scope: Scope, hashes: Sequence[int]
) -> tuple[list[str], list[str]]:
    """Where an issue has been seen: releases, the last seen first, and environments by name."""
    sql = """
    SELECT release, environment, max(bucket) AS seen FROM errors_1h
    WHERE project_id = {project:UInt32} AND grouping_hash IN {hashes:Array(UInt64)}
    GROUP BY release, environment ORDER BY seen DESC, release LIMIT 1000
    """
    rows = columns.rows(sql, {"project": scope.project_id, "hashes": list(hashes)})
    releases = dict.fromkeys(str(row[0]) for row in rows if row[0])
    return list(releases), sorted({str(row[1]) for row in rows if row[1]})


def tags(
    columns: Columns, scope: Scope, chosen: Filter, *, values: int
) -> tuple[int, list[tuple[str, str, int]]]:
    """Number of events looked at (the newest 50,000) and (key, value, events), commonest first."""
    own = "'environment', environment, 'release', release, 'level', level, 'server', server_name"
    sql = f"""
    WITH looked_at AS (
        SELECT mapConcat(mapFilter((k, v) -> v != '', map({own})),
                         CAST(tags, 'Map(String, String)')) AS pairs
        FROM errors WHERE {_where(_RAW, chosen)} ORDER BY ts DESC LIMIT {{newest:UInt32}}
    )
    SELECT '' AS key, '' AS value, count() AS n FROM looked_at
    UNION ALL
    SELECT * FROM (
        SELECT pair.1 AS key, pair.2 AS value, count() AS n
        FROM looked_at ARRAY JOIN CAST(pairs, 'Array(Tuple(String, String))') AS pair
        GROUP BY key, value ORDER BY key, n DESC, value LIMIT {{values:UInt32}} BY key
    )
    """
    params = _params(scope, chosen, chosen.range) | {"newest": TAGGED_EVENTS, "values": values}
    rows = [(str(key), str(value), int(n)) for key, value, n in columns.rows(sql, params)]
    looked_at = sum(n for key, _value, n in rows if not key)
    return looked_at, [row for row in rows if row[0]]


def _source(span: TimeRange) -> tuple[Mapping[str, str], TimeRange]:
    """The table to count from, and the range it can tell apart."""
    if span.length_ms <= RAW_UP_TO_MS:
        return _RAW, span
    return _HOURLY, TimeRange(
        span.start_ms // HOUR_MS * HOUR_MS, -(-span.end_ms // HOUR_MS) * HOUR_MS
    )


def _where(source: Mapping[str, str], chosen: Filter) -> str:
    parts = ["project_id = {project:UInt32}", source["within"]]
    if chosen.hashes is not None:
        parts.append("grouping_hash IN {chosen:Array(UInt64)}")
    if chosen.environment:
        parts.append("environment = {environment:String}")
    if chosen.release:
        parts.append("release = {release:String}")
    return " AND ".join(parts)


def _params(
    scope: Scope, chosen: Filter, span: TimeRange, *, buckets: int = 1
) -> dict[str, object]:
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
    return params


def bucket_ms(span: TimeRange, buckets: int) -> int:
    """Length of each of so many equal buckets that cover the range."""
    return max(1, -(-span.length_ms // max(1, buckets)))


def bucket_starts(span: TimeRange, buckets: int) -> list[int]:
    """Starts of the buckets that counts of this range come in."""
    _source_used, counted = _source(span)
    step = bucket_ms(counted, buckets)
    return [counted.start_ms + step * number for number in range(buckets)]


# One event of an issue


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """A row of `errors` with its payload as the SDK sent it, scrubbed."""

    event_id: str
    ts_ms: int
    received_ms: int
    level: str
    payload: bytes


_EVENT = """
SELECT event_id, toUnixTimestamp64Milli(ts) AS ts_ms, toUnixTimestamp64Milli(received), level,
       payload
FROM errors
WHERE project_id = {project:UInt32} AND grouping_hash IN {hashes:Array(UInt64)}
"""
_NEWEST = " ORDER BY ts DESC, event_id DESC LIMIT 1"
_OLDEST = " ORDER BY ts, event_id LIMIT 1"
_BY_ID = " AND event_id = {event:String} LIMIT 1"
_RECOMMENDED = """
 AND (ts, event_id) IN (
    SELECT ts, event_id FROM (
        SELECT ts, event_id, trace_id, user_key, tags, handled FROM errors
        WHERE project_id = {project:UInt32} AND grouping_hash IN {hashes:Array(UInt64)}
        ORDER BY ts DESC LIMIT 100
    )
    ORDER BY (trace_id != '') + (user_key != '') + notEmpty(tags) DESC, ts DESC, event_id DESC
    LIMIT 1
) LIMIT 1
"""
NAMED = {"latest": _NEWEST, "oldest": _OLDEST, "recommended": _RECOMMENDED}


def event(columns: Columns, scope: Scope, hashes: Sequence[int], which: str) -> StoredEvent | None:
    """An event by its id, or `latest`, `oldest`, `recommended` (recent, with the most context)."""
    params: dict[str, object] = {"project": scope.project_id, "hashes": list(hashes)}
    tail = NAMED.get(which)
    if tail is None:
        tail = _BY_ID
        params["event"] = which
    rows = columns.rows(_EVENT + tail, params)
    if not rows:
        return None
    event_id, ts_ms, received_ms, level, payload = rows[0]
    return StoredEvent(
        event_id=str(event_id),
        ts_ms=int(ts_ms),
        received_ms=int(received_ms),
        level=str(level),
        payload=payload.encode() if isinstance(payload, str) else bytes(payload),
    )


def place_of(
    columns: Columns, scope: Scope, hashes: Sequence[int], stored: StoredEvent
) -> tuple[int, int, str | None, str | None]:
    """(index from 1, total, id of the event before, id of the event after)."""
    sql = """
    SELECT countIf((ts, event_id) <= (fromUnixTimestamp64Milli({at:Int64}), {event:String})),
           count(),
           argMaxIf(event_id, (ts, event_id),
                    (ts, event_id) < (fromUnixTimestamp64Milli({at:Int64}), {event:String})),
           argMinIf(event_id, (ts, event_id),
                    (ts, event_id) > (fromUnixTimestamp64Milli({at:Int64}), {event:String}))
    FROM errors
    WHERE project_id = {project:UInt32} AND grouping_hash IN {hashes:Array(UInt64)}
    """
    params: dict[str, object] = {
        "project": scope.project_id,
        "hashes": list(hashes),
        "at": stored.ts_ms,
        "event": stored.event_id,
    }
    index, total, before, after = columns.rows(sql, params)[0]
    return int(index), int(total), _id(before), _id(after)


def _id(text: Any) -> str | None:
    return str(text).strip("\x00") or None
