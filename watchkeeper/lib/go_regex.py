"""Regular expressions as Go reads them, matched in linear time by RE2.

What is plainly a text, a choice of texts, or a text before or behind anything is told without RE2.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

_MAX_MEMORY = 4 * 1024 * 1024
"""Bytes that one compiled expression may take, its automaton included."""
_KEPT = 128
"""Expressions that stay compiled; with _MAX_MEMORY this bounds what hostile ones can hold."""


class BadRegex(ValueError):
    """The pattern is not RE2; the text says why, worded as Go words it."""

    def __init__(self, reason: str, part: str) -> None:
        super().__init__(f"error parsing regexp: {reason}: `{part}`")


@dataclass(frozen=True, slots=True)
class Match:
    """groups: that of the whole match first; None for one that took no part."""

    groups: tuple[str | None, ...]
    names: dict[str, int]

    def group(self, name: int | str) -> str:
        """The text of a group by number or name; "" if it took no part. Raises IndexError."""
        if isinstance(name, str):
            if name not in self.names:
                raise IndexError(name)
            name = self.names[name]
        return self.groups[name] or ""


_Search = Callable[[bytes, int], list[tuple[int, int]] | None]
"""The spans of the match and its groups in the text from a position on; (-1, -1) for none."""


class GoRegex:
    """One compiled expression; thread-safe.

    values: the texts that it stands for, if it is a choice of texts; None if it is not.
    prefix: what every match begins with, as far as that is plain to see.
    """

    def __init__(self, pattern: str, *, anchored: bool) -> None:
        if any("\ud800" <= character <= "\udfff" for character in pattern):
            raise BadRegex("invalid UTF-8", pattern.encode("utf-8", "replace").decode())
        self.pattern = pattern
        self.values = _choices(pattern) if anchored else None
        self.prefix = _literal_prefix(pattern) if anchored and self.values is None else ""
        self._test = _simple_test(pattern, self.values) if anchored else None
        self._search: _Search | None = None
        self._names: dict[str, int] = {}
        if self._test is None:
            self._search, self._names = _compile(pattern, anchored=anchored)

    def matches(self, value: str) -> bool:
        """True if the value matches: all of it if the expression is anchored, else a part."""
        if self._search is None:
            return self._test is not None and self._test(value)
        return self._search(_bytes(value), 0) is not None

    def fullmatch(self, value: str) -> Match | None:
        """The match of the whole value with its groups; for anchored expressions."""
        if self._search is None:
            return self._whole_value(value) if self.matches(value) else None
        encoded = _bytes(value)
        spans = self._search(encoded, 0)
        return None if spans is None else self._match(encoded, spans)

    def search(self, value: str) -> Match | None:
        """The first match of a part of the value with its groups; for unanchored ones."""
        encoded = _bytes(value)
        spans = None if self._search is None else self._search(encoded, 0)
        return None if spans is None else self._match(encoded, spans)

    def _whole_value(self, value: str) -> Match:
        """What a simple pattern matches, and its group, if it has one, is all of the value."""
        in_group = self.pattern.startswith("(") and not self.pattern.startswith("(?:")
        return Match((value, value) if in_group else (value,), self._names)

    def sub(self, value: str, replacement: Callable[[Match], str]) -> str:
        """The value with every match replaced, as Go's ReplaceAllString; for unanchored ones."""
        encoded = _bytes(value)
        pieces: list[str] = []
        copied = searched = 0
        while self._search is not None and searched <= len(encoded):
            spans = self._search(encoded, searched)
            if spans is None:
                break
            start, end = spans[0]
            pieces.append(_text(encoded[copied:start]))
            if end > copied or start == 0:
                pieces.append(replacement(self._match(encoded, spans)))
            copied = end
            searched = max(end, searched + _width(encoded, searched))
        return "".join(pieces) + _text(encoded[copied:])

    def _match(self, value: bytes, spans: list[tuple[int, int]]) -> Match:
        groups = tuple(None if s < 0 else _text(value[s:e]) for s, e in spans)
        return Match(groups, self._names)


@lru_cache(maxsize=_KEPT)
def compile_anchored(pattern: str) -> GoRegex:
    """An expression that must match a whole value; `.` matches newlines too. Raises BadRegex."""
    return GoRegex(pattern, anchored=True)


@lru_cache(maxsize=_KEPT)
def compile_search(pattern: str) -> GoRegex:
    """An expression that is looked for anywhere, as Go's regexp.Compile. Raises BadRegex."""
    return GoRegex(pattern, anchored=False)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def _width(value: bytes, position: int) -> int:
    """Bytes of the character at a position."""
    width = 1
    while position + width < len(value) and value[position + width] & 0xC0 == 0x80:
        width += 1
    return width


_REASONS = {
    "invalid escape sequence": "invalid escape sequence",
    "invalid character class": "invalid character class",
    "invalid character class range": "invalid character class range",
    "missing ]": "missing closing ]",
    "missing )": "missing closing )",
    "unexpected )": "unexpected )",
    "trailing \\": "trailing backslash at end of expression",
    "no argument for repetition operator": "missing argument to repetition operator",
    "invalid repetition size": "invalid repeat count",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "invalid named capture group": "invalid named capture",
}
_ESCAPES = re.compile(r"\\Q.*?(?:\\E|$)|\\.", re.DOTALL)


