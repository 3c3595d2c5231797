"""Kept searches and severity rules in meta."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update
from sqlalchemy.sql import ColumnElement

from watchkeeper.model import Scope
from watchkeeper.store.meta import tables

_s, _r = tables.issue_searches, tables.severity_rules


def _visible(scope: Scope) -> list[ColumnElement[bool]]:
    """Shared ones and the caller's own."""
    return [
        _s.c.project_id == scope.project_id,
        or_(_s.c.user_id.is_(None), _s.c.user_id == scope.user_id),
    ]


def searches(conn: Connection, scope: Scope) -> list[Row[Any]]:
    """What the caller may use, by name."""
    return list(conn.execute(select(_s).where(*_visible(scope)).order_by(_s.c.name, _s.c.id)))


def find(conn: Connection, scope: Scope, search_id: int) -> Row[Any] | None:
    """One that the caller may use."""
    return conn.execute(select(_s).where(_s.c.id == search_id, *_visible(scope))).first()


def count(conn: Connection, scope: Scope) -> int:
    """How many the project keeps, of everybody."""
    total = select(func.count()).where(_s.c.project_id == scope.project_id)
    return int(conn.execute(total).scalar_one())


def add(
    conn: Connection, scope: Scope, values: Mapping[str, Any], *, actor: str, at_ms: int
) -> Row[Any]:
    """Returns the new row."""
    row = {
        "project_id": scope.project_id,
        "created_by": actor,
        "created_by_id": scope.user_id,
        "changed_ms": at_ms,
        **values,
    }
    return conn.execute(insert(_s).values(**row).returning(*_s.c)).one()


def change(conn: Connection, search_id: int, values: Mapping[str, Any], *, at_ms: int) -> Row[Any]:
    """Returns the row after the change."""
    changed = update(_s).where(_s.c.id == search_id).values(**values, changed_ms=at_ms)
    return conn.execute(changed.returning(*_s.c)).one()


def only_default(conn: Connection, row: Row[Any]) -> None:
    """No other search of the same owner is the default."""
    owner = _s.c.user_id.is_(None) if row.user_id is None else _s.c.user_id == row.user_id
    conn.execute(
        update(_s)
        .where(_s.c.project_id == row.project_id, owner, _s.c.id != row.id)
        .values(is_default=False)
    )


def delete_search(conn: Connection, search_id: int) -> None:
    """Forget it."""
    conn.execute(delete(_s).where(_s.c.id == search_id))


def severity_rules(conn: Connection, project_ids: Collection[int]) -> list[Row[Any]]:
    """Rules of these projects, by project, in the order in which they are tried."""
    query = select(_r).where(_r.c.project_id.in_(project_ids))
    return list(conn.execute(query.order_by(_r.c.project_id, _r.c.position)))


def set_severity_rules(conn: Connection, scope: Scope, rules: Sequence[tuple[str, str]]) -> None:
    """Replace the project's rules by (query, severity)."""
    conn.execute(delete(_r).where(_r.c.project_id == scope.project_id))
    rows = [
        {
            "project_id": scope.project_id,
            "position": position,
            "query": query,
            "severity": severity,
        }
        for position, (query, severity) in enumerate(rules)
    ]
    if rows:
        conn.execute(insert(_r), rows)
