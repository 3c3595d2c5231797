"""DogStatsD events and service checks as log lines."""

from __future__ import annotations

from watchkeeper.ingest.protocols.statsd.naming import TagPolicy
from watchkeeper.ingest.protocols.statsd.parse import CheckLine, EventLine
from watchkeeper.ingest.rows import LogRow
from watchkeeper.lib.clock import SECOND_MS

_SEVERITY_OF_ALERT = {"error": "error", "warning": "warning", "info": "info", "success": "info"}
_SEVERITY_OF_STATUS = ("info", "warning", "error", "warning")
_STATUS = ("ok", "warning", "critical", "unknown")


def event_row(event: EventLine, policy: TagPolicy, now_ms: int) -> LogRow:
    """An event as the line `title` and, below it, its text."""
    tags = policy.labels(event.tags)
    own = {
        "event.title": event.title,
        "event.alert_type": event.alert_type,
        "event.priority": event.priority,
        "event.aggregation_key": event.key,
        "event.source": event.source,
        "host": event.host,
    }
    return LogRow(
        ts_ms=_instant(event.timestamp_s, now_ms),
        severity=_SEVERITY_OF_ALERT.get(event.alert_type, "info"),
        service=tags.get("service", event.source),
        body=f"{event.title}\n{event.text}" if event.text else event.title,
        attributes={**tags, **{name: value for name, value in own.items() if value}},
    )


def check_row(check: CheckLine, policy: TagPolicy, now_ms: int) -> LogRow:
    """What a service check says in words."""
    tags = policy.labels(check.tags)
    own = {"check": check.name, "status": _STATUS[check.status], "host": check.host}
    return LogRow(
        ts_ms=_instant(check.timestamp_s, now_ms),
        severity=_SEVERITY_OF_STATUS[check.status],
        service=tags.get("service", ""),
        body=f"{check.name}: {check.message}",
        attributes={**tags, **{name: value for name, value in own.items() if value}},
    )


def _instant(timestamp_s: int | None, now_ms: int) -> int:
    """When it was; a sender's clock cannot put it into the future."""
    return now_ms if timestamp_s is None else min(timestamp_s * SECOND_MS, now_ms)
