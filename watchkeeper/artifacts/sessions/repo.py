"""SQL of sessions. FINAL: a session counts once, as its latest state says."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from watchkeeper.artifacts.sessions.types import Health, HealthPoint
from watchkeeper.lib.clock import DAY_MS
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import tables

_COUNTED = """sum(sessions), sum(errored), sum(abnormal), sum(crashed),
       uniqCombined64If(user_key, user_key != ''),
       uniqCombined64If(user_key, user_key != '' AND crashed > 0)"""
_WITHIN = """project_id IN {projects:Array(UInt32)}
  AND ts >= fromUnixTimestamp64Milli({start:Int64}) AND ts < fromUnixTimestamp64Milli({end:Int64})
  AND ({environment:String} = '' OR environment = {environment:String})"""
_OF_RELEASES = f"""
SELECT release, {_COUNTED} FROM sessions FINAL
WHERE {_WITHIN} AND release IN {{releases:Array(String)}} GROUP BY release
"""
_OF_ENVIRONMENTS = f"""
SELECT environment, {_COUNTED} FROM sessions FINAL
WHERE {_WITHIN} AND release = {{release:String}}
GROUP BY environment ORDER BY sum(sessions) DESC, environment LIMIT 50
"""
_OVER_TIME = f"""
SELECT intDiv(toUnixTimestamp64Milli(ts), {{step:Int64}}) * {{step:Int64}} AS slot, {_COUNTED}
FROM sessions FINAL
WHERE {_WITHIN} AND release = {{release:String}} GROUP BY slot ORDER BY slot
"""
_BY_RELEASE = f"""
SELECT environment, release, sum(sessions) FROM sessions FINAL
WHERE {_WITHIN} GROUP BY environment, release
"""
_MOST_BEFORE = 200


def of_releases(
    columns: Columns, scope: Scope, releases: Sequence[str], span: TimeRange, environment: str
) -> dict[str, Health]:
    """Health by release, of those that had sessions."""
    params = _params(scope, span, environment) | {"releases": list(releases)}
    return {str(row[0]): _health(row[1:]) for row in columns.rows(_OF_RELEASES, params)}


def of_environments(
    columns: Columns, scope: Scope, release: str, span: TimeRange
) -> dict[str, Health]:
    """Health of one release by environment, the busiest first, at most 50."""
    params = _params(scope, span, "") | {"release": release}
    return {str(row[0]): _health(row[1:]) for row in columns.rows(_OF_ENVIRONMENTS, params)}


def over_time(
    columns: Columns, scope: Scope, release: str, span: TimeRange, environment: str, step_ms: int
) -> list[HealthPoint]:
    """Slots of `step_ms` since 1970 that had sessions, in order."""
    params = _params(scope, span, environment) | {"release": release, "step": step_ms}
    return [
        HealthPoint(start_ms=int(row[0]), health=_health(row[1:]))
        for row in columns.rows(_OVER_TIME, params)
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
