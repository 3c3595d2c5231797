"""Error events of a project by what they have in common, from `errors` and `errors_1h`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from watchkeeper.issues.repo.counts import (
    RAW,
    Filter,
    Slots,
    day_of_receipt,
    params_of,
    settings_of,
    slots_of,
    source_of,
    where,
    without_times,
)
from watchkeeper.issues.repo.search_events import EventConditions, tag_prefix, tag_value
from watchkeeper.lib.clock import HOUR_MS
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import Columns

_FIELDS = {
    "endpoint": "transaction",
    "user": "user_key",
    "feature": tag_value("tag"),
    "type": "type",
    "function": "function",
    "release": "release",
    "environment": "environment",
    "server": "server_name",
    "platform": "platform",
    "issue": "toString(grouping_hash)",
}
_ROLLED_UP = frozenset({"release", "environment", "issue"})


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCounts:
    """One group. previous: events of the range before, of the same length."""

    value: str
    events: int
    users: int
    previous: int
    series: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """requests: entry spans."""

    events: int
    users: int
    issues: int
    requests: int


def _needing(chosen: Filter, by: str) -> Filter:
    """From the events themselves where the hourly sums do not know the field."""
    if by in _ROLLED_UP:
        return chosen
    return replace(chosen, search=_from_rows(chosen.search))


def _from_rows(search: EventConditions) -> EventConditions:
    return replace(search, needs_rows=True)


def starts(chosen: Filter, by: str, buckets: int) -> list[int]:
    """Starts of the slots of the series, Unix ms."""
    return list(slots_of(_needing(chosen, by), buckets).starts)


def top(
    columns: Columns,
    scope: Scope,
    chosen: Filter,
    by: str,
    *,
    tag: str,
    buckets: int,
    limit: int,
) -> tuple[int, list[GroupCounts]]:
    """Events in all, and the groups with the most. What lacks the field is no group."""
    chosen = _needing(chosen, by)
    if by == "feature":
        return _top_of_tag(columns, scope, chosen, tag, buckets=buckets, limit=limit)
    source, span, rows = without_times(chosen, is_by_issue=by == "issue")
    users = "toUInt64(1)" if by == "user" else f"ifNull({source['users']}, 0)"
    sql = f"""
    SELECT {_FIELDS[by]} AS value, {source["events"]} AS n, {users}, sum(n) OVER () AS total
    FROM {rows} GROUP BY value ORDER BY value = '', n DESC, value LIMIT {{limit:UInt32}}
    """
    params = params_of(scope, chosen, span) | {"limit": limit}
    found = columns.rows(sql, params, settings=settings_of(source))
    total = int(found[0][3]) if found else 0
    named = [row for row in found if row[0] != ""]
    slots = slots_of(chosen, buckets)
    series = _series(columns, scope, chosen, by, [str(row[0]) for row in named], slots)
    empty: tuple[int, list[int]] = (0, [0] * len(slots.starts))
    return total, [
        GroupCounts(
            value=str(value),
            events=int(n),
            users=int(users),
            previous=series.get(str(value), empty)[0],
            series=series.get(str(value), empty)[1],
        )
        for value, n, users, _total in named
    ]


def _top_of_tag(
    columns: Columns, scope: Scope, chosen: Filter, tag: str, *, buckets: int, limit: int
) -> tuple[int, list[GroupCounts]]:
    """The same of a tag's values, with all tags read once for it: they are the longest column."""
    sql = f"""
    SELECT value, sumIf(n, at >= 0) AS events, uniqCombined64IfMergeIf(people, at >= 0),
           sumIf(n, at < 0), groupArrayIf(at, at >= 0), groupArrayIf(n, at >= 0),
           sum(events) OVER () AS total
    FROM (
        SELECT {_FIELDS["feature"]} AS value, if({RAW["earlier"]}, -1, {RAW["slot"]}) AS at,
               count() AS n, uniqCombined64IfState(person, person != 0) AS people
        FROM errors WHERE {_with_range_before(where(RAW, chosen))} GROUP BY value, at
    )
    GROUP BY value HAVING events > 0
    ORDER BY value = '', events DESC, value LIMIT {{limit:UInt32}}
    """
    slots = slots_of(chosen, buckets)
    params = params_of(scope, chosen, chosen.range, step_ms=slots.step_ms)
    params |= _earlier(chosen.range)
    rows = columns.rows(sql, params | {"limit": limit, "tag": tag_prefix(tag)})
    found = []
    for value, events, users_found, previous, at, counts, _total in rows:
        series = [0] * len(slots.starts)
        for slot, n in zip(at, counts, strict=True):
            if int(slot) < len(series):
                series[int(slot)] = int(n)
        if value != "":
            found.append(
                GroupCounts(
                    value=str(value),
                    events=int(events),
                    users=int(users_found),
                    previous=int(previous),
                    series=series,
                )
            )
    return int(rows[0][6]) if rows else 0, found


