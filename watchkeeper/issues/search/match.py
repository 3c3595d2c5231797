"""Whether one event fits a search: for rules that decide while events arrive."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from watchkeeper.issues.search.keys import Kind, key_named
from watchkeeper.issues.search.terms import Flag, Has, Phrase, Search, Term, Text
from watchkeeper.lib.search import BadSearch

Fields = Callable[[str, str], Sequence[str]]
"""(key, tag name) → the event's values; none when it has none."""

_LIFE_ONLY = frozenset({"severity", "assigned", "first_release", "trace", "id"})
_PHRASED = ("title", "type", "culprit", "message")


def check_for_events(search: Search) -> None:
    """Raises BadSearch for a term that asks about an issue's life, which one event cannot tell."""
    for term in search:
        if isinstance(term, Phrase):
            continue
        is_flag = isinstance(term, Flag) and term.name in {"handled", "unhandled"}
        is_text = isinstance(term, Text | Has) and term.key not in _LIFE_ONLY
        is_latest = isinstance(term, Text) and term.key == "release" and "latest" in term.patterns
        if not (is_flag or is_text) or is_latest:
            raise BadSearch(
                "A rule looks at one event: its type, message, level, tags, release, …; "
                "not at the state, counts or times of its issue.",
                position=term.start,
            )


def matches(search: Search, fields: Fields) -> bool:
    """True if every term holds for the event."""
    return all(_holds(term, fields) is not term.negated for term in search)


def _holds(term: Term, fields: Fields) -> bool:
    match term:
        case Flag():
            return ("1" if term.name == "handled" else "0") in fields("error.handled", "")
        case Has():
            return any(fields(term.key, term.tag))
        case Text():
            return _fits(term, fields(term.key, term.tag))
        case Phrase():
            text = term.text.lower()
            return any(text in value.lower() for key in _PHRASED for value in fields(key, ""))
        case _:
            return False


def _fits(term: Text, values: Sequence[str]) -> bool:
    key = key_named(term.key)
    anywhere = key is not None and key.kind is Kind.PART
    return any(
        fits(pattern, value, anywhere=anywhere) for pattern in term.patterns for value in values
    )


def fits(pattern: str, value: str, *, anywhere: bool = False) -> bool:
    """True if the pattern describes the value; with `*` or anywhere inside, case is ignored.

    Takes time in proportion to the lengths, whatever the pattern.
    """
    if "*" not in pattern:
        return pattern.lower() in value.lower() if anywhere else pattern == value
    first, *inner, last = (f"*{pattern}*" if anywhere else pattern).lower().split("*")
    text = value.lower()
    if not text.startswith(first) or not text.endswith(last):
        return False
    at = len(first)
    for part in inner:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return at <= len(text) - len(last)
