"""What people's acts write beside the issues' rows: merges, comments, what can be taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from watchkeeper.lib.clock import DAY_MS, HOUR_MS
from watchkeeper.model import Scope
from watchkeeper.store.meta import tables

UNDO_MS = HOUR_MS
"""How long a change can be taken back."""

_i, _h = tables.issues, tables.issue_hashes
_c, _undo = tables.issue_comments, tables.issue_undos


# Merges


def move_hashes(conn: Connection, scope: Scope, source: int, target: int) -> None:
    """All hashes of one issue to another; each remembers whose it was."""
    conn.execute(
        update(_h)
        .where(_h.c.project_id == scope.project_id, _h.c.issue_id == source)
        .values(issue_id=target, home_issue_id=func.coalesce(_h.c.home_issue_id, source))
    )
    # What comes home is nobody's guest.
    conn.execute(
        update(_h)
        .where(_h.c.project_id == scope.project_id, _h.c.issue_id == _h.c.home_issue_id)
        .values(home_issue_id=None)
    )


def move_home(conn: Connection, scope: Scope, target: int, home: int) -> None:
    """Give an issue back the hashes that a merge took."""
    conn.execute(
        update(_h)
        .where(_h.c.project_id == scope.project_id, _h.c.issue_id == target)
        .where(_h.c.home_issue_id == home)
        .values(issue_id=home, home_issue_id=None)
    )


def hashes_by_home(conn: Connection, scope: Scope, issue_id: int) -> dict[int, list[int]]:
    """Hashes of an issue by the issue whose they were at first."""
    query = (
        select(_h.c.grouping_hash, func.coalesce(_h.c.home_issue_id, _h.c.issue_id).label("home"))
        .where(_h.c.project_id == scope.project_id, _h.c.issue_id == issue_id)
        .order_by(_h.c.grouping_hash)
    )
    found: dict[int, list[int]] = {}
    for row in conn.execute(query):
        found.setdefault(row.home, []).append(int(row.grouping_hash, 16))
    return found


def follow_merge(conn: Connection, scope: Scope, source: int, target: int) -> None:
    """What was merged into `source` is now part of `target`."""
    conn.execute(
        update(_i)
        .where(_i.c.project_id == scope.project_id, _i.c.merged_into_id == source)
        .values(merged_into_id=target)
    )


def merged_into(conn: Connection, scope: Scope, issue_id: int) -> list[Row[Any]]:
    """Issues that are part of this one, the oldest merge first."""
    query = select(_i).where(_i.c.project_id == scope.project_id, _i.c.merged_into_id == issue_id)
    return list(conn.execute(query.order_by(_i.c.merged_ms, _i.c.id)))


# Comments


def comments(conn: Connection, issue_id: int) -> list[Row[Any]]:
    """Comments of an issue, the oldest first, at most 500."""
    query = select(_c).where(_c.c.issue_id == issue_id)
    return list(conn.execute(query.order_by(_c.c.at_ms, _c.c.id).limit(500)))


def add_comment(conn: Connection, issue_id: int, *, author: str, text: str, at_ms: int) -> int:
    """Returns the comment's id."""
    values = {"issue_id": issue_id, "author": author, "text": text, "at_ms": at_ms}
    return int(conn.execute(insert(_c).values(**values).returning(_c.c.id)).scalar_one())


def find_comment(conn: Connection, issue_id: int, comment_id: int) -> Row[Any] | None:
    """A comment, if it is of this issue."""
    query = select(_c).where(_c.c.id == comment_id, _c.c.issue_id == issue_id)
    return conn.execute(query).first()


def set_comment(conn: Connection, comment_id: int, *, text: str, at_ms: int) -> None:
    """Replace its text."""
    conn.execute(update(_c).where(_c.c.id == comment_id).values(text=text, edited_ms=at_ms))


def delete_comment(conn: Connection, comment_id: int) -> None:
    """Take it away for good."""
    conn.execute(delete(_c).where(_c.c.id == comment_id))


# Taking back


def add_undo(
    conn: Connection, scope: Scope, *, actor: str, at_ms: int, facts: Mapping[str, Any]
) -> int:
    """Keep what a change replaced; returns its number. Old ones go."""
    conn.execute(delete(_undo).where(_undo.c.at_ms < at_ms - DAY_MS))
    values = {"project_id": scope.project_id, "actor": actor, "at_ms": at_ms, "facts": facts}
    return int(conn.execute(insert(_undo).values(**values).returning(_undo.c.id)).scalar_one())


def take_undo(conn: Connection, scope: Scope, undo_id: int, *, now_ms: int) -> Row[Any] | None:
    """What a change replaced, once, while it is young enough."""
    query = (
        delete(_undo)
        .where(_undo.c.id == undo_id, _undo.c.project_id == scope.project_id)
        .where(_undo.c.at_ms >= now_ms - UNDO_MS)
        .returning(_undo.c.actor, _undo.c.facts)
    )
    return cast("Row[Any] | None", conn.execute(query).first())


def rows_by_id(conn: Connection, scope: Scope, ids: Sequence[int]) -> dict[int, Row[Any]]:
    """The issues as they are now, merged ones too, held until the transaction ends."""
    query = select(_i).where(_i.c.project_id == scope.project_id, _i.c.id.in_(ids))
    return {row.id: row for row in conn.execute(query.order_by(_i.c.id).with_for_update())}
