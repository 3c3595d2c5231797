"""Places of a bundle back to the code that people wrote."""

from __future__ import annotations

import json
from typing import Any

import ecma426
import pytest
from ecma426.model import Mapping
from hypothesis import given, settings
from hypothesis import strategies as st

from watchkeeper.artifacts.errors import BadSourceMap
from watchkeeper.artifacts.source_map import SourceMap


def map_json(**fields: Any) -> bytes:
    return json.dumps({"version": 3, "sources": [], "names": [], "mappings": "", **fields}).encode()


def found(source_map: SourceMap, line: int, column: int) -> tuple[str, int, int, str] | None:
    place = source_map.find(line, column)
    if place is None:
        return None
    return source_map.sources[place.source], place.line, place.column, place.name


def test_a_place_belongs_to_the_mapping_before_it() -> None:
    source_map = SourceMap(map_json(sources=["a.ts"], names=["pay"], mappings="AAAA,IAAIA;;QACA"))

    assert found(source_map, 0, 0) == ("a.ts", 0, 0, "")
    assert found(source_map, 0, 3) == ("a.ts", 0, 0, "")
    assert found(source_map, 0, 4) == ("a.ts", 0, 4, "pay")
    assert found(source_map, 0, 999) == ("a.ts", 0, 4, "pay")
    assert found(source_map, 1, 0) is None
    assert found(source_map, 2, 7) is None
    assert found(source_map, 2, 8) == ("a.ts", 1, 4, "")
    assert found(source_map, 3, 0) is None
    assert found(source_map, -1, 0) is None


def test_code_that_comes_from_no_source_leads_nowhere() -> None:
    source_map = SourceMap(map_json(sources=["a.ts"], mappings="AAAA,I,IAAI"))

    assert found(source_map, 0, 4) is None
    assert found(source_map, 0, 8) == ("a.ts", 0, 4, "")


positions = st.lists(
    st.tuples(
        st.integers(0, 30),
        st.integers(0, 2_000),
        st.sampled_from(["", "a.js", "b/c.ts", "../d.tsx"]),
        st.integers(0, 70_000),
        st.integers(0, 500),
        st.one_of(st.none(), st.sampled_from(["pay", "cart", "x"])),
    ),
    unique_by=lambda one: (one[0], one[1]),
    max_size=80,
)


@given(positions)
@settings(deadline=None)
def test_every_mapping_is_found_as_the_reference_decoder_reads_it(
    tokens: list[tuple[int, int, str, int, int, str | None]],
) -> None:
    sent = ecma426.encode(
        [
            Mapping(
                generated_line=line,
                generated_column=column,
                source=source,
                original_line=original_line if source else 0,
                original_column=original_column if source else 0,
                name=name if source else None,
            )
            for line, column, source, original_line, original_column, name in tokens
        ]
    )
    expected = ecma426.decode(sent)

    source_map = SourceMap(json.dumps(sent).encode())

    for line, column, *_ in tokens:
        token = expected[line, column]
        place = found(source_map, line, column)
        if token.source:
            name = token.name or ""
            assert place == (token.source, token.original_line, token.original_column, name)
        else:
            assert place is None


def test_an_indexed_map_is_its_sections_side_by_side() -> None:
    def section(line: int, column: int, source: str) -> dict[str, Any]:
        inner = json.loads(map_json(sources=[source], names=["f"], mappings="AAAA,IAAIA;AACA"))
        return {"offset": {"line": line, "column": column}, "map": inner}

    source_map = SourceMap(
        json.dumps(
            {"version": 3, "sections": [section(0, 10, "a.ts"), section(5, 0, "b.ts")]}
        ).encode()
    )

    assert found(source_map, 0, 9) is None
    assert found(source_map, 0, 10) == ("a.ts", 0, 0, "")
    assert found(source_map, 0, 14) == ("a.ts", 0, 4, "f")
    assert found(source_map, 1, 0) == ("a.ts", 1, 4, "")
    assert found(source_map, 5, 4) == ("b.ts", 0, 4, "f")


def test_mappings_out_of_order_are_sorted() -> None:
    source_map = SourceMap(map_json(sources=["a.ts"], mappings="UAAA,RAAI"))

    assert found(source_map, 0, 2) == ("a.ts", 0, 4, "")
    assert found(source_map, 0, 10) == ("a.ts", 0, 0, "")


def test_the_prefix_against_inclusion_and_a_root_are_understood() -> None:
    content = b")]}'\n" + map_json(sources=["a.ts", "/abs.ts"], sourceRoot="src/", mappings="AAAA")

    assert SourceMap(content).sources == ["src/a.ts", "/abs.ts"]


def test_sources_of_others_are_known() -> None:
    assert SourceMap(map_json(sources=["a", "b"], ignoreList=[1])).ignored == {1}
    assert SourceMap(map_json(sources=["a", "b"], x_google_ignoreList=[0])).ignored == {0}


def test_a_source_that_is_not_in_the_map_has_no_lines() -> None:
    source_map = SourceMap(map_json(sources=["a", "b"], sourcesContent=["x\r\ny", None]))

    assert list(source_map.source_lines(0)) == ["x", "y"]
    assert list(source_map.source_lines(1)) == [""]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"<html>not found</html>",
        b'{"version":3,"mappings":7}',
        map_json(sources=["a"], mappings="AA"),
        map_json(sources=["a"], mappings="A!AA"),
        map_json(sources=["a"], mappings="AACA"[:3] + "g"),
        map_json(sources=[], mappings="AAAA"),
        map_json(sources=["a"], mappings="AAAAC"),
        map_json(sources=["a"], mappings="AADA"),
        map_json(sources=["a"], mappings="ggggggggggggB"),
        map_json(sections=[{"offset": {"line": -1, "column": 0}, "map": {"mappings": ""}}]),
        b'{"sections":' + b'[{"offset":{},"map":{"sections":' * 3_000,
    ],
)
def test_a_broken_map_is_refused_with_a_reason(content: bytes) -> None:
    with pytest.raises(BadSourceMap):
        SourceMap(content)


@given(st.binary(max_size=200), st.text("ABgw/,;D", max_size=60))
@settings(deadline=None, max_examples=200)
def test_no_input_does_more_than_be_refused(noise: bytes, mappings: str) -> None:
    for content in (noise, map_json(sources=["a", "b"], names=["n"], mappings=mappings)):
        try:
            source_map = SourceMap(content)
        except BadSourceMap:
            continue
        source_map.find(0, 5)
