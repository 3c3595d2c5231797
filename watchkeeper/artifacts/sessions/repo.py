"""SQL of sessions. A session counts once, as its latest state says: short ranges ask the sessions
themselves (FINAL), longer ones the hours, in which sessions are sets of ids."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from watchkeeper.artifacts.sessions.types import Health, HealthPoint
from watchkeeper.lib.clock import DAY_MS, HOUR_MS
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import tables

BY_HOURS_MS = 6 * HOUR_MS
"""Ranges that are longer are made of whole hours."""

_SINGLE = """sum(sessions), sum(errored), sum(abnormal), sum(crashed),
       uniqCombined64If(user_key, user_key != ''),
       uniqCombined64If(user_key, user_key != '' AND crashed > 0)"""
_HOURLY = """sum(summed) + (uniqCombined64Merge(seen) AS all_seen),
       sum(summed_errored)
           + greatest(0, toInt64(uniqCombined64Merge(failed)) - toInt64(all_unwell)),
       sum(summed_abnormal)
           + greatest(0, toInt64(uniqCombined64Merge(unwell) AS all_unwell) - toInt64(all_broken)),
       sum(summed_crashed) + (uniqCombined64Merge(broken) AS all_broken),
       uniqCombined64Merge(users), uniqCombined64Merge(crashed_users)"""
_OF_PLACE = """project_id IN {projects:Array(UInt32)}
  AND ({environment:String} = '' OR environment = {environment:String})"""
_WITHIN = f"""{_OF_PLACE}
  AND ts >= fromUnixTimestamp64Milli({{start:Int64}})
  AND ts < fromUnixTimestamp64Milli({{end:Int64}})"""
_WITHIN_HOURS = f"""{_OF_PLACE}
  AND bucket >= toStartOfHour(toDateTime(fromUnixTimestamp64Milli({{start:Int64}}), 'UTC'))
  AND bucket < fromUnixTimestamp64Milli({{end:Int64}})"""
_FORMS = (
    {"counted": _SINGLE, "rows": f"sessions FINAL WHERE {_WITHIN}",
     "at": "toUnixTimestamp64Milli(ts)"},
    {"counted": _HOURLY, "rows": f"sessions_1h WHERE {_WITHIN_HOURS}",
     "at": "toInt64(toUnixTimestamp(bucket)) * 1000"},
)  # fmt: skip
"""How a query reads the sessions themselves, and the hours."""
_OF_RELEASES = """
SELECT release, {counted} FROM {rows} AND release IN {{releases:Array(String)}} GROUP BY release
"""
_OF_ENVIRONMENTS = """
SELECT environment, {counted} FROM {rows} AND release = {{release:String}}
GROUP BY environment ORDER BY 2 DESC, environment LIMIT 50
"""
_OVER_TIME = """
SELECT intDiv({at}, {{step:Int64}}) * {{step:Int64}} AS slot, {counted}
FROM {rows} AND release = {{release:String}} GROUP BY slot ORDER BY slot
"""
_BY_RELEASE = f"""
SELECT environment, release, sum(summed) + uniqCombined64Merge(seen) FROM sessions_1h
WHERE {_WITHIN_HOURS} GROUP BY environment, release
"""
_MOST_BEFORE = 200


def of_releases(
    columns: Columns, scope: Scope, releases: Sequence[str], span: TimeRange, environment: str
) -> dict[str, Health]:
    """Health by release, of those that had sessions."""
    params = _params(scope, span, environment) | {"releases": list(releases)}
    return {str(row[0]): _health(row[1:]) for row in columns.rows(_sql(_OF_RELEASES, span), params)}


def of_environments(
    columns: Columns, scope: Scope, release: str, span: TimeRange
) -> dict[str, Health]:
    """Health of one release by environment, the busiest first, at most 50."""
    params = _params(scope, span, "") | {"release": release}
    return {
        str(row[0]): _health(row[1:]) for row in columns.rows(_sql(_OF_ENVIRONMENTS, span), params)
    }


def over_time(
    columns: Columns, scope: Scope, release: str, span: TimeRange, environment: str, step_ms: int
) -> list[HealthPoint]:
    """Slots of `step_ms` since 1970 that had sessions, in order."""
    params = _params(scope, span, environment) | {"release": release, "step": step_ms}
    return [
        HealthPoint(start_ms=int(row[0]), health=_health(row[1:]))
        for row in columns.rows(_sql(_OVER_TIME, span), params)
    ]


def last_day(columns: Columns, scope: Scope, *, now_ms: int) -> list[tuple[str, str, int]]:
    """(environment, release, sessions) that began within the 24 hours before an instant."""
    params = _params(scope, TimeRange(now_ms - DAY_MS, now_ms + 1), "")
    return [(str(place), str(name), int(n)) for place, name, n in columns.rows(_BY_RELEASE, params)]


def releases_beside(
    conn: Connection, scope: Scope, version: str
) -> tuple[Sequence[str], Sequence[str]]:
    """Releases made before this one, and those made after it, the newest first each."""
    t = tables.releases
    of_scope = t.c.project_id.in_(scope.project_ids)
    own = select(t.c.created_ms, t.c.id).where(of_scope, t.c.version == version)
    row = conn.execute(own.order_by(t.c.id).limit(1)).first()
    if row is None:
        return (), ()
    is_older = (t.c.created_ms < row.created_ms) | (
        (t.c.created_ms == row.created_ms) & (t.c.id < row.id)
    )
    query = (
        select(t.c.version)
        .where(of_scope, t.c.version != version)
        .order_by(t.c.created_ms.desc(), t.c.id.desc())
        .limit(_MOST_BEFORE)
    )
    older, newer = (
        [str(name) for (name,) in conn.execute(query.where(side))] for side in (is_older, ~is_older)
    )
    return older, newer


def _sql(text: str, span: TimeRange) -> str:
    return text.format(**_FORMS[span.length_ms > BY_HOURS_MS])


def _params(scope: Scope, span: TimeRange, environment: str) -> dict[str, object]:
    return {
        "projects": list(scope.project_ids),
        "start": span.start_ms,
        "end": span.end_ms,
        "environment": environment,
    }


def _health(row: Sequence[object]) -> Health:
    sessions, errored, abnormal, crashed, users, crashed_users = (int(str(one)) for one in row)
    return Health(
        sessions=sessions,
        errored=errored,
        abnormal=abnormal,
        crashed=crashed,
        users=users,
        crashed_users=crashed_users,
    )
