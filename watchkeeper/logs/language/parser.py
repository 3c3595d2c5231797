"""What a search of logs means: terms by the fields that they name."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from watchkeeper.lib import search
from watchkeeper.lib.search import BadSearch, Compare, Syntax, Term, Value
from watchkeeper.logs.language.fields import (
    LEVELS,
    Field,
    FieldKind,
    attribute_field,
    field_named,
    level_of,
)
from watchkeeper.logs.language.nodes import (
    Always,
    And,
    Exists,
    Matches,
    Node,
    Not,
    Number,
    Or,
    SeverityIn,
    Text,
    lowered,
)

_HAS = "has"
_RANKS: dict[Compare, Callable[[int, int], bool]] = {
    "=": lambda one, other: one == other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
}
_PATTERN_ID = re.compile(r"[0-9a-f]{16}")
_SYNTAX = Syntax(is_key=lambda name: name == _HAS or field_named(name) is not None)


def parse_search(text: str) -> Node:
    """The tree of a search; Always for an empty one. Raises BadSearch with a position."""
    return _meant(search.parse(text, _SYNTAX))


def _meant(node: search.Node) -> Node:
    match node:
        case search.Not(inner=inner):
            return Not(_meant(inner))
        case search.All(parts=()):
            return Always()
        case search.All(parts=(part,)):
            return _meant(part)
        case search.All(parts=parts):
            return And(tuple(map(_meant, parts)))
        case search.AnyOf(parts=parts):
            return Or(tuple(map(_meant, parts)))
        case Term():
            return _term(node)


def _term(term: Term) -> Node:
    if term.is_word:
        return _text(term.values[0])
    if term.key == _HAS:
        return _either(term, lambda value: Exists(_known(value.text, value.start)))
    return _either(term, partial(_value, _known(term.key, term.start)))


def _either(term: Term, read: Callable[[Value], Node]) -> Node:
    found = tuple(map(read, term.values))
    return found[0] if len(found) == 1 else Or(found)


def _known(name: str, position: int) -> Field:
    """The field of this name; one with a dot that is none is an attribute."""
    field = field_named(name)
    if field is None and search.is_dotted(name):
        return attribute_field(name)
    if field is None:
        raise search.no_such_key(name, position=position)
    return field


def _text(value: Value) -> Node:
    parts = tuple(lowered(part) for part in value.parts)
    if any(parts):
        return Text(parts)
    if not value.quoted:
        return Always()
    raise BadSearch(
        "There is nothing between these quotes; leave them out to search for all.",
        position=value.start,
    )


def _value(field: Field, value: Value) -> Node:
    """The condition that `field:value` means."""
    if value.is_anything:
        return Exists(field)
    sign, rest = search.comparison_of(value)
    match field.kind:
        case FieldKind.LEVEL:
            return _levels(value, sign or "=", rest)
        case FieldKind.ATTRIBUTE if sign:
            return Number(field, sign, _number(rest, value))
        case FieldKind.ID:
            parts = tuple(part.lower().replace("-", "") for part in value.parts)
            return Matches(field, parts)
        case FieldKind.PATTERN if not _PATTERN_ID.fullmatch(value.text.lower()):
            raise BadSearch("A pattern's id has 16 hex digits.", position=value.start)
        case _:
            return Matches(field, value.parts)


def _levels(value: Value, sign: Compare, word: str) -> Node:
    level = level_of(word)
    if level is None:
        raise BadSearch(
            f"There is no level {word[:40]!r}; levels are {', '.join(LEVELS)}.",
            position=value.start,
        )
    holds, rank = _RANKS[sign], LEVELS.index(level)
    return SeverityIn(tuple(each for at, each in enumerate(LEVELS) if holds(at, rank)))


def _number(text: str, value: Value) -> float:
    number = search.number_of(text)
    if number is None:
        raise BadSearch(
            f"{text[:40]!r} is no number to compare with; write for example >100, <=1.5 or >5k.",
            position=value.start,
        )
    return number
