"""Log lines as text or as JSON objects of any logger, as `SentLog`. Pure.

Names of pino, winston, bunyan, structlog, logrus, zap, Elastic's ECS, Google Cloud, Serilog, GELF,
journald and Docker's files are known; docs/wire/json-lines.md lists them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import orjson

from watchkeeper.ingest.pipeline.log_envelopes import cri_parts, opened
from watchkeeper.ingest.pipeline.logs import SERVICE_NAMES, SentLog
from watchkeeper.ingest.pipeline.severities import (
    number_of_level,
    number_of_python_level,
    number_of_word,
)
from watchkeeper.privacy import Json

_TIMES = (
    "@timestamp", "timestamp", "time", "ts", "@t", "datetime", "asctime", "Timestamp", "eventTime",
    "timeMillis", "date", "t", "_SOURCE_REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP", "created",
)  # fmt: skip
_BODIES = (
    "message", "msg", "event", "@m", "short_message", "MESSAGE", "Message", "textPayload", "body",
    "log", "text", "@mt", "RenderedMessage", "MessageTemplate",
)  # fmt: skip
_LEVELS = (
    "level", "severity", "log.level", "levelname", "@l", "lvl", "severityText", "log_level",
    "loglevel", "Level", "LogLevel", "PRIORITY", "levelno",
)  # fmt: skip
_CONTAINERS = (
    "kubernetes.labels.app.kubernetes.io/name", "kubernetes.labels.app",
    "kubernetes.container_name",
)  # fmt: skip
_NS = 1_000_000_000
_DEEPEST = 8
_MOST_FIELDS = 256
_LONGEST_NAME = 200
_FRACTION = re.compile(r"[.,](\d{1,9})\d*")
_LEADING_TIME = re.compile(
    r"\[?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)? ?(?:Z|[+-]\d\d:?\d\d))"
)
_HOLE = re.compile(r"\{[@$]?(\w+)[^{}]*\}")


def read_line(line: str, *, source: str) -> SentLog:
    """One line: a JSON object, or text. What only looks like JSON is text."""
    if line[:1] == "{" or line.lstrip()[:1] == "{":
        try:
            found = orjson.loads(line)
        except orjson.JSONDecodeError:
            found = None
        if isinstance(found, dict):
            return read_object(found, source=source)
    node = cri_parts(line)
    return _of_node(*node, source=source) if node else _plain(line, source)


def _plain(line: str, source: str) -> SentLog:
    return SentLog(body=line, source=source, ts_ns=_time_in(line))


def _of_node(time: str, stream: str, text: str, *, source: str) -> SentLog:
    """A container's line as a Kubernetes node keeps it; the container's own time wins."""
    sent = read_line(text, source=source) if cri_parts(text) is None else _plain(text, source)
    attributes = {"stream": stream, **sent.attributes}
    return replace(sent, ts_ns=sent.ts_ns or instant_ns(time), attributes=attributes)


def read_object(fields: dict[str, Json], *, source: str) -> SentLog:
    """One object of a logger. What is not time, level or message becomes an attribute."""
    fields = opened(fields)
    ts_ns = _taken_time(fields)
    number = _taken_level(fields)
    body = _taken_body(fields)
    whole = "" if body else orjson.dumps(fields).decode()
    sent = SentLog(
        body=body or whole,
        source=source,
        ts_ns=ts_ns,
        severity_number=number,
        attributes=flat(fields),
    )
    return _named(sent)


def flat(fields: dict[str, Json]) -> dict[str, str]:
    """Nested fields under dotted names; lists as JSON. Bounded in depth and number."""
    found: dict[str, str] = {}
    _flatten("", fields, found, 0)
    return found


def instant_ns(told: Json) -> int:
    """Unix ns of ISO 8601 text or of a number in s, ms, µs or ns, by its size; 0 if neither."""
    if isinstance(told, bool) or told is None:
        return 0
    if isinstance(told, int | float):
        return _of_number(told)
    if not isinstance(told, str):
        return 0
    text = told.strip()
    try:
        return _of_number(float(text)) if "." in text else _of_number(int(text))
    except (ValueError, OverflowError):
        return _of_text(text)


def _of_number(number: float) -> int:
    for below, factor in ((1e11, _NS), (1e14, 1_000_000), (1e17, 1_000), (1e19, 1)):
        if 0 < number < below:
            exact = number if isinstance(number, int) else Decimal(repr(number))
            return int(exact * factor)
    return 0


def _of_text(text: str) -> int:
    fraction = _FRACTION.search(text)
    nanos = int(fraction[1].ljust(9, "0")) if fraction else 0
    plain = _FRACTION.sub("", text, count=1) if fraction else text
    try:
        moment = datetime.fromisoformat(plain.replace(" Z", "Z").replace(" +", "+"))
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return int(moment.timestamp()) * _NS + nanos
    except (ValueError, OverflowError):
        return 0


def _time_in(line: str) -> int:
    """The time a line of text begins with, if that names its zone."""
    found = _LEADING_TIME.match(line)
    return _of_text(found[1]) if found else 0


def _taken_time(fields: dict[str, Json]) -> int:
    instant = fields.get("instant")
    if isinstance(instant, dict):  # log4j 2
        seconds, nanos = instant.get("epochSecond"), instant.get("nanoOfSecond", 0)
        if isinstance(seconds, int) and isinstance(nanos, int):
            del fields["instant"]
            return seconds * _NS + nanos
    for name in _TIMES:
        if name in fields and (found := instant_ns(fields[name])):
            del fields[name]
            return found
    return 0


def _taken_level(fields: dict[str, Json]) -> int:
    nested = fields.get("log")
    if isinstance(nested, dict) and isinstance(nested.get("level"), str):  # ECS, nested
        fields.setdefault("log.level", nested["level"])
        fields["log"] = {key: value for key, value in nested.items() if key != "level"}
    for name in _LEVELS:
        if name in fields and (number := _level(name, fields[name])):
            del fields[name]
            return number
    return 9 if "@t" in fields or "@mt" in fields or "@i" in fields else 0


def _level(name: str, told: Json) -> int:
    if isinstance(told, bool):
        return 0
    if isinstance(told, str):
        if not told.isdecimal():
            return number_of_word(told)
        told = int(told[:9])
    if not isinstance(told, int | float) or not math.isfinite(told):
        return 0
    return number_of_python_level(told) if name == "levelno" else number_of_level(told)


def _taken_body(fields: dict[str, Json]) -> str:
    for name in _BODIES:
        told = fields.get(name)
        if isinstance(told, str) and told:
            del fields[name]
            if name not in {"@mt", "MessageTemplate"}:
                return told
            values = fields.get("Properties")
            return _rendered(told, values if isinstance(values, dict) else fields)
    return ""


def _rendered(template: str, fields: Mapping[str, Json]) -> str:
    """Serilog's message template with its values."""

    def value(hole: re.Match[str]) -> str:
        return _text(fields[hole[1]]) if hole[1] in fields else hole[0]

    return _HOLE.sub(value, template)


