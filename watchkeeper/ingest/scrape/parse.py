"""The Prometheus text format, version 0.0.4: bytes to samples. Pure.

Wire facts: docs/wire/exposition.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, MutableMapping, MutableSet
from dataclasses import dataclass, field

from watchkeeper.ingest.scrape.errors import BadExposition

Pairs = tuple[tuple[str, str], ...]
"""Label pairs as a target wrote them, `__name__` first; not sorted, empty ones included."""

DROPPED = -1
"""Number of a series that is known and not wanted."""

Learn = Callable[[Pairs], int]
"""Gives a new series its number, or DROPPED."""

_NAME = re.compile(rb"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(rb'[ \t]*(?:([a-zA-Z_][a-zA-Z0-9_]*)|"((?:[^"\\\n]|\\.)*)")[ \t]*')
_QUOTED = re.compile(rb'"((?:[^"\\\n]|\\.)*)"[ \t]*')
_TAIL = re.compile(rb"[ \t]*([^ \t]+)(?:[ \t]+(-?[0-9]+))?[ \t]*")
_NUMBER = re.compile(
    rb"[-+]?(?:inf(?:inity)?|nan|0x[0-9a-f.]+(?:p[-+]?[0-9]+)?|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?)",
    re.IGNORECASE,
)
_COMMENT = re.compile(rb"#[ \t]+(HELP|TYPE|UNIT)[ \t]+([^ \t]+)(?:[ \t]+(.*))?", re.DOTALL)
_TYPES = ("counter", "gauge", "histogram", "summary", "untyped", "unknown", "info", "stateset")


@dataclass(slots=True)
class Exposition:
    """One parsed body, as columns of equal length.

    numbers: what `learn` gave each series. timestamps: Unix ms by position, only where sent.
    quoted: the body was one JSON string that holds the text.
    """

    numbers: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    timestamps: dict[int, int] = field(default_factory=dict)
    quoted: bool = False


@dataclass(slots=True)
class Memory:
    """What one target's earlier bodies taught: text before the value to number, comments seen.

    metadata: metric name to (type, help, unit), changed as comments are read.
    """

    known: MutableMapping[bytes, int] = field(default_factory=dict)
    comments: MutableSet[bytes] = field(default_factory=set)
    metadata: dict[str, tuple[str, str, str]] = field(default_factory=dict)


def parse_exposition(body: bytes, memory: Memory, learn: Learn) -> Exposition:
    """Read a body. Lines whose text before the value is known cost one dictionary look-up.

    Raises BadExposition naming the line, and whatever `learn` raises. Cost: O(bytes).
    """
    body, quoted = _unquoted(body)
    found = Exposition(quoted=quoted)
    texts: list[bytes] = []
    add_number, add_text = found.numbers.append, texts.append
    get = memory.known.get
    lines = body.split(b"\n")
    for line in lines:
        key, _, text = line.rpartition(b" ")
        number = get(key)
        if number is None:
            _read_new(line, memory, learn, found, texts)
        else:
            add_number(number)
            add_text(text)
    found.values = _floats(texts)
    return found


def _unquoted(body: bytes) -> tuple[bytes, bool]:
    if body[:1] != b'"':
        return body, False
    try:
        text = json.loads(body)
    except ValueError:
        return body, False
    return text.encode(), True


def _floats(texts: list[bytes]) -> list[float]:
    try:
        values = list(map(float, texts))
    except ValueError:
        values = [_number(text) for text in texts]
    if b"_" in b"".join(texts):  # Python's float() takes 1_000; the format does not
        values = [_number(text) for text in texts]
    return values


def _number(text: bytes) -> float:
    if not _NUMBER.fullmatch(text):
        raise BadExposition(f'"{_shown(text)}" is not a number')
    if b"x" in text.lower():
        return float.fromhex(text.decode())
    return float(text)


def _read_new(
    line: bytes, memory: Memory, learn: Learn, found: Exposition, texts: list[bytes]
) -> None:
    """A line that the look-up does not know: a comment, a new series, or one with a timestamp."""
    start = line.lstrip(b" \t")
    if not start or line in memory.comments:
        return
    if start[:1] == b"#":
        _read_comment(start, memory)
        memory.comments.add(line)
        return
    name, end = _series_text(line)
    tail = _TAIL.fullmatch(line, end)
    if tail is None:
        raise BadExposition(
            f"expected a value and nothing but a timestamp after it: {_shown(line)}"
        )
    key = line[:end].rstrip(b" \t")
    number = memory.known.get(key)
    if number is None:
        number = learn(_pairs(line, name, end))
        memory.known[key] = number
    value = tail.group(1)
    _number(value)
    if tail.group(2):
        found.timestamps[len(found.numbers)] = int(tail.group(2))
    found.numbers.append(number)
    texts.append(value)


def _series_text(line: bytes) -> tuple[bytes, int]:
    """The metric name (empty if it stands in the braces) and where the series' text ends."""
    start = len(line) - len(line.lstrip(b" \t"))
    match = _NAME.match(line, start)
    name, at = (match.group(), match.end()) if match else (b"", start)
    after = len(line) - len(line[at:].lstrip(b" \t"))
    if line[after : after + 1] != b"{":
        if not name:
            raise BadExposition(f"expected a metric name: {_shown(line)}")
        return name, at
    return name, _end_of_braces(line, after + 1)


