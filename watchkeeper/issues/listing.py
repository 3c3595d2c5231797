"""Lists of issues: a filter in meta, counts from columns, joined for one page."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row
from sqlalchemy.sql import ColumnElement

from watchkeeper.artifacts import newest
from watchkeeper.issues.cursors import decoded, encoded
from watchkeeper.issues.event import severity_of
from watchkeeper.issues.lapse import Ignoring, Resolution
from watchkeeper.issues.repo import counts, origins, rows, search_events, search_issues
from watchkeeper.issues.repo.counts import Filter, IssueCounts
from watchkeeper.issues.repo.rows import Keyset
from watchkeeper.issues.repo.search_issues import Asker
from watchkeeper.issues.repo.settle import short_id
from watchkeeper.issues.search import Count, Has, Search, Text, likely_keys, parse
from watchkeeper.issues.types import (
    IssuePage,
    IssueQuery,
    IssueRow,
    IssueSort,
    IssueStatus,
    SeverityStats,
)
from watchkeeper.lib.clock import MINUTE_MS, Clock
from watchkeeper.lib.errors import Invalid
from watchkeeper.model import Scope, Severity, TimeRange
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta

SPARK_BUCKETS = 24
MOST_ROWS = 200
LATEST = "latest"
"""Instead of a release: the newest one."""

_NONE = IssueCounts(events=0, users=0, slots={})


Active = Mapping[int, IssueCounts]
"""Counts by hash; of an issue with several hashes by the lowest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A query with its text read: what an issue's row, its events and their number must fulfil."""

    query: IssueQuery
    search: Search
    chosen: Filter
    conditions: Sequence[ColumnElement[bool]]
    counts: Sequence[Count]
    merged: Mapping[int, int]
    now_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What is shown of issues beside their rows. deployed_ms: the latest deploy, if any."""

    comments: Mapping[int, int]
    merged: Mapping[int, int]
    deployed_ms: int | None
    range: TimeRange


@dataclass(frozen=True, slots=True)
class _Found:
    """A page before its counts: limit + 1 rows, and how many match over all pages."""

    issues: list[Row[Any]]
    total: int
    sort_values: Mapping[int, int]


def list_issues(
    meta: Meta,
    columns: Columns,
    clock: Clock,
    scope: Scope,
    query: IssueQuery,
    *,
    pool: Executor,
) -> IssuePage:
    """A page of issues. pool: where its counts are looked up at the same time.

    Raises Invalid for a wrong limit or cursor, BadSearch for a wrong text.
    """
    if not 1 <= query.limit <= MOST_ROWS:
        raise Invalid(f"limit must be 1..{MOST_ROWS}, got {query.limit}.")
    after = Keyset(*decoded(query.cursor, tuple[int, int])) if query.cursor else None
    asked = read_query(meta, columns, scope, query, now_ms=clock())
    active = _active(columns, scope, asked) if _must_ask_columns(asked, clock()) else None
    with meta.read() as conn:
        if active is None:
            found = _by_life(conn, scope, asked, after)
        else:
            found = _by_activity(conn, scope, asked, active=active, after=after)
        shown = found.issues[: query.limit]
        issue_of = rows.hashes_of(conn, scope, [row.id for row in shown])
        beside = read_beside(conn, scope, [row.id for row in shown], asked)
    counted = _counted(columns, scope, asked, issue_of, active, pool)
    more = shown[-1] if len(found.issues) > query.limit else None
    return IssuePage(
        issues=[issue_row(row, counted.get(row.id, _NONE), beside) for row in shown],
        next_cursor=encoded(found.sort_values[more.id], more.id) if more else None,
        total=found.total,
        hints=() if found.total else hints_of(asked.search),
    )


def matching_ids(
    meta: Meta, columns: Columns, clock: Clock, scope: Scope, query: IssueQuery, *, most: int
) -> tuple[list[int], int]:
    """Ids of issues that the query finds, at most so many, and how many there are."""
    asked = read_query(meta, columns, scope, query, now_ms=clock())
    active = _active(columns, scope, asked) if _must_ask_columns(asked, clock()) else None
    with meta.read() as conn:
        if active is None:
            conditions = [*asked.conditions, *rows.seen_within(query)]
            return rows.ids(conn, scope, conditions, most), rows.count(conn, scope, conditions)
        values = _values(conn, scope, asked, active)
    return sorted(values)[:most], len(values)


def read_query(
    meta: Meta, columns: Columns, scope: Scope, query: IssueQuery, *, now_ms: int
) -> Asked:
    """The query with its text read. Raises BadSearch."""
    search = parse(query.text, now_ms=now_ms)
    with meta.read() as conn:
        merged = rows.merged_hashes(conn, scope)
    latest = _latest(meta, columns, scope) if _names_latest(search, query) else ""
    asker = Asker(user_id=scope.user_id, range=query.range, latest=latest)
    chosen = Filter(
        range=query.range,
        environment=query.environment,
        release=(latest or LATEST) if query.release == LATEST else query.release,
        search=search_events.conditions(search, latest=latest or LATEST),
    )
    return Asked(
        query=query,
        search=search,
        chosen=chosen,
        conditions=[*rows.issues_matching(query), *search_issues.conditions(search, asker)],
        counts=[term for term in search if isinstance(term, Count)],
        merged=merged,
        now_ms=now_ms,
    )


def _names_latest(search: Search, query: IssueQuery) -> bool:
    return query.release == LATEST or any(
        isinstance(term, Text) and "release" in term.key and LATEST in term.patterns
        for term in search
    )


def _latest(meta: Meta, columns: Columns, scope: Scope) -> str:
    with meta.read() as conn:
        known = origins.known_releases(conn, scope)
    found = newest([*known, *origins.seen_releases(columns, scope)])
    return found.name if found else ""


def hints_of(search: Search) -> list[str]:
    """For tags whose name looks like a misspelt key."""
    found = []
    for term in search:
        if isinstance(term, Text | Has) and term.key == "tag":
            for name in likely_keys(term.tag):
                found.append(f"No event has a tag {term.tag}. Did you mean {name}:?")
    return found


def read_beside(conn: Connection, scope: Scope, ids: Sequence[int], asked: Asked) -> Beside:
    """What a list shows of issues that is not in their rows."""
    comments, merged = rows.numbers_beside(conn, ids)
    deploy = origins.deploy_before(conn, scope, asked.now_ms)
    return Beside(
        comments=comments,
        merged=merged,
        deployed_ms=deploy.at_ms if deploy else None,
        range=asked.query.range,
    )


def severity_stats(
    columns: Columns, scope: Scope, chosen: Filter, *, buckets: int
) -> SeverityStats:
    """Events over time by how bad each one was, in at most so many slots."""
    slots = counts.slots_of(chosen, buckets)
    lists = {severity: [0] * len(slots.starts) for severity in Severity}
    rows = counts.by_level(columns, scope, chosen, step_ms=slots.step_ms)
    for slot, level, is_handled, events in rows:
        if 0 <= slot < len(slots.starts):
            lists[severity_of(level, is_handled=is_handled)][slot] += events
    return SeverityStats(times_ms=slots.starts, by_severity=lists)


def trend(
    columns: Columns, scope: Scope, chosen: Filter, *, buckets: int
) -> tuple[Sequence[int], list[int], list[int]]:
    """Starts of at most so many slots (Unix ms), events and people in each."""
    slots = counts.slots_of(chosen, buckets)
    events, users = ([0] * len(slots.starts) for _ in range(2))
    for slot, n, people in counts.over_time(columns, scope, chosen, step_ms=slots.step_ms):
        if 0 <= slot < len(slots.starts):
            events[slot], users[slot] = n, people
    return slots.starts, events, users


def row_short_id(row: Row[Any]) -> str:
    """What people call the issue of this row."""
    return short_id(row.slug, row.number)


def issue_row(row: Row[Any], counted: IssueCounts, beside: Beside) -> IssueRow:
    """An issue as a list shows it."""
    return IssueRow(**row_values(row, counted, beside))


def row_values(row: Row[Any], counted: IssueCounts, beside: Beside) -> dict[str, Any]:
    """The fields of an IssueRow."""
    spark = tuple(counted.slots.get(slot, 0) for slot in range(SPARK_BUCKETS))
    deployed_ms = beside.deployed_ms
    return {
        "id": row.id,
        "short_id": row_short_id(row),
        "title": row.title,
        "type": row.type,
        "culprit": row.culprit,
        "platform": row.platform,
        "level": row.level,
        "severity": Severity(row.severity),
        "status": IssueStatus(row.status),
        "is_regressed": row.is_regressed,
        "is_handled": row.is_handled,
        "first_seen_ms": row.first_seen_ms,
        "last_seen_ms": row.last_seen_ms,
        "events": counted.events,
        "users": counted.users,
        "spark": spark,
        "environment": row.environment,
        "release": row.last_release,
        "assignee": row.assignee,
        "severity_by": row.severity_by,
        "is_new": row.first_seen_ms >= beside.range.start_ms,
        "is_since_deploy": deployed_ms is not None and row.first_seen_ms >= deployed_ms,
        "is_escalating": is_escalating(spark),
        "first_release": row.first_release,
        "comments": beside.comments.get(row.id, 0),
        "merged": beside.merged.get(row.id, 0),
        "resolution": Resolution.of_json(row.resolution) if row.status == "resolved" else None,
        "ignoring": Ignoring.of_json(row.ignoring) if row.status == "ignored" else None,
    }


def is_escalating(spark: Sequence[int]) -> bool:
    """True if the last sixth has over three times the events a bucket of the rest, and ten."""
    tail = max(1, len(spark) // 6)
    recent, before = sum(spark[-tail:]), sum(spark[:-tail])
    return recent >= 10 and recent * (len(spark) - tail) > 3 * before * tail


def _must_ask_columns(asked: Asked, now_ms: int) -> bool:
    """Meta alone knows the order by time, and which issues were seen up to now."""
    query = asked.query
    by_count = query.sort in (IssueSort.EVENTS, IssueSort.USERS)
    has_ended = query.range.end_ms < now_ms - MINUTE_MS
    by_event = bool(query.environment or query.release or asked.chosen.search)
    return by_count or has_ended or by_event or bool(asked.counts)


def _active(columns: Columns, scope: Scope, asked: Asked) -> Active:
    if asked.chosen.search.needs_rows:
        return counts.active_in_full(
            columns, scope, asked.chosen, merged=asked.merged, buckets=SPARK_BUCKETS
        )
    return counts.active_hashes(
        columns, scope, asked.chosen, with_users=_needs_users(asked), merged=asked.merged
    )


def _needs_users(asked: Asked) -> bool:
    """True if users decide which issues are listed, or in which order."""
    by_users = any(term.key == "users" for term in asked.counts)
    return by_users or asked.query.sort is IssueSort.USERS


def _by_life(conn: Connection, scope: Scope, asked: Asked, after: Keyset | None) -> _Found:
    query = asked.query
    conditions = [*asked.conditions, *rows.seen_within(query)]
    found = rows.page(conn, scope, query, conditions=conditions, after=after)
    name = "first_seen_ms" if query.sort is IssueSort.FIRST_SEEN else "last_seen_ms"
    return _Found(
        found,
        rows.count(conn, scope, conditions),
        {row.id: getattr(row, name) for row in found},
    )


def _by_activity(
    conn: Connection, scope: Scope, asked: Asked, *, active: Active, after: Keyset | None
) -> _Found:
    values = _values(conn, scope, asked, active)
    ordered = sorted(values, key=lambda one: (values[one], one), reverse=True)
    if after is not None:
        ordered = [i for i in ordered if (values[i], i) < (after.value, after.issue_id)]
    wanted = ordered[: asked.query.limit + 1]
    return _Found(rows.by_ids(conn, scope, wanted), len(values), values)


def _values(conn: Connection, scope: Scope, asked: Asked, active: Active) -> dict[int, int]:
    """What each issue that fits is ordered by, by its id."""
    conditions = [*asked.conditions, *rows.seen_within(asked.query)]
    values: dict[int, int] = {}
    for one, issue_id, last_ms, first_ms in rows.matching_hashes(
        conn, scope, active.keys(), conditions
    ):
        counted = active[one]
        if not all(_count_holds(term, counted) for term in asked.counts):
            continue
        match asked.query.sort:
            case IssueSort.EVENTS:
                values[issue_id] = counted.events
            case IssueSort.USERS:
                values[issue_id] = counted.users
            case IssueSort.FIRST_SEEN:
                values[issue_id] = first_ms
            case IssueSort.LAST_SEEN:
                values[issue_id] = last_ms
    return values


_COMPARE = {
    "=": operator.eq,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def _count_holds(term: Count, counted: IssueCounts) -> bool:
    number = counted.users if term.key == "users" else counted.events
    return bool(_COMPARE[term.compare](number, term.number)) is not term.negated


def _counted(
    columns: Columns,
    scope: Scope,
    asked: Asked,
    issue_of: Mapping[int, int],
    active: Active | None,
    pool: Executor,
) -> dict[int, IssueCounts]:
    """Counts by issue: what is known already is not asked for again."""
    if not issue_of:
        return {}
    known = {
        issue_id: active[whole]
        for one, issue_id in issue_of.items()
        if active is not None and (whole := asked.merged.get(one, one)) in active
    }
    if active is not None and asked.chosen.search.needs_rows:
        return known
    chosen = replace(asked.chosen, hashes=list(issue_of))
    is_known = active is not None and _needs_users(asked)
    return counts.by_issue(
        columns,
        scope,
        chosen,
        issue_of=issue_of,
        buckets=SPARK_BUCKETS,
        users={issue_id: each.users for issue_id, each in known.items()} if is_known else None,
        beside=pool,
    )
