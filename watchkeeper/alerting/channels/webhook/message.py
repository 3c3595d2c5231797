"""A notification as Alertmanager's webhook JSON, version 4. Wire: docs/use/alerts.md."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from watchkeeper.alerting.channels.types import AlertFacts, Notification
from watchkeeper.lib.rfc3339 import rfc3339

_NEVER = "0001-01-01T00:00:00Z"


def message(notification: Notification, *, receiver: str, max_alerts: int) -> bytes:
    """The body of one call. max_alerts: most alerts in it; 0 is no limit."""
    alerts = notification.alerts
    kept = alerts[:max_alerts] if max_alerts else alerts
    body = {
        "version": "4",
        "groupKey": notification.group_key,
        "truncatedAlerts": len(alerts) - len(kept),
        "status": notification.status,
        "receiver": receiver,
        "groupLabels": dict(notification.group_labels),
        "commonLabels": common([alert.labels for alert in alerts]),
        "commonAnnotations": common([alert.annotations for alert in alerts]),
        "externalURL": notification.external_url,
        "alerts": [_alert(alert) for alert in kept],
    }
    return json.dumps(body, ensure_ascii=False).encode()


def _alert(alert: AlertFacts) -> dict[str, object]:
    return {
        "status": alert.status,
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "startsAt": rfc3339(alert.starts_ms),
        "endsAt": _NEVER if alert.ends_ms is None else rfc3339(alert.ends_ms),
        "generatorURL": alert.generator_url,
        "fingerprint": alert.fingerprint,
    }


def common(sets: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The pairs that all sets have."""
    if not sets:
        return {}
    first, *others = sets
    return {
        name: value
        for name, value in first.items()
        if all(other.get(name) == value for other in others)
    }
