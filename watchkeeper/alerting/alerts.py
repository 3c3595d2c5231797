"""What fires, what fired, and who was told: for people and for the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from watchkeeper.alerting import repo
from watchkeeper.alerting.rules import (
    StoredAlert,
    forget_history,
    history,
    load_states,
    number_out,
)
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.meta import Meta


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveAlert:
    """A pending or firing alert. Times are Unix ms."""

    project_id: int
    rule: str
    state: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    value: float
    active_ms: int
    fired_ms: int | None
    severity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertChange:
    """An alert that entered a phase: pending, firing, resolved or inactive."""

    project_id: int
    at_ms: int
    rule: str
    phase: str
    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SentOrNot:
    """One intent to tell one channel, and its attempts so far.

    state: waiting, sending, sent or failed. attempts: newest last; each at_ms, ms, status, detail.
    """

    id: int
    project_id: int
    channel: str
    kind: str
    status: str
    state: str
    group_key: str
    alerts: int
    attempts: tuple[Mapping[str, Any], ...]
    tries: int
    last_error: str
    created_ms: int
    next_attempt_ms: int
    sent_ms: int | None


class Alerts:
    """Reads alerts as they were last written. Every method blocks on the meta store."""

    def __init__(self, meta: Meta) -> None:
        self._meta = meta

    def active(self, scope: Scope) -> list[ActiveAlert]:
        """Pending and firing alerts, firing first, then the newest."""
        with self._meta.read() as conn:
            stored = load_states(conn, scope.project_ids)
        found = [_active(alert) for alert in stored if alert.state.is_active]
        return sorted(found, key=lambda alert: (alert.state != "firing", -alert.active_ms))

    def forget_before(self, before_ms: int) -> int:
        """Remove changes and concluded deliveries of before; returns how many rows."""
        with self._meta.write() as conn:
            return forget_history(conn, before_ms) + repo.forget_deliveries(conn, before_ms)

    def history(self, scope: Scope, span: TimeRange, *, limit: int = 500) -> list[AlertChange]:
        """Changes of alerts in a range, newest first."""
        with self._meta.read() as conn:
            rows = history(conn, scope.project_ids, span, limit)
        return [
            AlertChange(
                project_id=row.project_id,
                at_ms=row.at_ms,
                rule=row.rule_name,
                phase=row.phase,
                labels=row.labels,
                value=number_out(row.value),
            )
            for row in rows
        ]

    def deliveries(
        self, scope: Scope, *, before_id: int | None = None, limit: int = 100
    ) -> list[SentOrNot]:
        """Who was told, newest first. before_id: continue after the last one that was shown."""
        with self._meta.read() as conn:
            rows = repo.list_deliveries(conn, scope.project_ids, before_id=before_id, limit=limit)
        return [
            SentOrNot(
                id=row.id,
                project_id=row.project_id,
                channel=row.channel,
                kind=row.kind,
                status=row.status,
                state=row.state,
                group_key=row.group_key,
                alerts=len(row.payload["notification"]["alerts"]),
                attempts=tuple(row.payload.get("attempts", ())),
                tries=row.attempts,
                last_error=row.last_error,
                created_ms=row.created_ms,
                next_attempt_ms=row.next_attempt_ms,
                sent_ms=row.sent_ms,
            )
            for row in rows
        ]


def _active(alert: StoredAlert) -> ActiveAlert:
    state, labels = alert.state, dict(alert.state.labels)
    return ActiveAlert(
        project_id=alert.project_id,
        rule=labels.get("alertname", ""),
        state=state.phase.value,
        labels=labels,
        annotations=state.annotations,
        value=state.value,
        active_ms=state.active_ms,
        fired_ms=state.fired_ms,
        severity=labels.get("severity", ""),
    )
