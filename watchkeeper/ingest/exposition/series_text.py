"""The part of a line that names a series, in both text formats."""

from __future__ import annotations

import re

from watchkeeper.ingest.exposition.types import BadExposition, Pairs

_NAME = re.compile(rb"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(rb'[ \t]*(?:([a-zA-Z_][a-zA-Z0-9_]*)|"((?:[^"\\\n]|\\.)*)")[ \t]*')
_QUOTED = re.compile(rb'"((?:[^"\\\n]|\\.)*)"[ \t]*')


def series_text(line: bytes) -> tuple[bytes, int]:
    """The metric name (empty if it stands in the braces) and where the series' text ends.

    Raises BadExposition.
    """
    start = len(line) - len(line.lstrip(b" \t"))
    match = _NAME.match(line, start)
    name, at = (match.group(), match.end()) if match else (b"", start)
    after = _skip_blanks(line, at)
    if line[after : after + 1] != b"{":
        if not name:
            raise BadExposition(f"expected a metric name: {shown(line)}")
        return name, at
    return name, end_of_braces(line, after + 1)


def end_of_braces(line: bytes, at: int) -> int:
    """Where braces that opened before `at` have closed. Raises BadExposition."""
    while True:
        quote, close = line.find(b'"', at), line.find(b"}", at)
        if close < 0:
            raise BadExposition(f"unclosed braces: {shown(line)}")
        if quote < 0 or close < quote:
            return close + 1
        match = _QUOTED.match(line, quote)
        if match is None:
            raise BadExposition(f"unclosed quotes: {shown(line)}")
        at = match.end()


def series_pairs(line: bytes, name: bytes, end: int) -> Pairs:
    """All labels of a series, its name first. Raises BadExposition."""
    at = line.find(b"{", 0, end) + 1
    named, pairs = read_labels(line, at, end) if at else (b"", [])
    if named and name:
        raise BadExposition(f"expected = after label {decoded(named, line)}: {shown(line)}")
    if named or name:
        pairs.insert(0, ("__name__", decoded(named or name, line)))
    names = [label for label, _ in pairs]
    if not pairs or names[0] != "__name__" or not pairs[0][1]:
        raise BadExposition(f"expected a metric name: {shown(line)}")
    if "" in names:
        raise BadExposition(f"a label has no name: {shown(line)}")
    if len(set(names)) != len(names):
        raise BadExposition(f"a label is set twice: {shown(line)}")
    return tuple(pairs)


def read_labels(line: bytes, at: int, end: int) -> tuple[bytes, list[tuple[str, str]]]:
    """The quoted metric name, if one stands there, and the labels between two braces.

    at: after the opening brace. end: after the closing one. Raises BadExposition.
    """
    named, pairs = b"", list[tuple[str, str]]()
    at = _skip_blanks(line, at)
    while at < end - 1:
        label = _LABEL.match(line, at, end)
        if label is None:
            raise BadExposition(f"expected a label name: {shown(line)}")
        plain, quoted = label.groups()
        key = plain if quoted is None else unescaped(quoted)
        if line[label.end() : label.end() + 1] == b"=":
            value = _QUOTED.match(line, _skip_blanks(line, label.end() + 1))
            if value is None:
                raise BadExposition(
                    f"expected a quoted value of label {decoded(key, line)}: {shown(line)}"
                )
            pairs.append((decoded(key, line), decoded(unescaped(value.group(1)), line)))
            at = value.end()
        elif quoted is not None and not named:
            named, at = key, label.end()
        else:
            raise BadExposition(f"expected = after label {decoded(key, line)}: {shown(line)}")
        at = _after_comma(line, at, end)
    return named, pairs


def _skip_blanks(line: bytes, at: int) -> int:
    while line[at : at + 1] in (b" ", b"\t"):
        at += 1
    return at


def _after_comma(line: bytes, at: int, end: int) -> int:
    at = _skip_blanks(line, at)
    if line[at : at + 1] == b",":
        return _skip_blanks(line, at + 1)
    if at == end - 1:
        return at
    raise BadExposition(f"expected a comma between labels: {shown(line)}")


def unescaped(text: bytes) -> bytes:
    r"""The text with `\\`, `\"` and `\n` undone."""
    if b"\\" not in text:
        return text
    return re.sub(rb'\\(n|\\|")', lambda m: b"\n" if m.group(1) == b"n" else m.group(1), text)


def decoded(raw: bytes, line: bytes) -> str:
    """UTF-8 text. Raises BadExposition."""
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise BadExposition(f"not valid UTF-8: {shown(line)}") from error


def shown(line: bytes) -> str:
    """The beginning of a line, for a message."""
    return line[:120].decode(errors="replace")
