"""RE2's syntax on Python's engine: whole-value matches, dot matches newline, ASCII classes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from watchkeeper.query.promql.errors import ExecutionError

MAX_PATTERN = 4096

_POSIX = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "ascii": r"\x00-\x7f", "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f", "digit": "0-9", "graph": "!-~", "lower": "a-z",
    "print": " -~", "punct": r"!-/:-@\[-`{-~", "space": r"\t\n\v\f\r ", "upper": "A-Z",
    "word": "0-9A-Za-z_", "xdigit": "0-9A-Fa-f",
}  # fmt: skip
_FLAGS = re.compile(r"\(\?([imsU]*)(?:-([imsU]+))?([:)])")
_NAMED = re.compile(r"\(\?P?<([A-Za-z_][A-Za-z0-9_]*)>")
_REPEAT = re.compile(r"\{([0-9]+)(,([0-9]*))?\}")
_KNOWN_ESCAPES = set("aftnrvdDsSwWbBAzxQ\\") | set(r".+*?()|[]{}^$-/ ,:;<>=!@#%&~'`\"" + "_")


class BadRegex(ValueError):
    """The pattern is not RE2; the text says why."""

    def __init__(self, reason: str, pattern: str) -> None:
        super().__init__(f"error parsing regexp: {reason}: `{pattern}`")


@dataclass(frozen=True, slots=True)
class WholeRegex:
    """Matches whole values, within a bound on backtracking.

    repeats: repetitions that may share a value out among them; nested: one holds a choice.
    """

    compiled: re.Pattern[str]
    repeats: int
    nested: bool

    def fullmatch(self, value: str) -> re.Match[str] | None:
        """The match of the whole value. Raises TooCostly where it could take for ever."""
        ways = 2.0 ** len(value) if self.nested else float(len(value)) ** max(self.repeats - 1, 0)
        if ways > _MOST_WAYS:
            raise TooCostly(self.compiled.pattern, value)
        return self.compiled.fullmatch(value)


class TooCostly(ExecutionError):
    """Matching this value with this pattern could take exponential time."""

    code = "promql_regex_too_costly"

    def __init__(self, pattern: str, value: str) -> None:
        super().__init__(
            f"matching a value of {len(value)} characters with the regular expression {pattern} "
            "may take too long; write it without nested repetitions"
        )


_MOST_WAYS = 2.0**24


@lru_cache(maxsize=1024)
def compile_whole(pattern: str) -> WholeRegex:
    """The pattern for whole values. Raises BadRegex."""
    if len(pattern) > MAX_PATTERN:
        raise BadRegex("expression is too long", pattern[:40] + "…")
    translation = _Translation(pattern)
    translated = translation.run()
    try:
        compiled = re.compile(translated, re.ASCII | re.DOTALL)
    except (re.error, OverflowError, RecursionError) as problem:
        raise BadRegex(str(problem), pattern) from None
    return WholeRegex(compiled, translation.repeats, translation.nested)


class _Translation:
    """One pass over a pattern; `open_groups` counts what inline flags opened inside each group."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.position = 0
        self.out: list[str] = []
        self.open_groups = [0]
        self.repeats = 0
        self.nested = False
        self._choices = [False]
        self._closed_choice = False

    def run(self) -> str:
        while self.position < len(self.pattern):
            character = self.pattern[self.position]
            if character not in "*+?{":
                self._closed_choice = False
            if character == "\\":
                self._escape()
            elif character == "[":
                self._set()
            elif character == "(":
                self._open()
            elif character == ")":
                self._close()
            elif character in "*+?{":
                self._repeat(character)
            else:
                self._choices[-1] |= character == "|"
                self._emit("\\Z" if character == "$" else character, 1)
        if len(self.open_groups) > 1:
            raise BadRegex("missing closing )", self.pattern)
        return "".join(self.out) + ")" * self.open_groups[0]

    def _emit(self, text: str, taken: int) -> None:
        self.out.append(text)
        self.position += taken

    def _escape(self) -> None:
        following = self.pattern[self.position + 1 : self.position + 2]
        if following == "Q":
            end = self.pattern.find("\\E", self.position)
            end = len(self.pattern) if end < 0 else end
            literal = self.pattern[self.position + 2 : end]
            self._emit(re.escape(literal), end + 2 - self.position)
        elif following == "z":
            self._emit("\\Z", 2)
        elif following in ("p", "P") or following not in _KNOWN_ESCAPES:
            raise BadRegex("invalid escape sequence", self.pattern)
        elif following == "x" and self.pattern.startswith("{", self.position + 2):
            self._braced_hex()
        else:
            self._emit("\\" + following, 2)

    def _braced_hex(self) -> None:
        end = self.pattern.find("}", self.position)
        try:
            character = chr(int(self.pattern[self.position + 3 : end], 16))
        except (ValueError, OverflowError):
            raise BadRegex("invalid escape sequence", self.pattern) from None
        self._emit(re.escape(character), end + 1 - self.position)

    def _set(self) -> None:
        """A bracket expression, copied; named classes written out, a literal `[` escaped."""
        start = self.position
        self._emit("[", 1)
        if self.pattern.startswith("^", self.position):
            self._emit("^", 1)
        first = True
        while self.position < len(self.pattern):
            character = self.pattern[self.position]
            if character == "]" and not first:
                self._emit("]", 1)
                return
            first = False
            self._set_member(character)
        raise BadRegex("missing closing ]", self.pattern[start:])

    def _set_member(self, character: str) -> None:
        named = re.match(r"\[:(\^?)([a-z]+):\]", self.pattern[self.position :])
        if named is not None and named.group(2) in _POSIX and not named.group(1):
            self._emit(_POSIX[named.group(2)], named.end())
        elif character == "\\":
            self._escape()
        elif character in "[]&|~":
            self._emit("\\" + character, 1)
        else:
            self._emit(character, 1)

    def _open(self) -> None:
        flags = _FLAGS.match(self.pattern, self.position)
        named = _NAMED.match(self.pattern, self.position)
        if named is not None:
            self.open_groups.append(0)
            self._choices.append(False)
            self._emit(f"(?P<{named.group(1)}>", named.end() - self.position)
        elif flags is not None:
            self._flags(flags)
        elif self.pattern.startswith("(?", self.position):
            raise BadRegex("invalid or unsupported Perl syntax", self.pattern)
        else:
            self.open_groups.append(0)
            self._choices.append(False)
            self._emit("(", 1)

    def _flags(self, match: re.Match[str]) -> None:
        """`(?i)` holds to the end of its group, so it becomes a group of its own."""
        on = "".join(flag for flag in match.group(1) if flag in "ims")
        off = "".join(flag for flag in match.group(2) or "" if flag in "ims" and flag not in on)
        if match.group(3) == ":":
            self.open_groups.append(0)
            self._choices.append(False)
        else:
            self.open_groups[-1] += 1
        self._emit(f"(?{on}{'-' + off if off else ''}:", match.end() - self.position)

    def _close(self) -> None:
        if len(self.open_groups) == 1:
            raise BadRegex("unexpected )", self.pattern)
        self._closed_choice = self._choices.pop()
        self._choices[-1] |= self._closed_choice
        self._emit(")" * (self.open_groups.pop() + 1), 1)

    def _repeat(self, character: str) -> None:
        taken, text = 1, character
        if character == "{":
            bounds = _REPEAT.match(self.pattern, self.position)
            if bounds is None:
                self._emit("\\{", 1)
                return
            if max(int(bounds.group(1)), int(bounds.group(3) or 0)) > 1000:
                raise BadRegex("invalid repeat count", self.pattern)
            taken, text = bounds.end() - self.position, bounds.group()
        if self.pattern.startswith("?", self.position + taken):
            taken, text = taken + 1, text + "?"
        if self.pattern[self.position + taken : self.position + taken + 1] in ("*", "+", "?"):
            raise BadRegex("invalid nested repetition operator", self.pattern)
        self.repeats += 1
        self.nested |= self._closed_choice and not text.startswith("?")
        self._choices[-1] = True
        self._closed_choice = False
        self._emit(text, taken)


def expand(match: re.Match[str], template: str) -> str:
    """Go's Regexp.Expand: `$1`, `${1}`, `$name`, `$$`; what names no group is empty."""
    return _REFERENCE.sub(lambda reference: _referenced(match, reference), template)


_REFERENCE = re.compile(r"\$(?:(\$)|\{([A-Za-z0-9_]+)\}|([A-Za-z0-9_]+))")


def _referenced(match: re.Match[str], reference: re.Match[str]) -> str:
    if reference.group(1):
        return "$"
    name = reference.group(2) or reference.group(3)
    try:
        return match.group(int(name) if name.isdigit() else name) or ""
    except (IndexError, OverflowError):
        return ""
