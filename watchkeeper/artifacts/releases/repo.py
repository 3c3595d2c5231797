"""SQL of releases, their commits and deploys, and of what issues and errors say about them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update

from watchkeeper.artifacts.releases.types import (
    Commit,
    Deploy,
    DeployStatus,
    ReleaseQuery,
)
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import insert_into, tables

_ERRORS = """
SELECT release, sum(events), ifNull(uniqCombined64Merge(users), 0)
FROM error_totals_1h
WHERE project_id IN {projects:Array(UInt64)} AND release IN {releases:Array(String)}
  AND bucket >= toStartOfHour(toDateTime(intDiv({start:Int64}, 1000), 'UTC'))
  AND bucket < toDateTime(intDiv({end:Int64} + 999, 1000), 'UTC')
GROUP BY release
"""

_UNREAD = """
SELECT project_id, release, toUnixTimestamp64Milli(min(received)),
       toUnixTimestamp64Milli(max(received))
FROM (
    SELECT project_id, release, received FROM spans
    WHERE received >= fromUnixTimestamp64Milli({since:Int64}) AND release != ''
    UNION ALL
    SELECT project_id, release, received FROM session_states
    WHERE received >= fromUnixTimestamp64Milli({since:Int64}) AND release != ''
)
GROUP BY project_id, release
"""

_SEEN_IN = """
SELECT DISTINCT release FROM (
    SELECT release FROM error_totals_1h
    WHERE project_id IN {projects:Array(UInt32)} AND environment = {environment:String}
      AND bucket >= toStartOfHour(toDateTime(intDiv({start:Int64}, 1000), 'UTC'))
      AND bucket < toDateTime(intDiv({end:Int64} + 999, 1000), 'UTC')
    UNION ALL
    SELECT release FROM sessions
    WHERE project_id IN {projects:Array(UInt32)} AND environment = {environment:String}
      AND ts >= fromUnixTimestamp64Milli({start:Int64})
      AND ts < fromUnixTimestamp64Milli({end:Int64})
)
WHERE release != '' LIMIT 500
"""


def seen_in(columns: Columns, scope: Scope, environment: str, span: TimeRange) -> list[str]:
    """Releases of errors and sessions of an environment in the range, at most 500."""
    params = {
        "projects": list(scope.project_ids),
        "environment": environment,
        "start": span.start_ms,
        "end": span.end_ms,
    }
    return [str(release) for (release,) in columns.rows(_SEEN_IN, params)]


def unread_releases(columns: Columns, *, since_ms: int) -> Sequence[tuple[int, str, int, int]]:
    """(project, release, first, last arrival in Unix ms) of spans and sessions since an instant.

    Of all projects: it is what the server notes about itself, and no answer to anybody.
    """
    rows = columns.rows(_UNREAD, {"since": since_ms})
    return [(int(p), str(release), int(first), int(last)) for p, release, first, last in rows]


def find(conn: Connection, scope: Scope, version: str) -> Sequence[Row[Any]]:
    """The release in each project of the scope that has it."""
    t = tables.releases
    query = select(t).where(t.c.project_id.in_(scope.project_ids), t.c.version == version)
    return conn.execute(query.order_by(t.c.project_id)).all()


def page(
    conn: Connection, scope: Scope, query: ReleaseQuery, *, seen_there: Sequence[str] = ()
) -> Sequence[Row[Any]]:
    """Releases, those that were created last first.

    seen_there: releases that the query's environment had beside those deployed to it.
    """
    t, d = tables.releases, tables.deploys
    chosen = select(t).where(t.c.project_id.in_(scope.project_ids))
    if query.text:
        chosen = chosen.where(t.c.version.contains(query.text, autoescape=True))
    if query.environment:
        there = select(d.c.id).where(
            d.c.project_id == t.c.project_id,
            d.c.release == t.c.version,
            d.c.environment == query.environment,
        )
        chosen = chosen.where(or_(there.exists(), t.c.version.in_(seen_there)))
    chosen = chosen.order_by(t.c.created_ms.desc(), t.c.id.desc())
    return conn.execute(chosen.limit(query.limit).offset(query.offset)).all()


def total(conn: Connection, scope: Scope) -> int:
    """How many releases there are."""
    t = tables.releases
    query = select(func.count()).where(t.c.project_id.in_(scope.project_ids))
    return int(conn.execute(query).scalar_one())


def ensure(conn: Connection, project_id: int, version: str, *, now_ms: int) -> bool:
    """Make a release unless it is there; True if it was made."""
    t = tables.releases
    row = insert_into(conn, t).values(
        project_id=project_id, version=version, created_ms=now_ms, url="", ref="", commits=0
    )
    made = conn.execute(row.on_conflict_do_nothing().returning(t.c.id))
    return made.first() is not None


def change(conn: Connection, scope: Scope, version: str, values: Mapping[str, Any]) -> None:
    """Change a release in every project of the scope."""
    t = tables.releases
    if values:
        conn.execute(
            update(t)
            .where(t.c.project_id.in_(scope.project_ids), t.c.version == version)
            .values(**values)
        )


def remove(conn: Connection, scope: Scope, version: str) -> int:
    """Delete a release with its commits; how many projects had it."""
    t = tables.releases
    done = conn.execute(
        delete(t).where(t.c.project_id.in_(scope.project_ids), t.c.version == version)
    )
    return done.rowcount


# Commits


def replace_commits(conn: Connection, release_id: int, commits: Sequence[Commit]) -> None:
    """Give a release these commits, the newest first."""
    t = tables.release_commits
    conn.execute(delete(t).where(t.c.release_id == release_id))
    rows = [
        {
            "release_id": release_id,
            "position": position,
            "commit_id": one.id,
            "repository": one.repository,
            "message": one.message,
            "author_name": one.author_name,
            "author_email": one.author_email,
            "committed_ms": one.committed_ms,
            "files": [list(file) for file in one.files],
        }
        for position, one in enumerate(commits)
    ]
    if rows:
        conn.execute(insert(t), rows)
    r = tables.releases
    conn.execute(update(r).where(r.c.id == release_id).values(commits=len(rows)))


def commits(conn: Connection, release_id: int, *, limit: int) -> list[Commit]:
    """A release's commits, the newest first."""
    t = tables.release_commits
    query = select(t).where(t.c.release_id == release_id).order_by(t.c.position).limit(limit)
    return [_commit(row) for row in conn.execute(query)]


