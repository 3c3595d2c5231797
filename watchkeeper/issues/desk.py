"""The issues of a project, as the API asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row

from watchkeeper.artifacts import Symbolicator
from watchkeeper.issues import listing, merged, similar, why
from watchkeeper.issues.acts import IssueActs
from watchkeeper.issues.change import IssueChange
from watchkeeper.issues.detail import error_event
from watchkeeper.issues.facts import Facts, facts_of_issue, in_order
from watchkeeper.issues.lift import broken_down
from watchkeeper.issues.listing import LATEST, SPARK_BUCKETS, Beside
from watchkeeper.issues.pages import EventPage, events_page
from watchkeeper.issues.rates import ErrorRates
from watchkeeper.issues.repo import acts as acts_repo
from watchkeeper.issues.repo import counts, events, origins, rows, tag_counts
from watchkeeper.issues.repo.counts import Filter, IssueCounts
from watchkeeper.issues.repo.events import NewEvent, StoredEvent
from watchkeeper.issues.repo.returns import any_due, wake_due
from watchkeeper.issues.searches import Searches
from watchkeeper.issues.types import (
    Activity,
    ErrorEvent,
    Issue,
    IssuePage,
    IssueQuery,
    IssueRef,
    IssueStats,
    IssueStatus,
    SeverityStats,
    TagBreakdown,
    ValuesOfTag,
)
from watchkeeper.lib.clock import Clock
from watchkeeper.lib.errors import Invalid, NotFound
from watchkeeper.model import LiveEvent, LiveTopic, Scope, TimeRange
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta

MOST_BUCKETS = 1_000
MOST_AT_ONCE = 4
"""Questions that pages ask at the same time, over all callers; others wait."""

MOST_VALUES = 1_000
MOST_LISTED, MOST_SKIPPED = 101, 10_000
"""Events of one page of a project, and those on the pages before."""
_HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True, kw_only=True)
class OnePage:
    """An issue with what its page shows beside it."""

    issue: Issue
    stats: IssueStats
    tags: Sequence[TagBreakdown]
    activity: Sequence[Activity]


class Issues:
    """Reads of issues; what people do to them is `acts`, what they search by `searches`, how many
    errors there are `rates`. Every method blocks; each may be called from any thread.

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
        self._beside = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="issues")
        self.acts = IssueActs(meta=meta, columns=columns, clock=clock)
        self.searches = Searches(meta=meta, columns=columns, clock=clock)
        self.rates = ErrorRates(meta=meta, columns=columns, beside=self._beside)

    def list(self, scope: Scope, query: IssueQuery) -> IssuePage:
        """A page of issues with their counts in the query's range."""
        return listing.list_issues(
            self._meta, self._columns, self._clock, scope, query, pool=self._beside
        )

    def list_with_stats(
        self, scope: Scope, query: IssueQuery, *, buckets: int
    ) -> tuple[IssuePage, SeverityStats]:
        """The list, and the project's events over its range, looked up at the same time."""
        stats = self._beside.submit(
            self.severity_stats,
            scope,
            query.range,
            buckets=buckets,
            environment=query.environment,
            release="" if query.release == LATEST else query.release,
        )
        return self.list(scope, query), stats.result()

    def page_of(self, scope: Scope, issue: IssueRef, span: TimeRange, *, buckets: int) -> OnePage:
        """All that the page of one issue opens with, looked up at the same time."""
        stats = self._beside.submit(self.stats, scope, span, buckets=buckets, issue=issue)
        tags = self._beside.submit(self.tags, scope, issue, span)
        return OnePage(
            issue=self.get(scope, issue, span),
            activity=self.activity(scope, issue),
            stats=stats.result(),
            tags=tags.result(),
        )

    def status_counts(self, scope: Scope) -> dict[IssueStatus, int]:
        """How many issues there are of each status, at any time."""
        with self._meta.read() as conn:
            return rows.status_counts(conn, scope)

    def get(self, scope: Scope, issue: IssueRef, span: TimeRange) -> Issue:
        """One issue with its counts in the range; a merged one is the issue that it is part of."""
        with self._meta.read() as conn:
            row = rows.known(rows.find(conn, scope, issue))
            hashes = list(rows.hashes_of(conn, scope, [row.id]))
            comments, parts = rows.numbers_beside(conn, [row.id])
            deploy = origins.deploy_before(conn, scope, self._clock())
        chosen = Filter(range=span, hashes=hashes)
        counted = counts.by_issue(
            self._columns,
            scope,
            chosen,
            issue_of=dict.fromkeys(hashes, row.id),
            buckets=SPARK_BUCKETS,
            beside=self._beside,
        ).get(row.id, IssueCounts(events=0, users=0, slots={}))
        releases, environments = origins.names(self._columns, scope, hashes)
        beside = Beside(
            comments=comments,
            merged=parts,
            deployed_ms=deploy.at_ms if deploy else None,
            range=span,
        )
        return Issue(
            **listing.row_values(row, counted, beside),
            value=row.value,
            grouping_version=row.grouping_version,
            total_events=row.events,
            status_changed_ms=row.status_changed_ms,
            releases=[one.name for one in in_order(releases)],
            environments=sorted(one.name for one in environments),
        )

    def facts(self, scope: Scope, issue: IssueRef) -> Facts:
        """Releases and environments with their shares, and what may have brought the issue."""
        return facts_of_issue(self._meta, self._columns, scope, issue, beside=self._beside)

    def event(self, scope: Scope, issue: IssueRef, which: str) -> ErrorEvent:
        """One event: `latest`, `oldest`, `recommended` or an event id of 32 hex digits."""
        _row, hashes = self._found(scope, issue)
        named = which if which in events.NAMED else which.lower().replace("-", "")
        if named not in events.NAMED and not (len(named) == 32 and set(named) <= _HEX):
            raise Invalid("An event is named latest, oldest, recommended or by 32 hex digits.")
        stored = events.event(self._columns, scope, hashes, named)
        if stored is None:
            raise NotFound("The event is not stored, or no longer.")
        stored = self._resolved_late(scope, stored)
        index, total, before, after = events.place_of(self._columns, scope, hashes, stored)
        return error_event(stored, index=index, total=total, neighbours=(before, after))

    def _resolved_late(self, scope: Scope, stored: StoredEvent) -> StoredEvent:
        """The event with maps that were uploaded after it arrived; it stays stored as it was."""
        if self._symbolicator is None:
            return stored
        payload = self._symbolicator.resolved(
            scope.project_id, stored.payload, at_ms=self._clock(), with_notes=True
        )
        return replace(stored, payload=payload)

    def events(
        self,
        scope: Scope,
        issue: IssueRef,
        span: TimeRange,
        *,
        text: str = "",
        cursor: str = "",
        limit: int = 50,
    ) -> EventPage:
        """A page of the issue's events, newest first. text: a search; only its terms about events
        count. Raises Invalid for a wrong cursor or limit, BadSearch for a wrong text.
        """
        _row, hashes = self._found(scope, issue)
        return events_page(
            self._columns,
            scope,
            hashes,
            span,
            text=text,
            cursor=cursor,
            limit=limit,
            now_ms=self._clock(),
        )

    def newest_events(
        self,
        scope: Scope,
        span: TimeRange,
        *,
        issue: IssueRef | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> Sequence[NewEvent]:
        """Events of the whole project, or of one issue, newest first.

        Raises Invalid for a wrong limit or offset.
        """
        if not (1 <= limit <= MOST_LISTED and 0 <= offset <= MOST_SKIPPED):
            raise Invalid(f"limit must be 1..{MOST_LISTED} and offset 0..{MOST_SKIPPED:,}.")
        hashes = None if issue is None else self._found(scope, issue)[1]
        return events.newest(self._columns, scope, span, hashes=hashes, limit=limit, offset=offset)

    def is_here(self, scope: Scope, issue: IssueRef) -> bool:
        """Whether the scope's project has the issue."""
        with self._meta.read() as conn:
            return rows.find(conn, scope, issue) is not None

    def issues_of(self, scope: Scope, hashes: Sequence[int]) -> dict[int, int]:
        """Issue id by fingerprint, of those that the project has."""
        with self._meta.read() as conn:
            return {key: row.id for key, row in rows.by_hash(conn, scope, hashes).items()}

    def issue_of_event(self, scope: Scope, event_id: str) -> int:
        """The issue that a stored event belongs to. Raises NotFound."""
        found = events.hash_of_event(self._columns, scope, event_id.lower().replace("-", ""))
        with self._meta.read() as conn:
            row = None if found is None else rows.of_hash(conn, scope, found)
        if row is None:
            raise NotFound("The event is not stored, or no longer.")
        return int(row.id)

    def fingerprints(self, scope: Scope, issue: IssueRef) -> Sequence[int]:
        """The hashes whose events are the issue."""
        return sorted(self._found(scope, issue)[1])

    def over_time(
        self, scope: Scope, ids: Sequence[int], span: TimeRange, *, buckets: int
    ) -> dict[int, Sequence[int]]:
        """Events of each issue in equal slots of the range; an issue without any is not in it."""
        _check_buckets(buckets)
        with self._meta.read() as conn:
            issue_of = rows.hashes_of(conn, scope, ids)
        chosen = Filter(range=span, hashes=list(issue_of))
        found = counts.by_issue(
            self._columns, scope, chosen, issue_of=issue_of, buckets=buckets, users={}
        )
        return {
            issue: [one.slots.get(slot, 0) for slot in range(buckets)]
            for issue, one in found.items()
        }

    def stats(self, scope: Scope, span: TimeRange, *, buckets: int, issue: IssueRef) -> IssueStats:
        """Events and users of one issue in equal slots, at most so many."""
        _row, hashes = self._found(scope, issue)
        _check_buckets(buckets)
        chosen = Filter(range=span, hashes=hashes)
        times_ms, found, users = listing.trend(self._columns, scope, chosen, buckets=buckets)
        return IssueStats(times_ms=times_ms, events=found, users=users)

    def severity_stats(
        self,
        scope: Scope,
        span: TimeRange,
        *,
        buckets: int,
        environment: str = "",
        release: str = "",
    ) -> SeverityStats:
        """Events of the whole project by how bad each one was, in equal slots, at most so many."""
        _check_buckets(buckets)
        chosen = Filter(range=span, environment=environment, release=release)
        return listing.severity_stats(self._columns, scope, chosen, buckets=buckets)

    def tags(
        self, scope: Scope, issue: IssueRef, span: TimeRange, *, values: int = 5
    ) -> Sequence[TagBreakdown]:
        """The commonest values of each tag among the issue's events in the range; the tags that
        set them apart from the events of other issues first.
        """
        _row, hashes = self._found(scope, issue)
        chosen = Filter(range=span, hashes=hashes)
        looked_at, found = tag_counts.tags(self._columns, scope, chosen, values=values)
        asked = [(key, value) for key, value, _n in found]
        usual = tag_counts.usual_shares(self._columns, scope, chosen, asked) if asked else {}
        return broken_down(found, usual, looked_at=looked_at)

    def tags_of_project(self, scope: Scope, span: TimeRange) -> dict[str, int]:
        """Tags of the project's newest events, each with how many of them have it."""
        chosen = Filter(range=span)
        _looked_at, found = tag_counts.tags(self._columns, scope, chosen, values=MOST_VALUES)
        totals: dict[str, int] = {}
        for key, _value, number in found:
            totals[key] = totals.get(key, 0) + number
        return totals

    def tag_values(
        self, scope: Scope, issue: IssueRef | None, span: TimeRange, key: str
    ) -> ValuesOfTag:
        """Every value of one tag, or of user, url, transaction, …, at most 1,000.

        issue: None for all events of the project.
        """
        hashes = None if issue is None else self._found(scope, issue)[1]
        chosen = Filter(range=span, hashes=hashes)
        total, found = tag_counts.values_of(self._columns, scope, chosen, key=key, most=MOST_VALUES)
        return ValuesOfTag(key=key, total=total, values=found)

    def activity(self, scope: Scope, issue: IssueRef) -> Sequence[Activity]:
        """What happened to the issue, newest first, at most 200; comments with their text."""
        with self._meta.read() as conn:
            issue_id = rows.known(rows.find(conn, scope, issue)).id
            written = {one.id: one for one in acts_repo.comments(conn, issue_id)}
            listed = rows.activity(conn, issue_id)
        return [_with_comment(one, written) for one in listed]

    def merged(self, scope: Scope, issue: IssueRef) -> merged.Parts:
        """The issues that are part of this one, each with the counts of its fingerprints."""
        return merged.parts_of(self._meta, self._columns, scope, issue)

    def similar(self, scope: Scope, issue: IssueRef, *, limit: int = 10) -> similar.Similar:
        """Issues of the project that may be the same fault, with the reasons."""
        return similar.similar_to(self._meta, self._columns, scope, issue, limit=limit)

    def why(self, scope: Scope, issue: IssueRef, which: str, other: str = "") -> why.Explanation:
        """Why an event is in this issue; with `other`, an event's id, why the two are in one."""
        _row, hashes = self._found(scope, issue)
        return why.explain(self._meta, self._columns, scope, hashes, which, other)

    def wake(self) -> Sequence[LiveEvent]:
        """Open the issues that were ignored until a time that has come; what pages are told."""
        with self._meta.read() as conn:
            if not any_due(conn, self._clock()):
                return []
        with self._meta.write() as conn:
            projects = {project_id for project_id, _issue in wake_due(conn, self._clock())}
        return [LiveEvent(one, LiveTopic.ISSUES, {}) for one in sorted(projects)]

    def change(
        self, scope: Scope, issues: Sequence[IssueRef], change: IssueChange, *, actor: str
    ) -> int:
        """Change one issue or many, all or none; returns how many really changed."""
        return self.acts.change(scope, issues, change, actor=actor).issues

    def _found(self, scope: Scope, issue: IssueRef) -> tuple[Row[Any], Sequence[int]]:
        with self._meta.read() as conn:
            row = rows.known(rows.find(conn, scope, issue))
            return row, list(rows.hashes_of(conn, scope, [row.id]))


def _with_comment(one: Activity, written: dict[int, Row[Any]]) -> Activity:
    if one.kind != "comment":
        return one
    comment = written.get(one.facts["id"])
    if comment is None:
        return replace(one, facts={"id": one.facts["id"], "is_deleted": True})
    facts = {"id": comment.id, "text": comment.text, "edited_ms": comment.edited_ms}
    return replace(one, facts=facts)


def _check_buckets(buckets: int) -> None:
    if not 1 <= buckets <= MOST_BUCKETS:
        raise Invalid(f"buckets must be 1..{MOST_BUCKETS}, got {buckets}.")
