"""Completion of a search while it is typed: keys first, then values from the data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from watchkeeper.issues.repo import known_values
from watchkeeper.issues.search import KEYS, Key, Kind, Place, key_named
from watchkeeper.lib.errors import Invalid
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta

MOST = 20
_WORD = re.compile(r'(?:[^\s"]|"(?:[^"\\]|\\.)*"?)*\Z')
_KEYED = re.compile(r"([!-]?)((?:tags?\[[^\]\s]+\])|[A-Za-z_][\w.\-/]*):(.*)\Z", re.DOTALL)
_TAG = re.compile(r"tags?\[([^\]\s]+)\]\Z")
_PLAIN = re.compile(r"[^\s\"\[\],]+\Z")

_TIMES = ("-1h", "-24h", "-7d", "-14d", "+7d")
_NUMBERS = (">1", ">10", ">100", ">1000")
_EXTRA = {
    "assigned": ("me", "none"),
    "release": ("latest",),
    "first_release": ("latest",),
    "error.handled": ("yes", "no"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """text: what to write in place; count: events with the value in the range, if counted."""

    text: str
    label: str
    about: str
    kind: Literal["key", "tag", "value"]
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """start, end: the characters that a suggestion replaces."""

    start: int
    end: int
    suggestions: Sequence[Suggestion]


def complete(
    meta: Meta, columns: Columns, scope: Scope, text: str, at: int, span: TimeRange
) -> Completion:
    """What may stand at character `at`. Raises Invalid for a place outside the text."""
    if not 0 <= at <= len(text):
        raise Invalid(f"at must be 0..{len(text)}, got {at}.")
    found = _WORD.search(text[:at])
    word = found[0] if found else ""
    keyed = _KEYED.match(word)
    if keyed is None:
        typed = word.lstrip("!-")
        start = at - len(typed)
        return Completion(start=start, end=at, suggestions=_keys(columns, scope, typed, span))
    typed = keyed[3].lstrip("[").rpartition(",")[2].strip()
    suggestions = _values(meta, columns, scope, keyed[2], typed.strip('"'), span)
    return Completion(start=at - len(typed), end=at, suggestions=suggestions)


def _keys(columns: Columns, scope: Scope, typed: str, span: TimeRange) -> list[Suggestion]:
    known = [
        Suggestion(text=f"{key.name}:", label=key.name, about=key.about, kind="key")
        for key in KEYS
        if key.name != "tag" and _begins(typed, (key.name, *key.aliases))
    ]
    tags = [
        Suggestion(text=_tag_text(name), label=name, about="tag", kind="tag", count=count)
        for name, count in known_values.tag_names(columns, scope, span, typed, most=MOST)
    ]
    return [*known, *tags][: 2 * MOST]


def _tag_text(name: str) -> str:
    is_plain = re.match(r"[A-Za-z_][\w.\-/]*\Z", name) and key_named(name) is None
    return f"{name}:" if is_plain else f"tag[{name}]:"


def _values(
    meta: Meta, columns: Columns, scope: Scope, name: str, typed: str, span: TimeRange
) -> list[Suggestion]:
    tag = _TAG.match(name)
    key = None if tag else key_named(name)
    if key is None:
        found = known_values.tag_values(
            columns, scope, span, tag[1] if tag else name, typed, most=MOST
        )
        return [_value(text, count) for text, count in found]
    fixed = [_value(text, None) for text in _fixed(key) if _begins(typed, (text,))]
    return [*fixed, *_from_data(meta, columns, scope, key, typed, span)][:MOST]


def _fixed(key: Key) -> Iterable[str]:
    if key.kind is Kind.TIME:
        return _TIMES
    if key.kind is Kind.NUMBER:
        return _NUMBERS
    if key.name == "has":
        return [k.name for k in KEYS if k.kind is Kind.TEXT and k.name not in {"has", "tag"}]
    return key.values or _EXTRA.get(key.name, ())


def _from_data(
    meta: Meta, columns: Columns, scope: Scope, key: Key, typed: str, span: TimeRange
) -> Iterator[Suggestion]:
    if key.name == "has":
        for name, count in known_values.tag_names(columns, scope, span, typed, most=MOST):
            yield _value(name, count)
    elif key.place is Place.EVENTS and key.name in known_values.EVENT_FIELDS:
        for text, count in known_values.of_events(columns, scope, span, key.name, typed, most=MOST):
            yield _value(text, count)
    elif key.name in known_values.ISSUE_FIELDS and not key.values:
        with meta.read() as conn:
            for text in known_values.of_issues(conn, scope, key.name, typed, most=MOST):
                yield _value(text, None)


def _value(text: str, count: int | None) -> Suggestion:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    written = text if _PLAIN.match(text) else f'"{escaped}"'
    return Suggestion(text=f"{written} ", label=text, about="", kind="value", count=count)


def _begins(typed: str, names: Iterable[str]) -> bool:
    return any(name.lower().startswith(typed.lower()) for name in names)