def _named(sent: SentLog) -> SentLog:
    """bunyan and pino call the service `name`; systemd and Kubernetes have names of their own."""
    attributes = dict(sent.attributes)
    service, host = "", ""
    if "hostname" in attributes and "pid" in attributes:
        service = attributes.pop("name", "")
    if "_SYSTEMD_UNIT" in attributes or "SYSLOG_IDENTIFIER" in attributes:
        service = attributes.get("SYSLOG_IDENTIFIER") or attributes["_SYSTEMD_UNIT"]
        host = attributes.pop("_HOSTNAME", "")
    if "kubernetes.container_name" in attributes:
        host = host or attributes.get("kubernetes.host", "")
        if not any(name in attributes for name in SERVICE_NAMES):
            service = service or next(attributes[n] for n in _CONTAINERS if n in attributes)
    return replace(sent, service=service, host=host, attributes=attributes)


def _flatten(prefix: str, value: Json, found: dict[str, str], depth: int) -> None:
    if isinstance(value, dict) and value and depth < _DEEPEST:
        for key, inner in value.items():
            name = f"{prefix}.{key}" if prefix else str(key)
            _flatten(name[:_LONGEST_NAME], inner, found, depth + 1)
    elif (value or value in (0, False)) and len(found) < _MOST_FIELDS:
        found[prefix] = _text(value)


def _text(value: Json) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    return orjson.dumps(value).decode()
