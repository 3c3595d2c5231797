"""Roll-ups beside native histograms, and of a whole year."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from tests.contract.rolled_up import (
    NOW_MS,
    SCOPE,
    T0,
    engines,
    points,
    roll_up,
    write,
)
from watchkeeper.lib.clock import DAY_MS, HOUR_MS
from watchkeeper.model import Histogram as NativeHistogram
from watchkeeper.model import encode_histogram, labels_of, series_id
from watchkeeper.store.columns import HISTOGRAMS, SERIES, EmbeddedOptions, encode_rows
from watchkeeper.store.columns.embedded import open_embedded


def test_native_histograms_are_left_to_the_samples(tmp_path: Path) -> None:
    store = open_embedded(tmp_path / "store", options=EmbeddedOptions(retention_days={}))
    store.migrate()
    labels = labels_of({"__name__": "latency"})
    ts = np.arange(T0, T0 + 9 * DAY_MS, HOUR_MS // 2)
    write(store, {labels: (ts[:1], np.ones(1))})
    names = ["project_id", "day", "metric", "series_id", "labels"]
    series = series_id(1, labels)
    days = [(1, T0 // DAY_MS + day, "latency", series, dict(labels)) for day in range(10)]
    store.insert("series", names, encode_rows(SERIES, names, days), token=None)
    kept = ["project_id", "series_id", "ts", "histogram"]
    rows = [
        (1, series, at, encode_histogram(NativeHistogram(schema=0, count=at - T0, sum=1.0)))
        for at in ts[1:].tolist()
    ]
    store.insert("histograms", kept, encode_rows(HISTOGRAMS, kept, rows), token=None)
    roll_up(store, T0 - DAY_MS, T0 + 9 * DAY_MS)
    _, rolled = engines(store)

    answer = rolled.range(
        SCOPE, "count_over_time(latency[1h])", T0 + DAY_MS, T0 + 9 * DAY_MS, HOUR_MS
    )

    (samples,) = points(answer).values()
    assert set(list(samples.values())[:-1]) == {2.0}
    assert answer.stats.resolution_ms == 0
    store.close()


def test_a_year_of_hours_of_a_hundred_series_is_fast(tmp_path: Path) -> None:
    store = open_embedded(tmp_path / "store", options=EmbeddedOptions(retention_days={}))
    store.migrate()
    hours = 365 * 24
    begin_ms = NOW_MS - hours * HOUR_MS
    names = ["project_id", "day", "metric", "series_id", "labels"]
    series = [labels_of({"__name__": "old", "n": str(n)}) for n in range(100)]
    ids = np.array([series_id(1, labels) for labels in series], np.uint64)
    rows = [
        (1, day, "old", int(one), dict(labels))
        for one, labels in zip(ids, series, strict=True)
        for day in range(begin_ms // DAY_MS, NOW_MS // DAY_MS + 1, 30)
    ]
    store.insert("series", names, encode_rows(SERIES, names, rows), token=None)
    store.execute(
        "INSERT INTO samples_1h SELECT 1, arrayJoin({ids:Array(UInt64)}) AS id, "
        "fromUnixTimestamp64Milli({begin:Int64} + number * 3600000, 'UTC'), 60, "
        "60 * number, number, number, number, number, 60, 1 FROM numbers({hours:UInt32})",
        {"ids": ids.tolist(), "begin": begin_ms, "hours": hours},
        settings={"max_partitions_per_insert_block": 0},
    )
    roll_up(store, NOW_MS, NOW_MS)
    _, rolled = engines(store)
    span = (begin_ms + HOUR_MS, NOW_MS, HOUR_MS)
    took = []
    for _ in range(4):
        began = time.perf_counter()
        answer = rolled.range(SCOPE, "avg_over_time(old[1h])", *span)
        took.append(time.perf_counter() - began)

    store.close()
    found = points(answer)
    assert len(found) == 100
    assert all(list(samples.values()) == list(range(hours)) for samples in found.values())
    print(f"a year of hours: {sorted(took)[0] * 1000:.0f} ms, {took}")
    assert min(took) < 1.0
