"""What may stand at a place of a search: fields, levels, values that are there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from watchkeeper.logs.counts import LogCounts
from watchkeeper.logs.language import FIELDS, LEVELS, Always, Field, FieldKind, field_named
from watchkeeper.model import TimeRange

_UNDER_CURSOR = re.compile(r'[^\s()"]*\Z')
_PLAIN = re.compile(r"[^\s()\"*\\:]+")
_VALUES = 200
_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """kind: field, value, operator. insert: goes in the place of the stretch. count: of lines."""

    label: str
    insert: str
    kind: str
    detail: str = ""
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Completions:
    """start, end: the stretch of the search, in characters, that an option replaces."""

    start: int
    end: int
    options: Sequence[Completion]


def completions(counts: LogCounts, span: TimeRange, text: str, position: int) -> Completions:
    """Options for the word that ends at `position`, from what the range's lines have."""
    position = max(0, min(position, len(text)))
    found = _UNDER_CURSOR.search(text, 0, position)
    word = found[0] if found else ""
    plain = word.lstrip("-!")
    name, colon, rest = plain.partition(":")
    field = field_named(name) if colon else None
    if field is not None:
        start = position - len(rest)
        return Completions(start=start, end=position, options=_values(counts, span, field, rest))
    start = position - len(plain)
    options = [*_fields(plain), *_attributes(counts, span, plain), *_operators(text, start, plain)]
    return Completions(start=start, end=position, options=options[: 2 * _SHOWN])


def _fields(typed: str) -> list[Completion]:
    named = [(each.name, each.detail) for each in FIELDS] + [("has", "the field is there")]
    return [
        Completion(label=name, insert=f"{name}:", kind="field", detail=detail)
        for name, detail in named
        if name.startswith(typed.lower())
    ]


def _attributes(counts: LogCounts, span: TimeRange, typed: str) -> list[Completion]:
    typed = typed.removeprefix("@").removeprefix("attr.").lower()
    names = counts.attributes(span, Always(), limit=_VALUES)
    return [
        Completion(label=f"attr.{name}", insert=f"attr.{name}:", kind="field", count=lines)
        for name, lines in names
        if typed in name.lower()
    ][:_SHOWN]


def _operators(text: str, start: int, typed: str) -> list[Completion]:
    if not text[:start].strip():
        return []
    return [
        Completion(label=word, insert=f"{word} ", kind="operator", detail=detail)
        for word, detail in (("AND", "both"), ("OR", "one of them"), ("NOT", "without"))
        if word.startswith(typed.upper())
    ]


def _values(counts: LogCounts, span: TimeRange, field: Field, typed: str) -> list[Completion]:
    if field.kind is FieldKind.LEVEL:
        return _levels(typed)
    if field.kind in {FieldKind.BODY, FieldKind.PATTERN, FieldKind.ID}:
        return []
    (facet,) = counts.facets(span, Always(), [field], limit=_VALUES)
    typed = typed.strip('"').lower()
    return [
        Completion(label=value, insert=_quoted(value), kind="value", count=lines)
        for value, lines in facet.values
        if value and typed in value.lower()
    ][:_SHOWN]


def _levels(typed: str) -> list[Completion]:
    sign = ">=" if typed.startswith(">") else ""
    typed = typed.lstrip(">=").lower()
    return [
        Completion(label=sign + level, insert=sign + level, kind="value")
        for level in reversed(LEVELS)
        if level.startswith(typed)
    ]


def _quoted(value: str) -> str:
    if _PLAIN.fullmatch(value) and value not in {"AND", "OR", "NOT"}:
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
