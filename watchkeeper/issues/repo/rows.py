"""Reads and people's changes of issues in meta."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, insert, or_, select, tuple_, update
from sqlalchemy.sql import ColumnElement

from watchkeeper.issues.repo.settle import hash_text
from watchkeeper.issues.types import Activity, IssueQuery, IssueSort, IssueStatus
from watchkeeper.model import Scope, Severity
from watchkeeper.store.meta import tables

_i, _h, _p, _u = tables.issues, tables.issue_hashes, tables.projects, tables.users
_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyset:
    """Where the page before ended: its last sort value and issue id."""

    value: int
    issue_id: int


def issues_matching(query: IssueQuery) -> list[ColumnElement[bool]]:
    """Conditions on an issue's own row. The range is decided elsewhere."""
    found: list[ColumnElement[bool]] = []
    if query.status is not None:
        found.append(_i.c.status == query.status.value)
    if query.severity is not None:
        found.append(_i.c.severity == query.severity.value)
    if query.text:
        found.append(_text_matches(query.text.strip()))
    return found


def _text_matches(text: str) -> ColumnElement[bool]:
    lowered = text.lower()
    fields = (_i.c.title, _i.c.type, _i.c.culprit, _i.c.value)
    conditions = [func.lower(field).contains(lowered, autoescape=True) for field in fields]
    number = text.rpartition("-")[2]
    if number.isascii() and number.isdigit() and len(number) < 10:
        conditions.append(_i.c.number == int(number))
    return or_(*conditions)


def _base(scope: Scope) -> Select[Any]:
    return (
        select(_i, _p.c.slug, _u.c.email.label("assignee"))
        .join(_p, _p.c.id == _i.c.project_id)
        .outerjoin(_u, _u.c.id == _i.c.assignee_id)
        .where(_i.c.project_id == scope.project_id)
    )


def page(
    conn: Connection,
    scope: Scope,
    query: IssueQuery,
    *,
    conditions: Sequence[ColumnElement[bool]],
    after: Keyset | None,
) -> list[Row[Any]]:
    """Up to limit + 1 issues by last or first seen, newest first, after the page before."""
    order = _i.c.first_seen_ms if query.sort is IssueSort.FIRST_SEEN else _i.c.last_seen_ms
    found = _base(scope).where(*conditions).order_by(order.desc(), _i.c.id.desc())
    if after is not None:
        found = found.where(tuple_(order, _i.c.id) < tuple_(after.value, after.issue_id))
    return list(conn.execute(found.limit(query.limit + 1)))


def count(conn: Connection, scope: Scope, conditions: Sequence[ColumnElement[bool]]) -> int:
    """How many issues fulfil the conditions."""
    total = select(func.count()).where(_i.c.project_id == scope.project_id, *conditions)
    return int(conn.execute(total).scalar_one())


def seen_within(query: IssueQuery) -> list[ColumnElement[bool]]:
    """Issues whose life touches the range."""
    return [
        _i.c.last_seen_ms >= query.range.start_ms,
        _i.c.first_seen_ms < query.range.end_ms,
    ]


def matching_hashes(
    conn: Connection,
    scope: Scope,
    hashes: Collection[int],
    conditions: Sequence[ColumnElement[bool]],
) -> list[tuple[int, Row[Any]]]:
    """(hash, issue's id and times) of those hashes whose issue fulfils the conditions."""
    found: list[tuple[int, Row[Any]]] = []
    texts = [hash_text(one) for one in hashes]
    for start in range(0, len(texts), _AT_ONCE):
        query: Select[Any] = (
            select(_h.c.grouping_hash, _i.c.id, _i.c.last_seen_ms, _i.c.first_seen_ms)
            .join(_i, _i.c.id == _h.c.issue_id)
            .where(_h.c.project_id == scope.project_id)
            .where(_h.c.grouping_hash.in_(texts[start : start + _AT_ONCE]), *conditions)
        )
        found += [(int(row.grouping_hash, 16), row) for row in conn.execute(query)]
    return found


def by_ids(conn: Connection, scope: Scope, ids: Sequence[int]) -> list[Row[Any]]:
    """Issues in the order of their ids."""
    rows = {row.id: row for row in conn.execute(_base(scope).where(_i.c.id.in_(ids)))}
    return [rows[one] for one in ids if one in rows]


def hashes_of(conn: Connection, scope: Scope, ids: Sequence[int]) -> dict[int, int]:
    """Issue id by hash."""
    query = select(_h.c.grouping_hash, _h.c.issue_id).where(
        _h.c.project_id == scope.project_id, _h.c.issue_id.in_(ids)
    )
    return {int(row.grouping_hash, 16): row.issue_id for row in conn.execute(query)}


def find(conn: Connection, scope: Scope, issue: int | str) -> Row[Any] | None:
    """An issue by its id, or by its short id such as ACADEMY-12."""
    if isinstance(issue, int):
        return conn.execute(_base(scope).where(_i.c.id == issue)).first()
    slug, _, number = issue.rpartition("-")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        return None
    query = _base(scope).where(_i.c.number == int(number), func.lower(_p.c.slug) == slug.lower())
    return conn.execute(query).first()


def activity(conn: Connection, issue_id: int) -> list[Activity]:
    """What happened to an issue, newest first."""
    t = tables.issue_activity
    query = select(t).where(t.c.issue_id == issue_id).order_by(t.c.at_ms.desc(), t.c.id.desc())
    return [
        Activity(at_ms=row.at_ms, actor=row.actor, kind=row.kind, facts=row.facts)
        for row in conn.execute(query.limit(200))
    ]


# People's changes


def lock(conn: Connection, scope: Scope, ids: Sequence[int]) -> list[Row[Any]]:
    """The issues as they are now, held until the transaction ends."""
    query = select(_i).where(_i.c.project_id == scope.project_id, _i.c.id.in_(ids))
    return list(conn.execute(query.order_by(_i.c.id).with_for_update()))


def set_values(conn: Connection, issue_id: int, values: Mapping[str, Any]) -> None:
    """Change columns of one issue."""
    conn.execute(update(_i).where(_i.c.id == issue_id).values(**values))


def add_activity(
    conn: Connection, issue_id: int, *, at_ms: int, actor: str, kind: str, facts: dict[str, Any]
) -> None:
    """Note what was done to an issue."""
    conn.execute(
        insert(tables.issue_activity).values(
            issue_id=issue_id, at_ms=at_ms, actor=actor, kind=kind, facts=facts
        )
    )


def member_id(conn: Connection, scope: Scope, email: str) -> int | None:
    """The person of this organisation with this address."""
    m = tables.members
    query = (
        select(_u.c.id)
        .join(m, and_(m.c.user_id == _u.c.id, m.c.org_id == scope.org_id))
        .where(func.lower(_u.c.email) == email.lower())
    )
    return conn.execute(query).scalar()


def status_counts(conn: Connection, scope: Scope) -> dict[IssueStatus, int]:
    """How many issues there are of each status."""
    query = (
        select(_i.c.status, func.count())
        .where(_i.c.project_id == scope.project_id)
        .group_by(_i.c.status)
    )
    found = {IssueStatus(status): int(number) for status, number in conn.execute(query)}
    return {status: found.get(status, 0) for status in IssueStatus}


def severity_of_row(row: Row[Any]) -> Severity:
    """The severity that people see."""
    return Severity(row.severity)
