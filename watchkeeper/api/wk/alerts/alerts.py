"""What is firing, what fired, and whom it was told to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import Query

from watchkeeper.alerting import ActiveAlert, AlertChange, SentOrNot
from watchkeeper.api.auth import RoomsHere, ViewerScope
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.shapes import ERRORS, Answer, RangeQuery
from watchkeeper.lib.clock import DAY_MS
from watchkeeper.lib.fingerprint import fingerprint

router = LateRouter(tags=["alerts"], responses=ERRORS)

MOST_CHANGES = 500
LATEST_DELIVERIES = 200


class AlertAnswer(Answer):
    """fingerprint: of its labels; value: of the expression, null if it is no finite number."""

    fingerprint: str
    rule: str
    state: Literal["pending", "firing"]
    labels: dict[str, str]
    annotations: dict[str, str]
    value: float | None
    active_ms: int
    fired_ms: int | None
    severity: str


class AlertsAnswer(Answer):
    """What is pending or firing now."""

    alerts: list[AlertAnswer]


class AlertChangeAnswer(Answer):
    """An alert that entered a state: inactive means that it ended before it fired."""

    at_ms: int
    rule: str
    fingerprint: str
    state: Literal["inactive", "pending", "firing", "resolved"]
    labels: dict[str, str]
    value: float | None


class AlertHistoryAnswer(Answer):
    """Newest first. truncated: there were more in the range."""

    changes: list[AlertChangeAnswer]
    truncated: bool


class AttemptAnswer(Answer):
    """One attempt. status: what the receiver answered, null without an answer; ms: how long."""

    at_ms: int
    ms: int
    status: int | None
    detail: str


class DeliveryAnswer(Answer):
    """One telling of one group to one channel, with its outcome. alerts: how many it tells of."""

    id: int
    channel: str
    kind: str
    group_key: str
    status: Literal["firing", "resolved"]
    state: Literal["waiting", "sending", "sent", "failed"]
    alerts: int
    attempts: list[AttemptAnswer]
    tries: int
    next_attempt_ms: int | None
    last_error: str
    created_ms: int
    sent_ms: int | None


class DeliveriesAnswer(Answer):
    """Deliveries, newest first."""

    deliveries: list[DeliveryAnswer]


@router.get("/projects/{project_id}/alerts")
def list_alerts(rooms: RoomsHere, scope: ViewerScope) -> AlertsAnswer:
    """Alerts that are pending or firing now: firing first, then the newest."""
    return AlertsAnswer(alerts=[_alert(each) for each in rooms.alerts.active(scope)])


@router.get("/projects/{project_id}/alert-history")
def list_alert_history(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[RangeQuery, Query()]
) -> AlertHistoryAnswer:
    """Every change of state in a range. The last 24 h if no range is given."""
    span = query.within(rooms.clock(), default_ms=DAY_MS)
    found = rooms.alerts.history(scope, span, limit=MOST_CHANGES + 1)
    return AlertHistoryAnswer(
        changes=[_change(each) for each in found[:MOST_CHANGES]],
        truncated=len(found) > MOST_CHANGES,
    )


@router.get("/projects/{project_id}/deliveries")
def list_deliveries(rooms: RoomsHere, scope: ViewerScope) -> DeliveriesAnswer:
    """The latest 200 deliveries, newest first."""
    found = rooms.alerts.deliveries(scope, limit=LATEST_DELIVERIES)
    return DeliveriesAnswer(deliveries=[_delivery(each) for each in found])


def fingerprint_of(labels: Mapping[str, str]) -> str:
    """16 hex digits that name an alert by its labels, as webhooks carry them."""
    return fingerprint(labels.items())


def _alert(alert: ActiveAlert) -> AlertAnswer:
    return AlertAnswer(
        fingerprint=fingerprint_of(alert.labels),
        rule=alert.rule,
        state="firing" if alert.state == "firing" else "pending",
        labels=dict(alert.labels),
        annotations=dict(alert.annotations),
        value=_finite(alert.value),
        active_ms=alert.active_ms,
        fired_ms=alert.fired_ms,
        severity=alert.severity,
    )


def _change(change: AlertChange) -> AlertChangeAnswer:
    return AlertChangeAnswer.model_validate(
        {
            "at_ms": change.at_ms,
            "rule": change.rule,
            "fingerprint": fingerprint_of(change.labels),
            "state": change.phase,
            "labels": dict(change.labels),
            "value": _finite(change.value),
        }
    )


def _delivery(sent: SentOrNot) -> DeliveryAnswer:
    is_open = sent.state in {"waiting", "sending"}
    return DeliveryAnswer.model_validate(
        {
            "id": sent.id,
            "channel": sent.channel,
            "kind": sent.kind,
            "group_key": sent.group_key,
            "status": sent.status,
            "state": sent.state,
            "alerts": sent.alerts,
            "attempts": [dict(each) for each in sent.attempts],
            "tries": sent.tries,
            "next_attempt_ms": sent.next_attempt_ms if is_open else None,
            "last_error": sent.last_error,
            "created_ms": sent.created_ms,
            "sent_ms": sent.sent_ms,
        }
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
