"""What loggers and collectors wrap round a line, taken off: the fields stand at the top. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import cast

import orjson

from watchkeeper.privacy import Json

Fields = dict[str, Json]

_CRI = re.compile(r"(\d{4}-\d\d-\d\dT\S{1,40}) (stdout|stderr) [FP] (.*)", re.DOTALL)
_MONGO_LEVELS = {"F": "fatal", "E": "error", "W": "warn", "I": "info"}


def opened(fields: Fields) -> Fields:
    """The object without its envelopes. Always a copy."""
    found = dict(fields)
    for open_one in _ENVELOPES:
        found = open_one(found)
    return found


def cri_parts(line: str) -> tuple[str, str, str] | None:
    """(time, stream, text) of a line in a file of a Kubernetes node; None of any other."""
    found = _CRI.fullmatch(line)
    return (found[1], found[2], found[3]) if found else None


def _bytes_message(fields: Fields) -> Fields:
    """journald tells a message that is no UTF-8, or has colours, as a list of bytes."""
    told = fields.get("MESSAGE")
    if isinstance(told, list) and all(isinstance(b, int) and 0 <= b < 256 for b in told):
        fields["MESSAGE"] = bytes(cast("list[int]", told)).decode("utf-8", "replace")
    return fields


def _inner_json(fields: Fields) -> Fields:
    """A JSON text as the line: Docker's files, journald, collectors."""
    for name in ("log", "message", "MESSAGE"):
        inner = fields.get(name)
        if isinstance(inner, str) and inner.lstrip()[:1] == "{":
            try:
                read = orjson.loads(inner)
            except orjson.JSONDecodeError:
                continue
            if isinstance(read, dict):
                return {**_without(fields, name), **read}
    return fields


def _payload(fields: Fields) -> Fields:
    """Google Cloud."""
    payload = fields.get("jsonPayload")
    return {**_without(fields, "jsonPayload"), **payload} if isinstance(payload, dict) else fields


def _tracing(fields: Fields) -> Fields:
    """Rust's tracing-subscriber puts the message among its `fields`."""
    inner = fields.get("fields")
    if isinstance(inner, dict) and isinstance(inner.get("message"), str):
        return {**inner, **_without(fields, "fields")}
    return fields


def _loguru(fields: Fields) -> Fields:
    """loguru's `serialize=True`: the text as printed, and the record behind it."""
    record = fields.get("record")
    if not isinstance(record, dict):
        return fields
    message = record.get("message")
    if not isinstance(message, str):
        return fields
    level, time, extra = record.get("level"), record.get("time"), record.get("extra")
    plain = _without(_without(record, "level"), "time")
    plain = _without(_without(plain, "extra"), "elapsed")
    if isinstance(level, dict):
        plain["level"] = level.get("name")
    if isinstance(time, dict):
        plain["time"] = time.get("timestamp")
    if (stack := _printed_stack(fields.get("text"), message)) is not None:
        raised = record.get("exception")
        plain["exception"] = {
            **(_without(raised, "traceback") if isinstance(raised, dict) else {}),
            "stacktrace": stack,
        }
    return {**plain, **(extra if isinstance(extra, dict) else {})}


def _printed_stack(text: object, message: str) -> str | None:
    """The traceback that loguru prints below the message: the record has but a flag of it."""
    if not isinstance(text, str):
        return None
    below = text.partition(f"{message}\n")[2].strip("\n")
    return below if "Traceback (most recent call last)" in below else None


def _mongo(fields: Fields) -> Fields:
    """mongod: `t` is a date of extended JSON, `s` a letter."""
    at = fields.get("t")
    if not (isinstance(at, dict) and "$date" in at):
        return fields
    letter = str(fields.get("s", ""))
    level = _MONGO_LEVELS.get(letter, "debug" if letter.startswith("D") else "")
    return {**_without(_without(fields, "t"), "s"), "time": at["$date"], "level": level}


def _gelf(fields: Fields) -> Fields:
    """GELF marks the fields of the application by an underscore."""
    if "short_message" not in fields:
        return fields
    return {name.removeprefix("_"): value for name, value in fields.items()}


def _context_map(fields: Fields) -> Fields:
    """log4j 2 keeps what the thread carries, request ids for one, in a map of its own."""
    context = fields.get("contextMap")
    if isinstance(context, dict):
        return {**context, **_without(fields, "contextMap")}
    return fields


def _without(fields: Fields, name: str) -> Fields:
    return {key: value for key, value in fields.items() if key != name}


_ENVELOPES: tuple[Callable[[Fields], Fields], ...] = (
    _bytes_message,
    _inner_json,
    _payload,
    _tracing,
    _loguru,
    _mongo,
    _gelf,
    _context_map,
)
"""In this order: a collector's envelope lies round the logger's."""
