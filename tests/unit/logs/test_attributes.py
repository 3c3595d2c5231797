"""Searches by attributes, against what a plain look at every line finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from tests.unit.logs.conftest import LAST_HOUR, Shelf, line
from watchkeeper.logs import parse_search
from watchkeeper.logs.language import And, Matches, Not, Number, attribute_field
from watchkeeper.logs.repo import condition_of, page_of_lines

Attributes = dict[str, str]

_LINES: list[Attributes] = [
    {"region": ("eu", "us", "ap")[n % 3], "ms": str(n * 10), "thread.id": f"w-{n % 4}"}
    | ({"empty": ""} if n % 5 == 0 else {})
    | ({"ms": "soon"} if n == 7 else {})
    | ({"note": f"n{n}"} if n % 2 else {})
    for n in range(40)
]
_SEARCHES: list[tuple[str, Callable[[Attributes], bool]]] = [
    ("attr.region:eu", lambda a: a["region"] == "eu"),
    ("-attr.region:eu", lambda a: a["region"] != "eu"),
    ("attr.region:(eu OR us) attr.thread.id:w-1", lambda a: a["region"] != "ap" and _w(a) == 1),
    ("attr.thread.id:w-*", lambda a: True),
    ("attr.note:*1*", lambda a: "1" in a.get("note", "")),
    ("-attr.note:*1*", lambda a: "1" not in a.get("note", "")),
    ("attr.ms:>=200", lambda a: a["ms"].isdigit() and int(a["ms"]) >= 200),
    ("-attr.ms:<200", lambda a: not (a["ms"].isdigit() and int(a["ms"]) < 200)),
    ("attr.note:<0", lambda a: False),
    ("attr.absent:>-1", lambda a: False),
    ("has:attr.empty", lambda a: "empty" in a),
    ("-has:attr.note", lambda a: "note" not in a),
    ('attr.empty:""', lambda a: a.get("empty") == ""),
    ("attr.absent:eu", lambda a: False),
]


def _w(attributes: Attributes) -> int:
    return int(attributes["thread.id"].removeprefix("w-"))


@pytest.mark.parametrize("is_merged", [False, True], ids=["as inserted", "merged"])
def test_a_search_by_attributes_finds_what_a_plain_look_finds(
    shelf: Shelf, is_merged: bool
) -> None:
    for start in (0, 20):
        shelf.put(
            *(line(f"l{n}", n * 1_000, attributes=_LINES[n]) for n in range(start, start + 20))
        )
    if is_merged:
        shelf.columns.execute("OPTIMIZE TABLE logs FINAL")

    for query, holds in _SEARCHES:
        expected = [f"l{n}" for n, each in enumerate(_LINES) if holds(each)]
        assert shelf.bodies(query) == expected, query
        drawn = shelf.counts.histogram(LAST_HOUR, parse_search(query), buckets=5)
        assert (drawn.total, drawn.is_exact) == (len(expected), True), query
    field = attribute_field("note")
    (facet,) = shelf.counts.facets(LAST_HOUR, parse_search("attr.region:eu"), [field], limit=50)
    assert dict(facet.values) == Counter(a.get("note", "") for a in _LINES if a["region"] == "eu")


_ODD = ["a b", "x`y", "it's", 'say "it"', "back\\slash", "tab\there", "нога", "a.b.c", "{p}", "q?%"]


@pytest.mark.parametrize("key", _ODD)
def test_a_name_of_an_attribute_may_be_anything(shelf: Shelf, key: str) -> None:
    shelf.put(
        line("it", 3, attributes={key: "7", "other": "1"}), line("not", 2, attributes={key: "8"})
    )
    field = attribute_field(key)

    def bodies(*nodes: Matches | Number | Not) -> list[str]:
        found = page_of_lines(
            shelf.columns,
            shelf.scope,
            LAST_HOUR,
            condition_of(And(nodes)),
            after=None,
            is_newest_first=True,
            limit=5,
        )
        return [each.body for each in found]

    assert bodies(Matches(field, ("7",))) == ["it"]
    assert bodies(Number(field, ">", 7.5)) == ["not"]
    assert bodies(Not(Matches(field, ("7",)))) == ["not"]
    (facet,) = shelf.counts.facets(LAST_HOUR, parse_search(""), [field], limit=5)
    assert sorted(facet.values) == [("7", 1), ("8", 1)]
