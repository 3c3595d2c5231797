"""Fields that a search may name, under every name that people give them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from watchkeeper.lib.search import attribute_named

LEVELS = ("trace", "debug", "info", "warn", "error", "fatal")
"""Severities in order of rank."""

_LEVEL_WORDS = {
    "warning": "warn", "err": "error", "critical": "fatal", "crit": "fatal", "panic": "fatal",
    "emerg": "fatal", "information": "info", "notice": "info",
}  # fmt: skip


class FieldKind(StrEnum):
    """How a field is compared."""

    LEVEL = "level"
    TEXT = "text"
    ID = "id"
    BODY = "body"
    PATTERN = "pattern"
    PERSON = "person"
    ATTRIBUTE = "attribute"


@dataclass(frozen=True, slots=True)
class Field:
    """One field. name: as a search writes it; column: of the table; key: of an attribute."""

    name: str
    kind: FieldKind
    column: str
    detail: str = ""
    key: str = ""


FIELDS = (
    Field("level", FieldKind.LEVEL, "severity", "trace, debug, info, warn, error, fatal"),
    Field("service", FieldKind.TEXT, "service", "who wrote it"),
    Field("environment", FieldKind.TEXT, "environment", "production, staging, …"),
    Field("host", FieldKind.TEXT, "host", "on which machine"),
    Field("release", FieldKind.TEXT, "release", "version of the service"),
    Field("source", FieldKind.TEXT, "source", "how it came: otlp, json, syslog, loki, file, …"),
    Field("trace", FieldKind.ID, "trace_id", "trace id, 32 hex digits"),
    Field("span", FieldKind.ID, "span_id", "span id, 16 hex digits"),
    Field("request", FieldKind.TEXT, "request_id", "request id"),
    Field("user", FieldKind.PERSON, "user_key", "id of a user"),
    Field("session", FieldKind.TEXT, "session_id", "id of a session"),
    Field("body", FieldKind.BODY, "body", "the line's text, also inside words"),
    Field("pattern", FieldKind.PATTERN, "pattern", "id of a pattern, 16 hex digits"),
)
_ALIASES = {
    "severity": "level", "severity_text": "level", "log.level": "level", "lvl": "level",
    "service.name": "service", "service_name": "service", "app": "service",
    "env": "environment", "deployment.environment": "environment",
    "deployment.environment.name": "environment", "service.environment": "environment",
    "host.name": "host", "hostname": "host",
    "version": "release", "service.version": "release",
    "trace_id": "trace", "traceid": "trace", "trace.id": "trace",
    "span_id": "span", "spanid": "span", "span.id": "span",
    "request_id": "request", "requestid": "request", "request.id": "request",
    "user_id": "user", "user.id": "user", "enduser.id": "user",
    "session_id": "session", "session.id": "session",
    "message": "body", "msg": "body",
}  # fmt: skip
_SHORT_FORMS = {"logger": "logger", "file": "log.file.path"}
"""Attributes that may be named without `attr.`."""
_BY_NAME = {field.name: field for field in FIELDS}


def field_named(name: str) -> Field | None:
    """The field that a search means by a name; None if it is none."""
    key = attribute_named(name)
    if key is not None:
        return _of_attribute(key)
    if name in _SHORT_FORMS:
        return attribute_field(_SHORT_FORMS[name])
    lower = name.lower()
    return _BY_NAME.get(_ALIASES.get(lower, lower))


def attribute_field(key: str) -> Field:
    """The field of an attribute, as it is stored."""
    return Field(f"attr.{key}", FieldKind.ATTRIBUTE, "attributes", key=key)


def level_of(word: str) -> str | None:
    """One of LEVELS for what people write; None if it is no level."""
    plain = word.lower()
    plain = _LEVEL_WORDS.get(plain, plain)
    return plain if plain in LEVELS else None


def _of_attribute(key: str) -> Field:
    """Attributes that became columns when they came in are looked for there."""
    promoted = _ALIASES.get(key)
    if promoted and ("." in key or "_" in key):
        return _BY_NAME[promoted]
    return attribute_field(key)
