"""Native histograms and exemplars from acceptance to their tables."""

from __future__ import annotations

import numpy as np
from sqlalchemy import select

from tests.fakes.house import PROJECT, House
from watchkeeper.ingest import (
    Acceptor,
    Drop,
    Exemplar,
    HistogramBatch,
    HistogramRow,
    SampleBatch,
    encode_histograms,
    remembered_series,
)
from watchkeeper.ingest.digest import Digest
from watchkeeper.lib.clock import DAY_MS
from watchkeeper.model import (
    CUSTOM_BUCKETS,
    Buckets,
    Histogram,
    Kind,
    ResetHint,
    decode_histogram,
    labels_of,
    series_id,
)
from watchkeeper.store.meta import tables

LATENCY = labels_of({"__name__": "latency_seconds", "job": "api"})
EXPONENTIAL = Histogram(
    schema=3,
    count=21.0,
    sum=18.4,
    zero_threshold=0.001,
    zero_count=2.0,
    positive=Buckets((0, 1, 4), (1.0, 2.0, 3.0)),
    negative=Buckets((-3,), (13.0,)),
    reset_hint=ResetHint.NOT_RESET,
)
CUSTOM = Histogram(
    schema=CUSTOM_BUCKETS,
    count=3.0,
    sum=7.5,
    positive=Buckets((0, 2), (1.0, 2.0)),
    custom_bounds=(0.5, 2.5),
)


def batch(house: House, *histograms: Histogram, back_ms: int = 0) -> HistogramBatch:
    times = house.clock() - back_ms + 1000 * np.arange(len(histograms), dtype=np.int64)
    return HistogramBatch(series=[LATENCY] * len(histograms), ts_ms=times, histograms=histograms)


def exemplar(house: House, value: float, *, after_ms: int = 0, trace: str = "ab12") -> Exemplar:
    return Exemplar(
        series=LATENCY, ts_ms=house.clock() + after_ms, value=value, labels={"trace_id": trace}
    )


def test_a_native_histogram_comes_back_as_it_was_accepted(house: House) -> None:
    accepted = house.acceptor().accept_histograms_blocking(
        PROJECT, batch(house, EXPONENTIAL, CUSTOM)
    )

    house.digest().run_once()

    rows = house.columns.rows("SELECT series_id, hex(histogram) FROM histograms ORDER BY ts")
    assert accepted.rows == 2
    assert [row[0] for row in rows] == [series_id(PROJECT, LATENCY)] * 2
    assert [decode_histogram(bytes.fromhex(row[1])) for row in rows] == [EXPONENTIAL, CUSTOM]
    assert house.columns.rows("SELECT metric, labels['job'] FROM series") == [
        ["latency_seconds", "api"]
    ]


def test_a_histogram_of_an_earlier_day_names_its_series_on_that_day(house: House) -> None:
    house.acceptor().accept_histograms_blocking(
        PROJECT, batch(house, EXPONENTIAL, back_ms=2 * DAY_MS)
    )

    house.digest().run_once()

    today = house.clock() // DAY_MS
    days = house.columns.rows("SELECT DISTINCT toUInt16(day) AS d FROM series ORDER BY d")
    assert days == [[today - 2], [today]]


def test_a_sample_and_a_histogram_of_one_series_share_its_newest_time(house: House) -> None:
    acceptor = house.acceptor()
    acceptor.accept_histograms_blocking(PROJECT, batch(house, EXPONENTIAL))
    again = acceptor.accept_histograms_blocking(PROJECT, batch(house, EXPONENTIAL))
    other = acceptor.accept_histograms_blocking(PROJECT, batch(house, CUSTOM))
    older = acceptor.accept_samples_blocking(
        PROJECT,
        SampleBatch(
            series=[LATENCY],
            ts_ms=np.array([house.clock() - 1], np.int64),
            values=np.array([1.0]),
        ),
    )
    assert again.dropped == {Drop.REPEATED: 1}
    assert other.dropped == {Drop.DUPLICATE_TIMESTAMP: 1}
    assert older.dropped == {Drop.OUT_OF_ORDER: 1}


def test_a_histogram_that_comes_again_after_a_restart_is_repeated(house: House) -> None:
    first = house.acceptor()
    first.accept_histograms_blocking(PROJECT, batch(house, EXPONENTIAL))
    after = Acceptor(
        spool=house.engine,
        series=remembered_series(house.directory / "spool", "engine"),
        clock=house.clock,
        metrics=first.metrics,
    )

    again = after.accept_histograms_blocking(PROJECT, batch(house, EXPONENTIAL))

    assert again.dropped == {Drop.REPEATED: 1}


def test_an_exemplar_is_stored_once_however_often_its_exporter_shows_it(house: House) -> None:
    acceptor = house.acceptor()
    shown = exemplar(house, 0.25)
    first = acceptor.accept_exemplars_blocking(PROJECT, [shown, shown])
    second = acceptor.accept_exemplars_blocking(PROJECT, [shown])
    third = acceptor.accept_exemplars_blocking(PROJECT, [exemplar(house, 0.5, after_ms=5)])

    house.digest().run_once()

    assert (first.rows, dict(first.dropped)) == (1, {Drop.REPEATED: 1})
    assert (second.rows, dict(second.dropped)) == (0, {Drop.REPEATED: 1})
    assert third.rows == 1
    assert house.columns.rows("SELECT value, labels['trace_id'] FROM exemplars ORDER BY ts") == [
        [0.25, "ab12"],
        [0.5, "ab12"],
    ]
    assert house.count("series") == 1


def test_exemplars_out_of_order_or_with_too_long_labels_are_counted(house: House) -> None:
    acceptor = house.acceptor()
    accepted = acceptor.accept_exemplars_blocking(
        PROJECT,
        [
            exemplar(house, 1.0),
            exemplar(house, 2.0),
            exemplar(house, 1.0, after_ms=-1),
            exemplar(house, 1.0, trace="x" * 121),
            exemplar(house, 1.0, after_ms=DAY_MS),
            exemplar(house, 1.0, after_ms=-100 * DAY_MS),
        ],
    )
    assert accepted.rows == 1
    assert accepted.dropped == {
        Drop.DUPLICATE_TIMESTAMP: 1,
        Drop.OUT_OF_ORDER: 1,
        Drop.INVALID_EXEMPLAR: 1,
        Drop.TOO_FAR_FUTURE: 1,
        Drop.TOO_OLD: 1,
    }


def test_histograms_that_cannot_be_stored_are_dead_letters_and_the_others_are_kept(
    house: House,
) -> None:
    good, bad = (HistogramRow(1, at, b"\x90") for at in (house.clock(), 9_999_999_999_999_999))
    house.receive([encode_histograms([good, bad]), b"\xc1"], Kind.HISTOGRAMS)
    digest: Digest = house.digest()

    digest.run_once()

    assert house.count("histograms") == 1
    with house.meta.read() as conn:
        reasons = conn.execute(select(tables.dead_letters.c.reason)).scalars().all()
    assert sorted(reasons) == ["time_out_of_range", "unreadable"]
