"""Where and since when an issue is seen, and what may have brought it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any

from sqlalchemy import Row

from watchkeeper.artifacts import compared
from watchkeeper.issues.lapse import Resolution, ResolvedIn
from watchkeeper.issues.repo import events, origins, rows
from watchkeeper.issues.repo.origins import Share
from watchkeeper.issues.types import IssueRef, IssueStatus
from watchkeeper.model import Scope
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta

MOST_SHOWN = 100
MOST_COMMITS = 5
_SHORTEST_PATH = 3
"""Letters of a file's path that must be equal before a commit is suspected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspectDeploy:
    """The last deploy before an issue was first seen, or seen again, to where it was seen then.

    at_ms: when it was done.
    """

    release: str
    environment: str
    at_ms: int
    url: str
    before_ms: int
    is_of_first_release: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspectCommit:
    """A commit that touched files of the stack. files: those."""

    commit: str
    message: str
    author_name: str
    author_email: str
    committed_ms: int | None
    files: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Releases: the newest first. environments: by events. resolved_in: a release, or empty."""

    releases: Sequence[Share]
    environments: Sequence[Share]
    first_release: str
    last_release: str
    resolved_in: str
    stored_events: int
    suspect_deploy: SuspectDeploy | None
    suspect_commits: Sequence[SuspectCommit]
    first_event_id: str | None
    last_event_id: str | None


def facts_of_issue(
    meta: Meta, columns: Columns, scope: Scope, issue: IssueRef, *, beside: Executor
) -> Facts:
    """beside: where reads run at the same time. Raises NotFound for an issue of another project."""
    with meta.read() as conn:
        row = rows.known(rows.find(conn, scope, issue))
        hashes = list(rows.hashes_of(conn, scope, [row.id]))
        shares = beside.submit(origins.shares, columns, scope, hashes)
        first = beside.submit(events.first_id, columns, scope, hashes)
        number = beside.submit(events.stored, columns, scope, hashes)
        began_ms = row.status_changed_ms if row.is_regressed else row.first_seen_ms
        by: origins.Instant = "received" if row.is_regressed else "ts"
        place = origins.environment_at(columns, scope, hashes, began_ms, by=by)
        place = row.environment if place is None else place
        deploy = origins.deploy_before(conn, scope, began_ms, environment=place)
        began_in = row.last_release if row.is_regressed else row.first_release
        commits = origins.commits_of(conn, scope, began_in) if began_in else []
    newest = events.event(columns, scope, hashes, "latest")
    releases, environments = shares.result()
    return Facts(
        releases=in_order(releases)[:MOST_SHOWN],
        environments=sorted(environments, key=lambda one: -one.events)[:MOST_SHOWN],
        first_release=row.first_release,
        last_release=row.last_release,
        resolved_in=_resolved_in(row),
        stored_events=number.result(),
        suspect_deploy=_suspect(deploy, began_ms, began_in) if deploy else None,
        suspect_commits=suspect_commits(commits, events.own_paths(newest)),
        first_event_id=first.result(),
        last_event_id=newest.event_id if newest else None,
    )


def in_order(shares: Iterable[Share]) -> list[Share]:
    """The newest first: by version where two can be compared, else by when they came.

    A version that is older never stands before a newer one of its package because it came late.
    """
    by_time = sorted(shares, key=lambda one: (one.first_ms, one.name))
    return sorted(by_time, key=cmp_to_key(_newer_last), reverse=True)


def _newer_last(one: Share, other: Share) -> int:
    order = compared(one.name, other.name)
    if order is not None:
        return order
    return (one.first_ms > other.first_ms) - (one.first_ms < other.first_ms)


def _resolved_in(row: Row[Any]) -> str:
    resolution = Resolution.of_json(row.resolution)
    is_named = resolution.kind is ResolvedIn.RELEASE and row.status == IssueStatus.RESOLVED
    return resolution.release if is_named else ""


def _suspect(deploy: Row[Any], began_ms: int, began_in: str) -> SuspectDeploy:
    return SuspectDeploy(
        release=deploy.release,
        environment=deploy.environment,
        at_ms=deploy.at_ms,
        url=deploy.url,
        before_ms=began_ms - deploy.at_ms,
        is_of_first_release=bool(began_in) and deploy.release == began_in,
    )


def suspect_commits(commits: Iterable[Row[Any]], paths: Sequence[str]) -> list[SuspectCommit]:
    """Commits that touched files of the stack, the newest first, at most 5.

    paths: files of own frames, the innermost first.
    """
    found = []
    for commit in commits:
        touched = [path for path, _how in commit.files if any(_same(path, p) for p in paths)]
        if touched:
            found.append(
                SuspectCommit(
                    commit=commit.commit_id,
                    message=commit.message.split("\n", 1)[0][:200],
                    author_name=commit.author_name,
                    author_email=commit.author_email,
                    committed_ms=commit.committed_ms,
                    files=touched[:20],
                )
            )
    return found[:MOST_COMMITS]


def _same(committed: str, framed: str) -> bool:
    """True if one path ends with the other, by whole folders: `src/app/a.py` and `app/a.py`."""
    one, other = (_clean(path) for path in (committed, framed))
    if min(len(one), len(other)) < _SHORTEST_PATH:
        return False
    return f"/{one}".endswith(f"/{other}") or f"/{other}".endswith(f"/{one}")


def _clean(path: str) -> str:
    return path.replace("\\", "/").partition("?")[0].lstrip("./~")
