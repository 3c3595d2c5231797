"""Releases and deploys, as the APIs ask for them and as tools change them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row

from watchkeeper.artifacts.releases import repo
from watchkeeper.artifacts.releases.deploys import checked_version, note_deploy
from watchkeeper.artifacts.releases.health import NoSessions, ReleaseHealth
from watchkeeper.artifacts.releases.suspects import Suspect, suspects_of
from watchkeeper.artifacts.releases.types import (
    Commit,
    Deploy,
    DeployChange,
    Release,
    ReleaseChange,
    ReleaseQuery,
)
from watchkeeper.lib.clock import DAY_MS, Clock
from watchkeeper.lib.errors import Forbidden, Invalid, NotFound
from watchkeeper.model import Role, Scope, TimeRange
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta

MOST_COMMITS = 1_000
MOST_DEPLOYS = 1_000
_MOST_FILES = 2_000
_COUNTED_DAYS = 30


class Releases:
    """Reads and changes. Every method blocks; each may be called from any thread.

    A tool names a release in several projects at once: changes apply to each project of the scope.
    """

    def __init__(
        self, meta: Meta, columns: Columns, clock: Clock, *, health: ReleaseHealth | None = None
    ) -> None:
        self._meta, self._columns, self._clock = meta, columns, clock
        self._health = health or NoSessions()

    # Reads

    def page(self, scope: Scope, query: ReleaseQuery) -> tuple[list[Release], int]:
        """Releases, the newest first, and how many the scope has in all."""
        place = query.environment
        seen = repo.seen_in(self._columns, scope, place, query.range) if place else ()
        with self._meta.read() as conn:
            rows = repo.page(conn, scope, query, seen_there=seen)
            total = repo.total(conn, scope)
        return self._with_facts(scope, rows, query.range, place), total

    def get(self, scope: Scope, version: str, span: TimeRange | None = None) -> list[Release]:
        """The release in each of the scope's projects that has it. Raises NotFound."""
        with self._meta.read() as conn:
            rows = repo.find(conn, scope, version)
        if not rows:
            raise NotFound(f"There is no release {version!r}.")
        now_ms = self._clock()
        return self._with_facts(
            scope, rows, span or TimeRange(now_ms - _COUNTED_DAYS * DAY_MS, now_ms + 1)
        )

    def commits(self, scope: Scope, version: str) -> list[Commit]:
        """A release's commits, the newest first. Raises NotFound."""
        with self._meta.read() as conn:
            rows = repo.find(conn, scope, version)
            if not rows:
                raise NotFound(f"There is no release {version!r}.")
            row = max(rows, key=lambda one: int(one.commits))
            return repo.commits(conn, row.id, limit=MOST_COMMITS)

    def previous_with_commits(self, scope: Scope, version: str) -> Release | None:
        """The release before this one whose commits are known."""
        with self._meta.read() as conn:
            own = repo.find(conn, scope, version)
            until_ms = min((row.created_ms for row in own), default=self._clock())
            row = repo.previous_with_commits(conn, scope, version, until_ms)
        if row is None:
            return None
        now_ms = self._clock()
        return self._with_facts(scope, [row], TimeRange(now_ms - DAY_MS, now_ms + 1))[0]

    def deploys(
        self,
        scope: Scope,
        *,
        span: TimeRange | None = None,
        release: str | None = None,
        environment: str = "",
        limit: int = MOST_DEPLOYS,
    ) -> list[Deploy]:
        """Deploys that began in the range, the newest first."""
        with self._meta.read() as conn:
            return repo.deploys(
                conn,
                scope,
                span=span,
                releases=None if release is None else [release],
                environment=environment,
                limit=min(limit, MOST_DEPLOYS),
            )

    def suspects(self, scope: Scope, version: str, own_paths: Sequence[str]) -> list[Suspect]:
        """Commits of a release that changed files which an error came through.

        own_paths: of the people's own frames, the innermost first.
        """
        with self._meta.read() as conn:
            rows = [row for row in repo.find(conn, scope, version) if row.commits]
            if not rows or not own_paths:
                return []
            found = repo.commits(conn, rows[0].id, limit=MOST_COMMITS)
        return suspects_of(own_paths, found)

    # Changes

    def put(
        self, scope: Scope, version: str, change: ReleaseChange | None = None
    ) -> tuple[list[Release], bool]:
        """Make or change a release in each project of the scope; True if it was new somewhere."""
        version, now_ms = checked_version(version), self._clock()
        _require_member(scope)
        with self._meta.write() as conn:
            made = [
                repo.ensure(conn, project_id, version, now_ms=now_ms)
                for project_id in scope.project_ids
            ]
            repo.change(conn, scope, version, _values(change or ReleaseChange()))
        return self.get(scope, version), any(made)

    def set_commits(self, scope: Scope, version: str, commits: Sequence[Commit]) -> None:
        """Say what is in a release, the newest commit first; the release is made if need be."""
        _require_member(scope)
        if len(commits) > MOST_COMMITS:
            raise Invalid(f"A release has at most {MOST_COMMITS:,} commits; send the newest.")
        kept = [_bounded(one) for one in commits]
        self.put(scope, version)
        with self._meta.write() as conn:
            for row in repo.find(conn, scope, version):
                repo.replace_commits(conn, row.id, kept)

    def delete(self, scope: Scope, version: str) -> None:
        """Forget a release; its records stay. Raises NotFound."""
        _require_member(scope)
        with self._meta.write() as conn:
            if not repo.remove(conn, scope, version):
                raise NotFound(f"There is no release {version!r}.")

    def put_deploy(self, scope: Scope, change: DeployChange) -> Deploy:
        """Note a deploy of the scope's single project, or what became of it.

        Raises Invalid for times that cannot be.
        """
        _require_member(scope)
        with self._meta.write() as conn:
            return note_deploy(conn, scope.project_id, change, now_ms=self._clock())

    def _with_facts(
        self, scope: Scope, rows: Sequence[Row[Any]], span: TimeRange, environment: str = ""
    ) -> list[Release]:
        versions = sorted({row.version for row in rows})
        if not versions:
            return []
        with self._meta.read() as conn:
            new = repo.new_issues(conn, scope, versions)
            back = repo.regressions(conn, scope, versions)
            people = repo.authors(conn, [row.id for row in rows])
            deploys = repo.deploys(conn, scope, releases=versions, limit=MOST_DEPLOYS)
        counted = repo.errors(self._columns, scope, versions, span)
        health = self._health.of_releases(scope, versions, span, environment)
        return [
            replace(
                _release(row, people.get(row.id, [])),
                new_issues=new.get(row.version, 0),
                regressions=back.get(row.version, 0),
                events=counted.get(row.version, (0, 0))[0],
                users=counted.get(row.version, (0, 0))[1],
                deploys=_latest([one for one in deploys if one.release == row.version]),
                health=health.get(row.version),
            )
            for row in rows
        ]


