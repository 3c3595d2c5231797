"""Delimited protobuf is read: every type, classic and native histograms, exemplars."""

from __future__ import annotations

import struct
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.ingest.exposition.reader import Reader
from watchkeeper.ingest.exposition import BadExposition, Format, fitted
from watchkeeper.model import Buckets, Histogram, ResetHint

COUNTER, GAUGE, SUMMARY, UNTYPED, HISTOGRAM, GAUGE_HISTOGRAM = range(6)


def varint(number: int) -> bytes:
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def zigzag(number: int) -> int:
    return number << 1 if number >= 0 else ((-number) << 1) - 1


def text(field: int, content: str | bytes) -> bytes:
    raw = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(raw)) + raw


def double(field: int, value: float) -> bytes:
    return varint(field << 3 | 1) + struct.pack("<d", value)


def whole(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def label(name: str, value: str) -> bytes:
    return text(1, text(1, name) + text(2, value))


def family(name: str, kind: int, *metrics: bytes) -> bytes:
    body = text(1, name) + text(2, "Help.") + whole(3, kind)
    body += b"".join(text(4, metric) for metric in metrics) + text(5, "seconds")
    return varint(len(body)) + body


def exemplar(trace: str, value: float, seconds: int | None) -> bytes:
    body = label("trace_id", trace) + double(2, value)
    return body if seconds is None else body + text(3, whole(1, seconds) + whole(2, 250_000_000))


def span(offset: int, length: int) -> bytes:
    return whole(1, zigzag(offset)) + whole(2, length)


def native(*, count: int = 12) -> bytes:
    """Schema 3, zero bucket 2, positive 1:1, 2:3, 5:4, negative 1:2, from spans and deltas."""
    return (
        whole(1, count)
        + double(2, 18.5)
        + whole(5, zigzag(3))
        + double(6, 0.001)
        + whole(7, 2)
        + text(9, span(1, 1))
        + whole(10, zigzag(2))
        + text(12, span(1, 2))
        + text(12, span(2, 1))
        + b"".join(whole(13, zigzag(delta)) for delta in (1, 2, 1))
    )


def reader() -> Reader:
    return Reader(Format.PROTOBUF)


def test_simple_types_are_read() -> None:
    body = (
        family("c_total", COUNTER, label("a", "b") + text(3, double(1, 5)) + whole(6, 1700))
        + family("g", GAUGE, text(2, double(1, -1)), label("x", "é") + text(2, double(1, 2)))
        + family("u", UNTYPED, text(5, double(1, 3)))
    )
    protobuf = reader()
    for _ in range(2):
        assert protobuf.read(body) == [
            ({"__name__": "c_total", "a": "b"}, 5.0, 1700),
            ({"__name__": "g"}, -1.0, None),
            ({"__name__": "g", "x": "é"}, 2.0, None),
            ({"__name__": "u"}, 3.0, None),
        ]
    assert len(protobuf.learned) == 4
    assert protobuf.memory.metadata["c_total"] == ("counter", "Help.", "seconds")


def test_summaries_and_classic_histograms_are_read_as_series() -> None:
    summary = whole(1, 4) + double(2, 9.5) + text(3, double(1, 0.5) + double(2, 7))
    bucket = text(3, whole(1, 3) + double(2, 1.0) + text(3, exemplar("t", 0.4, None)))
    histogram = whole(1, 4) + double(2, 9.5) + bucket
    protobuf = reader()
    found = protobuf.series(
        family("s", SUMMARY, text(4, summary)) + family("h", HISTOGRAM, text(7, histogram))
    )
    assert found == {
        "s_count{}": 4,
        "s_sum{}": 9.5,
        's{quantile="0.5"}': 7,
        "h_count{}": 4,
        "h_sum{}": 9.5,
        'h_bucket{le="1.0"}': 3,
        'h_bucket{le="+Inf"}': 4,
    }
    (told,) = protobuf.found.exemplars
    assert dict(protobuf.learned[told.number])["le"] == "1.0"
    assert (told.labels, told.value, told.ts_ms) == ({"trace_id": "t"}, 0.4, None)


def test_a_native_histogram_is_one_sample() -> None:
    body = family(
        "h", HISTOGRAM, label("a", "b") + text(7, native() + text(16, exemplar("t", 3, 1700)))
    )
    protobuf = reader()
    for times in range(2):
        assert protobuf.read(body) == []
        (sample,) = protobuf.found.histograms
        assert dict(protobuf.learned[sample.number]) == {"__name__": "h", "a": "b"}
        assert sample.histogram == Histogram(
            schema=3,
            count=12,
            sum=18.5,
            zero_threshold=0.001,
            zero_count=2,
            positive=Buckets((1, 2, 5), (1.0, 3.0, 4.0)),
            negative=Buckets((1,), (2.0,)),
        )
        told = [(e.labels["trace_id"], e.ts_ms) for e in protobuf.found.exemplars]
        assert told == ([("t", 1_700_250)] if times == 0 else [])


def test_native_and_classic_buckets_come_as_asked() -> None:
    both = native() + text(3, whole(1, 12) + double(2, 1.0))
    body = family("h", HISTOGRAM, text(7, both))
    assert Reader(Format.PROTOBUF).read(body) == []
    kept, classic = Reader(Format.PROTOBUF), Reader(Format.PROTOBUF)
    assert len(kept.read(body, classic_too=True)) == 4
    assert len(kept.found.histograms) == 1
    assert len(classic.read(body, native=False)) == 4
    assert classic.found.histograms == []


def test_a_gauge_histogram_says_that_it_does_not_only_grow() -> None:
    protobuf = reader()
    protobuf.read(family("h", GAUGE_HISTOGRAM, text(7, native())))
    assert protobuf.found.histograms[0].histogram.reset_hint is ResetHint.GAUGE


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"\xff\xff\xff\xff\xff\xff", "length"),
        (b"\x05ab", "within"),
        (varint(3) + b"\xff\xff\xff", "not delimited"),
        (family("", GAUGE, text(2, double(1, 1))), "no name"),
        (family("a", 9, text(2, double(1, 1))), "unknown metric type"),
        (family("a", COUNTER, text(2, double(1, 1))), "no counter"),
        (family("a", SUMMARY, text(2, double(1, 1))), "no summary"),
        (family("a", HISTOGRAM, text(2, double(1, 1))), "no histogram"),
        (family("a", GAUGE, label("x", "1") + label("x", "2") + text(2, double(1, 1))), "twice"),
        (family("a", GAUGE, text(1, text(1, b"\xff")) + text(2, double(1, 1))), "not delimited"),
        (family("a", HISTOGRAM, text(7, native() + text(12, span(9, 2**31)))), "spans"),
        (family("a", HISTOGRAM, text(7, native() + text(12, span(-9, 0)))), "negative offset"),
        (family("a", HISTOGRAM, text(7, native() + whole(13, zigzag(-9)))), "spans"),
        (family("a", HISTOGRAM, text(7, native() + whole(5, zigzag(99)))), "schema 99"),
    ],
)
def test_what_makes_no_sense_fails(body: bytes, problem: str) -> None:
    with pytest.raises(BadExposition, match=problem):
        reader().read(body)


def test_a_histogram_with_too_many_buckets_is_made_coarser() -> None:
    fine = Histogram(
        schema=3,
        count=8,
        sum=1,
        positive=Buckets((-1, 0, 1, 2, 3, 4, 5, 9), (1.0,) * 8),
    )
    coarse = fitted(fine, limit=4, min_factor=0)
    assert coarse is not None
    assert (coarse.schema, coarse.count) == (1, 8)
    assert coarse.positive == Buckets((0, 1, 2, 3), (2.0, 4.0, 1.0, 1.0))
    assert fitted(fine, limit=0, min_factor=1.5) == fitted(fine, limit=0, min_factor=2.0**0.5)
    assert fitted(fine, limit=0, min_factor=0) is fine
    spread = Histogram(schema=-4, count=2, sum=1, positive=Buckets((0, 60), (1.0, 1.0)))
    assert fitted(spread, limit=1, min_factor=0) is None


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=120), st.integers(0, 5))
def test_nothing_crashes_the_reader(raw: bytes, kind: int) -> None:
    protobuf = reader()
    for body in (raw, varint(len(raw)) + raw, family("a", kind, raw), family("h", 4, text(7, raw))):
        with suppress(BadExposition):
            protobuf.read(body)
