"""The line a log record passes, whatever its protocol: named, timed, scrubbed, bounded. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from watchkeeper.ingest.pipeline.severities import (
    number_in_text,
    number_of_word,
    severity_name,
)
from watchkeeper.ingest.pipeline.trace_ids import span_id_of, trace_id_of
from watchkeeper.ingest.rows import LogRow
from watchkeeper.lib.clock import DAY_MS, MINUTE_MS, NS_A_MS
from watchkeeper.model import person_key
from watchkeeper.privacy import FILTERED, Scrubber

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}")
_LONGEST_NAME = 200
_LONGEST_FACT = 250

SERVICE_NAMES = ("service.name", "service", "service_name", "app", "application", "app_name")
_ENVIRONMENT = (
    "deployment.environment.name", "deployment.environment", "service.environment", "environment",
    "env",
)  # fmt: skip
_RELEASE = ("service.version", "release", "sentry.release", "app_version", "app.version")
_HOST = ("host.name", "hostname", "host", "host.hostname", "server.address", "MachineName")
_REQUEST = (
    "request_id", "requestId", "request.id", "req_id", "reqId", "req.id", "requestID", "RequestId",
    "http.request.id", "http.request_id", "x-request-id", "x_request_id", "X-Request-ID",
    "http.request.header.x-request-id", "request-id", "correlation_id", "correlationId",
    "correlation.id", "CorrelationId", "aws.request_id", "awsRequestId", "faas.invocation_id",
)  # fmt: skip
_TRACE = (
    "trace_id", "traceId", "trace.id", "traceID", "TraceId", "otelTraceID", "traceid",
    "logging.googleapis.com/trace", "sentry.trace.trace_id", "@tr",
)  # fmt: skip
_SPAN = (
    "span_id", "spanId", "span.id", "spanID", "SpanId", "otelSpanID", "spanid",
    "logging.googleapis.com/spanId", "sentry.trace.parent_span_id", "@sp",
)  # fmt: skip
_USER = ("user.id", "user_id", "userId", "enduser.id", "usr.id", "UserId", "uid")
_SESSION = ("session.id", "session_id", "sessionId")
_LEVEL = ("severity_text", "log.level", "level", "levelname", "severity")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLimits:
    """Bounds of one line; what is cut off is counted in the line's own attributes.

    oldest_ms: how far back a line may lie, as long as lines are kept; newest_ms: how far ahead.
    """

    body_characters: int = 32_768
    attributes: int = 128
    value_characters: int = 8_192
    oldest_ms: int = 7 * DAY_MS
    newest_ms: int = 10 * MINUTE_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class SentLog:
    """A log record as a protocol reads it; whatever is left empty is looked for in `attributes`.

    ts_ns: Unix ns UTC, 0 if the sender tells none. severity: the sender's word;
    severity_number: 1..24, 0 if the protocol has none. attributes: flat names and texts, those of
    the resource among them (`service.name`, `host.name`, …); what becomes a field of the row is
    taken out of them. trace_id, span_id: hex digits, in any case and with or without hyphens.
    source: otlp, sentry, json, syslog, loki, file, journald, statsd.
    """

    body: str
    source: str
    ts_ns: int = 0
    severity: str = ""
    severity_number: int = 0
    service: str = ""
    environment: str = ""
    release: str = ""
    host: str = ""
    trace_id: str = ""
    span_id: str = ""
    request_id: str = ""
    user_key: str = ""
    session_id: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


_DEFAULT_LIMITS = LogLimits()


def finish_log(
    sent: SentLog, *, received_ms: int, scrubber: Scrubber, limits: LogLimits = _DEFAULT_LIMITS
) -> LogRow:
    """The row to hand to `Acceptor.accept_logs`. Never raises for what a sender wrote.

    A time that lies further back or ahead than the limits becomes the time of receipt, and the
    sender's stays as the attribute `log.sent_time_ns`.
    """
    attributes = dict(sent.attributes)
    trace_id, span_id = _trace(sent, attributes)
    number = _severity(sent, attributes)
    fact = _Facts(attributes, scrubber)
    service = fact(sent.service, SERVICE_NAMES)
    host = fact(sent.host, _HOST)
    environment = fact(sent.environment, _ENVIRONMENT)
    release = fact(sent.release, _RELEASE)
    request_id = fact(sent.request_id, _REQUEST)
    user_key = fact(sent.user_key, _USER)
    session_id = fact(sent.session_id, _SESSION)
    ts_ms, nanos = _time(sent.ts_ns, received_ms, limits, attributes)
    body = _bounded_body(sent.body, limits, attributes)
    return LogRow(
        ts_ms=ts_ms,
        nanos=nanos,
        severity=severity_name(number),
        severity_number=number,
        service=service,
        environment=environment,
        release=release,
        host=host,
        body=scrubber.scrub_text(body),
        attributes=scrubber.scrub_attributes(_bounded(attributes, limits)),
        trace_id=trace_id,
        span_id=span_id,
        request_id=request_id if _REQUEST_ID.fullmatch(request_id) else "",
        user_key="" if FILTERED in user_key else person_key(user_key),
        session_id=session_id,
        source=sent.source,
    )


class _Facts:
    """Finds the fields of a row: as told, else the first of some attributes, which is taken out."""

    def __init__(self, attributes: dict[str, str], scrubber: Scrubber) -> None:
        self._attributes, self._scrubber = attributes, scrubber

    def __call__(self, told: str, names: tuple[str, ...]) -> str:
        attributes = self._attributes
        for name in () if told else names:
            if value := attributes.get(name):
                if len(value) <= _LONGEST_FACT:
                    del attributes[name]
                told = value
                break
        if not told:
            return ""
        return self._scrubber.scrub_text(told[:_LONGEST_FACT].strip().replace("\x00", ""))


def _trace(sent: SentLog, attributes: dict[str, str]) -> tuple[str, str]:
    """(trace id, span id) in lower case, empty where there is no valid one."""
    trace_id = _taken_id(sent.trace_id, _TRACE, trace_id_of, attributes)
    span_id = _taken_id(sent.span_id, _SPAN, span_id_of, attributes)
    if not trace_id and (found := _TRACEPARENT.fullmatch(attributes.get("traceparent", ""))):
        trace_id, span_id = trace_id_of(found[1]), span_id or span_id_of(found[2])
    return trace_id, span_id


def _taken_id(
    told: str,
    names: tuple[str, ...],
    id_of: Callable[[object], str],
    attributes: dict[str, str],
) -> str:
    """The id that is told, else one out of the attributes. Google writes `projects/P/traces/ID`."""
    if told and (valid := id_of(told.rpartition("/")[2])):
        return valid
    for name in names:
        value = attributes.get(name)
        if value and (valid := id_of(value.rpartition("/")[2])):
            del attributes[name]
            return valid
    return ""


def _severity(sent: SentLog, attributes: dict[str, str]) -> int:
    if 1 <= sent.severity_number <= 24:
        return sent.severity_number
    if sent.severity:
        return number_of_word(sent.severity)
    for name in _LEVEL:
        if number := number_of_word(attributes.get(name, "")):
            del attributes[name]
            return number
    return number_in_text(sent.body)


def _time(
    ts_ns: int, received_ms: int, limits: LogLimits, attributes: dict[str, str]
) -> tuple[int, int]:
    """(Unix ms, ns beyond)."""
    ts_ms, nanos = divmod(ts_ns, NS_A_MS)
    if ts_ns and received_ms - limits.oldest_ms <= ts_ms <= received_ms + limits.newest_ms:
        return ts_ms, nanos
    if ts_ns:
        attributes["log.sent_time_ns"] = str(ts_ns)
    return received_ms, 0


def _bounded_body(body: str, limits: LogLimits, attributes: dict[str, str]) -> str:
    body = body.rstrip("\r\n").replace("\x00", "")
    beyond = len(body) - limits.body_characters
    if beyond <= 0:
        return body
    attributes["log.cut_characters"] = str(beyond)
    return body[: limits.body_characters]


def _bounded(attributes: dict[str, str], limits: LogLimits) -> dict[str, str]:
    longest = limits.value_characters
    kept: dict[str, str] = {}
    beyond = len(attributes) - limits.attributes
    own = [name for name in attributes if name.startswith("log.")] if beyond > 0 else []
    for name in (*own, *attributes):
        if len(kept) >= limits.attributes:
            break
        value = attributes[name]
        if len(value) > longest:
            value = f"{value[:longest]}… ({len(value) - longest} more characters)"
        kept[name[:_LONGEST_NAME]] = value
    if beyond > 0:
        kept["log.dropped_attributes"] = str(beyond)
    return kept
