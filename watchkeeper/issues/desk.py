"""The issues of a project, as the API asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row

from watchkeeper.access import audit
from watchkeeper.artifacts import Symbolicator
from watchkeeper.issues import listing
from watchkeeper.issues.change import IssueChange, apply_change
from watchkeeper.issues.detail import error_event
from watchkeeper.issues.listing import SPARK_BUCKETS
from watchkeeper.issues.repo import counts, rows
from watchkeeper.issues.repo.counts import Filter, IssueCounts, StoredEvent
from watchkeeper.issues.types import (
    Activity,
    ErrorEvent,
    Issue,
    IssuePage,
    IssueQuery,
    IssueStats,
    IssueStatus,
    SeverityStats,
    TagBreakdown,
    TagValue,
)
from watchkeeper.lib.clock import Clock
from watchkeeper.lib.errors import Invalid, NotFound
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta

IssueRef = int | str
"""An issue's id, or its short id such as ACADEMY-12."""

MOST_BUCKETS = 1_000
_HEX = frozenset("0123456789abcdef")


class Issues:
    """Reads and changes of issues. Every method blocks; each may be called from any thread.

    Every scope names exactly one project. Raises NotFound for an issue of another one.
    """

    def __init__(
        self,
        *,
        meta: Meta,
        columns: Columns,
        clock: Clock,
        symbolicator: Symbolicator | None = None,
    ) -> None:
        self._symbolicator = symbolicator
        self._meta = meta
        self._columns = columns
        self._clock = clock

    def list(self, scope: Scope, query: IssueQuery) -> IssuePage:
        """A page of issues with their counts in the query's range."""
        return listing.list_issues(self._meta, self._columns, self._clock, scope, query)

    def status_counts(self, scope: Scope) -> dict[IssueStatus, int]:
        """How many issues there are of each status, at any time."""
        with self._meta.read() as conn:
            return rows.status_counts(conn, scope)

    def get(self, scope: Scope, issue: IssueRef, span: TimeRange) -> Issue:
        """One issue with its counts in the range."""
        row, hashes = self._found(scope, issue)
        chosen = Filter(range=span, hashes=hashes)
        counted = counts.by_issue(
            self._columns,
            scope,
            chosen,
            issue_of=dict.fromkeys(hashes, row.id),
            buckets=SPARK_BUCKETS,
        ).get(row.id, IssueCounts(events=0, users=0, slots={}))
        releases, environments = counts.releases_and_environments(self._columns, scope, hashes)
        return Issue(
            **listing.row_values(row, counted),
            value=row.value,
            platform=row.platform,
            grouping_version=row.grouping_version,
            total_events=row.events,
            first_release=row.first_release,
            status_changed_ms=row.status_changed_ms,
            releases=releases,
            environments=environments,
        )

    def event(self, scope: Scope, issue: IssueRef, which: str) -> ErrorEvent:
        """One event: `latest`, `oldest`, `recommended` or an event id of 32 hex digits."""
        _row, hashes = self._found(scope, issue)
        named = which if which in counts.NAMED else which.lower().replace("-", "")
        if named not in counts.NAMED and not (len(named) == 32 and set(named) <= _HEX):
            raise Invalid("An event is named latest, oldest, recommended or by 32 hex digits.")
        stored = counts.event(self._columns, scope, hashes, named)
        if stored is None:
            raise NotFound("The event is not stored, or no longer.")
        stored = self._resolved_late(scope, stored)
        index, total, before, after = counts.place_of(self._columns, scope, hashes, stored)
        return error_event(stored, index=index, total=total, neighbours=(before, after))

    def _resolved_late(self, scope: Scope, stored: StoredEvent) -> StoredEvent:
        """The event with maps that were uploaded after it arrived; it stays stored as it was."""
        if self._symbolicator is None:
            return stored
        payload = self._symbolicator.resolved(
            scope.project_id, stored.payload, at_ms=self._clock(), with_notes=True
        )
        return replace(stored, payload=payload)

    def stats(self, scope: Scope, span: TimeRange, *, buckets: int, issue: IssueRef) -> IssueStats:
        """Events and users of one issue in equal buckets."""
        _row, hashes = self._found(scope, issue)
        _check_buckets(buckets)
        chosen = Filter(range=span, hashes=hashes)
        events, users = [0] * buckets, [0] * buckets
        for slot, n, people in counts.over_time(self._columns, scope, chosen, buckets=buckets):
            if 0 <= slot < buckets:
                events[slot], users[slot] = n, people
        starts = counts.bucket_starts(span, buckets)
        return IssueStats(times_ms=starts, events=events, users=users)

    def severity_stats(
        self,
        scope: Scope,
        span: TimeRange,
        *,
        buckets: int,
        environment: str = "",
        release: str = "",
    ) -> SeverityStats:
        """Events of the whole project by how bad each one was, in equal buckets."""
        _check_buckets(buckets)
        chosen = Filter(range=span, environment=environment, release=release)
        return listing.severity_stats(self._columns, scope, chosen, buckets=buckets)

    def tags(
        self, scope: Scope, issue: IssueRef, span: TimeRange, *, values: int = 5
    ) -> Sequence[TagBreakdown]:
        """The commonest values of each tag among the issue's events in the range."""
        _row, hashes = self._found(scope, issue)
        chosen = Filter(range=span, hashes=hashes)
        looked_at, found = counts.tags(self._columns, scope, chosen, values=values)
        by_key: dict[str, list[TagValue]] = {}
        for key, value, n in found:
            by_key.setdefault(key, []).append(TagValue(value=value, count=n, ratio=n / looked_at))
        is_sampled = looked_at >= counts.TAGGED_EVENTS
        return [
            TagBreakdown(key=key, values=listed, is_sampled=is_sampled)
            for key, listed in by_key.items()
        ]

    def activity(self, scope: Scope, issue: IssueRef) -> Sequence[Activity]:
        """What happened to the issue, newest first, at most 200."""
        with self._meta.read() as conn:
            return rows.activity(conn, _known(rows.find(conn, scope, issue)).id)

    def change(
        self, scope: Scope, issues: Sequence[IssueRef], change: IssueChange, *, actor: str
    ) -> int:
        """Change one issue or many, all or none; returns how many really changed.

        actor: who does it, as the audit log shows them. Raises Forbidden for a viewer.
        """
        now_ms = self._clock()
        with self._meta.write() as conn:
            found = [_known(rows.find(conn, scope, issue)) for issue in issues]
            names = {row.id: listing.row_short_id(row) for row in found}
            done = apply_change(conn, scope, list(names), change, actor=actor, now_ms=now_ms)
            for issue_id, step in done:
                audit(
                    conn,
                    org_id=scope.org_id,
                    actor=actor,
                    action=f"issue.{step.kind}_changed",
                    target=names[issue_id],
                    at_ms=now_ms,
                    facts=step.facts,
                )
        return len({issue_id for issue_id, _step in done})

    def _found(self, scope: Scope, issue: IssueRef) -> tuple[Row[Any], Sequence[int]]:
        with self._meta.read() as conn:
            row = _known(rows.find(conn, scope, issue))
            return row, list(rows.hashes_of(conn, scope, [row.id]))


def _known(row: Row[Any] | None) -> Row[Any]:
    if row is None:
        raise NotFound("There is no such issue in this project.")
    return row


def _check_buckets(buckets: int) -> None:
    if not 1 <= buckets <= MOST_BUCKETS:
        raise Invalid(f"buckets must be 1..{MOST_BUCKETS}, got {buckets}.")
