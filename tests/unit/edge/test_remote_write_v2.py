"""Prometheus remote write 2.0: symbols, metadata, exemplars and histograms with their series."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.unit.edge.test_envelope import Edge
from tests.unit.edge.test_remote_write import (
    BEARER,
    NOW,
    Sample,
    block,
    cpu,
    histogram,
    identity,
    kept,
    sample,
    told,
    varint,
    write,
)
from tests.unit.edge.world import Answer
from watchkeeper.ingest import decode_exemplars, decode_histograms, decode_metadata
from watchkeeper.ingest.protocols.remote_write.parse_v2 import KnownReferences, decode_v2
from watchkeeper.ingest.protocols.remote_write.wire import MalformedWrite
from watchkeeper.model import Kind, decode_histogram, labels_of

V2 = {
    **BEARER,
    "Content-Type": "application/x-protobuf;proto=io.prometheus.write.v2.Request",
    "X-Prometheus-Remote-Write-Version": "2.0.0",
}
WRITTEN = "x-prometheus-remote-write-{}-written"


class Symbols:
    """A table of symbols as a sender builds it; the empty one comes first."""

    def __init__(self) -> None:
        self.numbers = {"": 0}

    def number(self, text: str) -> int:
        return self.numbers.setdefault(text, len(self.numbers))

    def references(self, labels: dict[str, str]) -> bytes:
        pairs = [text for pair in sorted(labels.items()) for text in pair]
        return block(1, b"".join(varint(self.number(text)) for text in pairs))

    def field(self) -> bytes:
        return b"".join(block(4, text.encode()) for text in self.numbers)


def series(
    symbols: Symbols, labels: dict[str, str], samples: Sequence[Sample], rest: bytes = b""
) -> bytes:
    content = symbols.references(labels) + b"".join(sample(*each) for each in samples)
    return block(5, content + rest)


def metadata(symbols: Symbols, kind: int, text: str, unit: str) -> bytes:
    numbers = b"\x08" + varint(kind) + b"\x18" + varint(symbols.number(text))
    return block(5, numbers + b"\x20" + varint(symbols.number(unit)))


def exemplar(symbols: Symbols, ts_ms: int, value: float, trace: str) -> bytes:
    content = symbols.references({"trace_id": trace}) + b"\x11" + struct.pack("<d", value)
    return block(4, content + b"\x18" + varint(ts_ms))


async def write_v2(edge: Edge, body: bytes) -> Answer:
    return await write(edge, body, headers=V2)


def written(answer: Answer) -> tuple[int, int, int]:
    kinds = ("samples", "histograms", "exemplars")
    samples, histograms, exemplars = (int(answer.headers[WRITTEN.format(kind)]) for kind in kinds)
    return samples, histograms, exemplars


@pytest.fixture
def edge(tmp_path: Path) -> Edge:
    return Edge(tmp_path)


async def test_everything_a_series_has_is_kept_and_counted_in_the_answer(edge: Edge) -> None:
    symbols = Symbols()
    rest = block(3, histogram(NOW + 2)) + exemplar(symbols, NOW, 0.5, "ab12")
    rest += metadata(symbols, 1, "Time spent.", "seconds") + b"\x30" + varint(NOW - 1)
    rows = series(symbols, cpu(0), [(NOW, 1.5), (NOW + 1, 0.0)], rest)
    rows += series(symbols, cpu(1), [(NOW, 2.5)])

    answer = await write_v2(edge, symbols.field() + rows)

    assert (answer.status, answer.body, written(answer)) == (204, b"", (3, 1, 1))
    assert kept(edge) == {
        (identity(0), NOW, 1.5),
        (identity(0), NOW + 1, 0.0),
        (identity(1), NOW, 2.5),
    }
    assert told(edge) == {identity(n): labels_of(cpu(n)) for n in (0, 1)}
    (stored,) = decode_histograms(edge.world.records(Kind.HISTOGRAMS)[0].payload)
    assert decode_histogram(stored.histogram).count == 7
    (shown,) = decode_exemplars(edge.world.records(Kind.EXEMPLARS)[0].payload)
    assert (shown.value, shown.labels) == (0.5, {"trace_id": "ab12"})
    (row,) = decode_metadata(edge.world.records(Kind.METADATA)[0].payload)
    assert (row.metric, row.type, row.help, row.unit) == (
        "cpu_seconds_total",
        "counter",
        "Time spent.",
        "seconds",
    )


async def test_the_same_references_under_another_table_are_other_series(edge: Edge) -> None:
    first, second = Symbols(), Symbols()
    one = series(first, cpu(0), [(NOW, 1.0)])
    other = series(second, cpu(1), [(NOW, 2.0)])
    assert one[:-18] == other[:-18]
    for _ in range(2):
        await write_v2(edge, first.field() + one)
        await write_v2(edge, second.field() + other)
    assert kept(edge) == {(identity(0), NOW, 1.0), (identity(1), NOW, 2.0)}


async def test_a_table_that_follows_its_series_is_read_all_the_same(edge: Edge) -> None:
    symbols = Symbols()
    rows = series(symbols, cpu(), [(NOW, 1.0)])
    assert (await write_v2(edge, rows + symbols.field())).status == 204
    assert kept(edge) == {(identity(), NOW, 1.0)}


async def test_a_partial_write_is_400_and_says_what_was_written(edge: Edge) -> None:
    symbols = Symbols()
    rows = series(symbols, cpu(0), [(NOW, 1.0)]) + series(symbols, {"job": "a"}, [(NOW, 1.0)])
    rows += series(symbols, {"__name__": "watchkeeper_up"}, [(NOW, 1.0)])
    answer = await write_v2(edge, symbols.field() + rows)
    assert (answer.status, written(answer)) == (400, (1, 0, 0))
    assert b"1 reserved_name, 1 invalid_labels" in answer.body


async def test_a_retry_counts_as_written(edge: Edge) -> None:
    symbols = Symbols()
    rows = series(symbols, cpu(), [(NOW, 1.0)])
    for _ in range(2):
        answer = await write_v2(edge, symbols.field() + rows)
        assert (answer.status, written(answer)) == (204, (1, 0, 0))
    assert len(kept(edge)) == 1


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (block(4, b"x"), "The first symbol must be empty."),
        (block(4, b"") + block(5, block(1, b"\x01\x00")), "past the table"),
        (block(4, b"") + block(5, block(1, b"\x00")), "a name and no value"),
        (block(4, b"") + block(5, block(1, b"\x80")), "in the middle of a field"),
        (block(4, b"") + block(5, block(1, b"\x00\x00") * 2), "two lists of references"),
        (block(4, b"\xff"), "not UTF-8"),
    ],
)
async def test_what_cannot_be_decoded_is_400_and_keeps_nothing(
    edge: Edge, body: bytes, reason: str
) -> None:
    answer = await write_v2(edge, body)
    assert answer.status == 400
    assert reason in answer.body.decode()
    assert edge.world.records() == []


@settings(max_examples=500, deadline=None)
@given(st.data())
def test_any_bytes_decode_or_are_malformed(data: st.DataObject) -> None:
    symbols = Symbols()
    rest = block(3, histogram(NOW)) + exemplar(symbols, NOW, 1.0, "a")
    rows = series(symbols, cpu(), [(NOW, 1.0)], rest + metadata(symbols, 1, "b", "c"))
    good = symbols.field() + rows
    at = data.draw(st.integers(0, len(good)))
    noise = data.draw(st.binary(max_size=12))
    cut = data.draw(st.integers(at, len(good)))
    body = data.draw(st.sampled_from([good[:at] + noise + good[cut:], noise, good[:at]]))
    known = KnownReferences()
    decode_v2(good, known, lambda labels: 0)
    try:
        decoded = decode_v2(body, known, lambda labels: 1)
    except MalformedWrite as error:
        event(f"refused: {error.reason}")
        return
    assert len(decoded.slots) == len(decoded.ts_ms) == len(decoded.values)
    for row in range(len(decoded.slots)):
        decoded.labels(row)
