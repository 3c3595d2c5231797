"""The tree of a search. Every node is a condition on one line."""

from __future__ import annotations

from dataclasses import dataclass

from watchkeeper.lib.search import Compare
from watchkeeper.logs.language.fields import Field, FieldKind

_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


@dataclass(frozen=True, slots=True)
class Always:
    """Every line."""


@dataclass(frozen=True, slots=True)
class Text:
    """The body has this, in any case, as whole words.

    text: in lower case. parts: its pieces between wildcards, in order; one if it has none.
    """

    parts: tuple[str, ...]

    @property
    def text(self) -> str:
        return "*".join(self.parts)


@dataclass(frozen=True, slots=True)
class Matches:
    """A field has this value, exactly; with wildcards where there are several parts."""

    field: Field
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Number:
    """An attribute that is a number and compares so."""

    field: Field
    operator: Compare
    value: float


@dataclass(frozen=True, slots=True)
class SeverityIn:
    """The severity is one of these."""

    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exists:
    """The field is there and not empty."""

    field: Field


@dataclass(frozen=True, slots=True)
class Not:
    """Lines for which the inner condition does not hold."""

    inner: Node


@dataclass(frozen=True, slots=True)
class And:
    """All of them hold."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One of them holds."""

    parts: tuple[Node, ...]


Node = Always | Text | Matches | Number | SeverityIn | Exists | Not | And | Or


def lowered(text: str) -> str:
    """The text as the engine's `lower` writes it, which knows no letters but A to Z."""
    return text.translate(_LOWER)


def columns_used(node: Node) -> frozenset[str]:
    """The columns that decide whether a line matches."""
    match node:
        case Always():
            return frozenset()
        case Text():
            return frozenset({"body"})
        case SeverityIn():
            return frozenset({"severity"})
        case Not(inner):
            return columns_used(inner)
        case And(parts) | Or(parts):
            return frozenset().union(*map(columns_used, parts))
        case Matches(field) | Exists(field) | Number(field):
            return frozenset({field.column})


def is_plain(node: Node) -> bool:
    """True if roll-ups by minute can answer: only their labels decide."""
    return columns_used(node) <= {
        "severity",
        "service",
        "environment",
        "host",
        "release",
        "source",
    }


def words_of(node: Node) -> list[str]:
    """What the body is searched for and must have, in lower case, to be marked in the answer."""
    match node:
        case Text(parts):
            return [part for part in parts if part]
        case Matches(field, parts) if field.kind is FieldKind.BODY:
            return [lowered(part) for part in parts if part]
        case And(parts) | Or(parts):
            return list(dict.fromkeys(word for part in parts for word in words_of(part)))
        case _:
            return []
