"""Regular expressions as Go's RE2 reads them, compiled to Python's."""

from __future__ import annotations

import re
from functools import lru_cache

_POSIX = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7F",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1F\x7F",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_FOREIGN = re.compile(r"(?<!\\)(?:\\\\)*(\(\?(?:[=!#>(]|<[=!]|P[=>])|\\[1-9]|[*+?}]\+)")
_LONE_DOLLAR = re.compile(r"\$(\$|[A-Za-z0-9_]+|\{[A-Za-z0-9_]+\})")


@lru_cache(maxsize=4096)
def compile_anchored(pattern: str) -> re.Pattern[str]:
    """Compile a pattern that must match a whole value; `.` matches newlines too.

    Raises ValueError for what Go's syntax does not know: look-around and back-references.
    """
    foreign = _FOREIGN.search(pattern)
    if foreign:
        raise ValueError(f"invalid or unsupported syntax: `{foreign.group(1)}`")
    try:
        return re.compile(f"(?s:{_translated(pattern)})", re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"error parsing regexp: {error}: `{pattern}`") from error


def _translated(pattern: str) -> str:
    text = pattern.replace(r"\z", r"\Z").replace("(?<", "(?P<")
    for name, characters in _POSIX.items():
        text = text.replace(f"[:{name}:]", characters)
    flags = re.match(r"\(\?([imsU]+)\)", text)
    if flags and "U" not in flags.group(1):
        return f"(?{''.join(sorted(set(flags.group(1))))}:{text[flags.end() :]})"
    return text


def expand(template: str, match: re.Match[str]) -> str:
    """Go's Expand: $1, $name, ${name}; $$ is a dollar; an unknown group is empty.

    `$1x` names the group "1x", as in Go.
    """

    def one(found: re.Match[str]) -> str:
        name = found.group(1).strip("{}")
        if name == "$":
            return "$"
        try:
            return match.group(int(name) if name.isdigit() else name) or ""
        except (IndexError, ValueError):
            return ""

    return _LONE_DOLLAR.sub(one, template)