def _series(
    columns: Columns,
    scope: Scope,
    chosen: Filter,
    by: str,
    values: Sequence[str],
    slots: Slots,
) -> dict[str, tuple[int, list[int]]]:
    """(events of the range before, events by slot) of each value."""
    if not values:
        return {}
    source, span = source_of(chosen, is_by_issue=by == "issue")
    sql = f"""
    SELECT {_FIELDS[by]} AS value, if({source["earlier"]}, -1, {source["slot"]}) AS at,
           {source["events"]}
    FROM {source["table"]}
    WHERE {_with_range_before(where(source, chosen))} AND value IN {{values:Array(String)}}
    GROUP BY value, at
    """
    params = params_of(scope, chosen, span, step_ms=slots.step_ms)
    params |= {"values": list(values)} | _earlier(span)
    found: dict[str, tuple[int, list[int]]] = {}
    for value, at, n in columns.rows(sql, params, settings=settings_of(source)):
        previous, series = found.setdefault(str(value), (0, [0] * len(slots.starts)))
        slot = int(at)
        if slot < 0:
            found[str(value)] = (previous + int(n), series)
        elif slot < len(series):
            series[slot] += int(n)
    return found


def before(span: TimeRange) -> TimeRange:
    """The range before, of the same length."""
    return TimeRange(max(0, span.start_ms - span.length_ms), span.start_ms)


def _earlier(span: TimeRange) -> dict[str, object]:
    """Values of conditions that begin with the range before."""
    earlier_ms = before(span).start_ms
    return {"before": earlier_ms, "first_day": day_of_receipt(earlier_ms)}


def _with_range_before(conditions: str) -> str:
    """The same conditions on a range that begins at {before}."""
    return conditions.replace("{start:Int64}", "{before:Int64}")


def totals(columns: Columns, scope: Scope, chosen: Filter) -> Totals:
    """Of the range."""
    source, span, rows = without_times(chosen, is_by_issue=False)
    params, how = params_of(scope, chosen, span), settings_of(source)
    sql = f"SELECT {source['events']}, ifNull({source['users']}, 0) FROM {rows}"
    events, users = columns.rows(sql, params, settings=how)[0]
    _source, _span, rows = without_times(chosen)
    ((issues,),) = columns.rows(
        f"SELECT uniqExact(grouping_hash) FROM {rows}", params, settings=how
    )
    requests = 0 if chosen.search else _requests(columns, scope, chosen)
    return Totals(events=int(events), users=int(users), issues=int(issues), requests=requests)


_SPANS = """
project_id = {project:UInt32} AND is_entry = 1
  AND ts >= fromUnixTimestamp64Milli({start:Int64}) AND ts < fromUnixTimestamp64Milli({end:Int64})
"""


_FIRST_HOUR = "fromUnixTimestamp(intDiv({start:Int64} + 3599999, 3600000) * 3600)"
_LAST_HOUR = "fromUnixTimestamp(intDiv({end:Int64}, 3600000) * 3600)"
_HOURS_FROM_MS = 3 * HOUR_MS
"""A shorter range is counted from the spans: it has few whole hours."""


def _requests(columns: Columns, scope: Scope, chosen: Filter) -> int:
    """Entry spans in the range, of the same environment and release."""
    spans, hours = f"SELECT count() AS n FROM spans WHERE {_spans_of(chosen)}", ""
    if not chosen.release and chosen.range.length_ms >= _HOURS_FROM_MS:
        spans += f" AND (ts < {_FIRST_HOUR} OR ts >= {_LAST_HOUR})"
        hours = f"""
        UNION ALL SELECT sum(calls) AS n FROM operations_1h
        WHERE project_id = {{project:UInt32}} AND category = 'entry'
          AND bucket >= {_FIRST_HOUR} AND bucket < {_LAST_HOUR}
        """
        if chosen.environment:
            hours += "AND environment = {environment:String}"
    sql = f"SELECT sum(n) FROM ({spans} {hours})"
    return int(columns.rows(sql, params_of(scope, chosen, chosen.range))[0][0])


def _spans_of(chosen: Filter) -> str:
    parts = [_SPANS]
    if chosen.environment:
        parts.append("environment = {environment:String}")
    if chosen.release:
        parts.append("release = {release:String}")
    return " AND ".join(parts)


def requests_by(
    columns: Columns, scope: Scope, chosen: Filter, endpoints: Sequence[str]
) -> dict[str, int]:
    """Entry spans of each endpoint: by transaction, or by route where that is how it is called."""
    if not endpoints or chosen.search.sql:
        return {}
    sql = f"""
    SELECT if(transaction IN {{endpoints:Array(String)}}, transaction, route) AS name, count()
    FROM spans WHERE {_spans_of(chosen)}
      AND (transaction IN {{endpoints:Array(String)}} OR route IN {{endpoints:Array(String)}})
    GROUP BY name
    """
    params = params_of(scope, chosen, chosen.range) | {"endpoints": list(endpoints)}
    return {str(name): int(n) for name, n in columns.rows(sql, params)}


Leveled = Mapping[tuple[str, bool], int]
"""A number by (level, handled)."""


def by_level(columns: Columns, scope: Scope, chosen: Filter) -> tuple[Leveled, Leveled]:
    """Users in the range, and events of the range before."""
    source, span, rows = without_times(chosen, is_by_issue=False)
    sql = f"""
    SELECT level, handled, ifNull({source["users"]}, 0) FROM {rows} GROUP BY level, handled
    """
    users = columns.rows(sql, params_of(scope, chosen, span), settings=settings_of(source))
    earlier = replace(chosen, range=before(chosen.range))
    source, span, rows = without_times(earlier, is_by_issue=False)
    sql = f"SELECT level, handled, {source['events']} FROM {rows} GROUP BY level, handled"
    events = columns.rows(sql, params_of(scope, earlier, span), settings=settings_of(source))
    return (
        {(str(level), bool(handled)): int(n) for level, handled, n in users},
        {(str(level), bool(handled)): int(n) for level, handled, n in events},
    )
