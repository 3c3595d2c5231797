"""`log` items as log lines."""

from __future__ import annotations

from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.pipeline import LogLimits, SentLog, finish_log
from watchkeeper.ingest.protocols.sentry.kept import Facts, Kept
from watchkeeper.ingest.protocols.sentry.values import (
    attributes_of,
    count_of,
    field,
    list_of,
    object_of,
    placed_ns,
    service_of,
    text_of,
)
from watchkeeper.lib.clock import DAY_MS

_LIMITS = LogLimits(oldest_ms=30 * DAY_MS)
"""`placed_ns` has put the time right before."""


def take_log(payload: dict[str, object], facts: Facts, kept: Kept) -> None:
    """A list of lines, or one."""
    sent = payload.get("items")
    for each in [payload] if sent is None else list_of(sent):
        line = object_of(each)
        if not isinstance(line.get("body"), str):
            kept.drops[Drop.MALFORMED] += 1
            continue
        kept.logs.append(
            finish_log(
                _line(line, facts),
                received_ms=facts.arrival.received_ms,
                scrubber=facts.scrubber,
                limits=_LIMITS,
            )
        )


def _line(line: dict[str, object], facts: Facts) -> SentLog:
    attributes = facts.people.in_attributes(attributes_of(line.get("attributes")))
    number = attributes.pop("sentry.severity_number", "") or line.get("severity_number")
    attributes.pop("sentry.severity_text", None)
    release = attributes.pop("sentry.release", "")
    return SentLog(
        body=text_of(line.get("body")),
        source="sentry",
        ts_ns=placed_ns(line.get("timestamp"), None, facts.arrival)[0],
        severity=field(line, "level"),
        severity_number=_number(number),
        service=attributes.pop("service.name", "") or service_of(release),
        environment=attributes.pop("sentry.environment", ""),
        release=release,
        host=attributes.pop("server.address", ""),
        trace_id=field(line, "trace_id"),
        span_id=field(line, "span_id") or attributes.pop("sentry.trace.parent_span_id", ""),
        attributes=attributes,
    )


def _number(sent: object) -> int:
    if isinstance(sent, str):
        return int(sent) if sent.isascii() and sent.isdigit() and len(sent) <= 2 else 0
    return count_of(sent, most=24)
