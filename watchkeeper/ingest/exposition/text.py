"""The Prometheus text format, versions 0.0.4 and 1.0.0. Wire facts: docs/wire/exposition.md."""

from __future__ import annotations

import json
import re

from watchkeeper.ingest.exposition.series_text import (
    decoded,
    series_pairs,
    series_text,
    shown,
    unescaped,
)
from watchkeeper.ingest.exposition.types import BadExposition, Exposition, Learn, Memory
from watchkeeper.ingest.exposition.values import read_float, read_floats, with_canonical_bounds

_TAIL = re.compile(rb"[ \t]*([^ \t]+)(?:[ \t]+(-?[0-9]{1,19}))?[ \t\r]*")
_COMMENT = re.compile(
    rb'#[ \t]+(HELP|TYPE|UNIT)[ \t]+("(?:[^"\\]|\\.)*"|[^ \t]+)(?:[ \t]+(.*))?', re.DOTALL
)
_TOO_LONG = 19
"""Digits of numbers that may not fit into 64 bits: those are checked."""
_FURTHEST_MS = 2**63
_TYPES = ("counter", "gauge", "histogram", "summary", "untyped", "unknown", "info", "stateset",
          "gaugehistogram")  # fmt: skip


def parse_text(body: bytes, memory: Memory, learn: Learn) -> Exposition:
    """Read a body. Lines whose text before the value is known cost one dictionary look-up.

    Raises BadExposition naming the line, and whatever `learn` raises. Cost: O(bytes).
    """
    body, quoted = unquoted(body)
    found = Exposition(quoted=quoted)
    texts: list[bytes] = []
    add_number, add_text = found.numbers.append, texts.append
    get = memory.known.get
    for line in body.split(b"\n"):
        key, _, text = line.rpartition(b" ")
        number = get(key)
        if number is not None:
            add_number(number)
            add_text(text)
            continue
        series, _, value = key.rpartition(b" ")
        number = get(series)
        if number is not None and value and text.isdigit() and len(text) < _TOO_LONG:
            found.timestamps[len(found.numbers)] = int(text)
            add_number(number)
            add_text(value)
        else:
            _read_other(line, memory, learn, found, texts)
    found.values = read_floats(texts)
    return found


def unquoted(body: bytes) -> tuple[bytes, bool]:
    """The text inside a body that is one JSON string, and whether it was one."""
    if body[:1] != b'"':
        return body, False
    try:
        text = json.loads(body)
        return (text.encode(), True) if isinstance(text, str) else (body, False)
    except ValueError:
        return body, False


def _read_other(
    line: bytes, memory: Memory, learn: Learn, found: Exposition, texts: list[bytes]
) -> None:
    """A line that the look-up does not know: a comment, or a new series."""
    start = line.lstrip(b" \t\r")
    if not start or line in memory.comments:
        return
    if start[:1] == b"#":
        _read_comment(start.rstrip(b"\r"), memory)
        memory.comments.add(line)
        return
    _read_sample(line, memory, learn, found, texts)


def _read_sample(
    line: bytes, memory: Memory, learn: Learn, found: Exposition, texts: list[bytes]
) -> None:
    name, end = series_text(line)
    tail = _TAIL.fullmatch(line, end)
    if tail is None:
        raise BadExposition(f"expected a value and nothing but a timestamp after it: {shown(line)}")
    key = line[:end].rstrip(b" \t")
    number = memory.known.get(key)
    if number is None:
        number = learn(with_canonical_bounds(series_pairs(line, name, end), memory))
        memory.known[key] = number
    value = tail.group(1).rstrip(b"\r")
    read_float(value)
    if tail.group(2):
        ts_ms = int(tail.group(2))
        if not -_FURTHEST_MS <= ts_ms < _FURTHEST_MS:
            raise BadExposition(f"the timestamp is out of range: {shown(line)}")
        found.timestamps[len(found.numbers)] = ts_ms
    found.numbers.append(number)
    texts.append(value)


def _read_comment(line: bytes, memory: Memory) -> None:
    match = _COMMENT.fullmatch(line)
    if match is None:
        return
    kind, raw_name, rest = match.groups()
    raw_name = unescaped(raw_name[1:-1]) if raw_name[:1] == b'"' else raw_name
    name = decoded(raw_name, line)
    known_type, known_help, unit = memory.metadata.get(name, ("unknown", "", ""))
    if kind == b"TYPE":
        told = (rest or b"").strip(b" \t").decode(errors="replace")
        if told not in _TYPES:
            raise BadExposition(f'"{told}" is not a metric type: {shown(line)}')
        known_type = "unknown" if told == "untyped" else told
    elif kind == b"HELP":
        known_help = decoded(unescaped(rest or b""), line)
    else:
        unit = decoded((rest or b"").strip(b" \t"), line)
    memory.metadata[name] = (known_type, known_help, unit)
