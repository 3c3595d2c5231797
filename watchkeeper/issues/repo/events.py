"""Single events of `errors`: one with its payload, its neighbours, a page of a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from watchkeeper.issues.event import Values, read_event
from watchkeeper.issues.grouping import ExceptionValue
from watchkeeper.issues.repo.counts import first_day, newest_from
from watchkeeper.issues.repo.search_events import EventConditions
from watchkeeper.lib.clock import DAY_MS, MINUTE_MS
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import Columns


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """A row of `errors` with its payload as the SDK sent it, scrubbed."""

    grouping_hash: int
    event_id: str
    ts_ms: int
    received_ms: int
    level: str
    payload: bytes


_EVENT = """
SELECT grouping_hash, event_id, toUnixTimestamp64Milli(ts) AS ts_ms,
       toUnixTimestamp64Milli(received), level, payload
FROM errors WHERE project_id = {project:UInt32}
"""
_OF_ISSUE = " AND grouping_hash IN {hashes:Array(UInt64)}"
_BY_ID = " AND event_id = {event:String} LIMIT 1"
_SINCE = """ AND received >= fromUnixTimestamp64Milli({day:Int64} - {skew:Int64})
  AND ts >= fromUnixTimestamp64Milli({day:Int64})"""
_ON_DAY = f"""{_SINCE}
  AND ts < fromUnixTimestamp64Milli({{day:Int64}} + {DAY_MS})"""
_CONTEXTS = 100
"""Newest events among which the recommended one is chosen."""
_FIRST = "SELECT event_id FROM errors WHERE project_id = {project:UInt32}" + _OF_ISSUE
_NEWEST = " ORDER BY ts DESC, event_id DESC LIMIT 1"
_OLDEST = " ORDER BY ts, event_id LIMIT 1"
_RECOMMENDED = """
SELECT event_id FROM (
    SELECT ts, event_id, trace_id != '' AS traced, user_key != '' AS known, notEmpty(tags) AS tagged
    FROM errors WHERE project_id = {project:UInt32}
      AND grouping_hash IN {hashes:Array(UInt64)}%s
    ORDER BY ts DESC LIMIT 100
)
ORDER BY traced + known + tagged DESC, ts DESC, event_id DESC LIMIT 1
"""
NAMED = ("latest", "oldest", "recommended")


def event(
    columns: Columns, scope: Scope, hashes: Sequence[int] | None, which: str
) -> StoredEvent | None:
    """An event by its id, or `latest`, `oldest`, `recommended` (recent, with the most context).

    hashes: of one issue; None, for an id alone: of any issue of the project.
    """
    params: dict[str, object] = {"project": scope.project_id}
    text = _EVENT
    if hashes is not None:
        params["hashes"] = list(hashes)
        text += _OF_ISSUE
    if hashes is not None and which in NAMED:
        found = _named(columns, scope, hashes, which)
        if found is None:
            return None
        which = found
    params["event"] = which
    tail = _BY_ID
    rows = columns.rows(text + tail, params)
    if not rows:
        return None
    grouping_hash, event_id, ts_ms, received_ms, level, payload = rows[0]
    return StoredEvent(
        grouping_hash=int(grouping_hash),
        event_id=str(event_id),
        ts_ms=int(ts_ms),
        received_ms=int(received_ms),
        level=str(level),
        payload=payload.encode() if isinstance(payload, str) else bytes(payload),
    )


def hash_of_event(columns: Columns, scope: Scope, event_id: str) -> int | None:
    """The group of a stored event."""
    found = columns.rows(
        "SELECT grouping_hash FROM errors WHERE project_id = {project:UInt32}"
        " AND event_id = {event:String} LIMIT 1",
        {"project": scope.project_id, "event": event_id},
    )
    return int(found[0][0]) if found else None


def _named(columns: Columns, scope: Scope, hashes: Sequence[int], which: str) -> str | None:
    """Id of the event, looked for in the days that may have it, then everywhere: days are
    counted for longer than events are kept. Payloads are not read for it.
    """
    params: dict[str, object] = {"project": scope.project_id, "hashes": list(hashes)}
    text, within, day_ms = _FIRST + "%s" + _OLDEST, _ON_DAY, 0
    if which == "oldest":
        day_ms = first_day(columns, scope, hashes)
    else:
        text = _FIRST + "%s" + _NEWEST if which == "latest" else _RECOMMENDED
        most = 1 if which == "latest" else _CONTEXTS
        within, day_ms = _SINCE, newest_from(columns, scope, hashes, most)
    if day_ms:
        found = columns.rows(text % within, params | {"day": day_ms, "skew": MINUTE_MS})
        if found:
            return str(found[0][0])
    found = columns.rows(text % "", params)
    return str(found[0][0]) if found else None


def place_of(
    columns: Columns, scope: Scope, hashes: Sequence[int], stored: StoredEvent
) -> tuple[int, int, str | None, str | None]:
    """(index from 1, total, id of the event before, id of the event after)."""
    params: dict[str, object] = {
        "project": scope.project_id,
        "hashes": list(hashes),
        "at": stored.ts_ms,
        "event": stored.event_id,
    }
    sql = """
    SELECT count(), countIf(ts < fromUnixTimestamp64Milli({at:Int64})),
           toUnixTimestamp64Milli(maxIf(ts, ts < fromUnixTimestamp64Milli({at:Int64}))),
           toUnixTimestamp64Milli(minIf(ts, ts > fromUnixTimestamp64Milli({at:Int64})))
    FROM errors
    WHERE project_id = {project:UInt32} AND grouping_hash IN {hashes:Array(UInt64)}
    """
    total, earlier, before_ms, after_ms = (int(one) for one in columns.rows(sql, params)[0])
    # Ids are read of the three instants alone: many events may share one.
    beside = """
    SELECT toUnixTimestamp64Milli(ts) AS at_ms, event_id FROM errors
    WHERE project_id = {project:UInt32} AND grouping_hash IN {hashes:Array(UInt64)}
      AND ts IN (fromUnixTimestamp64Milli({at:Int64}), fromUnixTimestamp64Milli({before:Int64}),
                 fromUnixTimestamp64Milli({after:Int64}))
    ORDER BY at_ms, event_id
    """
    params |= {"before": before_ms, "after": after_ms}
    listed = [(int(at_ms), str(one)) for at_ms, one in columns.rows(beside, params)]
    here = listed.index((stored.ts_ms, stored.event_id))
    first_here = next(i for i, one in enumerate(listed) if one[0] == stored.ts_ms)
    return (
        earlier + here - first_here + 1,
        total,
        listed[here - 1][1] if here else None,
        listed[here + 1][1] if here + 1 < len(listed) else None,
    )


# What an issue begins and ends with


def stored(columns: Columns, scope: Scope, hashes: Sequence[int]) -> int:
    """How many events of an issue are stored."""
    sql = """
    SELECT count() FROM errors
    WHERE project_id = {project:UInt32} AND grouping_hash IN {hashes:Array(UInt64)}
    """
    return int(columns.rows(sql, {"project": scope.project_id, "hashes": list(hashes)})[0][0])


def first_id(columns: Columns, scope: Scope, hashes: Sequence[int]) -> str | None:
    """The first stored event of an issue; None without any."""
    return _named(columns, scope, hashes, "oldest")


def own_paths(stored_event: StoredEvent | None) -> list[str]:
    """Files of the own frames of an event, the innermost first."""
    if stored_event is None:
        return []
    listed = read_event(stored_event.payload).exception
    chain: Sequence[ExceptionValue | None] = (
        (listed.values or ()) if isinstance(listed, Values) else listed or ()
    )
    paths: dict[str, None] = {}
    for exception in reversed(chain):
        frames = (exception and exception.stacktrace and exception.stacktrace.frames) or ()
        for frame in reversed(frames):
            if frame is not None and frame.in_app and frame.filename:
                paths[frame.filename] = None
    return list(paths)


def stacks(
    columns: Columns, scope: Scope, issue_of: Mapping[int, int]
) -> dict[int, frozenset[str]]:
    """Names of the functions in the stack of one event of each issue. issue_of: id by hash."""
    sql = """
    SELECT grouping_hash, functions FROM errors
    WHERE project_id = {project:UInt32} AND grouping_hash IN {hashes:Array(UInt64)}
      AND functions != ''
    LIMIT 1 BY grouping_hash
    """
    found: dict[int, frozenset[str]] = {}
    params = {"project": scope.project_id, "hashes": list(issue_of)}
    for one, functions in columns.rows(sql, params):
        names = frozenset(str(functions).strip("\n").split("\n"))
        issue_id = issue_of[int(one)]
        found[issue_id] = found.get(issue_id, frozenset()) | names
    return found


# A list of events


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLine:
    """One event of a list, without its payload."""

    event_id: str
    ts_ms: int
    type: str
    value: str
    level: str
    release: str
    environment: str
    user_key: str
    url: str
    transaction: str
    trace_id: str
    server_name: str


_LINE = (
    "event_id, toUnixTimestamp64Milli(ts) AS at_ms, type, substringUTF8(value, 1, 300), level, "
    "release, environment, user_key, url, transaction, trace_id, server_name"
)


def page(
    columns: Columns,
    scope: Scope,
    hashes: Sequence[int],
    *,
    span: TimeRange,
    after: tuple[int, str] | None,
    limit: int,
    search: EventConditions,
) -> list[EventLine]:
    """Events in the range, newest first, after (ms, id) of the page before."""
    parts = [
        "project_id = {project:UInt32}",
        "grouping_hash IN {hashes:Array(UInt64)}",
        "ts >= fromUnixTimestamp64Milli({start:Int64})",
        "ts < fromUnixTimestamp64Milli({end:Int64})",
        *search.sql,
    ]
    params: dict[str, object] = {
        "project": scope.project_id,
        "hashes": list(hashes),
        "start": span.start_ms,
        "end": span.end_ms,
        "limit": limit,
        **search.params,
    }
    if after is not None:
        parts.append("(ts, event_id) < (fromUnixTimestamp64Milli({at:Int64}), {event:String})")
        params |= {"at": after[0], "event": after[1]}
    sql = f"""
    SELECT {_LINE} FROM errors WHERE {" AND ".join(parts)}
    ORDER BY ts DESC, event_id DESC LIMIT {{limit:UInt32}}
    """
    return [
        EventLine(
            event_id=str(row[0]),
            ts_ms=int(row[1]),
            type=str(row[2]),
            value=str(row[3]),
            level=str(row[4]),
            release=str(row[5]),
            environment=str(row[6]),
            user_key=str(row[7]),
            url=str(row[8]),
            transaction=str(row[9]),
            trace_id=str(row[10]),
            server_name=str(row[11]),
        )
        for row in columns.rows(sql, params)
    ]


# The newest events of a project


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """One event of the project, whichever issue it belongs to."""

    event_id: str
    grouping_hash: int
    ts_ms: int
    type: str
    value: str
    culprit: str
    level: str
    platform: str
    user_key: str
    tags: Mapping[str, str]


_NEWEST_EVENTS = """
SELECT event_id, grouping_hash, toUnixTimestamp64Milli(ts) AS at_ms, type,
       substringUTF8(value, 1, 300), culprit, level, platform, user_key, tags
