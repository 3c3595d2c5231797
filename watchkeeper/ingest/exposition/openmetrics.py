"""OpenMetrics text, versions 1.0.0 and 0.0.1. Wire facts: docs/wire/exposition.md."""

from __future__ import annotations

import math
import re

from watchkeeper.ingest.exposition.series_text import (
    decoded,
    end_of_braces,
    read_labels,
    series_pairs,
    series_text,
    shown,
    unescaped,
)
from watchkeeper.ingest.exposition.text import unquoted
from watchkeeper.ingest.exposition.types import (
    BadExposition,
    ExemplarSample,
    Exposition,
    Learn,
    Memory,
)
from watchkeeper.ingest.exposition.values import read_float, read_floats, with_canonical_bounds

_COMMENT = re.compile(rb'# (HELP|TYPE|UNIT) ("(?:[^"\\]|\\.)*"|[^ ]+)(?: (.*))?', re.DOTALL)
_TAIL = re.compile(rb" ([^ ]+)(?: ([^ #][^ ]*))?(?: # (\{.*))?", re.DOTALL)
_EXEMPLAR_TAIL = re.compile(rb" ([^ ]+)(?: ([^ ]+))?")
_TYPES = ("counter", "gauge", "histogram", "gaugehistogram", "stateset", "info", "summary",
          "unknown")  # fmt: skip
_FURTHEST_S = 2**53


def parse_openmetrics(body: bytes, memory: Memory, learn: Learn) -> Exposition:
    """Read a body. Lines whose text before the value is known cost one dictionary look-up.

    Raises BadExposition naming the line, and whatever `learn` raises. Cost: O(bytes).
    """
    body, quoted = unquoted(body)
    found = Exposition(quoted=quoted)
    texts: list[bytes] = []
    add_number, add_text = found.numbers.append, texts.append
    get = memory.known.get
    for line in _lines(body):
        key, _, text = line.rpartition(b" ")
        number = get(key)
        if number is not None:
            add_number(number)
            add_text(text)
        elif not _read_known(line, memory, found, texts):
            _read_other(line, memory, learn, found, texts)
    found.values = read_floats(texts)
    return found


def _lines(body: bytes) -> list[bytes]:
    """All lines before `# EOF`."""
    whole = body[:-1] if body[-1:] == b"\n" else body
    if whole == b"# EOF":
        return []
    if not whole.endswith(b"\n# EOF"):
        raise BadExposition("data does not end with # EOF")
    return whole[: -len(b"\n# EOF")].split(b"\n")


def _read_known(line: bytes, memory: Memory, found: Exposition, texts: list[bytes]) -> bool:
    """Read a line of a known series with a timestamp or an exemplar; False if it is none."""
    head, mark, exemplar = line.partition(b" # ")
    key, _, value = head.rpartition(b" ")
    number, at = memory.known.get(key), b""
    if number is None:
        at = value
        key, _, value = key.rpartition(b" ")
        number = memory.known.get(key) if at else None
    if number is None or not value:
        return False
    if mark and memory.exemplars.get(key) != exemplar:
        if not exemplar.startswith(b"{"):
            return False
        found.exemplars.append(_exemplar(exemplar, number, line))
        memory.exemplars[key] = exemplar
    if at:
        found.timestamps[len(found.numbers)] = _millis(at)
    found.numbers.append(number)
    texts.append(value)
    return True


def _read_other(
    line: bytes, memory: Memory, learn: Learn, found: Exposition, texts: list[bytes]
) -> None:
    """A line that the look-up does not know: a comment, a new series, a timestamp, an exemplar."""
    if line[:1] == b"#":
        if line not in memory.comments:
            _read_comment(line, memory)
            memory.comments.add(line)
        return
    name, end = series_text(line)
    tail = _TAIL.fullmatch(line, end)
    if tail is None or line[:1] in (b" ", b"\t") or b"\t" in line[end:]:
        raise BadExposition(f"expected one space, a value and what may follow it: {shown(line)}")
    key = line[:end]
    number = memory.known.get(key)
    if number is None:
        number = learn(with_canonical_bounds(series_pairs(line, name, end), memory))
        memory.known[key] = number
    value, at, exemplar = tail.groups()
    read_float(value)
    if at is not None:
        found.timestamps[len(found.numbers)] = _millis(at)
    found.numbers.append(number)
    texts.append(value)
    if exemplar is not None and memory.exemplars.get(key) != exemplar:
        found.exemplars.append(_exemplar(exemplar, number, line))
        memory.exemplars[key] = exemplar


def _exemplar(text: bytes, number: int, line: bytes) -> ExemplarSample:
    """One exemplar, from its opening brace on."""
    end = end_of_braces(text, 1)
    named, pairs = read_labels(text, 1, end)
    tail = _EXEMPLAR_TAIL.fullmatch(text, end)
    if named or tail is None:
        raise BadExposition(f"expected labels and a value of an exemplar: {shown(line)}")
    labels = dict(pairs)
    if len(labels) != len(pairs):
        raise BadExposition(f"a label of an exemplar is set twice: {shown(line)}")
    value, at = tail.groups()
    ts_ms = None if at is None else _millis(at)
    return ExemplarSample(number, labels, read_float(value), ts_ms)


def _millis(seconds: bytes) -> int:
    at = read_float(seconds)
    if not math.isfinite(at):
        raise BadExposition(f'invalid timestamp "{seconds[:80].decode(errors="replace")}"')
    return round(max(-_FURTHEST_S, min(at, _FURTHEST_S)) * 1000)  # refused as too far, not here


def _read_comment(line: bytes, memory: Memory) -> None:
    if line == b"# EOF":
        raise BadExposition("unexpected data after # EOF")
    match = _COMMENT.fullmatch(line)
    if match is None or match.group(3) is None:
        raise BadExposition(f"expected HELP, TYPE or UNIT with a name and a text: {shown(line)}")
    kind, raw_name, rest = match.groups()
    raw_name = unescaped(raw_name[1:-1]) if raw_name[:1] == b'"' else raw_name
    name = decoded(raw_name, line)
    known_type, known_help, unit = memory.metadata.get(name, ("unknown", "", ""))
    if kind == b"TYPE":
        known_type = rest.decode(errors="replace")
        if known_type not in _TYPES:
            raise BadExposition(f'invalid metric type "{known_type}": {shown(line)}')
    elif kind == b"HELP":
        known_help = decoded(unescaped(rest), line)
    else:
        unit = decoded(rest, line)
        if unit and not name.endswith(f"_{unit}"):
            raise BadExposition(f'unit "{unit}" not a suffix of metric "{name}"')
    memory.metadata[name] = (known_type, known_help, unit)
