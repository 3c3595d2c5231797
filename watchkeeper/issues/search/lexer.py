"""Cuts a search into words with their places; quotes hold spaces together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from watchkeeper.issues.search.errors import BadSearch

_KEYED = re.compile(r"([!-]?)((?:tags?\[[^\]\s]+\])|[A-Za-z_][\w.\-/]*):(?!//)")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """`key:value` or free text. key: empty for free text. values: several for `key:[a, b]`.

    value_at: place of the value. quoted: it stood in quotes, so its signs mean nothing.
    """

    key: str
    values: tuple[str, ...]
    negated: bool
    quoted: bool
    start: int
    value_at: int
    end: int


def words(text: str) -> Iterator[Word]:
    """The words from left to right. Raises BadSearch for what is not closed."""
    at = 0
    while at < len(text):
        if space := _SPACE.match(text, at):
            at = space.end()
            continue
        word = _keyed(text, at) or _free(text, at)
        yield word
        at = word.end


def _keyed(text: str, at: int) -> Word | None:
    found = _KEYED.match(text, at)
    if found is None:
        return None
    value_at = found.end()
    if value_at == len(text) or text[value_at].isspace():
        return None  # "Error: no such file" is a text, not a key without a value
    if text[value_at] == "[":
        values, end = _list(text, value_at)
        quoted = False
    else:
        value, end, quoted = _value(text, value_at)
        values = (value,)
    return Word(
        key=found[2],
        values=values,
        negated=bool(found[1]),
        quoted=quoted,
        start=at,
        value_at=value_at,
        end=end,
    )


def _free(text: str, at: int) -> Word:
    negated = text[at] == "!" and at + 1 < len(text) and not text[at + 1].isspace()
    value_at = at + negated
    value, end, quoted = _value(text, value_at)
    return Word(
        key="",
        values=(value,),
        negated=negated,
        quoted=quoted,
        start=at,
        value_at=value_at,
        end=end,
    )


def _value(text: str, at: int) -> tuple[str, int, bool]:
    """(value, place after it, whether it stood in quotes)."""
    if text[at] == '"':
        value, end = _quoted(text, at)
        if end == len(text) or text[end].isspace():
            return value, end, True
    end = at
    while end < len(text) and not text[end].isspace():
        end += 1
    return text[at:end], end, False


def _quoted(text: str, at: int) -> tuple[str, int]:
    value: list[str] = []
    end = at + 1
    while end < len(text):
        if text[end] == "\\" and end + 1 < len(text) and text[end + 1] in '"\\':
            end += 1
        elif text[end] == '"':
            return "".join(value), end + 1
        value.append(text[end])
        end += 1
    raise BadSearch(f'The quote at character {at + 1} is not closed: add a ".', position=at)


def _list(text: str, at: int) -> tuple[tuple[str, ...], int]:
    """`[a, "b c"]`."""
    values: list[str] = []
    end = at + 1
    while end < len(text):
        if text[end] in ", \t":
            end += 1
        elif text[end] == "]":
            if not values:
                raise BadSearch("The list is empty: name at least one value.", position=at)
            return tuple(values), end + 1
        elif text[end] == '"':
            value, end = _quoted(text, end)
            values.append(value)
        else:
            start = end
            while end < len(text) and text[end] not in ",]":
                end += 1
            values.append(text[start:end].strip())
    raise BadSearch(f"The list at character {at + 1} is not closed: add a ].", position=at)
