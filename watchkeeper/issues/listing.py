"""Lists of issues: a filter in meta, counts from columns, joined for one page."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from watchkeeper.issues.event import severity_of
from watchkeeper.issues.repo import counts, rows
from watchkeeper.issues.repo.counts import Filter, IssueCounts
from watchkeeper.issues.repo.rows import Keyset
from watchkeeper.issues.repo.settle import short_id
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
from watchkeeper.model import Scope, Severity
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta

SPARK_BUCKETS = 24
MOST_ROWS = 200
_NONE = IssueCounts(events=0, users=0, slots={})


@dataclass(frozen=True, slots=True)
class _Found:
    """A page before its counts: limit + 1 rows, and how many match over all pages."""

    issues: list[Row[Any]]
    total: int
    sort_values: Mapping[int, int]


def list_issues(
    meta: Meta, columns: Columns, clock: Clock, scope: Scope, query: IssueQuery
) -> IssuePage:
    """A page of issues. Raises Invalid for a wrong limit or cursor."""
    if not 1 <= query.limit <= MOST_ROWS:
        raise Invalid(f"limit must be 1..{MOST_ROWS}, got {query.limit}.")
    after = _decoded(query.cursor) if query.cursor else None
    active = _active(columns, scope, query) if _must_ask_columns(query, clock()) else None
    with meta.read() as conn:
        if active is None:
            found = _by_life(conn, scope, query, after)
        else:
            found = _by_activity(conn, scope, query, active=active, after=after)
        shown = found.issues[: query.limit]
        issue_of = rows.hashes_of(conn, scope, [row.id for row in shown])
    counted = _counted(columns, scope, query, issue_of)
    more = shown[-1] if len(found.issues) > query.limit else None
    return IssuePage(
        issues=[issue_row(row, counted.get(row.id, _NONE)) for row in shown],
        next_cursor=_encoded(found.sort_values[more.id], more.id) if more else None,
        total=found.total,
    )


def severity_stats(
    columns: Columns, scope: Scope, chosen: Filter, *, buckets: int
) -> SeverityStats:
    """Events over time by how bad each one was."""
    lists = {severity: [0] * buckets for severity in Severity}
    for slot, level, is_handled, events in counts.by_level(columns, scope, chosen, buckets=buckets):
        if 0 <= slot < buckets:
            lists[severity_of(level, is_handled=is_handled)][slot] += events
    return SeverityStats(times_ms=counts.bucket_starts(chosen.range, buckets), by_severity=lists)


def row_short_id(row: Row[Any]) -> str:
    """What people call the issue of this row."""
    return short_id(row.slug, row.number)


def issue_row(row: Row[Any], counted: IssueCounts) -> IssueRow:
    """An issue as a list shows it."""
    return IssueRow(**row_values(row, counted))


def row_values(row: Row[Any], counted: IssueCounts) -> dict[str, Any]:
    """The fields of an IssueRow."""
    return {
        "id": row.id,
        "short_id": row_short_id(row),
        "title": row.title,
        "type": row.type,
        "culprit": row.culprit,
        "level": row.level,
        "severity": Severity(row.severity),
        "status": IssueStatus(row.status),
        "is_regressed": row.is_regressed,
        "is_handled": row.is_handled,
        "first_seen_ms": row.first_seen_ms,
        "last_seen_ms": row.last_seen_ms,
        "events": counted.events,
        "users": counted.users,
        "spark": tuple(counted.slots.get(slot, 0) for slot in range(SPARK_BUCKETS)),
        "environment": row.environment,
        "release": row.last_release,
        "assignee": row.assignee,
    }


def _must_ask_columns(query: IssueQuery, now_ms: int) -> bool:
    """Meta alone knows the order by time, and which issues were seen up to now."""
    by_count = query.sort in (IssueSort.EVENTS, IssueSort.USERS)
    has_ended = query.range.end_ms < now_ms - MINUTE_MS
    return by_count or has_ended or bool(query.environment or query.release)


def _active(columns: Columns, scope: Scope, query: IssueQuery) -> dict[int, tuple[int, int]]:
    chosen = Filter(range=query.range, environment=query.environment, release=query.release)
    with_users = query.sort is IssueSort.USERS
    return counts.active_hashes(columns, scope, chosen, with_users=with_users)


def _by_life(conn: Connection, scope: Scope, query: IssueQuery, after: Keyset | None) -> _Found:
    conditions = [*rows.issues_matching(query), *rows.seen_within(query)]
    found = rows.page(conn, scope, query, conditions=conditions, after=after)
    name = "first_seen_ms" if query.sort is IssueSort.FIRST_SEEN else "last_seen_ms"
    return _Found(
        found,
        rows.count(conn, scope, conditions),
        {row.id: getattr(row, name) for row in found},
    )


def _by_activity(
    conn: Connection,
    scope: Scope,
    query: IssueQuery,
    *,
    active: Mapping[int, tuple[int, int]],
    after: Keyset | None,
) -> _Found:
    matching = rows.matching_hashes(conn, scope, active.keys(), rows.issues_matching(query))
    values: dict[int, int] = {}
    for one, row in matching:
        match query.sort:
            case IssueSort.EVENTS:
                values[row.id] = values.get(row.id, 0) + active[one][0]
            case IssueSort.USERS:
                values[row.id] = max(values.get(row.id, 0), active[one][1])
            case IssueSort.FIRST_SEEN:
                values[row.id] = row.first_seen_ms
            case IssueSort.LAST_SEEN:
                values[row.id] = row.last_seen_ms
    ordered = sorted(values, key=lambda one: (values[one], one), reverse=True)
    if after is not None:
        ordered = [i for i in ordered if (values[i], i) < (after.value, after.issue_id)]
    return _Found(rows.by_ids(conn, scope, ordered[: query.limit + 1]), len(values), values)


def _counted(
    columns: Columns, scope: Scope, query: IssueQuery, issue_of: Mapping[int, int]
) -> dict[int, IssueCounts]:
    if not issue_of:
        return {}
    chosen = Filter(
        range=query.range,
        environment=query.environment,
        release=query.release,
        hashes=list(issue_of),
    )
    return counts.by_issue(columns, scope, chosen, issue_of=issue_of, buckets=SPARK_BUCKETS)


def _encoded(value: int, issue_id: int) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode([value, issue_id])).decode()


def _decoded(cursor: str) -> Keyset:
    try:
        value, issue_id = msgspec.json.decode(
            base64.urlsafe_b64decode(cursor.encode()), type=tuple[int, int]
        )
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise Invalid("cursor must be the next_cursor of a page.") from error
    return Keyset(value=value, issue_id=issue_id)
