"""Exceptions that spans and log records tell of, as error events: an OpenTelemetry-only
application has issues too. Pure.

Rule: docs/wire/otlp.md, "Exceptions".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b

from watchkeeper.ingest.pipeline.stack_texts import Frame, read_stack
from watchkeeper.model import person_id
from watchkeeper.privacy import Json

TYPE, MESSAGE, STACK, ESCAPED = (
    "exception.type",
    "exception.message",
    "exception.stacktrace",
    "exception.escaped",
)
_MAX_STACK = 64_000
_MAX_TEXT = 8_000
_NS_A_S = 1_000_000_000
_PLATFORMS = {
    "python": "python",
    "nodejs": "node",
    "webjs": "javascript",
    "java": "java",
    "go": "go",
    "dotnet": "csharp",
    "ruby": "ruby",
    "php": "php",
    "swift": "cocoa",
    "rust": "rust",
    "erlang": "elixir",
    "cpp": "native",
}
"""Sentry's platform by `telemetry.sdk.language`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """An exception and where it was told. ts_ns: Unix ns. level: Sentry's word.

    attributes: those that say what was raised, not scrubbed. around: of the span or log record,
    scrubbed; of `Surroundings`, fields that are not known are empty.
    """

    ts_ns: int
    attributes: Mapping[str, str]
    level: str
    trace_id: str
    span_id: str
    service: str
    environment: str
    release: str
    host: str
    transaction: str = ""
    user_key: str = ""
    logger: str = ""
    message: str = ""
    language: str = ""
    around: Mapping[str, str]


def tells_exception(attributes: Mapping[str, str]) -> bool:
    """True if attributes hold an exception."""
    return TYPE in attributes or (MESSAGE in attributes and STACK in attributes)


def error_events(raised: Iterable[Raised]) -> list[dict[str, Json]]:
    """Sentry events, one for each distinct exception of a trace, the longest stack of each.

    As an exception passes one span after the other each of them tells it, and a log line too.
    """
    found: dict[str, Raised] = {}
    for each in raised:
        event_id = _event_id(each)
        known = found.get(event_id)
        if known is None or _stack_size(known) < _stack_size(each):
            found[event_id] = each
    return [_event(event_id, each) for event_id, each in found.items()]


def _stack_size(raised: Raised) -> int:
    return len(raised.attributes.get(STACK, ""))


def _event_id(raised: Raised) -> str:
    """The same for the same exception of a trace, so that it and a retry count once."""
    where = raised.trace_id or f"{raised.service}\x1f{raised.host}\x1f{raised.ts_ns}"
    told = (where, raised.attributes.get(TYPE, ""), raised.attributes.get(MESSAGE, ""))
    return blake2b("\x1f".join(told).encode("utf-8", "replace"), digest_size=16).hexdigest()


def _event(event_id: str, raised: Raised) -> dict[str, Json]:
    event: dict[str, Json] = {
        "event_id": event_id,
        "timestamp": raised.ts_ns / _NS_A_S,
        "level": raised.level,
        "release": raised.release,
        "environment": raised.environment,
        "server_name": raised.host,
        "transaction": raised.transaction,
        "logger": raised.logger,
        "sdk": {"name": f"opentelemetry.{raised.language or 'unknown'}", "version": ""},
        "tags": _tags(raised),
        "extra": dict(raised.around),
    }
    if raised.trace_id:
        trace: dict[str, Json] = {"trace_id": raised.trace_id, "span_id": raised.span_id}
        event["contexts"] = {"trace": trace}
    if raised.user_key:
        event["user"] = {"id": person_id(raised.user_key)}
    if raised.message:
        event["logentry"] = {"formatted": raised.message[:_MAX_TEXT]}
    if request := _request(raised.around):
        event["request"] = request
    platform, values = _exceptions(raised)
    event["platform"] = platform or "other"
    event["exception"] = {"values": values}
    return {name: value for name, value in event.items() if value != ""}


def _exceptions(raised: Raised) -> tuple[str, list[Json]]:
    told = raised.attributes
    text = told.get(STACK, "")[:_MAX_STACK]
    platform, traces = read_stack(text, platform=_PLATFORMS.get(raised.language, ""))
    handled = told.get(ESCAPED, "").lower() != "true"
    values: list[Json] = [
        _exception(trace.type, trace.value, trace.frames, handled=handled) for trace in traces
    ]
    kind, message = told.get(TYPE, ""), told.get(MESSAGE, "")[:_MAX_TEXT]
    if not values:
        plain: Json = _exception(kind, message, [], handled=handled)
        values = [plain]
    elif isinstance(main := values[-1], dict):
        main["type"], main["value"] = kind or main["type"], message or main["value"]
    if text and not traces and isinstance(first := values[-1], dict):
        first["raw_stacktrace"] = text
    return platform, values


def _exception(kind: str, value: str, frames: list[Frame], *, handled: bool) -> dict[str, Json]:
    found: dict[str, Json] = {
        "type": kind,
        "value": value,
        "mechanism": {"type": "opentelemetry", "handled": handled},
    }
    if frames:
        found["stacktrace"] = {"frames": list(frames)}
    return found


def _tags(raised: Raised) -> dict[str, Json]:
    tags = {
        "service": raised.service,
        "http.method": _first(raised.around, ("http.request.method", "http.method")),
        "http.route": raised.around.get("http.route", ""),
        "otel.scope": raised.around.get("otel.scope.name", ""),
    }
    return {name: value for name, value in tags.items() if value}


def _request(around: Mapping[str, str]) -> dict[str, Json]:
    found: dict[str, Json] = {
        "method": _first(around, ("http.request.method", "http.method")),
        "url": _first(around, ("url.full", "http.url", "url.path", "http.target")),
    }
    return {name: value for name, value in found.items() if value}


def _first(attributes: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((attributes[name] for name in names if attributes.get(name)), "")
