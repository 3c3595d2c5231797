"""Values that a search may name, from what is stored."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from watchkeeper.issues.repo.counts import day_of_receipt, newest_from
from watchkeeper.issues.repo.search_events import EVENT_TEXTS, tag_prefix, tag_value
from watchkeeper.issues.repo.search_issues import like_of
from watchkeeper.lib.clock import DAY_MS
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import tables

LOOKED_AT = 20_000
"""Newest events whose tags and values are offered."""

EVENT_FIELDS = {**EVENT_TEXTS, "stack.function": "function"}
_i, _u, _m = tables.issues, tables.users, tables.members
ISSUE_FIELDS = {
    "type": _i.c.type,
    "culprit": _i.c.culprit,
    "platform": _i.c.platform,
    "first_release": _i.c.first_release,
    "assigned": _u.c.email,
}

_NEWEST = """
(SELECT {what} FROM errors
 WHERE project_id = {{project:UInt32}} AND _partition_id >= {{first_day:String}}
   AND ts >= fromUnixTimestamp64Milli({{start:Int64}})
   AND ts < fromUnixTimestamp64Milli({{end:Int64}})
 ORDER BY received DESC LIMIT {{looked:UInt32}})
"""
_TAG_NAMES = "arrayMap(pair -> substring(pair, 1, position(pair, '\\n') - 1), tag_pairs) AS names"


def of_events(
    columns: Columns, scope: Scope, span: TimeRange, key: str, typed: str, *, most: int
) -> list[tuple[str, int]]:
    """(value, events) of a key's values with these letters, the commonest first."""
    source = _NEWEST.format(what=f"{EVENT_FIELDS[key]} AS value")
    return _counted(columns, scope, span, source, typed, most)


def tag_names(
    columns: Columns, scope: Scope, span: TimeRange, typed: str, *, most: int
) -> list[tuple[str, int]]:
    """(name, events) of tags with these letters, the commonest first."""
    source = f"(SELECT arrayJoin(names) AS value FROM {_NEWEST.format(what=_TAG_NAMES)})"
    return _counted(columns, scope, span, source, typed, most)


def tag_values(
    columns: Columns, scope: Scope, span: TimeRange, tag: str, typed: str, *, most: int
) -> list[tuple[str, int]]:
    """(value, events) of a tag's values with these letters, the commonest first."""
    source = _NEWEST.format(what=f"{tag_value('tag')} AS value")
    return _counted(columns, scope, span, source, typed, most, tag=tag_prefix(tag))


def _counted(
    columns: Columns,
    scope: Scope,
    span: TimeRange,
    source: str,
    typed: str,
    most: int,
    **more: object,
) -> list[tuple[str, int]]:
    sql = f"""
    SELECT toString(value) AS text, count() AS n FROM {source}
    WHERE value != '' AND value ILIKE {{like:String}}
    GROUP BY text ORDER BY n DESC, text LIMIT {{most:UInt32}}
    """
    start_ms = _newest_from(columns, scope, span)
    params: dict[str, object] = {
        "project": scope.project_id,
        "start": start_ms,
        "end": span.end_ms,
        "first_day": day_of_receipt(start_ms),
        "looked": LOOKED_AT,
        "like": f"%{like_of(typed)}%",
        "most": most,
        **more,
    }
    return [(str(text), int(n)) for text, n in columns.rows(sql, params)]


def _newest_from(columns: Columns, scope: Scope, span: TimeRange) -> int:
    """From when on in the range there are as many events as are looked at: less is to be sorted."""
    if span.length_ms <= 2 * DAY_MS:
        return span.start_ms
    start_ms = newest_from(columns, scope, None, LOOKED_AT, end_ms=span.end_ms - DAY_MS)
    return max(span.start_ms, start_ms)


def of_issues(conn: Connection, scope: Scope, key: str, typed: str, *, most: int) -> list[str]:
    """Values of a key in the project's issues (assigned: members), the commonest first."""
    column = ISSUE_FIELDS[key]
    like = f"%{like_of(typed)}%"
    query = select(column).where(column.ilike(like, escape="\\"), column != "")
    if key == "assigned":
        query = query.join(_m, _m.c.user_id == _u.c.id).where(_m.c.org_id == scope.org_id)
    else:
        query = query.where(_i.c.project_id == scope.project_id)
    counted = query.group_by(column).order_by(func.count().desc(), column).limit(most)
    return [str(row[0]) for row in conn.execute(counted)]
