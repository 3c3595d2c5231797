"""What is firing, what fired, and whom it was told to."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from watchkeeper.api.wk.shapes import ERRORS, Answer, RangeQuery

router = APIRouter(tags=["alerts"], responses=ERRORS)

AlertStateName = Literal["pending", "firing", "resolved"]


class AlertAnswer(Answer):
    """fingerprint: of its labels; value: of the expression; active_ms: when it began to hold."""

    fingerprint: str
    rule: str
    state: AlertStateName
    labels: dict[str, str]
    annotations: dict[str, str]
    value: float | None
    active_ms: int
    fired_ms: int | None
    severity: str


class AlertsAnswer(Answer):
    """What is pending or firing now."""

    alerts: list[AlertAnswer]


class AlertChange(Answer):
    """One change of state of one alert. value: of the expression then."""

    at_ms: int
    rule: str
    fingerprint: str
    state: AlertStateName
    labels: dict[str, str]
    value: float | None


class AlertHistoryAnswer(Answer):
    """Newest first. truncated: there were more in the range."""

    changes: list[AlertChange]
    truncated: bool


class DeliveryAnswer(Answer):
    """One telling of one group to one channel, with its outcome. attempts: tried so far."""

    id: int
    channel: str
    kind: str
    group_key: str
    status: Literal["firing", "resolved"]
    state: Literal["waiting", "sending", "sent", "failed"]
    attempts: int
    next_attempt_ms: int | None
    last_error: str
    created_ms: int
    sent_ms: int | None


class DeliveriesAnswer(Answer):
    """Deliveries, newest first."""

    deliveries: list[DeliveryAnswer]


@router.get("/projects/{project_id}/alerts")
def list_alerts(project_id: int) -> AlertsAnswer:
    """Alerts that are pending or firing now, the worst and oldest first."""
    raise NotImplementedError


@router.get("/projects/{project_id}/alert-history")
def list_alert_history(
    project_id: int, query: Annotated[RangeQuery, Query()]
) -> AlertHistoryAnswer:
    """Every change of state in a range. The last 24 h if no range is given."""
    raise NotImplementedError


@router.get("/projects/{project_id}/deliveries")
def list_deliveries(project_id: int) -> DeliveriesAnswer:
    """The latest 200 deliveries, newest first."""
    raise NotImplementedError