def _compile(pattern: str, *, anchored: bool) -> tuple[_Search, dict[str, int]]:
    """The search function of a pattern and its named groups. Raises BadRegex."""
    import re2

    if r"\C" in _ESCAPES.findall(pattern):
        raise BadRegex("invalid escape sequence", r"\C")
    options = re2.Options()
    options.max_mem = _MAX_MEMORY
    options.log_errors = False
    options.dot_nl = anchored
    try:
        compiled = re2.compile(pattern.encode(), options)
    except re2.error as problem:
        raise _refusal(problem.args[0], pattern) from None
    find = compiled.fullmatch if anchored else compiled.search
    names = {_text(name): index for name, index in compiled.groupindex.items()}
    places = range(compiled.groups + 1)

    def search(text: bytes, start: int) -> list[tuple[int, int]] | None:
        found = find(text, start)
        return None if found is None else [found.span(place) for place in places]

    return search, names


def _refusal(reported: bytes | str, pattern: str) -> BadRegex:
    """RE2's complaint in Go's words."""
    text = _text(reported) if isinstance(reported, bytes) else reported
    reason, _, part = text.partition(": ")
    if reason.startswith("pattern too large"):
        return BadRegex("expression too large", f"{pattern[:40]}…")
    if reason == "trailing \\":
        part = ""
    return BadRegex(_REASONS.get(reason, reason), part)


_META = r"\\.+*?()|\[\]{}^$"
_LITERAL = rf"(?:[^{_META}]|\\[!-/:-@\[-`{{-~])*"
_ONE_LITERAL = re.compile(_LITERAL)
_CHOICE = re.compile(rf"{_LITERAL}(?:\|{_LITERAL})*")
_AROUND = re.compile(rf"(\.[*+])?({_LITERAL})(\.[*+])?")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_PLAIN_GROUP = re.compile(r"\((?:\?:)?([^()]*)\)")


def _unescaped(literal: str) -> str:
    return _ESCAPED.sub(r"\1", literal)


def _choices(pattern: str) -> frozenset[str] | None:
    """The texts that a pattern of the form `a|b` or `(a|b)` stands for."""
    inner = _PLAIN_GROUP.fullmatch(pattern)
    body = inner.group(1) if inner is not None else pattern
    if _CHOICE.fullmatch(body) is None:
        return None
    if "\\" not in body:
        return frozenset(body.split("|"))
    values: set[str] = set()
    position = 0
    while position <= len(body) and (part := _ONE_LITERAL.match(body, position)):
        values.add(_unescaped(part.group()))
        position = part.end() + 1
    return frozenset(values)


def _literal_prefix(pattern: str) -> str:
    """What every match begins with: the literal before the first operator."""
    match = _ONE_LITERAL.match(pattern)
    if match is None or "|" in pattern or not match.group():
        return ""
    literal, following = match.group(), pattern[match.end() : match.end() + 1]
    # Behind `(?)` and `\Q\E`, which are nothing, may stand an operator for what is before them.
    if following and following in "*?{(\\":
        literal = literal[:-2] if literal[-2:-1] == "\\" else literal[:-1]
    return _unescaped(literal)


def _simple_test(pattern: str, values: frozenset[str] | None) -> Callable[[str], bool] | None:
    """How a whole value is tested without RE2, if the pattern is simple enough."""
    if values is not None:
        return values.__contains__
    inner = _PLAIN_GROUP.fullmatch(pattern)
    around = _AROUND.fullmatch(inner.group(1) if inner is not None else pattern)
    if around is None:
        return None
    before, literal, after = around.group(1), _unescaped(around.group(2)), around.group(3)
    return _around_test(before or "", literal, after or "")


def _around_test(before: str, literal: str, after: str) -> Callable[[str], bool]:
    """`.*lit`, `lit.+`, `.*lit.+` and so on: `.+` wants a character more than `.*`."""
    least = len(literal) + (before == ".+") + (after == ".+")
    if not before:
        return lambda value: len(value) >= least and value.startswith(literal)
    if not after:
        return lambda value: len(value) >= least and value.endswith(literal)
    first, last = int(before == ".+"), int(after == ".+")
    return lambda value: len(value) >= least and value.find(literal, first, len(value) - last) >= 0


def expand(template: str, match: Match, *, most: int = 2**24) -> str:
    """Go's Expand: $1, $name, ${name}; $$ is a dollar; an unknown group is empty.

    `$1x` names the group "1x", as in Go. Raises ValueError beyond `most` characters.
    """
    left = most - len(template)

    def one(found: re.Match[str]) -> str:
        nonlocal left
        text = "$" if found.group(1) else _named(match, found.group(2) or found.group(3))
        left -= len(text)
        if left < 0:
            raise ValueError(f"the result is longer than {most} characters")
        return text

    return _REFERENCE.sub(one, template)


def _named(match: Match, name: str) -> str:
    try:
        return match.group(int(name) if name.isdecimal() else name)
    except (IndexError, ValueError):
        return ""


_REFERENCE = re.compile(r"\$(?:(\$)|\{(\w+)\}|(\w+))")