def _end_of_braces(line: bytes, at: int) -> int:
    while True:
        quote, close = line.find(b'"', at), line.find(b"}", at)
        if close < 0:
            raise BadExposition(f"unclosed braces: {_shown(line)}")
        if quote < 0 or close < quote:
            return close + 1
        match = _QUOTED.match(line, quote)
        if match is None:
            raise BadExposition(f"unclosed quotes: {_shown(line)}")
        at = match.end()


def _pairs(line: bytes, name: bytes, end: int) -> Pairs:
    at = line.find(b"{", 0, end) + 1
    pairs: list[tuple[str, str]] = [("__name__", _text(name, line))] if name else []
    while at and line[at : end - 1].strip(b" \t"):
        label = _LABEL.match(line, at, end)
        if label is None:
            raise BadExposition(f"expected a label name: {_shown(line)}")
        plain, quoted = label.groups()
        key = _text(plain if quoted is None else _unescaped(quoted), line)
        if line[label.end() : label.end() + 1] == b"=":
            value = _QUOTED.match(line, _skip_blanks(line, label.end() + 1))
            if value is None:
                raise BadExposition(f"expected a quoted value of label {key}: {_shown(line)}")
            pairs.append((key, _text(_unescaped(value.group(1)), line)))
            at = value.end()
        elif quoted is not None and not name:
            name = quoted
            pairs.insert(0, ("__name__", key))
            at = label.end()
        else:
            raise BadExposition(f"expected = after label {key}: {_shown(line)}")
        at = _after_comma(line, at, end)
    return _checked(pairs, line)


def _checked(pairs: list[tuple[str, str]], line: bytes) -> Pairs:
    names = [name for name, _ in pairs]
    if not pairs or names[0] != "__name__" or not pairs[0][1]:
        raise BadExposition(f"expected a metric name: {_shown(line)}")
    if len(set(names)) != len(names):
        raise BadExposition(f"a label is set twice: {_shown(line)}")
    return tuple(pairs)


def _skip_blanks(line: bytes, at: int) -> int:
    while line[at : at + 1] in (b" ", b"\t"):
        at += 1
    return at


def _after_comma(line: bytes, at: int, end: int) -> int:
    at = _skip_blanks(line, at)
    if line[at : at + 1] == b",":
        return at + 1
    if at == end - 1:
        return at
    raise BadExposition(f"expected a comma between labels: {_shown(line)}")


def _read_comment(line: bytes, memory: Memory) -> None:
    match = _COMMENT.fullmatch(line)
    if match is None:
        return
    kind, raw_name, rest = match.groups()
    name = _text(raw_name.strip(b'"'), line)
    known_type, known_help, unit = memory.metadata.get(name, ("unknown", "", ""))
    if kind == b"TYPE":
        told = (rest or b"").strip(b" \t").decode(errors="replace")
        if told not in _TYPES:
            raise BadExposition(f'"{told}" is not a metric type: {_shown(line)}')
        known_type = "unknown" if told == "untyped" else told
    elif kind == b"HELP":
        known_help = _text(_unescaped(rest or b""), line)
    else:
        unit = _text((rest or b"").strip(b" \t"), line)
    memory.metadata[name] = (known_type, known_help, unit)


def _unescaped(text: bytes) -> bytes:
    if b"\\" not in text:
        return text
    return re.sub(rb'\\(n|\\|")', lambda m: b"\n" if m.group(1) == b"n" else m.group(1), text)


def _text(raw: bytes, line: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise BadExposition(f"not valid UTF-8: {_shown(line)}") from error


def _shown(line: bytes) -> str:
    return line[:120].decode(errors="replace")