def _release(row: Row[Any], people: Sequence[Row[Any]]) -> Release:
    names = (one.author_name or one.author_email for one in people)
    return Release(
        project_id=row.project_id,
        version=row.version,
        created_ms=row.created_ms,
        first_seen_ms=row.first_seen_ms,
        last_seen_ms=row.last_seen_ms,
        started_ms=row.started_ms,
        released_ms=row.released_ms,
        url=row.url,
        ref=row.ref,
        commits=row.commits,
        last_commit=people[0].commit_id if people else "",
        authors=list(dict.fromkeys(name for name in names if name))[:20],
    )


def _latest(deploys: Sequence[Deploy]) -> list[Deploy]:
    """The newest of each environment."""
    first: dict[tuple[int, str], Deploy] = {}
    for one in deploys:
        first.setdefault((one.project_id, one.environment), one)
    return list(first.values())


def _require_member(scope: Scope) -> None:
    if scope.role < Role.MEMBER:
        raise Forbidden("This needs the role member.")


def _values(change: ReleaseChange) -> Mapping[str, Any]:
    said = {
        "url": change.url and change.url[:1_000],
        "ref": change.ref and change.ref[:250],
        "started_ms": change.started_ms,
        "released_ms": change.released_ms,
    }
    return {name: value for name, value in said.items() if value is not None}


def _bounded(commit: Commit) -> Commit:
    return Commit(
        id=commit.id[:64],
        repository=commit.repository[:200],
        message=commit.message[:4_000],
        author_name=commit.author_name[:200],
        author_email=commit.author_email[:254],
        committed_ms=commit.committed_ms,
        files=[(path[:1_000], kind[:1]) for path, kind in commit.files[:_MOST_FILES]],
    )
