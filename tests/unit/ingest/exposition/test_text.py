"""The text format is read as Prometheus reads it, and never crashes the reader."""

from __future__ import annotations

import json
import math
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchkeeper.ingest.exposition import (
    DROPPED,
    BadExposition,
    Memory,
    Pairs,
    parse_text,
)


class Reader:
    """Parses bodies one after the other, as a target's scrapes come."""

    def __init__(self) -> None:
        self.memory = Memory()
        self.learned: list[Pairs] = []

    def learn(self, pairs: Pairs) -> int:
        self.learned.append(pairs)
        return len(self.learned) - 1

    def read(self, body: str | bytes) -> list[tuple[dict[str, str], float, int | None]]:
        raw = body.encode() if isinstance(body, str) else body
        found = parse_text(raw, self.memory, self.learn)
        return [
            (dict(self.learned[number]), value, found.timestamps.get(at))
            for at, (number, value) in enumerate(zip(found.numbers, found.values, strict=True))
        ]


@pytest.mark.parametrize(
    ("line", "labels", "value", "ts_ms"),
    [
        ("a 1", {}, 1.0, None),
        ("a{} 1", {}, 1.0, None),
        ("a 1.5e-3", {}, 0.0015, None),
        ("a  1", {}, 1.0, None),
        ("\ta\t1\t5", {}, 1.0, 5),
        ("a 1 1700000000000", {}, 1.0, 1_700_000_000_000),
        ("a 1 -5", {}, 1.0, -5),
        ("a +Inf", {}, math.inf, None),
        ("a -Inf", {}, -math.inf, None),
        ("a 0x10", {}, 16.0, None),
        ("a .5", {}, 0.5, None),
        ("a 5.", {}, 5.0, None),
        ('a{x="1"} 2', {"x": "1"}, 2.0, None),
        ('a{x="1",} 2', {"x": "1"}, 2.0, None),
        ('a{ x = "1" , y="2" } 2', {"x": "1", "y": "2"}, 2.0, None),
        ('a {x="1"} 2', {"x": "1"}, 2.0, None),
        ('a{x="a b"} 2', {"x": "a b"}, 2.0, None),
        ('a{x="}"} 2', {"x": "}"}, 2.0, None),
        ('a{x="\\"q\\""} 2', {"x": '"q"'}, 2.0, None),
        ('a{x="l\\nb\\\\"} 2 7', {"x": "l\nb\\"}, 2.0, 7),
        ('a{x="é 日本"} 2', {"x": "é 日本"}, 2.0, None),
        ('a{x=""} 2', {"x": ""}, 2.0, None),
        ('{"a",x="1"} 2', {"x": "1"}, 2.0, None),
        ('a{"x.y"="1"} 2', {"x.y": "1"}, 2.0, None),
    ],
)
@pytest.mark.parametrize("times", [1, 2])
def test_a_line_is_read(
    line: str, labels: dict[str, str], value: float, ts_ms: int | None, times: int
) -> None:
    reader = Reader()
    for _ in range(times):
        found = reader.read(f"{line}\n")
    assert found == [({"__name__": "a", **labels}, value, ts_ms)]
    assert len(reader.learned) == 1


@pytest.mark.parametrize("text", ["NaN", "nan", "+NaN"])
def test_nan_is_a_value(text: str) -> None:
    ((_, value, _),) = Reader().read(f"a {text}\n")
    assert math.isnan(value)


@pytest.mark.parametrize(
    "line",
    [
        "a",
        "a ",
        "a x",
        "a 1_000",
        "a 1 x",
        "a 1 2 3",
        "a 1 1.5",
        "1a 1",
        "-a 1",
        "a{x} 1",
        "a{x=1} 1",
        'a{x="1} 1',
        'a{x="1" y="2"} 1',
        'a{x="1",x="2"} 1',
        'a{1x="1"} 1',
        '{x="1"} 1',
        "{} 1",
        "{",
        "a{",
        '"a" 1',
        'a{x="\xff"} 1',
        "# TYPE a nonsense",
    ],
)
def test_what_is_not_the_format_is_refused(line: str) -> None:
    with pytest.raises(BadExposition):
        Reader().read(line.encode("latin-1") + b"\n")


@pytest.mark.parametrize("text", ["x", "1_0", "", "1 2 3", "0x", "\uff11"])
def test_a_known_series_with_a_bad_value_is_refused_too(text: str) -> None:
    reader = Reader()
    reader.read('a{x="1"} 1\n')
    with pytest.raises(BadExposition):
        reader.read(f'a{{x="1"}} {text}\n')


def test_metadata_is_remembered() -> None:
    reader = Reader()
    reader.read(
        "# HELP a_total What\\nit \\\\ is.\n# TYPE a_total counter\n# other\na_total 1\n# EOF\n"
    )
    reader.read("# TYPE b untyped\n# UNIT b seconds\n")
    assert reader.memory.metadata == {
        "a_total": ("counter", "What\nit \\ is.", ""),
        "b": ("unknown", "", "seconds"),
    }


def test_a_body_in_a_json_string_is_read_and_flagged() -> None:
    text = '# TYPE a counter\na{x="é"} 1\n'
    found = parse_text(json.dumps(text).encode(), Memory(), Reader().learn)
    assert (found.quoted, found.values) == (True, [1.0])
    assert not parse_text(text.encode(), Memory(), Reader().learn).quoted


def test_windows_line_ends_and_a_missing_last_one_are_no_matter() -> None:
    reader = Reader()
    reader.read("a 1\nb 2")
    assert [value for _, value, _ in reader.read("a 3\nb 4")] == [3.0, 4.0]


def test_a_series_may_come_with_and_without_a_timestamp() -> None:
    reader = Reader()
    assert [ts for _, _, ts in reader.read("a 1\n")] == [None]
    assert [ts for _, _, ts in reader.read("a 1 5\n")] == [5]
    assert [ts for _, _, ts in reader.read("a 1\n")] == [None]
    assert len(reader.learned) == 1


def test_a_dropped_series_is_learned_once_and_marked() -> None:
    memory, asked = Memory(), []

    def learn(pairs: Pairs) -> int:
        asked.append(pairs)
        return DROPPED

    for _ in range(2):
        assert parse_text(b"a 1\n", memory, learn).numbers == [DROPPED]
    assert len(asked) == 1


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=60), st.sampled_from([b'a{x="1"} 1', b"a 1 2", b"# TYPE a counter"])
        ),
        max_size=6,
    )
)
def test_random_bytes_are_read_or_refused(lines: list[bytes]) -> None:
    reader = Reader()
    reader.read('a{x="1"} 1\na 1\n')
    with suppress(BadExposition):
        found = reader.read(b"\n".join(lines))
        assert all(isinstance(value, float) for _, value, _ in found)
