"""The line from a change of alerts to somebody who knows: group → queue → dedup → send → record.

The first half runs in the transaction of the change, so no crash can part the two. The second
half is run by the Deliverer for each delivery that is due, stage by stage, until one ends it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from watchkeeper.alerting import repo
from watchkeeper.alerting.channels import KINDS, ChannelKind, Notification, Outcome
from watchkeeper.alerting.group import Link, graph_link, group
from watchkeeper.alerting.rules import Announce, Changes
from watchkeeper.lib.clock import Clock
from watchkeeper.lib.outbound import Outbound


def new_announce(
    clock: Clock,
    *,
    external_url: str,
    link: Link | None = None,
    kinds: Mapping[str, ChannelKind] = KINDS,
) -> Announce:
    """The first half: group the changed alerts and queue a delivery for each channel that wants it.

    link: address of the page for an expression; Prometheus's shape if None.
    """
    to_page = link or graph_link(external_url)

    def announce(conn: Connection, changes: Changes) -> None:
        notification = group(changes, external_url=external_url, link=to_page)
        if notification is not None:
            queue(conn, changes.project_id, notification, now_ms=clock(), kinds=kinds)

    return announce


def queue(
    conn: Connection,
    project_id: int,
    notification: Notification,
    *,
    now_ms: int,
    kinds: Mapping[str, ChannelKind] = KINDS,
) -> None:
    """Write a delivery for each enabled channel; it supersedes what waits for the same group."""
    for channel in repo.enabled_channels(conn, project_id):
        kind = kinds.get(channel.kind)
        if kind is not None and kind.wants(channel.options, notification):
            repo.add_delivery(
                conn,
                project_id=project_id,
                channel_id=channel.id,
                group_key=notification.group_key,
                status=notification.status,
                payload={"notification": asdict(notification), "attempts": []},
                now_ms=now_ms,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One claimed delivery: what to tell, and whom."""

    id: int
    row: Row[Any]
    notification: Notification


Stage = Callable[[Delivery], Awaitable[Outcome | None]]
"""Ends a delivery with an outcome, or lets it go on with None."""


def new_line(
    outbound: Outbound, clock: Clock, kinds: Mapping[str, ChannelKind] = KINDS
) -> Sequence[Stage]:
    """The second half, in order. Inhibition, silences, routes and escalation will stand here."""

    async def stop_if_channel_is_off(delivery: Delivery) -> Outcome | None:
        if delivery.row.enabled:
            return None
        return Outcome(is_sent=False, detail="The channel was switched off.")

    async def stop_if_kind_is_unknown(delivery: Delivery) -> Outcome | None:
        if delivery.row.kind in kinds:
            return None
        return Outcome(is_sent=False, detail=f"There is no channel kind {delivery.row.kind}.")

    async def send(delivery: Delivery) -> Outcome:
        return await kinds[delivery.row.kind].send(
            delivery.row.options,
            delivery.notification,
            receiver=delivery.row.name,
            outbound=outbound,
            now_ms=clock(),
        )

    return (stop_if_channel_is_off, stop_if_kind_is_unknown, send)


def delivery_of(row: Row[Any]) -> Delivery:
    """A stored delivery, typed."""
    notification = msgspec.convert(row.payload["notification"], Notification)
    return Delivery(id=row.id, row=row, notification=notification)
