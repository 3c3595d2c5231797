"""Releases, deploys and commits around an issue: from both stores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Row, func, select

from watchkeeper.artifacts import SeenRelease
from watchkeeper.lib.clock import DAY_MS, HOUR_MS
from watchkeeper.model import Scope
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import tables

MOST_RELEASES = 1_000
MOST_COMMITS = 200
Instant = Literal["ts", "received"]
_r, _c, _d = tables.releases, tables.release_commits, tables.deploys


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A release or environment of an issue. Times are exact to the hour."""

    name: str
    events: int
    first_ms: int
    last_ms: int


def seen_releases(columns: Columns, scope: Scope) -> list[SeenRelease]:
    """Releases in which the project's errors were seen, the last seen first."""
    sql = """
    SELECT release, toInt64(toUnixTimestamp(min(bucket))) * 1000,
           toInt64(toUnixTimestamp(max(bucket))) * 1000 AS last, sum(events)
    FROM error_totals_1h WHERE project_id = {project:UInt32} AND release != ''
    GROUP BY release ORDER BY last DESC, release LIMIT {most:UInt32}
    """
    found = columns.rows(sql, {"project": scope.project_id, "most": MOST_RELEASES})
    return [
        SeenRelease(name=str(name), first_ms=int(first), last_ms=int(last), events=int(events))
        for name, first, last, events in found
    ]


def known_releases(conn: Connection, scope: Scope) -> list[SeenRelease]:
    """Releases that tools announced or records named, the newest first."""
    first = func.coalesce(_r.c.released_ms, _r.c.first_seen_ms, _r.c.created_ms)
    last = func.coalesce(_r.c.last_seen_ms, first)
    query = (
        select(_r.c.version, first.label("first_ms"), last.label("last_ms"))
        .where(_r.c.project_id == scope.project_id)
        .order_by(_r.c.created_ms.desc(), _r.c.id.desc())
        .limit(MOST_RELEASES)
    )
    return [
        SeenRelease(name=row.version, first_ms=row.first_ms, last_ms=row.last_ms)
        for row in conn.execute(query)
    ]


def shares(
    columns: Columns, scope: Scope, hashes: Sequence[int]
) -> tuple[list[Share], list[Share]]:
    """Stored events of an issue by release and by environment, for as long as hours are kept."""
    sql = """
    SELECT release, environment, sum(events), toInt64(toUnixTimestamp(min(bucket))) * 1000,
           toInt64(toUnixTimestamp(max(bucket))) * 1000 + {ms:Int64} AS last
    FROM errors_1h
    WHERE project_id = {project:UInt32} AND grouping_hash IN {hashes:Array(UInt64)}
    GROUP BY release, environment ORDER BY last DESC LIMIT {most:UInt32}
    """
    params = {"project": scope.project_id, "hashes": list(hashes), "ms": HOUR_MS}
    found = columns.rows(sql, params | {"most": MOST_RELEASES})
    return _added_up(found, 0), _added_up(found, 1)


def names(columns: Columns, scope: Scope, hashes: Sequence[int]) -> tuple[list[Share], list[Share]]:
    """Releases and environments of an issue, for a year back; their times are days."""
    sql = """
    SELECT release, environment, sum(events), toInt64(min(day)) * {ms:Int64},
           toInt64(max(day)) * {ms:Int64} AS last
    FROM errors_1d
    WHERE project_id = {project:UInt32} AND grouping_hash IN {hashes:Array(UInt64)}
    GROUP BY release, environment ORDER BY last DESC LIMIT {most:UInt32}
    """
    params = {"project": scope.project_id, "hashes": list(hashes), "ms": DAY_MS}
    found = columns.rows(sql, params | {"most": MOST_RELEASES})
    return _added_up(found, 0), _added_up(found, 1)


def _added_up(found: Sequence[Sequence[Any]], place: int) -> list[Share]:
    """One share for each name in that column."""
    shares: dict[str, Share] = {}
    for row in found:
        name, events, first_ms, last_ms = str(row[place]), int(row[2]), int(row[3]), int(row[4])
        before = shares.get(name)
        if before is not None:
            events += before.events
            first_ms, last_ms = min(first_ms, before.first_ms), max(last_ms, before.last_ms)
        if name:
            shares[name] = Share(name=name, events=events, first_ms=first_ms, last_ms=last_ms)
    return list(shares.values())


def environment_at(
    columns: Columns, scope: Scope, hashes: Sequence[int], at_ms: int, *, by: Instant
) -> str | None:
    """Environment of the last event until an instant; None if none is stored any more.

    by: whether the time of the event counts, or that of its arrival.
    """
    sql = f"""
    SELECT environment FROM errors
    WHERE project_id = {{project:UInt32}} AND grouping_hash IN {{hashes:Array(UInt64)}}
      AND {by} <= fromUnixTimestamp64Milli({{at:Int64}})
    ORDER BY {by} DESC, event_id LIMIT 1
    """
    params = {"project": scope.project_id, "hashes": list(hashes), "at": at_ms}
    found = columns.rows(sql, params)
    return str(found[0][0]) if found else None


def deploy_before(
    conn: Connection, scope: Scope, at_ms: int, *, environment: str = ""
) -> Row[Any] | None:
    """The last deploy that was done or begun before an instant, and did not fail."""
    done = func.coalesce(_d.c.finished_ms, _d.c.started_ms)
    query = select(_d, done.label("at_ms")).where(
        _d.c.project_id == scope.project_id, done <= at_ms, _d.c.status != "failure"
    )
    if environment:
        query = query.where(_d.c.environment.in_(("", environment)))
    return conn.execute(query.order_by(done.desc(), _d.c.id.desc()).limit(1)).first()


def commits_of(conn: Connection, scope: Scope, release: str) -> list[Row[Any]]:
    """Commits of a release, the newest first."""
    query = (
        select(_c)
        .join(_r, _r.c.id == _c.c.release_id)
        .where(_r.c.project_id == scope.project_id, _r.c.version == release)
        .order_by(_c.c.position)
        .limit(MOST_COMMITS)
    )
    return list(conn.execute(query))


def releases_with_commit(conn: Connection, scope: Scope, commit: str) -> list[str]:
    """Releases that hold a commit, named by its first digits, the oldest first."""
    query = (
        select(_r.c.version)
        .join(_c, _c.c.release_id == _r.c.id)
        .where(_r.c.project_id == scope.project_id)
        .where(_c.c.commit_id.startswith(commit.lower(), autoescape=True))
        .order_by(_r.c.created_ms, _r.c.id)
        .limit(10)
    )
    return [row.version for row in conn.execute(query)]