def _commit(row: Row[Any]) -> Commit:
    return Commit(
        id=row.commit_id,
        repository=row.repository,
        message=row.message,
        author_name=row.author_name,
        author_email=row.author_email,
        committed_ms=row.committed_ms,
        files=[(str(path), str(kind)) for path, kind in row.files],
    )


def authors(conn: Connection, release_ids: Collection[int]) -> dict[int, list[Row[Any]]]:
    """Newest commit and authors of each release: rows by release, the newest commit first."""
    t = tables.release_commits
    query = (
        select(t.c.release_id, t.c.commit_id, t.c.author_name, t.c.author_email, t.c.position)
        .where(t.c.release_id.in_(release_ids))
        .order_by(t.c.release_id, t.c.position)
        .limit(10_000)
    )
    found: dict[int, list[Row[Any]]] = {}
    rows = cast("Sequence[Row[Any]]", conn.execute(query).all()) if release_ids else ()
    for row in rows:
        found.setdefault(row.release_id, []).append(row)
    return found


def previous_with_commits(
    conn: Connection, scope: Scope, version: str, created_ms: int
) -> Row[Any] | None:
    """The newest release before an instant that has commits."""
    t = tables.releases
    query = (
        select(t)
        .where(t.c.project_id.in_(scope.project_ids), t.c.version != version, t.c.commits > 0)
        .where(t.c.created_ms <= created_ms)
        .order_by(t.c.created_ms.desc(), t.c.id.desc())
    )
    return conn.execute(query.limit(1)).first()


# Deploys


def deploys(
    conn: Connection,
    scope: Scope,
    *,
    span: TimeRange | None = None,
    releases: Collection[str] | None = None,
    environment: str = "",
    limit: int,
) -> list[Deploy]:
    """Deploys that began in the range, the newest first."""
    t = tables.deploys
    query = select(t).where(t.c.project_id.in_(scope.project_ids))
    if span is not None:
        query = query.where(t.c.started_ms >= span.start_ms, t.c.started_ms < span.end_ms)
    if releases is not None:
        query = query.where(t.c.release.in_(releases))
    if environment:
        query = query.where(t.c.environment == environment)
    query = query.order_by(t.c.started_ms.desc(), t.c.id.desc()).limit(limit)
    return [_deploy(row) for row in conn.execute(query)]


def deploy(conn: Connection, project_id: int, deployment_id: str) -> Deploy | None:
    """One deploy by its own name."""
    t = tables.deploys
    query = select(t).where(t.c.project_id == project_id, t.c.deployment_id == deployment_id)
    row = conn.execute(query).first()
    return None if row is None else _deploy(row)


def _deploy(row: Row[Any]) -> Deploy:
    return Deploy(
        id=row.id,
        project_id=row.project_id,
        deployment_id=row.deployment_id,
        release=row.release,
        environment=row.environment,
        name=row.name,
        status=DeployStatus(row.status),
        started_ms=row.started_ms,
        finished_ms=row.finished_ms,
        duration_ms=row.duration_ms,
        url=row.url,
    )


def put_deploy(conn: Connection, values: Mapping[str, Any], *, now_ms: int) -> None:
    """Add a deploy, or change the one of this project and deployment id."""
    t = tables.deploys
    row = insert_into(conn, t).values(**values, created_ms=now_ms, updated_ms=now_ms)
    changed = {k: v for k, v in values.items() if k not in {"project_id", "deployment_id"}}
    conn.execute(
        row.on_conflict_do_update(
            index_elements=["project_id", "deployment_id"], set_={**changed, "updated_ms": now_ms}
        )
    )


# What issues and errors say


def new_issues(conn: Connection, scope: Scope, releases: Collection[str]) -> dict[str, int]:
    """Issues that were first seen in each release."""
    t = tables.issues
    query = (
        select(t.c.first_release, func.count())
        .where(t.c.project_id.in_(scope.project_ids), t.c.first_release.in_(releases))
        .group_by(t.c.first_release)
    )
    return {str(release): int(count) for release, count in conn.execute(query)}


def regressions(conn: Connection, scope: Scope, releases: Collection[str]) -> dict[str, int]:
    """Resolved issues that came back in each release."""
    a, i = tables.issue_activity, tables.issues
    release = a.c.facts["release"].as_string()
    query = (
        select(release, func.count(a.c.issue_id.distinct()))
        .join(i, i.c.id == a.c.issue_id)
        .where(i.c.project_id.in_(scope.project_ids), a.c.kind == "regressed")
        .where(release.in_(releases))
        .group_by(release)
    )
    return {str(name): int(count) for name, count in conn.execute(query)}


def errors(
    columns: Columns, scope: Scope, releases: Sequence[str], span: TimeRange
) -> dict[str, tuple[int, int]]:
    """(events, users) of each release in the hours that the range touches."""
    params = {
        "projects": list(scope.project_ids),
        "releases": list(releases),
        "start": span.start_ms,
        "end": span.end_ms,
    }
    return {
        str(release): (int(events), int(users))
        for release, events, users in columns.rows(_ERRORS, params)
    }