FROM errors WHERE project_id = {project:UInt32}
  AND received >= fromUnixTimestamp64Milli({start:Int64} - {skew:Int64})
  AND ts >= fromUnixTimestamp64Milli({start:Int64})
  AND ts < fromUnixTimestamp64Milli({end:Int64})%s
ORDER BY ts DESC, event_id DESC LIMIT {limit:UInt32} OFFSET {offset:UInt32}
"""


def newest(
    columns: Columns,
    scope: Scope,
    span: TimeRange,
    *,
    hashes: Sequence[int] | None,
    limit: int,
    offset: int,
) -> list[NewEvent]:
    """Events in the range, newest first. hashes: of one issue; None: of the whole project."""
    params: dict[str, object] = {
        "project": scope.project_id,
        "start": span.start_ms,
        "end": span.end_ms,
        "skew": MINUTE_MS,
        "limit": limit,
        "offset": offset,
    }
    if hashes is not None:
        params["hashes"] = list(hashes)
    sql = _NEWEST_EVENTS % (_OF_ISSUE if hashes is not None else "")
    return [
        NewEvent(
            event_id=str(row[0]),
            grouping_hash=int(row[1]),
            ts_ms=int(row[2]),
            type=str(row[3]),
            value=str(row[4]),
            culprit=str(row[5]),
            level=str(row[6]),
            platform=str(row[7]),
            user_key=str(row[8]),
            tags=dict(row[9]),
        )
        for row in columns.rows(sql, params)
    ]
