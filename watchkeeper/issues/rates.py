"""How many errors a project has: in all, over time, and by what they have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from enum import StrEnum

from watchkeeper.issues.event import severity_of
from watchkeeper.issues.listing import row_short_id, severity_stats, trend
from watchkeeper.issues.repo import error_rates, rows
from watchkeeper.issues.repo.counts import Filter
from watchkeeper.issues.repo.error_rates import GroupCounts, Totals
from watchkeeper.issues.types import IssueStatus
from watchkeeper.lib.clock import MINUTE_MS
from watchkeeper.lib.errors import Invalid
from watchkeeper.model import Scope, Severity
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta

MOST_GROUPS = 100
MOST_BUCKETS = 500


class GroupBy(StrEnum):
    """What errors may have in common. FEATURE is a tag, `feature` unless another is named."""

    ENDPOINT = "endpoint"
    USER = "user"
    FEATURE = "feature"
    TYPE = "type"
    FUNCTION = "function"
    SEVERITY = "severity"
    RELEASE = "release"
    ENVIRONMENT = "environment"
    SERVER = "server"
    PLATFORM = "platform"
    ISSUE = "issue"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorGroup:
    """ratio: 0..1 of all events. previous_events: in the range before, of the same length.

    requests, error_pct: of an endpoint that has entry spans. series: events by bucket.
    """

    value: str
    label: str
    short_id: str | None
    events: int
    users: int
    ratio: float
    per_minute: float
    previous_events: int
    requests: int | None
    error_pct: float | None
    series: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorGroups:
    """The most frequent first. other: events beyond those groups."""

    total: int
    other: int
    times_ms: Sequence[int]
    groups: Sequence[ErrorGroup]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorTotals:
    """error_pct: errors of 100 requests; None where no request was stored."""

    events: int
    users: int
    issues: int
    requests: int | None
    error_pct: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorSummary:
    """now, before: the range and the one before it. statuses: issues of any time."""

    now: ErrorTotals
    before: ErrorTotals
    change_pct: float | None
    times_ms: Sequence[int]
    events: Sequence[int]
    users: Sequence[int]
    new_issues: int
    regressions: int
    statuses: Mapping[IssueStatus, int]


class ErrorRates:
    """Counts over a whole project. Every method blocks."""

    def __init__(self, *, meta: Meta, columns: Columns, beside: Executor) -> None:
        """beside: where questions of one answer are asked at the same time."""
        self._meta = meta
        self._columns = columns
        self._beside = beside

    def groups(
        self,
        scope: Scope,
        chosen: Filter,
        by: GroupBy,
        *,
        tag: str = "feature",
        buckets: int = 48,
        limit: int = 20,
    ) -> ErrorGroups:
        """The most frequent groups with their series. Raises Invalid for a wrong bound."""
        _check(buckets, limit)
        if by is GroupBy.SEVERITY:
            return self._by_severity(scope, chosen, buckets)
        total, found = error_rates.top(
            self._columns, scope, chosen, by.value, tag=tag, buckets=buckets, limit=limit
        )
        requests: Mapping[str, int] = {}
        if by is GroupBy.ENDPOINT:
            names = [one.value for one in found]
            requests = error_rates.requests_by(self._columns, scope, chosen, names)
        names_of = self._issue_names(scope, found) if by is GroupBy.ISSUE else {}
        minutes = max(1.0, chosen.range.length_ms / MINUTE_MS)
        return ErrorGroups(
            total=total,
            other=max(0, total - sum(one.events for one in found)),
            times_ms=error_rates.starts(chosen, by.value, buckets),
            groups=[
                ErrorGroup(
                    value=one.value,
                    label=names_of.get(one.value, (None, one.value))[1],
                    short_id=names_of.get(one.value, (None, ""))[0],
                    events=one.events,
                    users=one.users,
                    ratio=one.events / total if total else 0.0,
                    per_minute=one.events / minutes,
                    previous_events=one.previous,
                    requests=requests.get(one.value),
                    error_pct=percent(one.events, requests.get(one.value)),
                    series=one.series,
                )
                for one in found
            ],
        )

    def summary(self, scope: Scope, chosen: Filter, *, buckets: int = 48) -> ErrorSummary:
        """Totals and trend of the range beside the range before it."""
        _check(buckets, 1)
        earlier = replace(chosen, range=error_rates.before(chosen.range))
        totals = [
            self._beside.submit(error_rates.totals, self._columns, scope, one)
            for one in (chosen, earlier)
        ]
        times_ms, events, users = trend(self._columns, scope, chosen, buckets=buckets)
        with self._meta.read() as conn:
            new, regressions = rows.news(conn, scope, chosen.range)
            statuses = rows.status_counts(conn, scope)
        now, before = (one.result() for one in totals)
        changed = (now.events - before.events) / before.events * 100 if before.events else None
        return ErrorSummary(
            now=_totals(now),
            before=_totals(before),
            change_pct=None if changed is None else round(changed, 2),
            times_ms=times_ms,
            events=events,
            users=users,
            new_issues=new,
            regressions=regressions,
            statuses=statuses,
        )

    def _by_severity(self, scope: Scope, chosen: Filter, buckets: int) -> ErrorGroups:
        """By the severity of each event, which follows from level and handling."""
        stats = severity_stats(self._columns, scope, chosen, buckets=buckets)
        found = stats.by_severity
        people, previous = error_rates.by_level(self._columns, scope, chosen)
        users, earlier = dict.fromkeys(Severity, 0), dict.fromkeys(Severity, 0)
        for (level, is_handled), number in previous.items():
            earlier[severity_of(level, is_handled=is_handled)] += number
        for (level, is_handled), number in people.items():
            severity = severity_of(level, is_handled=is_handled)
            users[severity] = max(users[severity], number)
        total = sum(sum(series) for series in found.values())
        minutes = max(1.0, chosen.range.length_ms / MINUTE_MS)
        groups = [
            ErrorGroup(
                value=severity.value,
                label=severity.value,
                short_id=None,
                events=sum(series),
                users=users[severity],
                ratio=sum(series) / total if total else 0.0,
                per_minute=sum(series) / minutes,
                previous_events=earlier[severity],
                requests=None,
                error_pct=None,
                series=series,
            )
            for severity, series in found.items()
        ]
        groups.reverse()
        return ErrorGroups(total=total, other=0, times_ms=stats.times_ms, groups=groups)

    def _issue_names(
        self, scope: Scope, found: Sequence[GroupCounts]
    ) -> dict[str, tuple[str, str]]:
        """(short id, title) by hash."""
        with self._meta.read() as conn:
            named = rows.by_hash(conn, scope, [int(one.value) for one in found])
        return {str(one): (row_short_id(row), row.title) for one, row in named.items()}


def percent(errors: int, requests: int | None) -> float | None:
    """Errors of 100 requests, two decimals; None without requests."""
    return round(min(100.0, errors / requests * 100), 2) if requests else None


def _totals(found: Totals) -> ErrorTotals:
    return ErrorTotals(
        events=found.events,
        users=found.users,
        issues=found.issues,
        requests=found.requests or None,
        error_pct=percent(found.events, found.requests),
    )


def _check(buckets: int, limit: int) -> None:
    if not 1 <= buckets <= MOST_BUCKETS:
        raise Invalid(f"buckets must be 1..{MOST_BUCKETS}, got {buckets}.")
    if not 1 <= limit <= MOST_GROUPS:
        raise Invalid(f"limit must be 1..{MOST_GROUPS}, got {limit}.")
