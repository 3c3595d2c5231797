"""The SQL of channels and deliveries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, or_, select, update

from watchkeeper.store.meta.tables import channels, deliveries

# Channels


def list_channels(conn: Connection, project_ids: Sequence[int]) -> Sequence[Row[Any]]:
    """Channels of these projects, by name."""
    query = select(channels).where(channels.c.project_id.in_(project_ids))
    return conn.execute(query.order_by(channels.c.name)).all()


def enabled_channels(conn: Connection, project_id: int) -> Sequence[Row[Any]]:
    """Channels that are to be told of a project's alerts."""
    query = select(channels).where(channels.c.project_id == project_id, channels.c.enabled)
    return conn.execute(query.order_by(channels.c.id)).all()


def channel(conn: Connection, project_ids: Sequence[int], channel_id: int) -> Row[Any] | None:
    """One channel of these projects."""
    query = select(channels).where(
        channels.c.id == channel_id, channels.c.project_id.in_(project_ids)
    )
    return conn.execute(query).first()


def add_channel(conn: Connection, facts: Mapping[str, object]) -> int:
    """Write a channel; returns its id."""
    result = conn.execute(channels.insert().values(**facts).returning(channels.c.id))
    return int(result.scalar_one())


def change_channel(conn: Connection, channel_id: int, facts: Mapping[str, object]) -> None:
    """Set some of a channel's columns."""
    conn.execute(update(channels).where(channels.c.id == channel_id).values(**facts))


def delete_channel(conn: Connection, channel_id: int) -> None:
    """Remove a channel with its deliveries."""
    conn.execute(delete(deliveries).where(deliveries.c.channel_id == channel_id))
    conn.execute(delete(channels).where(channels.c.id == channel_id))


# Deliveries

OPEN = ("waiting", "sending")
SUPERSEDED = "Superseded by a newer state of the same group."


def add_delivery(
    conn: Connection,
    *,
    project_id: int,
    channel_id: int,
    group_key: str,
    status: str,
    payload: Mapping[str, object],
    now_ms: int,
) -> None:
    """Intend to tell one channel. What waited for the same group is told by this one instead."""
    table = deliveries.c
    conn.execute(
        update(deliveries)
        .where(table.channel_id == channel_id, table.group_key == group_key)
        .where(table.state == "waiting")
        .values(state="failed", last_error=SUPERSEDED)
    )
    conn.execute(
        deliveries.insert().values(
            project_id=project_id,
            channel_id=channel_id,
            group_key=group_key,
            status=status,
            payload=payload,
            state="waiting",
            next_attempt_ms=now_ms,
            created_ms=now_ms,
        )
    )


def due_deliveries(conn: Connection, now_ms: int, limit: int) -> Sequence[Row[Any]]:
    """Deliveries to be tried now, with their channel; also those whose sender went away."""
    table = deliveries.c
    query = (
        select(deliveries, channels.c.kind, channels.c.name, channels.c.options, channels.c.enabled)
        .join(channels, channels.c.id == table.channel_id)
        .where(table.state.in_(OPEN), table.next_attempt_ms <= now_ms)
        .order_by(table.next_attempt_ms, table.id)
        .limit(limit)
    )
    return conn.execute(query).all()


def next_delivery_ms(conn: Connection) -> int | None:
    """When the next delivery is to be tried."""
    query = select(func.min(deliveries.c.next_attempt_ms)).where(deliveries.c.state.in_(OPEN))
    return conn.execute(query).scalar_one_or_none()


def claim(
    conn: Connection, delivery_id: int, *, as_read: Row[Any], holder: str, until_ms: int
) -> bool:
    """Take a delivery if nobody did since it was read; False if somebody was first."""
    table = deliveries.c
    taken = conn.execute(
        update(deliveries)
        .where(table.id == delivery_id)
        .where(table.state == as_read.state, table.next_attempt_ms == as_read.next_attempt_ms)
        .values(state="sending", claimed_by=holder, next_attempt_ms=until_ms)
    )
    return taken.rowcount == 1


def conclude(
    conn: Connection, delivery_id: int, *, holder: str, facts: Mapping[str, object]
) -> None:
    """Write how an attempt went, if it is still ours."""
    table = deliveries.c
    conn.execute(
        update(deliveries)
        .where(table.id == delivery_id, table.claimed_by == holder, table.state == "sending")
        .values(claimed_by=None, **facts)
    )


def is_superseded(conn: Connection, row: Row[Any]) -> bool:
    """True if a newer delivery of the same channel and group exists."""
    table = deliveries.c
    query = (
        select(table.id)
        .where(table.channel_id == row.channel_id, table.group_key == row.group_key)
        .where(table.id > row.id)
        .limit(1)
    )
    return conn.execute(query).first() is not None


def list_deliveries(
    conn: Connection, project_ids: Sequence[int], *, before_id: int | None, limit: int
) -> Sequence[Row[Any]]:
    """Deliveries of these projects, newest first, with their channel's name and kind."""
    table = deliveries.c
    query = (
        select(deliveries, channels.c.name.label("channel"), channels.c.kind)
        .join(channels, channels.c.id == table.channel_id)
        .where(table.project_id.in_(project_ids))
    )
    if before_id is not None:
        query = query.where(table.id < before_id)
    return conn.execute(query.order_by(table.id.desc()).limit(limit)).all()


def forget_deliveries(conn: Connection, before_ms: int) -> int:
    """Remove concluded deliveries older than `before_ms`; returns how many."""
    table = deliveries.c
    closed = or_(table.state == "sent", table.state == "failed")
    return conn.execute(delete(deliveries).where(closed, table.created_ms < before_ms)).rowcount
