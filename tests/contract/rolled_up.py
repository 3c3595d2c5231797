"""A store with sixteen days of samples and their roll-ups, for tests of what roll-ups answer."""

from __future__ import annotations

import numpy as np
import pytest

from watchkeeper.lib.clock import DAY_MS, HOUR_MS
from watchkeeper.model import Labels, Role, Scope, labels_of, series_id
from watchkeeper.query.promql import (
    STALE_NAN,
    ColumnsRollups,
    ColumnsSource,
    Engine,
    Matrix,
    Result,
    RollupOptions,
    Vector,
)
from watchkeeper.store.columns import (
    SERIES,
    Columns,
    Resolution,
    encode_rows,
    rollup_range,
    samples_block,
)

SCOPE = Scope(org_id=1, project_ids=(1,), role=Role.VIEWER)
T0 = 1_795_219_200_000 // DAY_MS * DAY_MS
DAYS = 16
ROLLED_MS = T0 + DAYS * DAY_MS - 6 * HOUR_MS
NOW_MS = T0 + DAYS * DAY_MS
EXACT = (
    "avg_over_time",
    "count_over_time",
    "first_over_time",
    "last_over_time",
    "max_over_time",
    "min_over_time",
    "present_over_time",
    "sum_over_time",
)


def written() -> dict[Labels, tuple[np.ndarray, np.ndarray]]:
    """Gauges and counters every two minutes, one series exactly on the minute, one with a gap."""
    rng = np.random.default_rng(3)
    found = {}
    for number in range(6):
        labels = labels_of(
            {"__name__": "hits_total" if number % 2 else "load", "host": f"h{number}"}
        )
        jitter = 0 if number < 2 else number * 777
        ts = np.arange(T0 + jitter, T0 + DAYS * DAY_MS, 120_000)
        values = rng.normal(5, 3, len(ts))
        if number % 2:
            values = np.cumsum(rng.poisson(3, len(ts))).astype(float)
            values[len(ts) // 2 :] -= values[len(ts) // 2]
        if number == 5:
            keep = (ts < T0 + 3 * DAY_MS) | (ts > T0 + 5 * DAY_MS)
            values[np.flatnonzero(~keep)[0] - 1] = STALE_NAN
            ts, values = ts[keep], values[keep]
        found[labels] = (ts, values)
    return found


def write(store: Columns, samples: dict[Labels, tuple[np.ndarray, np.ndarray]]) -> None:
    names = ["project_id", "day", "metric", "series_id", "labels"]
    for labels, (ts, values) in samples.items():
        series = series_id(1, labels)
        rows = [
            (1, day, dict(labels)["__name__"], series, dict(labels))
            for day in np.unique(ts // DAY_MS).tolist()
        ]
        store.insert("series", names, encode_rows(SERIES, names, rows), token=None)
        block = samples_block(np.full(len(ts), 1), np.full(len(ts), series), ts, values)
        store.insert("samples", ["project_id", "series_id", "ts", "value"], block, token=None)


def roll_up(store: Columns, start_ms: int, end_ms: int) -> None:
    rollup_range(store, start_ms, end_ms, Resolution.HOUR)
    rollup_range(store, start_ms, end_ms, Resolution.DAY)


def engines(store: Columns, *, long_ms: int = 7 * DAY_MS) -> tuple[Engine, Engine]:
    """One that reads samples alone, and one that may read roll-ups."""
    rollups = ColumnsRollups(
        store,
        lambda: NOW_MS,
        rolled_up_ms=lambda: ROLLED_MS,
        options=RollupOptions(long_ms=long_ms),
        monotonic=lambda: 0.0,
    )
    return Engine(ColumnsSource(store)), Engine(ColumnsSource(store), rollups=rollups)


def vector(result: Result) -> Vector:
    assert isinstance(result.value, Vector)
    return result.value


def points(result: Result) -> dict[Labels, dict[int, float]]:
    value = result.value
    assert isinstance(value, Matrix)
    found = {}
    for row, labels in enumerate(value.labels):
        part = slice(int(value.offsets[row]), int(value.offsets[row + 1]))
        found[labels] = dict(zip(value.ts[part].tolist(), value.values[part].tolist(), strict=True))
    return found


def assert_alike(ours: Result, theirs: Result, *, rel: float = 1e-12) -> None:
    found, expected = points(ours), points(theirs)
    assert found.keys() == expected.keys()
    for labels, samples in expected.items():
        assert found[labels].keys() == samples.keys(), labels
        for at, value in samples.items():
            assert found[labels][at] == pytest.approx(value, rel=rel, abs=1e-9), (labels, at)
