"""Reads that no other room has: how the road from the edge to the store is doing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, Select, func, or_, select

from watchkeeper.lib.clock import DAY_MS, DAY_S, MINUTE_MS
from watchkeeper.model import Role, Scope
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import tables
from watchkeeper.store.spool import Position

LATEST_REJECTIONS = 50
RECENT_MS = 15 * MINUTE_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectionRow:
    """One refused request."""

    at_ms: int
    method: str
    path: str
    status: int
    reason: str
    sender: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRow:
    """Records of one signal in the last window_s seconds. first_ms: of the first ever, if known."""

    source: Literal["samples", "errors", "logs"]
    first_ms: int | None
    last_ms: int
    records: int
    window_s: int


def lane_positions(conn: Connection) -> dict[str, Position]:
    """Where the digest stands in each lane that it has begun."""
    t = tables.spool_offsets
    return {row.lane: Position(row.segment, row.offset) for row in conn.execute(select(t))}


def rejections(conn: Connection, scope: Scope) -> list[RejectionRow]:
    """The latest refused requests of the project, newest first.

    Of those with an unknown key, the ones whose path names the project.
    """
    t = tables.rejections
    project_id = scope.project_id
    named = or_(t.c.path.like(f"/api/{project_id}/%"), t.c.path.like(f"/p/{project_id}/%"))
    query = (
        select(t)
        .where(or_(t.c.project_id == project_id, (t.c.project_id == 0) & named))
        .order_by(t.c.id.desc())
        .limit(LATEST_REJECTIONS)
    )
    return [
        RejectionRow(
            at_ms=row.at_ms, method=row.method, path=row.path, status=row.status,
            reason=row.reason, sender=row.sender,
        )
        for row in conn.execute(query)
    ]  # fmt: skip


def dead_letters(conn: Connection, project_ids: Sequence[int]) -> int:
    """Records of these projects that no store would take."""
    t = tables.dead_letters
    query = select(func.count()).select_from(t).where(t.c.project_id.in_(project_ids))
    return int(conn.execute(query).scalar_one())


def failed_deliveries(conn: Connection, *, since_ms: int) -> int:
    """Deliveries given up since then, in every project; not those that a newer one replaced."""
    t = tables.deliveries
    query = select(func.count()).where(
        t.c.state == "failed", t.c.created_ms >= since_ms, t.c.last_error.not_like("superseded%")
    )
    return int(conn.execute(query).scalar_one())


def every_scope(conn: Connection) -> list[Scope]:
    """A scope of each project, for what concerns the server as a whole."""
    t = tables.projects
    rows = conn.execute(select(t.c.id, t.c.org_id))
    return [Scope(org_id=r.org_id, project_ids=(r.id,), role=Role.VIEWER) for r in rows]


def has_rules(conn: Connection, scope: Scope) -> bool:
    """True if the project has a rule file."""
    t = tables.rule_files
    return _any(conn, select(t.c.id).where(t.c.project_id.in_(scope.project_ids)))


def has_channel(conn: Connection, scope: Scope) -> bool:
    """True if the project has a channel that is switched on."""
    t = tables.channels
    wanted = t.c.project_id.in_(scope.project_ids) & t.c.enabled
    return _any(conn, select(t.c.id).where(wanted))


def has_issue(conn: Connection, scope: Scope) -> bool:
    """True if an error has ever arrived in the project."""
    t = tables.issues
    return _any(conn, select(t.c.id).where(t.c.project_id.in_(scope.project_ids)))


def _any(conn: Connection, query: Select[tuple[int]]) -> bool:
    return conn.execute(query.limit(1)).first() is not None


def seen(columns: Columns, scope: Scope, now_ms: int) -> list[SeenRow]:
    """Signals that have arrived in the project; samples of the last quarter hour come first.

    Samples are many: they are counted for RECENT_MS, and for a day only when none is that young.
    """
    found = [
        _samples(columns, scope, now_ms, RECENT_MS) or _samples(columns, scope, now_ms, DAY_MS),
        _rows_of(columns, scope, now_ms, "errors", "received"),
        _rows_of(columns, scope, now_ms, "logs", "ts"),
    ]
    return [row for row in found if row is not None]


def _samples(columns: Columns, scope: Scope, now_ms: int, window_ms: int) -> SeenRow | None:
    [[count, last_ms]] = columns.rows(
        "SELECT count(), toUnixTimestamp64Milli(max(ts)) FROM samples"
        " WHERE project_id = {project:UInt32}"
        " AND ts > fromUnixTimestamp64Milli({since:Int64}, 'UTC')",
        {"project": scope.project_id, "since": now_ms - window_ms},
    )
    if not count:
        return None
    [[first_day]] = columns.rows(
        "SELECT toUInt32(min(day)) FROM series WHERE project_id = {project:UInt32}",
        {"project": scope.project_id},
    )
    return SeenRow(
        source="samples", first_ms=int(first_day) * DAY_S * 1000 if first_day else None,
        last_ms=int(last_ms), records=int(count), window_s=window_ms // 1000,
    )  # fmt: skip


def _rows_of(
    columns: Columns, scope: Scope, now_ms: int, table: Literal["errors", "logs"], time: str
) -> SeenRow | None:
    """table, time: names from the callers above, never from outside."""
    [[count, last_ms]] = columns.rows(
        f"SELECT count(), toUnixTimestamp64Milli(max({time})) FROM {table}"
        " WHERE project_id = {project:UInt32}"
        f" AND {time} > fromUnixTimestamp64Milli({{since:Int64}}, 'UTC')",
        {"project": scope.project_id, "since": now_ms - DAY_MS},
    )
    if not count:
        return None
    return SeenRow(
        source=table, first_ms=None, last_ms=int(last_ms), records=int(count), window_s=DAY_S
    )
