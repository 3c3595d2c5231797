"""Tags of events, counted in `errors`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from watchkeeper.issues.repo.counts import RAW, Filter, newest_from, params_of, where
from watchkeeper.issues.repo.search_events import tag_prefix, tag_value
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import Columns

TAGGED_EVENTS = 10_000
"""Events that a breakdown of all tags looks at, the newest."""

COMPARED_EVENTS = 2_000
"""Events of other issues that it is compared with: shares are right to about two points."""


_TAGS = """
SELECT substring(pair, 1, position(pair, '\n') - 1) AS key,
       substring(pair, position(pair, '\n') + 1) AS value, count() AS n
FROM (
    SELECT arrayDistinct(arrayConcat(['\n'], tag_pairs, [{own}])) AS pairs
    FROM errors WHERE {where}
    LIMIT {{newest:UInt32}}
) ARRAY JOIN pairs AS pair
WHERE key = '' OR value != ''
GROUP BY key, value ORDER BY key, n DESC, value LIMIT {{values:UInt32}} BY key
"""
"""The tag without a name counts the events."""

_OWN_NAMES = {
    "environment": "environment",
    "level": "level",
    "release": "release",
    "server": "server_name",
}
_OWN = ", ".join(f"concat('{key}\\n', {column})" for key, column in _OWN_NAMES.items())


def tags(
    columns: Columns, scope: Scope, chosen: Filter, *, values: int
) -> tuple[int, list[tuple[str, str, int]]]:
    """Number of events looked at (the newest 10,000, by days) and (key, value, events),
    by key, the commonest first."""
    chosen = _newest(columns, scope, chosen)
    params = params_of(scope, chosen, chosen.range) | {"newest": TAGGED_EVENTS, "values": values}
    looked_at, found = 0, []
    for key, value, n in columns.rows(_TAGS.format(where=where(RAW, chosen), own=_OWN), params):
        if key:
            found.append((str(key), str(value), int(n)))
        elif not value:
            looked_at = int(n)
    return looked_at, found


_USUAL = """
SELECT substring(pair, 1, position(pair, '\n') - 1) AS key,
       if(pair IN {{pairs:Array(String)}}, substring(pair, position(pair, '\n') + 1), '') AS value,
       count() AS n
FROM (
    SELECT arrayDistinct(arrayConcat(tag_pairs, [{own}])) AS pairs
    FROM errors WHERE {where} AND grouping_hash NOT IN {{mine:Array(UInt64)}}
    LIMIT {{newest:UInt32}}
) ARRAY JOIN pairs AS pair
WHERE key IN {{keys:Array(String)}}
GROUP BY key, value
"""
"""Values that were not asked for are one, without a name."""


def usual_shares(
    columns: Columns, scope: Scope, chosen: Filter, asked: Collection[tuple[str, str]]
) -> dict[tuple[str, str], float]:
    """Of each (key, value): its share, 0..1, in the events of other issues that have the key.

    Absent where no other issue's event has the key. chosen: as the issue's own events are found;
    of the others 2,000 events are looked at.
    """
    of_all = _newest(columns, scope, replace(chosen, hashes=None), most=COMPARED_EVENTS)
    params = params_of(scope, of_all, of_all.range) | {
        "mine": list(chosen.hashes or ()),
        "keys": sorted({key for key, _value in asked}),
        "pairs": [f"{key}\n{value}" for key, value in asked],
        "newest": COMPARED_EVENTS,
    }
    found: dict[tuple[str, str], int] = {}
    totals: dict[str, int] = {}
    for key, value, n in columns.rows(_USUAL.format(where=where(RAW, of_all), own=_OWN), params):
        found[str(key), str(value)] = int(n)
        totals[str(key)] = totals.get(str(key), 0) + int(n)
    return {
        (key, value): found.get((key, value), 0) / totals[key]
        for key, value in asked
        if key in totals
    }


def _newest(columns: Columns, scope: Scope, chosen: Filter, *, most: int = TAGGED_EVENTS) -> Filter:
    """The filter from the day on in which so many events are reached, counting back."""
    start_ms = newest_from(columns, scope, chosen.hashes, most)
    if not chosen.range.start_ms < start_ms < chosen.range.end_ms:
        return chosen
    return replace(chosen, range=TimeRange(start_ms, chosen.range.end_ms))


_FIELDS = {
    "environment": "environment",
    "release": "release",
    "level": "level",
    "server": "server_name",
    "user": "user_key",
    "url": "url",
    "transaction": "transaction",
}
"""Names that are columns, not tags."""


def values_of(
    columns: Columns, scope: Scope, chosen: Filter, *, key: str, most: int
) -> tuple[int, list[tuple[str, int, int, int]]]:
    """Events with the tag (the newest 10,000, by days), and (value, events, first ms, last ms),
    the commonest first."""
    chosen = _newest(columns, scope, chosen)
    name = _FIELDS.get(key, tag_value("key"))
    sql = f"""
    SELECT {name} AS value, count() AS n, toUnixTimestamp64Milli(min(ts)),
           toUnixTimestamp64Milli(max(ts)), sum(count()) OVER () AS total
    FROM errors WHERE {where(RAW, chosen)} AND value != ''
    GROUP BY value ORDER BY n DESC, value LIMIT {{most:UInt32}}
    """
    params = params_of(scope, chosen, chosen.range) | {"key": tag_prefix(key), "most": most}
    rows = columns.rows(sql, params)
    total = int(rows[0][4]) if rows else 0
    return total, [(str(v), int(n), int(first), int(last)) for v, n, first, last, _t in rows]
