"""History is taken in once, at any age and in any order."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import cramjam
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from tests.fakes.clock import HandClock
from tests.unit.ingest.native_samples import histogram_request
from watchkeeper.app.importing.wire import (
    Unreadable,
    is_bare,
    metadata_request,
    series_message,
    series_of,
    write_requests,
)
from watchkeeper.ingest import (
    Acceptor,
    Drop,
    IngestMetrics,
    SampleBatch,
    SeriesRegistry,
    decode_histograms,
    decode_metadata,
    decode_samples,
    decode_series,
)
from watchkeeper.ingest.history import History, HistoryAnswer, MalformedHistory
from watchkeeper.ingest.history.messages import decode
from watchkeeper.lib.clock import DAY_MS, HOUR_MS
from watchkeeper.lib.errors import Overloaded
from watchkeeper.model import Kind, Record, decode_histogram, labels_of, series_id
from watchkeeper.store.columns import Columns
from watchkeeper.store.spool import SegmentReader, SegmentWriter

LABELS = {"__name__": "load", "host": "a"}
STALE = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]


class StoredColumns:
    """What is stored: (series, Unix ms) pairs, as the one question of `History` reads them."""

    def __init__(self) -> None:
        self.rows: set[tuple[int, int]] = set()
        self.asked = 0

    def fetch(self, sql: str, params: dict[str, Any], *, fmt: str) -> bytes:
        assert fmt == "RowBinary"
        self.asked += 1
        if "FROM histograms" in sql:
            return b""
        ids, low, high = set(params["ids"]), params["first_ms"], params["last_ms"]
        chosen = [row for row in sorted(self.rows) if row[0] in ids and low <= row[1] <= high]
        return b"".join(struct.pack("<Qq", *row) for row in chosen)


class Desk:
    """A `History` whose digest is done by hand."""

    def __init__(self, directory: Path) -> None:
        self.clock = HandClock()
        self.columns = StoredColumns()
        self.writer = SegmentWriter(directory / "spool", "lane", clock=self.clock)
        self.reader = SegmentReader(directory / "spool")
        self.acceptor = Acceptor(
            spool=self.writer,
            series=SeriesRegistry(),
            clock=self.clock,
            metrics=IngestMetrics(CollectorRegistry()),
        )
        self.passed_ms = self.clock()
        self.waited = 0
        self.history = History(
            columns=cast(Columns, self.columns),
            acceptor=self.acceptor,
            clock=self.clock,
            passed_ms=lambda: self.passed_ms,
            max_age_days=90,
            wait=self.wait,
        )

    def wait(self, _seconds: float) -> None:
        self.waited += 1

    def send(self, *series: bytes, reserved: bool = False) -> HistoryAnswer:
        (request,) = write_requests(series, 1 << 30)
        packed = bytes(cramjam.snappy.compress_raw(request))
        return self.history.take(7, packed, may_write_reserved=reserved)

    def digest(self) -> None:
        """Everything that is in the spool becomes stored."""
        for record in self.reader.newest("lane", max_bytes=1 << 30):
            if record.kind is Kind.SAMPLES:
                ids, ts, _ = decode_samples(record.payload)
                self.columns.rows |= set(zip(ids.tolist(), ts.tolist(), strict=True))
        self.clock.forward(2_000)
        self.passed_ms = self.clock() - 1

    def kinds(self, kind: Kind) -> list[Record]:
        return [r for r in self.reader.newest("lane", max_bytes=1 << 30) if r.kind is kind]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.writer.close()


def samples(desk: Desk, *ages_h: float) -> list[tuple[int, float]]:
    return [(desk.clock() - int(age * HOUR_MS), age) for age in ages_h]


def test_old_samples_are_kept_beside_newer_ones(desk: Desk) -> None:
    labels = labels_of(LABELS)
    now = np.array([desk.clock()], np.int64)
    desk.acceptor.accept_samples_blocking(
        7, SampleBatch(series=[labels], ts_ms=now, values=np.ones(1))
    )

    answer = desk.send(series_message(LABELS, samples(desk, 3, 1, 2)))
    later = desk.acceptor.accept_samples_blocking(
        7, SampleBatch(series=[labels], ts_ms=now - HOUR_MS, values=np.ones(1))
    )

    assert answer == HistoryAnswer(kept=3, repeated=0, refused={})
    ids, ts, values = decode_samples(desk.kinds(Kind.SAMPLES)[1].payload)
    assert set(ids.tolist()) == {series_id(7, labels)}
    assert dict(zip(ts.tolist(), values.tolist(), strict=True)) == dict(samples(desk, 1, 2, 3))
    assert ts.tolist() == sorted(ts.tolist())
    assert later.dropped == {Drop.OUT_OF_ORDER: 1}


def test_what_is_stored_is_passed_over(desk: Desk) -> None:
    message = series_message(LABELS, samples(desk, 3, 2))
    desk.send(message)
    desk.digest()

    again = desk.send(series_message(LABELS, [*samples(desk, 1), *sorted_times(desk)]))

    assert (again.kept, again.repeated) == (1, 2)


def sorted_times(desk: Desk) -> list[tuple[int, float]]:
    return [(ts, 0.0) for _, ts in sorted(desk.columns.rows)]


def test_it_waits_for_what_is_underway_and_gives_up_in_time(desk: Desk) -> None:
    message = series_message(LABELS, samples(desk, 3, 2))
    desk.send(message)
    assert desk.waited == 0

    with pytest.raises(Overloaded):
        desk.send(message)
    waited = desk.waited
    desk.send(series_message(LABELS, samples(desk, 30)))
    desk.send(series_message({"__name__": "other"}, samples(desk, 3, 2)))

    assert waited > 100
    assert desk.waited == waited
    desk.digest()
    assert desk.send(message).repeated == 2


def test_the_same_instant_twice_in_a_request_counts_once(desk: Desk) -> None:
    at = desk.clock() - HOUR_MS

    answer = desk.send(series_message(LABELS, [(at, 1.0), (at, 2.0), (at + 1, 3.0)]))

    assert (answer.kept, answer.repeated) == (2, 1)
    assert decode_samples(desk.kinds(Kind.SAMPLES)[0].payload)[2].tolist() == [1.0, 3.0]


def test_what_is_refused_is_counted(desk: Desk) -> None:
    answer = desk.send(
        series_message(LABELS, samples(desk, 91 * 24, -1, 1)),
        series_message({"host": "nameless"}, samples(desk, 1)),
        series_message({"__name__": "watchkeeper_up"}, samples(desk, 1, 2)),
    )

    assert answer.kept == 1
    assert answer.refused == {
        Drop.TOO_OLD: 1,
        Drop.TOO_FAR_FUTURE: 1,
        Drop.INVALID_LABELS: 1,
        Drop.RESERVED_NAME: 2,
    }
    own = series_message({"__name__": "watchkeeper_up"}, samples(desk, 1))
    assert desk.send(own, reserved=True).kept == 1
    assert desk.send(series_message({"__name__": "up"}, samples(desk, 1))).kept == 1


def test_labels_are_told_once_a_day(desk: Desk) -> None:
    for hour in (5, 4):
        desk.send(series_message(LABELS, samples(desk, hour)))
    desk.clock.forward(DAY_MS)
    desk.passed_ms = desk.clock()
    desk.send(series_message(LABELS, samples(desk, 3)))

    told = [decode_series(record.payload) for record in desk.kinds(Kind.SERIES)]
    assert [[row.labels for row in rows] for rows in told] == [[labels_of(LABELS)]] * 2


def test_metadata_is_kept(desk: Desk) -> None:
    request = metadata_request({"load": [{"type": "gauge", "help": "Load.", "unit": "s"}]})
    packed = bytes(cramjam.snappy.compress_raw(request))

    desk.history.take(7, packed, may_write_reserved=False)

    (row,) = decode_metadata(desk.kinds(Kind.METADATA)[0].payload)
    assert (row.metric, row.type, row.help, row.unit) == ("load", "gauge", "Load.", "s")


@pytest.mark.parametrize(
    "packed", [b"", b"no snappy", bytes(cramjam.snappy.compress_raw(b"\x0a\xff\xff"))]
)
def test_what_cannot_be_read_is_said(desk: Desk, packed: bytes) -> None:
    with pytest.raises(MalformedHistory):
        desk.history.take(7, packed, may_write_reserved=False)


@given(st.lists(st.tuples(st.integers(-(2**62), 2**62), st.floats(width=64)), max_size=30))
def test_any_sample_is_read_as_it_was_written(pairs: list[tuple[int, float]]) -> None:
    pairs += [(1_700_000_000_000, 0.0), (1_700_000_000_001, STALE), (0, math.inf)]
    (request,) = write_requests([series_message(LABELS, pairs)], 1 << 30)

    (series,) = decode(request).series

    assert series.ts_ms.tolist() == [ts for ts, _ in pairs]
    expected = np.array([value for _, value in pairs]).view(np.uint64)
    assert series.values.view(np.uint64).tolist() == expected.tolist()
    assert series.labels == labels_of(LABELS)


@given(st.binary(max_size=200))
def test_no_bytes_bring_it_down(body: bytes) -> None:
    try:
        decode(body)
    except MalformedHistory:
        return


def test_native_histograms_are_taken_once_too(desk: Desk) -> None:
    packed = bytes(cramjam.snappy.compress_raw(histogram_request(desk.clock() - HOUR_MS)))

    answer = desk.history.take(7, packed, may_write_reserved=False)

    rows = decode_histograms(desk.kinds(Kind.HISTOGRAMS)[0].payload)
    found = [decode_histogram(row.histogram) for row in rows]
    assert (answer.kept, answer.repeated) == (4, 0)
    assert [one.count for one in found] == [1.0, 4.0, 7.0, 10.0]
    assert [row.ts_ms - desk.clock() + HOUR_MS for row in rows] == [0, 15_000, 30_000, 45_000]
    assert found[3].positive.counts == (3.0, 6.0)
    desk.columns.rows |= {(row.series_id, row.ts_ms) for row in rows}
    desk.digest()
    assert desk.history.take(7, packed, may_write_reserved=False).repeated == 4


def test_a_series_that_has_only_labels_is_told_from_others() -> None:
    assert is_bare(series_message(LABELS, []))
    assert not is_bare(series_message(LABELS, [(1, 0.0)]))


def test_series_come_out_of_an_answer_and_into_requests_of_a_size() -> None:
    messages = [series_message({"__name__": f"m{n}"}, [(n + 1, float(n))] * 50) for n in range(9)]
    inner = b"".join(b"\x0a" + _length(len(one)) + one for one in messages)
    response = b"\x0a" + _length(len(inner)) + inner

    assert series_of(response) == messages
    requests = list(write_requests(messages, 3_000))
    assert len(requests) > 1
    assert all(len(request) <= 3_000 for request in requests)
    assert [series.labels for r in requests for series in decode(r).series] == [
        labels_of({"__name__": f"m{n}"}) for n in range(9)
    ]
    for end in range(1, len(response)):
        with pytest.raises(Unreadable):
            series_of(response[:end])


def _length(number: int) -> bytes:
    return bytes([number & 0x7F | 0x80, number >> 7]) if number >= 0x80 else bytes([number])
