"""What a search of issues means. Pure; a text that cannot be read says where and why."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TypedDict

from watchkeeper.issues.search.keys import KEYS, Key, Kind, key_named
from watchkeeper.issues.search.terms import Count, Flag, Has, Phrase, Search, Term, Text, Time
from watchkeeper.lib import search
from watchkeeper.lib.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from watchkeeper.lib.search import BadSearch, Value

LONGEST = 500
MOST_TERMS = 30
MOST_VALUES = 50
_MOST_COUNTED = 10**15
_TAG = re.compile(r"tags?\[([^\]]+)\]\Z")
_AGO = re.compile(r"([+-])(\d{1,6})([smhdw])\Z")
_DAY = re.compile(r"\d{4}-\d\d-\d\d\Z")
_UNITS = {"s": SECOND_MS, "m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS, "w": 7 * DAY_MS}
_YES_NO = {"yes": "1", "true": "1", "1": "1", "no": "0", "false": "0", "0": "0"}
_HEX = re.compile(r"[0-9a-f*]+\Z")
_SYNTAX = search.Syntax(
    is_key=lambda name: key_named(name) is not None,
    most_characters=LONGEST,
    most_terms=MOST_TERMS,
)


class _Place(TypedDict):
    start: int
    end: int


def parse(text: str, *, now_ms: int) -> Search:
    """Read a search; `-24h` is counted back from now_ms.

    Raises BadSearch, whose sentence says what is wrong and what was probably meant.
    """
    terms: list[Term] = []
    for part in search.parse(text, _SYNTAX).parts:
        if search.plural_words(part):
            _add_words(terms, part, text)
        else:
            terms += _terms(part, now_ms)
    return Search(terms=terms)


def _add_words(terms: list[Term], part: search.Node, text: str) -> None:
    """Neighbouring words are one phrase, which may hold parentheses."""
    if isinstance(part, search.Term):
        words = part.values[0].text
    elif isinstance(part, search.All):
        words = " ".join(text[part.start : part.end].split())
    else:
        return
    start, end = part.start, part.end
    before = terms[-1] if terms else None
    if isinstance(before, Phrase) and not (before.negated or before.quoted):
        terms[-1] = replace(before, text=f"{before.text} {words}", end=end)
    else:
        terms.append(Phrase(text=words, start=start, end=end))


def _terms(part: search.Node, now_ms: int) -> Iterator[Term]:
    for term, negated in search.side_by_side(part):
        meant = _meant(term, now_ms)
        if meant is not None:
            yield replace(meant, negated=meant.negated != negated)


def _meant(term: search.Term, now_ms: int) -> Term | None:
    """The term as if it were not negated; None for empty quotes, which say nothing."""
    if term.is_word:
        value = term.values[0]
        phrase = Phrase(text=value.text, quoted=value.quoted, **_at(term))
        return phrase if value.text else None
    if len(term.values) > MOST_VALUES:
        raise BadSearch(f"A list has at most {MOST_VALUES} values.", position=term.value_at)
    tag = _TAG.match(term.key)
    key = None if tag else key_named(term.key)
    if key is None or key.name == "tag":
        return _text("tag", term, _texts(term), tag=tag[1] if tag else term.key)
    if key.name == "has":
        return _has(term)
    match key.kind:
        case Kind.FLAG:
            return Flag(name=_allowed(key, _one(term)), **_at(term))
        case Kind.NUMBER:
            return _count(key, term)
        case Kind.TIME:
            return _time(key, term, now_ms)
        case _:
            return _text(key.name, term, _checked(key, term))


def _at(term: search.Term) -> _Place:
    return {"start": term.start, "end": term.end}


def _texts(term: search.Term) -> tuple[str, ...]:
    return tuple(value.text for value in term.values)


def _text(key: str, term: search.Term, values: Sequence[str], *, tag: str = "") -> Term:
    if tuple(values) == ("",):
        return Has(key=key, tag=tag, negated=True, **_at(term))
    if len(term.values) == 1 and term.values[0].is_anything:
        return Has(key=key, tag=tag, **_at(term))
    return Text(key=key, patterns=tuple(values), tag=tag, **_at(term))


def _one(term: search.Term) -> Value:
    if len(term.values) != 1:
        raise BadSearch(f"{term.key}: takes one value, not a list.", position=term.value_at)
    return term.values[0]


def _has(term: search.Term) -> Term:
    name = _one(term).text
    tag = _TAG.match(name)
    if tag:
        return Has(key="tag", tag=tag[1], **_at(term))
    key = key_named(name)
    if key is None or key.name == "tag":
        return Has(key="tag", tag=name, **_at(term))
    if key.kind not in {Kind.TEXT, Kind.PART} or key.name == "has":
        raise BadSearch(f"has:{name} always holds: leave it out.", position=term.value_at)
    return Has(key=key.name, **_at(term))


def _checked(key: Key, term: search.Term) -> Sequence[str]:
    """The values as they are looked up."""
    if key.values:
        return [_allowed(key, value) for value in term.values]
    if key.name == "error.handled":
        return [_yes_or_no(value) for value in term.values]
    if key.name in {"trace", "id"}:
        return [_hex(key, value) for value in term.values]
    return _texts(term)


def _allowed(key: Key, value: Value) -> str:
    lowered = value.text.lower()
    if lowered in key.values:
        return lowered
    if "*" in lowered and key.kind is not Kind.FLAG:
        return lowered
    close = get_close_matches(lowered, key.values, n=1)
    meant = f" Did you mean {key.name}:{close[0]}?" if close else ""
    raise BadSearch(
        f"{key.name}:{value.text} is not known; it takes {', '.join(key.values)}.{meant}",
        position=value.start,
    )


def _yes_or_no(value: Value) -> str:
    if value.text.lower() not in _YES_NO:
        raise BadSearch(f"error.handled: takes yes or no, not {value.text}.", position=value.start)
    return _YES_NO[value.text.lower()]


def _hex(key: Key, value: Value) -> str:
    lowered = value.text.lower().replace("-", "")
    if not _HEX.match(lowered) or (len(lowered) != 32 and "*" not in lowered):
        raise BadSearch(
            f"{key.name}: takes 32 hex digits, or the first ones and a *.", position=value.start
        )
    return lowered


def _count(key: Key, term: search.Term) -> Count:
    value = _one(term)
    sign, rest = search.comparison_of(value)
    number = search.number_of(rest)
    if number is None or not number.is_integer() or not 0 <= number < _MOST_COUNTED:
        raise BadSearch(
            f"{key.name}: takes a number such as >100, <=5k or 3, not {value.text}.",
            position=value.start,
        )
    return Count(key=key.name, compare=sign or "=", number=int(number), **_at(term))


def _time(key: Key, term: search.Term, now_ms: int) -> Time:
    value = _one(term)
    ago = _AGO.match(value.text)
    if ago:
        at_ms = max(0, now_ms - int(ago[2]) * _UNITS[ago[3]])
        return Time(key=key.name, compare=">=" if ago[1] == "-" else "<=", at_ms=at_ms, **_at(term))
    sign, rest = search.comparison_of(value)
    at_ms, length_ms = _instant(key, value, rest)
    if sign in {">", "<="}:
        at_ms += max(0, length_ms - 1)  # after a day is after its last ms, up to a day includes it
    end_ms = at_ms + length_ms if sign in {None, "="} else None
    return Time(key=key.name, compare=sign or "=", at_ms=at_ms, end_ms=end_ms, **_at(term))


def _instant(key: Key, value: Value, text: str) -> tuple[int, int]:
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
            position=value.start,
        ) from error
    return max(0, at_ms), DAY_MS if _DAY.match(text) else SECOND_MS


def likely_keys(name: str) -> list[str]:
    """Keys that somebody may have meant who wrote the name of an unknown tag."""
    known = [spelling for key in KEYS for spelling in (key.name, *key.aliases)]
    return get_close_matches(name, known, n=1, cutoff=0.8)
