"""What exporters show, in three formats; each body twice, as a target is scraped twice."""

from __future__ import annotations

import math
import struct
from random import Random

from tests.fuzz import wire
from tests.fuzz.target import Run, Target
from watchkeeper.ingest.exposition import (
    BadExposition,
    Exposition,
    Format,
    Memory,
    Pairs,
    read_exposition,
)

_NAMES = (
    "m",
    "a_total",
    "h_bucket",
    "h_sum",
    "h_count",
    "s",
    '"a.b"',
    "__name__",
    '"é"',
    "up",
    "x:y",
)
_LABELS = (
    'a="b"',
    'le="0.1"',
    'le="+Inf"',
    'quantile="0.5"',
    'a="\\\\\\n\\""',
    '"q.r"="s"',
    '"é"="ü"',
    'b="ü"',
)
_VALUES = (
    *"123456",
    "0.5",
    "NaN",
    "+Inf",
    "-Inf",
    "1e9",
    "0x1p-2",
    "nan",
    "1_0",
    "-0",
    "1e400",
    ".5",
    "1.",
    "inf",
)
_TIMES = (
    "1795224000000",
    "1795224000.5",
    "1795224001000",
    "1795224000.123",
    "-1",
    "0",
    "1e3",
    "99999999999999999999",
    "1795224000",
)
_TYPES = ("counter", "gauge", "histogram", "summary", "untyped", "unknown", "info", "stateset")
_TOKENS = (
    b"# HELP ", b"# TYPE ", b"# UNIT ", b"# EOF\n", b"# EOF", b"{", b"}", b'="', b'"', b",",
    b" # {", b"} 1 ", b" 1\n", b" NaN\n", b"\n", b"\t", b"\r\n", b' # {trace_id="a"} 0.5 1.5',
    b"_bucket", b"_created", b'le="', b'{"a.b",c="d"}', b"#", b"##", b"# ",
)  # fmt: skip
_WORDS = (
    b"m", b"a_total", b"h", b"le", b"quantile", b"job", b"0.5", b"", b"\xc3\xa9", b"__name__",
    b"seconds", b"help me", b"trace_id", b"a\nb",
)  # fmt: skip
_PAIR: wire.Shape = {1: "text", 2: "text"}
_EXEMPLAR: wire.Shape = {1: _PAIR, 2: "double", 3: {1: "uint", 2: "uint"}}
_SPAN: wire.Shape = {1: "sint", 2: "uint"}
_METRIC: wire.Shape = {
    1: _PAIR,
    2: {1: "double"},
    3: {1: "double", 2: _EXEMPLAR},
    4: {1: "uint", 2: "double", 3: {1: "double", 2: "double"}},
    5: {1: "double"},
    6: "ms",
    7: {
        1: "uint", 2: "double", 3: {1: "uint", 2: "double", 3: _EXEMPLAR, 4: "double"}, 4: "double",
        5: "sint", 6: "double", 7: "uint", 8: "double", 9: _SPAN, 10: "sint", 11: "double",
        12: _SPAN, 13: "sint", 14: "double", 16: _EXEMPLAR,
    },
}  # fmt: skip
_FAMILY: wire.Shape = {1: "text", 2: "text", 3: "uint", 4: _METRIC, 5: "text"}


def twice(kind: Format) -> Run:
    """Reads a body with nothing known, then once more: the answers must be the same."""

    def run(data: bytes) -> str:
        memory, series = Memory(), list[Pairs]()

        def learn(pairs: Pairs) -> int:
            check_pairs(pairs)
            series.append(pairs)
            return len(series) - 1

        first = read_exposition(data, kind, memory, learn)
        check(first, len(series))
        known = len(series)
        second = read_exposition(data, kind, memory, learn)
        assert len(series) == known, "a known body teaches a new series"
        assert _facts(first) == _facts(second), "a body reads differently the second time"
        counts = (len(first.numbers), len(first.histograms), len(first.exemplars))
        return " ".join(str(min(count, 2)) for count in counts)

    return run


def check_pairs(pairs: Pairs) -> None:
    """Names and values that can be stored; the metric's name first."""
    assert pairs, "a series without labels"
    assert pairs[0][0] == "__name__", "a series without a name"
    assert pairs[0][1], "a series with an empty name"
    assert len({name for name, _ in pairs}) == len(pairs), "a label twice"
    for name, value in pairs:
        f"{name}{value}".encode()
        assert name, "a label without a name"


