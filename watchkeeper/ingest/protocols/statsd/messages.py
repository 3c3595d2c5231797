"""DogStatsD events and service checks as log lines."""

from __future__ import annotations

from watchkeeper.ingest.pipeline import SentLog
from watchkeeper.ingest.protocols.statsd.naming import TagPolicy
from watchkeeper.ingest.protocols.statsd.parse import CheckLine, EventLine
from watchkeeper.lib.clock import NS_A_MS, SECOND_MS

_SEVERITY_OF_ALERT = {"error": "error", "warning": "warn", "info": "info", "success": "info"}
_SEVERITY_OF_STATUS = ("info", "warn", "error", "warn")
_STATUS = ("ok", "warning", "critical", "unknown")


def event_line(event: EventLine, policy: TagPolicy, now_ms: int) -> SentLog:
    """An event as the line `title` and, below it, its text; its source is the service."""
    tags = policy.labels(event.tags)
    own = {
        "event.title": event.title,
        "event.alert_type": event.alert_type,
        "event.priority": event.priority,
        "event.aggregation_key": event.key,
        "event.source": event.source,
    }
    return SentLog(
        source="statsd",
        ts_ns=_instant_ns(event.timestamp_s, now_ms),
        severity=_SEVERITY_OF_ALERT.get(event.alert_type, "info"),
        service="" if "service" in tags else event.source,
        host=event.host,
        body=f"{event.title}\n{event.text}" if event.text else event.title,
        attributes={**tags, **{name: value for name, value in own.items() if value}},
    )


def check_line(check: CheckLine, policy: TagPolicy, now_ms: int) -> SentLog:
    """What a service check says in words."""
    return SentLog(
        source="statsd",
        ts_ns=_instant_ns(check.timestamp_s, now_ms),
        severity=_SEVERITY_OF_STATUS[check.status],
        host=check.host,
        body=f"{check.name}: {check.message}",
        attributes={
            **policy.labels(check.tags),
            "check": check.name,
            "status": _STATUS[check.status],
        },
    )


def _instant_ns(timestamp_s: int | None, now_ms: int) -> int:
    """When it was, Unix ns; a sender's clock cannot put it into the future."""
    ts_ms = now_ms if timestamp_s is None else min(timestamp_s * SECOND_MS, now_ms)
    return ts_ms * NS_A_MS
