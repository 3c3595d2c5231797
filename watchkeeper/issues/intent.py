"""What people mean by "in the next release" or "until it escalates", made exact at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from watchkeeper.artifacts import SeenRelease, newest, not_after
from watchkeeper.issues.lapse import MOST_REMEMBERED, Ignoring, Resolution, ResolvedIn
from watchkeeper.issues.repo import counts, origins
from watchkeeper.issues.repo.counts import Filter, IssueCounts
from watchkeeper.lib.clock import DAY_MS, HOUR_MS
from watchkeeper.lib.errors import Invalid
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta

ESCALATION_FACTOR = 3
ESCALATION_LEAST = 10
USUAL_MS = 7 * DAY_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A resolution or an ignoring as people say it, before it is looked up; else nothing."""

    resolve: ResolvedIn | None = None
    release: str = ""
    commit: str = ""
    ignoring: Ignoring | None = None
    until_escalating: bool = False


def resolution_of(meta: Meta, columns: Columns, scope: Scope, intent: Intent) -> Resolution | None:
    """The resolution with the releases that it means. Raises Invalid for what is missing."""
    match intent.resolve:
        case None:
            return None
        case ResolvedIn.NOW:
            return Resolution()
        case ResolvedIn.RELEASE:
            return _in_release(meta, columns, scope, intent.release)
        case ResolvedIn.COMMIT:
            return _in_commit(meta, columns, scope, intent.commit)
        case ResolvedIn.NEXT_RELEASE:
            return _after_now(releases_of(meta, columns, scope), ResolvedIn.NEXT_RELEASE)


def releases_of(meta: Meta, columns: Columns, scope: Scope) -> list[SeenRelease]:
    """Every known release: announced, or seen in errors; each once, with its earliest time."""
    with meta.read() as conn:
        known = origins.known_releases(conn, scope)
    found: dict[str, SeenRelease] = {one.name: one for one in known}
    for one in origins.seen_releases(columns, scope):
        before = found.get(one.name)
        if before is None or one.first_ms < before.first_ms:
            found[one.name] = one
    return list(found.values())


def _in_release(meta: Meta, columns: Columns, scope: Scope, release: str) -> Resolution:
    if not release:
        raise Invalid("resolve.release: name the release in which it is fixed.")
    releases = releases_of(meta, columns, scope)
    if release == "latest":
        found = newest(releases)
        if found is None:
            raise Invalid("No release is known yet: resolve it now, or name a release.")
        release = found.name
    is_known = any(one.name == release for one in releases)
    older = not_after(release, releases, including=not is_known)
    return Resolution(kind=ResolvedIn.RELEASE, release=release, older=older[:MOST_REMEMBERED])


def _in_commit(meta: Meta, columns: Columns, scope: Scope, commit: str) -> Resolution:
    """A commit that a release holds is that release; an unknown one is in the next release."""
    if not 7 <= len(commit) <= 64 or not commit.isalnum():
        raise Invalid("resolve.commit: name the commit by at least 7 of its digits.")
    with meta.read() as conn:
        holding = origins.releases_with_commit(conn, scope, commit)
    if holding:
        releases = releases_of(meta, columns, scope)
        older = not_after(holding[0], releases, including=False)[:MOST_REMEMBERED]
        return Resolution(kind=ResolvedIn.RELEASE, release=holding[0], commit=commit, older=older)
    return _after_now(releases_of(meta, columns, scope), ResolvedIn.COMMIT, commit=commit)


def _after_now(releases: list[SeenRelease], kind: ResolvedIn, *, commit: str = "") -> Resolution:
    current = newest(releases)
    if current is None:
        raise Invalid(
            "No release is known yet, so there is no next one: set `release` in the SDK, "
            "or resolve it now."
        )
    older = not_after(current.name, releases, including=True)
    return Resolution(kind=kind, release=current.name, commit=commit, older=older[:MOST_REMEMBERED])


def ignorings_of(
    columns: Columns, scope: Scope, intent: Intent, issue_of: Mapping[int, int], *, now_ms: int
) -> dict[int, Ignoring]:
    """The ignoring of each issue that is ignored until it escalates: until an hour has far more
    events than any hour of the week before. issue_of: issue id by hash; ids in the answer.
    """
    given = intent.ignoring or Ignoring()
    if given.events is not None:
        raise Invalid("ignore: send either events or until_escalating.")
    span = TimeRange(now_ms - USUAL_MS, now_ms)
    chosen = Filter(range=span, hashes=list(issue_of))
    found = counts.by_issue(
        columns, scope, chosen, issue_of=issue_of, buckets=USUAL_MS // HOUR_MS, users={}
    )
    return {
        issue_id: Ignoring(
            until_ms=given.until_ms,
            users=given.users,
            events=max(ESCALATION_LEAST, ESCALATION_FACTOR * _most(found.get(issue_id))),
            window_ms=HOUR_MS,
            is_escalating=True,
        )
        for issue_id in set(issue_of.values())
    }


def _most(counted: IssueCounts | None) -> int:
    return max(counted.slots.values(), default=0) if counted else 0