def check(found: Exposition, series: int) -> None:
    """Columns of one length, numbers of known series, times that a store can hold."""
    assert len(found.numbers) == len(found.values), "columns differ in length"
    assert all(0 <= number < series for number in found.numbers), "a number of no series"
    assert all(isinstance(value, float) for value in found.values), "a value is no float"
    told = [each.ts_ms for each in found.histograms] + [each.ts_ms for each in found.exemplars]
    times = [*found.timestamps.values(), *(ts_ms for ts_ms in told if ts_ms is not None)]
    assert all(-(2**63) <= ts_ms < 2**63 for ts_ms in times), "a time of more than 64 bits"
    for each in found.histograms:
        h = each.histogram
        for side in (h.positive, h.negative):
            assert len(side.indexes) == len(side.counts), "buckets without counts"
            assert list(side.indexes) == sorted(set(side.indexes)), "buckets do not ascend"
    for exemplar in found.exemplars:
        for name, value in exemplar.labels.items():
            f"{name}{value}".encode()


def _facts(found: Exposition) -> tuple[object, ...]:
    values = [
        struct.pack("<d", value) if not math.isnan(value) else b"NaN" for value in found.values
    ]
    return found.numbers, values, found.timestamps, repr(found.histograms), found.quoted


def _line(rng: Random, *, openmetrics: bool) -> str:
    pick = rng.choice
    chance = rng.random()
    if chance < 0.3:
        keyword = pick(("TYPE", "HELP", "UNIT", "TYPE"))
        rest = pick(_TYPES) if keyword == "TYPE" else pick(("text \\n \\\\ é", "seconds", ""))
        return f"# {keyword} {pick(_NAMES).strip('_bucket')} {rest}"
    labels = ",".join(pick(_LABELS) for _ in range(int(rng.random() * 4)))
    name = pick(_NAMES)
    braces = f"{{{labels}}}" if labels or rng.random() < 0.2 else ""
    if name[0] == '"':
        name, braces = "", f"{{{name}{',' if labels else ''}{labels}}}"
    text = f"{name}{braces} {pick(_VALUES)}"
    if rng.random() < 0.3:
        text += f" {pick(_TIMES)}"
    if openmetrics and rng.random() < 0.3:
        text += f" # {{{pick(_LABELS)}}} {pick(_VALUES)}" + (
            f" {pick(_TIMES)}" if rng.random() < 0.5 else ""
        )
    return text


def _text(rng: Random) -> bytes:
    return "".join(
        f"{_line(rng, openmetrics=False)}\n" for _ in range(1 + int(rng.random() * 5))
    ).encode()


def _openmetrics(rng: Random) -> bytes:
    lines = [_line(rng, openmetrics=True) for _ in range(1 + int(rng.random() * 5))]
    return "\n".join((*lines, "# EOF\n")).encode()


def _labels(rng: Random) -> bytes:
    """Labels whose names differ."""
    names = rng.sample([b"job", b"a", b"n", b"\xc3\xa9", b"a.b"], int(rng.random() * 4))
    pairs = [wire.encoded([(1, 2, name), (2, 2, rng.choice(_WORDS))]) for name in names]
    return wire.encoded([(1, 2, pair) for pair in pairs])


def families(rng: Random) -> bytes:
    """Delimited MetricFamily messages, most with a value of their type."""
    out = b""
    for _ in range(1 + int(rng.random() * 2)):
        kind = int(rng.random() * 6)
        value = {0: 3, 1: 2, 2: 4, 3: 5, 4: 7, 5: 7}[kind]
        metric = wire.generated(rng, {**_METRIC, value: _METRIC[value]}, _WORDS)
        if rng.random() < 0.8:
            content = wire.generated(rng, {value: _METRIC[value]}, _WORDS) or b"\x12\x00"
            metric = _labels(rng) + content
        family = wire.encoded([(1, 2, _WORDS[int(rng.random() * 6)]), (3, 0, kind), (4, 2, metric)])
        out += wire.varint(len(family)) + family
    return out


def _protobuf() -> Run:
    return twice(Format.PROTOBUF)


def _delimited_again(make: Run) -> Run:
    """Inputs are one family; its length is written here, so that mutations keep it right."""

    def run(data: bytes) -> str:
        return make(wire.varint(len(data)) + data)

    return run


def _family(rng: Random) -> bytes:
    whole = families(rng)
    length, at = 0, 0
    while True:
        length |= (whole[at] & 0x7F) << 7 * at
        at += 1
        if whole[at - 1] < 0x80:
            return whole[at : at + length]


TARGETS = (
    Target(
        name="exposition-text",
        make=lambda: twice(Format.TEXT),
        refusals=(BadExposition,),
        generate=_text,
        tokens=_TOKENS,
        share=300,
    ),
    Target(
        name="openmetrics",
        make=lambda: twice(Format.OPENMETRICS),
        refusals=(BadExposition,),
        generate=_openmetrics,
        tokens=_TOKENS,
        share=300,
    ),
    Target(
        name="exposition-protobuf",
        make=_protobuf,
        refusals=(BadExposition,),
        generate=families,
        tokens=_WORDS,
        share=100,
    ),
    Target(
        name="exposition-family",
        make=lambda: _delimited_again(_protobuf()),
        refusals=(BadExposition,),
        generate=_family,
        tokens=_WORDS,
        is_wire=True,
        share=100,
    ),
)
