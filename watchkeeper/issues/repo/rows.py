"""Reads and people's changes of issues in meta."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    and_,
    case,
    delete,
    func,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.sql import ColumnElement

from watchkeeper.issues.repo.settle import hash_text
from watchkeeper.issues.types import Activity, IssueQuery, IssueSort, IssueStatus
from watchkeeper.lib.errors import NotFound
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import tables

_i, _h, _p, _u = tables.issues, tables.issue_hashes, tables.projects, tables.users
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Keyset:
    """Where the page before ended: its last sort value and issue id."""

    value: int
    issue_id: int


def issues_matching(query: IssueQuery) -> list[ColumnElement[bool]]:
    """Conditions on an issue's own row, beside those of its search. The range is decided elsewhere.

    An issue that was merged into another one is shown as part of that one only.
    """
    found: list[ColumnElement[bool]] = [_i.c.merged_into_id.is_(None)]
    if query.status is not None:
        found.append(_i.c.status == query.status.value)
    if query.severity is not None:
        found.append(_i.c.severity == query.severity.value)
    return found


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


def ids(
    conn: Connection, scope: Scope, conditions: Sequence[ColumnElement[bool]], most: int
) -> list[int]:
    """Ids of issues that fulfil the conditions, in their order."""
    query = select(_i.c.id).where(_i.c.project_id == scope.project_id, *conditions)
    return [row.id for row in conn.execute(query.order_by(_i.c.id).limit(most))]


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
) -> list[tuple[int, int, int, int]]:
    """(hash, issue id, last and first seen) of hashes whose issue fulfils the conditions."""
    query: Select[Any] = (
        select(_h.c.grouping_hash, _i.c.id, _i.c.last_seen_ms, _i.c.first_seen_ms)
        .join(_i, _i.c.id == _h.c.issue_id)
        .where(_h.c.project_id == scope.project_id, _i.c.project_id == scope.project_id)
        .where(*conditions)
    )
    if len(hashes) <= _AT_ONCE:
        query = query.where(_h.c.grouping_hash.in_([hash_text(one) for one in hashes]))
    # Ten thousand rows are usual: each is unpacked, as names would be looked up four times.
    found = [(int(text, 16), one, last, first) for text, one, last, first in conn.execute(query)]
    return [row for row in found if row[0] in hashes]


def merged_hashes(conn: Connection, scope: Scope) -> dict[int, int]:
    """Hash → the lowest hash of its issue, for issues that were put together of several."""
    of_merged = select(_h.c.issue_id).where(
        _h.c.project_id == scope.project_id, _h.c.home_issue_id.is_not(None)
    )
    query = select(_h.c.grouping_hash, _h.c.issue_id).where(
        _h.c.project_id == scope.project_id, _h.c.issue_id.in_(of_merged)
    )
    by_issue: dict[int, list[int]] = {}
    for row in conn.execute(query):
        by_issue.setdefault(row.issue_id, []).append(int(row.grouping_hash, 16))
    return {one: min(group) for group in by_issue.values() for one in group}


def numbers_beside(conn: Connection, ids: Sequence[int]) -> tuple[dict[int, int], dict[int, int]]:
    """Comments by issue, and issues merged into each."""
    c = tables.issue_comments
    comments = select(c.c.issue_id, func.count()).where(c.c.issue_id.in_(ids))
    merged = select(_i.c.merged_into_id, func.count()).where(_i.c.merged_into_id.in_(ids))
    return (
        {int(k): int(n) for k, n in conn.execute(comments.group_by(c.c.issue_id))},
        {int(k): int(n) for k, n in conn.execute(merged.group_by(_i.c.merged_into_id))},
    )


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


def known(row: Row[Any] | None) -> Row[Any]:
    """The row. Raises NotFound when there is none."""
    if row is None:
        raise NotFound("There is no such issue in this project.")
    return row


def find(conn: Connection, scope: Scope, issue: int | str) -> Row[Any] | None:
    """An issue by its id, or by its short id such as ACADEMY-12; merged: what it is part of."""
    row = find_itself(conn, scope, issue)
    if row is None or row.merged_into_id is None:
        return row
    return conn.execute(_base(scope).where(_i.c.id == row.merged_into_id)).first()


def find_itself(conn: Connection, scope: Scope, issue: int | str) -> Row[Any] | None:
    """The same, but a merged issue is found as it was."""
    if isinstance(issue, int):
        return conn.execute(_base(scope).where(_i.c.id == issue)).first()
    slug, _, number = issue.rpartition("-")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        return None
    query = _base(scope).where(_i.c.number == int(number), func.lower(_p.c.slug) == slug.lower())
    return conn.execute(query).first()


def of_hash(conn: Connection, scope: Scope, grouping_hash: int) -> Row[Any] | None:
    """The issue that owns a fingerprint now."""
    query = (
        _base(scope)
        .join(_h, _h.c.issue_id == _i.c.id)
        .where(_h.c.project_id == scope.project_id, _h.c.grouping_hash == hash_text(grouping_hash))
    )
    return conn.execute(query).first()


def by_hash(conn: Connection, scope: Scope, hashes: Sequence[int]) -> dict[int, Row[Any]]:
    """The issues that own these fingerprints now."""
    query = (
        _base(scope)
        .add_columns(_h.c.grouping_hash)
        .join(_h, _h.c.issue_id == _i.c.id)
        .where(_h.c.project_id == scope.project_id)
        .where(_h.c.grouping_hash.in_([hash_text(one) for one in hashes]))
    )
    return {int(row.grouping_hash, 16): row for row in conn.execute(query)}


def news(conn: Connection, scope: Scope, span: TimeRange) -> tuple[int, int]:
    """Issues first seen in the range, and regressions in it."""
    a = tables.issue_activity
    new = select(func.count()).where(
        _i.c.project_id == scope.project_id,
        _i.c.merged_into_id.is_(None),
        _i.c.first_seen_ms >= span.start_ms,
        _i.c.first_seen_ms < span.end_ms,
    )
    again = (
        select(func.count())
        .select_from(a.join(_i, _i.c.id == a.c.issue_id))
        .where(_i.c.project_id == scope.project_id, a.c.kind == "regressed")
        .where(a.c.at_ms >= span.start_ms, a.c.at_ms < span.end_ms)
    )
    return int(conn.execute(new).scalar_one()), int(conn.execute(again).scalar_one())


def comparable(conn: Connection, scope: Scope, row: Row[Any], most: int) -> list[Row[Any]]:
    """Other issues: those of the same type first, then the last seen."""
    others = _base(scope).where(_i.c.id != row.id, _i.c.merged_into_id.is_(None))
    order = (case((_i.c.type == row.type, 0), else_=1), _i.c.last_seen_ms.desc(), _i.c.id)
    return list(conn.execute(others.order_by(*order).limit(most)))


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


def forget_ignored_users(conn: Connection, issue_id: int) -> None:
    """People are counted anew from now."""
    t = tables.issue_ignored_users
    conn.execute(delete(t).where(t.c.issue_id == issue_id))


def add_activity(
    conn: Connection, issue_id: int, *, at_ms: int, actor: str, kind: str, facts: dict[str, Any]
) -> None:
    """Note what was done to an issue."""
    conn.execute(
        insert(tables.issue_activity).values(
            issue_id=issue_id, at_ms=at_ms, actor=actor, kind=kind, facts=facts
        )
    )


def org_of(conn: Connection, project_id: int) -> int | None:
    """The organisation of a project; None for one that is not there."""
    return conn.execute(select(_p.c.org_id).where(_p.c.id == project_id)).scalar()


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
        .where(_i.c.project_id == scope.project_id, _i.c.merged_into_id.is_(None))
        .group_by(_i.c.status)
    )
    found = {IssueStatus(status): int(number) for status, number in conn.execute(query)}
    return {status: found.get(status, 0) for status in IssueStatus}


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """Stored events after an instant, and the newest one's time, 0 without any."""

    events: int
    last_ms: int


def events_since(columns: Columns, scope: Scope, hashes: Sequence[int], at_ms: int) -> Since:
    """Events of fingerprints that arrived after an instant."""
    sql = """
    SELECT count(), toUnixTimestamp64Milli(max(ts)) FROM errors
    WHERE project_id = {project:UInt32} AND grouping_hash IN {hashes:Array(UInt64)}
      AND received > fromUnixTimestamp64Milli({at:Int64})
    """
    params = {"project": scope.project_id, "hashes": list(hashes), "at": at_ms}
    events, last_ms = columns.rows(sql, params)[0]
    return Since(events=int(events), last_ms=max(0, int(last_ms)) if events else 0)
