"""A push request in either of its forms, as log lines. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

import orjson

from watchkeeper.ingest.pipeline import SentLog, instant_ns, read_line

MOST_LINES = 100_000
_NS = 1_000_000_000
_LABEL = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_.]*)\s*=\s*("(?:[^"\\]|\\.)*"|`[^`]*`)\s*(,|$)')
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", re.DOTALL)
_PLAIN = {"n": "\n", "t": "\t", "r": "\r"}
_SERVICE = ("service_name", "service", "app", "application", "container", "job", "unit")
_LEVEL = ("level", "detected_level", "severity", "severity_text")
_FILE = "filename"


class MalformedPush(Exception):
    """The body is no push request; the sentence says where."""


class TooManyLines(Exception):
    """A request holds more lines than one may."""


def read_json(body: bytes) -> list[SentLog]:
    """`{"streams": [{"stream": {…}, "values": [["ns", "line", {…}]]}]}`, or as before Loki 1.0:
    `{"streams": [{"labels": "{…}", "entries": [{"ts": "RFC 3339", "line": "…"}]}]}`."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MalformedPush(f"The body is no JSON: {error}.") from error
    streams = found.get("streams") if isinstance(found, dict) else None
    if not isinstance(streams, list):
        raise MalformedPush('The body has no list "streams".')
    return _bounded(
        line for number, stream in enumerate(streams) for line in _json_stream(stream, number)
    )


def read_protobuf(body: bytes) -> list[SentLog]:
    """`logproto.PushRequest`, unpacked."""
    try:
        return _bounded(
            line for number, stream in _fields(body) if number == 1 for line in _stream(stream)
        )
    except (IndexError, ValueError) as error:
        raise MalformedPush("The body is no logproto.PushRequest.") from error


def labels_of_text(text: str) -> dict[str, str]:
    """`{a="b", c="d"}`. Raises MalformedPush."""
    inner = text.strip()
    if not (inner.startswith("{") and inner.endswith("}")):
        raise MalformedPush(f"{text[:80]!r} are no labels.")
    inner, at = inner[1:-1], 0
    found: dict[str, str] = {}
    while inner[at:].strip():
        match = _LABEL.match(inner, at)
        if match is None:
            raise MalformedPush(f"{text[:80]!r} are no labels.")
        found[match[1]] = _unquoted(match[2])
        at = match.end()
    return found


def _json_stream(stream: object, number: int) -> Iterator[SentLog]:
    if isinstance(stream, dict) and "entries" in stream:
        yield from _older_stream(stream, number)
        return
    labels = stream.get("stream", {}) if isinstance(stream, dict) else None
    values = stream.get("values") if isinstance(stream, dict) else None
    if not isinstance(labels, dict) or not isinstance(values, list):
        raise MalformedPush(f"Stream {number} needs an object `stream` and a list `values`.")
    known = {str(name): str(value) for name, value in labels.items()}
    for at, value in enumerate(values):
        if not isinstance(value, list) or not 2 <= len(value) <= 3:
            raise MalformedPush(f"Value {at} of stream {number} must be [ns, line].")
        ns, line = value[0], value[1]
        more = value[2] if len(value) == 3 else {}
        is_time = isinstance(ns, str) and ns.lstrip("-").isdecimal() and len(ns) < 20
        if not is_time or not isinstance(line, str) or not isinstance(more, dict):
            raise MalformedPush(f"Value {at} of stream {number} must be [ns, line] as texts.")
        metadata = {str(name): str(told) for name, told in more.items()}
        yield _line(line, int(ns), known, metadata)


def _older_stream(stream: Mapping[str, object], number: int) -> Iterator[SentLog]:
    labels, entries = stream.get("labels", "{}"), stream["entries"]
    if not isinstance(labels, str) or not isinstance(entries, list):
        raise MalformedPush(f"Stream {number} needs a text `labels` and a list `entries`.")
    known = labels_of_text(labels)
    for at, entry in enumerate(entries):
        told = entry if isinstance(entry, dict) else {}
        ts, line = told.get("ts", told.get("timestamp")), told.get("line")
        ns = instant_ns(ts) if isinstance(ts, str) else 0
        if not ns or not isinstance(line, str):
            raise MalformedPush(f"Entry {at} of stream {number} needs `ts` and `line` as texts.")
        yield _line(line, ns, known, {})


def _stream(message: bytes) -> Iterator[SentLog]:
    labels = "{}"
    entries: list[bytes] = []
    for number, content in _fields(message):
        if number == 1:
            labels = content.decode("utf-8", "replace")
        elif number == 2:
            entries.append(content)
    known = labels_of_text(labels)
    for entry in entries:
        ns, line = 0, ""
        metadata: dict[str, str] = {}
        for number, content in _fields(entry):
            if number == 1:
                ns = _timestamp(content)
            elif number == 2:
                line = content.decode("utf-8", "replace")
            elif number == 3:
                pair = {n: c.decode("utf-8", "replace") for n, c in _fields(content)}
                metadata[pair.get(1, "")] = pair.get(2, "")
        yield _line(line, ns, known, metadata)


def _line(line: str, ns: int, labels: Mapping[str, str], metadata: Mapping[str, str]) -> SentLog:
    """A line is read as a logger wrote it; labels and metadata stand beside its fields."""
    sent = read_line(line, source="loki")
    told = {**labels, **{name: value for name, value in metadata.items() if name}}
    service = next((told.pop(name) for name in _SERVICE if told.get(name)), "")
    level = next((told.pop(name) for name in _LEVEL if told.get(name)), "")
    if file := told.pop(_FILE, ""):
        told["log.file.path"] = file
    return replace(
        sent,
        ts_ns=ns or sent.ts_ns,
        service=sent.service or service,
        severity=level if level != "unknown" and not sent.severity_number else "",
        attributes={**told, **sent.attributes},
    )


def _bounded(lines: Iterator[SentLog]) -> list[SentLog]:
    found: list[SentLog] = []
    for line in lines:
        if len(found) >= MOST_LINES:
            raise TooManyLines
        found.append(line)
    return found


def _timestamp(message: bytes) -> int:
    """google.protobuf.Timestamp as ns. Raises IndexError, ValueError."""
    at, seconds, nanos = 0, 0, 0
    while at < len(message):
        tag, at = _varint(message, at)
        value, at = _varint(message, at)
        if tag == 8:
            seconds = value if value < 1 << 63 else value - (1 << 64)
        elif tag == 16:
            nanos = value
    return seconds * _NS + nanos


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """(number, content) of the length-delimited fields; others are passed over."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        wire = tag & 7
        if wire == 2:
            length, at = _varint(message, at)
            if at + length > len(message):
                raise ValueError("a field goes past the end")
            yield tag >> 3, message[at : at + length]
            at += length
        elif wire == 0:
            at = _varint(message, at)[1]
        elif wire in {1, 5}:
            at += 8 if wire == 1 else 4
        else:
            raise ValueError("no such wire type")


def _varint(body: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    for place in range(at, at + 10):
        value |= (body[place] & 0x7F) << shift
        if body[place] < 0x80:
            return value & (2**64 - 1), place + 1
        shift += 7
    raise ValueError("a number has more than ten bytes")


def _unquoted(text: str) -> str:
    if text.startswith("`"):
        return text[1:-1]

    def plain(match: re.Match[str]) -> str:
        code = match[1]
        if len(code) > 1:
            return chr(int(code[1:], 16))
        return _PLAIN.get(code, code)

    return _ESCAPE.sub(plain, text[1:-1])
