"""The search field's text as terms. Pure; a text that cannot be read says where and why."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TypedDict

from watchkeeper.issues.search.errors import BadSearch
from watchkeeper.issues.search.keys import KEYS, Key, Kind, key_named
from watchkeeper.issues.search.lexer import Word, words
from watchkeeper.issues.search.terms import (
    Compare,
    Count,
    Flag,
    Has,
    Phrase,
    Search,
    Term,
    Text,
    Time,
)
from watchkeeper.lib.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS

LONGEST = 500
MOST_TERMS = 30
MOST_VALUES = 50
_TAG = re.compile(r"tags?\[([^\]\s]+)\]\Z")
_NUMBER = re.compile(r"(>=|<=|>|<|=)?(\d{1,12})([km]?)\Z", re.IGNORECASE)
_AGO = re.compile(r"([+-])(\d{1,6})([smhdw])\Z")
_DAY = re.compile(r"\d{4}-\d\d-\d\d\Z")
_SIZES = {"": 1, "k": 1_000, "m": 1_000_000}
_UNITS = {"s": SECOND_MS, "m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS, "w": 7 * DAY_MS}
_YES_NO = {"yes": "1", "true": "1", "1": "1", "no": "0", "false": "0", "0": "0"}
_HEX = re.compile(r"[0-9a-f*]+\Z")


class _Place(TypedDict):
    negated: bool
    start: int
    end: int


def parse(text: str, *, now_ms: int) -> Search:
    """Read a search; `-24h` is counted back from now_ms.

    Raises BadSearch, whose sentence says what is wrong and what was probably meant.
    """
    if len(text) > LONGEST:
        raise BadSearch(
            f"A search has at most {LONGEST} characters, this one has {len(text)}.",
            position=LONGEST,
        )
    terms: list[Term] = []
    for word in words(text):
        if word.key:
            terms.append(_term(word, now_ms))
        else:
            _add_text(terms, word)
        if len(terms) > MOST_TERMS:
            raise BadSearch(f"A search has at most {MOST_TERMS} terms.", position=word.start)
    return Search(terms=terms)


def _add_text(terms: list[Term], word: Word) -> None:
    """Neighbouring words are one phrase, unless one of them is negated or in quotes."""
    value = word.values[0]
    if value in {"OR", "AND", "(", ")"} and not word.quoted:
        raise BadSearch(
            f"{value} is not part of this language: terms must all hold, and key:[a, b] "
            f'means either. Put it in quotes to search for the text: "{value}".',
            position=word.start,
        )
    if not value:
        return
    before = terms[-1] if terms else None
    if isinstance(before, Phrase) and not (word.negated or word.quoted or before.negated):
        joined = f"{before.text} {value}"
        terms[-1] = Phrase(text=joined, start=before.start, end=word.end)
    else:
        terms.append(Phrase(text=value, negated=word.negated, start=word.start, end=word.end))


def _term(word: Word, now_ms: int) -> Term:
    tag = _TAG.match(word.key)
    if tag:
        return _text("tag", word, word.values, tag=tag[1])
    key = key_named(word.key)
    if key is None:
        return _text("tag", word, word.values, tag=word.key)
    if len(word.values) > MOST_VALUES:
        raise BadSearch(f"A list has at most {MOST_VALUES} values.", position=word.value_at)
    if key.name == "has":
        return _has(word)
    match key.kind:
        case Kind.FLAG:
            return Flag(name=_allowed(key, word, _one(key, word)), **_at(word))
        case Kind.NUMBER:
            return _count(key, word)
        case Kind.TIME:
            return _time(key, word, now_ms)
        case _:
            return _text(key.name, word, _checked(key, word))


def _at(word: Word) -> _Place:
    return {"negated": word.negated, "start": word.start, "end": word.end}


def _text(key: str, word: Word, values: Sequence[str], *, tag: str = "") -> Term:
    if tuple(values) == ("",):
        return Has(key=key, tag=tag, negated=not word.negated, start=word.start, end=word.end)
    return Text(key=key, patterns=tuple(values), tag=tag, **_at(word))


def _one(key: Key, word: Word) -> str:
    if len(word.values) != 1:
        raise BadSearch(f"{key.name}: takes one value, not a list.", position=word.value_at)
    return word.values[0]


def _has(word: Word) -> Term:
    name = word.values[0]
    tag = _TAG.match(name)
    if tag:
        return Has(key="tag", tag=tag[1], **_at(word))
    key = key_named(name)
    if key is None or key.name == "tag":
        return Has(key="tag", tag=name, **_at(word))
    if key.kind not in {Kind.TEXT, Kind.PART} or key.name == "has":
        raise BadSearch(f"has:{name} always holds: leave it out.", position=word.value_at)
    return Has(key=key.name, **_at(word))


def _checked(key: Key, word: Word) -> Sequence[str]:
    """The values as they are looked up."""
    if key.values:
        return [_allowed(key, word, value) for value in word.values]
    if key.name == "error.handled":
        return [_yes_or_no(word, value) for value in word.values]
    if key.name in {"trace", "id"}:
        return [_hex(key, word, value) for value in word.values]
    return word.values


def _allowed(key: Key, word: Word, value: str) -> str:
    lowered = value.lower()
    if lowered in key.values:
        return lowered
    if "*" in value and key.kind is not Kind.FLAG:
        return lowered
    close = get_close_matches(lowered, key.values, n=1)
    meant = f" Did you mean {key.name}:{close[0]}?" if close else ""
    raise BadSearch(
        f"{key.name}:{value} is not known; it takes {', '.join(key.values)}.{meant}",
        position=word.value_at,
    )


def _yes_or_no(word: Word, value: str) -> str:
    if value.lower() not in _YES_NO:
        raise BadSearch(f"{word.key}: takes yes or no, not {value}.", position=word.value_at)
    return _YES_NO[value.lower()]


def _hex(key: Key, word: Word, value: str) -> str:
    lowered = value.lower().replace("-", "")
    if not _HEX.match(lowered) or (len(lowered) != 32 and "*" not in lowered):
        raise BadSearch(
            f"{key.name}: takes 32 hex digits, or the first ones and a *.", position=word.value_at
        )
    return lowered


def _count(key: Key, word: Word) -> Count:
    found = _NUMBER.match(_one(key, word))
    if found is None:
        raise BadSearch(
            f"{key.name}: takes a number such as >100, <=5k or 3, not {word.values[0]}.",
            position=word.value_at,
        )
    number = int(found[2]) * _SIZES[found[3].lower()]
    return Count(key=key.name, compare=_compare(found[1] or "="), number=number, **_at(word))


def _time(key: Key, word: Word, now_ms: int) -> Time:
    value = _one(key, word)
    ago = _AGO.match(value)
    if ago:
        at_ms = max(0, now_ms - int(ago[2]) * _UNITS[ago[3]])
        compare: Compare = ">=" if ago[1] == "-" else "<="
        return Time(key=key.name, compare=compare, at_ms=at_ms, **_at(word))
    sign = re.match(r">=|<=|>|<|=", value)
    compare = _compare(sign[0] if sign else "=")
    at_ms, length_ms = _instant(key, word, value[sign.end() :] if sign else value)
    if compare in {">", "<="}:
        at_ms += max(0, length_ms - 1)  # after a day is after its last ms, up to a day includes it
    end_ms = at_ms + length_ms if compare == "=" else None
    return Time(key=key.name, compare=compare, at_ms=at_ms, end_ms=end_ms, **_at(word))


def _instant(key: Key, word: Word, text: str) -> tuple[int, int]:
    """(Unix ms, how many ms the text stands for)."""
    try:
        when = datetime.fromisoformat(text)
        if not when.tzinfo:
            when = when.replace(tzinfo=UTC)
        at_ms = int(when.timestamp() * SECOND_MS)
    except (ValueError, OverflowError) as error:
        raise BadSearch(
            f"{key.name}: takes -24h (since then), +7d (before then), >2026-11-01 or "
            f"<2026-11-01T12:00:00Z, not {text or 'nothing'}.",
            position=word.value_at,
        ) from error
    return max(0, at_ms), DAY_MS if _DAY.match(text) else SECOND_MS


def _compare(sign: str) -> Compare:
    found: dict[str, Compare] = {"=": "=", ">": ">", ">=": ">=", "<": "<", "<=": "<="}
    return found[sign]


def likely_keys(name: str) -> list[str]:
    """Keys that somebody may have meant who wrote the name of an unknown tag."""
    known = [spelling for key in KEYS for spelling in (key.name, *key.aliases)]
    return get_close_matches(name, known, n=1, cutoff=0.8)
