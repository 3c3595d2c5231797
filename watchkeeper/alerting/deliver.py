"""Takes deliveries that are due, passes them down the line, records how it went."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy import Row

from watchkeeper.alerting import repo
from watchkeeper.alerting.channels import Outcome
from watchkeeper.alerting.pipeline import Stage, delivery_of
from watchkeeper.lib.backoff import backoff_ms
from watchkeeper.lib.clock import DAY_MS, MINUTE_MS, SECOND_MS, Clock
from watchkeeper.store.meta import Meta

_log = structlog.get_logger("watchkeeper.alerting")

GIVE_UP_MS = DAY_MS
"""A delivery that could not be made for so long has failed."""
FIRST_WAIT_MS = 10 * SECOND_MS
LARGEST_WAIT_MS = 30 * MINUTE_MS
CLAIM_MS = MINUTE_MS
"""How long a claim holds: a sender that dies leaves its delivery to others after it."""
AT_ONCE = 16
_ATTEMPTS_SHOWN = 50


class Deliverer:
    """Any number of these may run: each delivery is claimed by a conditional update."""

    def __init__(
        self, meta: Meta, line: Sequence[Stage], clock: Clock, *, holder: str = ""
    ) -> None:
        """line: from `new_line`. holder: names this process for its life."""
        self._meta = meta
        self._line = line
        self._clock = clock
        self._looked: tuple[object | None, int | None] | None = None
        self._holder = holder or f"{socket.gethostname()}:{os.getpid()}"[:64]

    async def run_due(self) -> int:
        """Try every delivery that is due, some at once; returns how many were tried."""
        now_ms = self._clock()
        rows = await asyncio.to_thread(self._claim_due, now_ms)
        await asyncio.gather(*(self._deliver(row) for row in rows))
        return len(rows)

    def may_be_due(self) -> bool:
        """False while nothing was committed since `next_due_ms` looked and what it found waits."""
        if self._looked is None:
            return True
        stamp, due_ms = self._looked
        if stamp is None or stamp != self._meta.stamp():
            return True
        return due_ms is not None and due_ms <= self._clock()

    def next_due_ms(self) -> int | None:
        """When a delivery is to be tried next; None if none is open. Blocks."""
        stamp = self._meta.stamp()
        with self._meta.read() as conn:
            due_ms = repo.next_delivery_ms(conn)
        self._looked = (stamp, due_ms)
        return due_ms

    def _claim_due(self, now_ms: int) -> list[Row[Any]]:
        with self._meta.read() as conn:
            due = repo.due_deliveries(conn, now_ms, AT_ONCE)
        if not due:
            return []
        until_ms = now_ms + CLAIM_MS
        with self._meta.write() as conn:
            return [
                row
                for row in due
                if repo.claim(conn, row.id, as_read=row, holder=self._holder, until_ms=until_ms)
            ]

    async def _deliver(self, row: Row[Any]) -> None:
        began = time.perf_counter()
        outcome = await self._pass(row)
        spent_ms = round((time.perf_counter() - began) * 1000)
        await asyncio.to_thread(self._record, row, outcome, spent_ms)

    async def _pass(self, row: Row[Any]) -> Outcome:
        try:
            delivery = delivery_of(row)
            for stage in self._line:
                outcome = await stage(delivery)
                if outcome is not None:
                    return outcome
        except Exception:  # a channel is a plug-in: its bug must not stop the others
            _log.exception("a channel failed unexpectedly", delivery_id=row.id)
            return Outcome(is_sent=False, may_retry=True, detail="The channel failed unexpectedly.")
        return Outcome(is_sent=False, detail="No stage of the line ended this delivery.")

    def _record(self, row: Row[Any], outcome: Outcome, spent_ms: int) -> None:
        now_ms, attempts = self._clock(), row.attempts + 1
        wait_ms = backoff_ms(attempts, first_ms=FIRST_WAIT_MS, largest_ms=LARGEST_WAIT_MS)
        is_over = now_ms + wait_ms - row.created_ms > GIVE_UP_MS
        again = outcome.may_retry and not outcome.is_sent and not is_over
        facts: dict[str, object] = {
            "state": "sent" if outcome.is_sent else "waiting" if again else "failed",
            "attempts": attempts,
            "next_attempt_ms": now_ms + wait_ms if again else row.next_attempt_ms,
            "last_error": outcome.detail,
            "sent_ms": now_ms if outcome.is_sent else None,
            "payload": _with_attempt(row.payload, outcome, at_ms=now_ms, spent_ms=spent_ms),
        }
        with self._meta.write() as conn:
            if again and repo.is_superseded(conn, row):
                facts |= {"state": "failed", "last_error": repo.SUPERSEDED}
            repo.conclude(conn, row.id, holder=self._holder, facts=facts)


def _with_attempt(
    payload: Mapping[str, Any], outcome: Outcome, *, at_ms: int, spent_ms: int
) -> dict[str, Any]:
    attempt = {
        "at_ms": at_ms,
        "ms": spent_ms,
        "status": outcome.status,
        "detail": outcome.detail,
        "is_sent": outcome.is_sent,
    }
    listed = [*payload.get("attempts", ()), attempt][-_ATTEMPTS_SHOWN:]
    return {**payload, "attempts": listed}
