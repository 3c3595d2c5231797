"""Queries that roll-ups answer: equal to what samples say where that is claimed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.contract.rolled_up import (
    EXACT,
    NOW_MS,
    ROLLED_MS,
    SCOPE,
    T0,
    assert_alike,
    engines,
    points,
    roll_up,
    vector,
    write,
    written,
)
from watchkeeper.lib.clock import DAY_MS, HOUR_MS
from watchkeeper.store.columns import Columns, EmbeddedOptions
from watchkeeper.store.columns.embedded import open_embedded


@pytest.fixture(scope="module")
def columns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Columns]:
    directory: Path = tmp_path_factory.mktemp("rollups")
    store = open_embedded(directory / "store", options=EmbeddedOptions(retention_days={}))
    store.migrate()
    write(store, written())
    roll_up(store, T0 - DAY_MS, ROLLED_MS)
    yield store
    store.close()


@pytest.mark.parametrize("function", EXACT)
@pytest.mark.parametrize("window", ["1h", "6h", "1d"])
def test_whole_hours_are_exact(columns: Columns, function: str, window: str) -> None:
    raw, rolled = engines(columns)
    query = f"{function}({{__name__=~'load|hits_total'}}[{window}])"
    span = (T0 + DAY_MS, NOW_MS, HOUR_MS)

    expected, answer = (engine.range(SCOPE, query, *span) for engine in (raw, rolled))

    assert_alike(answer, expected)
    assert answer.stats.resolution_ms == HOUR_MS
    assert expected.stats.resolution_ms == 0
    assert any("rolled up, resolution 1h" in info for info in answer.infos)
    assert answer.stats.samples < expected.stats.samples


def test_whole_days_are_exact_and_read_daily_rows(columns: Columns) -> None:
    raw, rolled = engines(columns)
    span = (T0 + DAY_MS, T0 + 15 * DAY_MS, DAY_MS)

    expected, answer = (
        e.range(SCOPE, "sum(max_over_time(load[1d]))", *span) for e in (raw, rolled)
    )

    assert_alike(answer, expected)
    assert answer.stats.resolution_ms == DAY_MS
    assert answer.stats.samples == 3 * 15


@pytest.mark.parametrize("window", ["1h", "90m", "1d"])
def test_what_counters_counted_is_near_what_samples_extrapolate(
    columns: Columns, window: str
) -> None:
    raw, rolled = engines(columns)
    span = (T0 + DAY_MS, ROLLED_MS, 2 * HOUR_MS)
    query = f"sum(rate(hits_total{{host=~'h1|h3'}}[{window}]))"

    expected, answer = (points(e.range(SCOPE, query, *span))[()] for e in (raw, rolled))

    assert answer.keys() == expected.keys()
    off = [abs(answer[at] / expected[at] - 1) for at in expected]
    assert float(np.median(off)) < 0.05
    assert float(np.mean(list(answer.values()))) == pytest.approx(
        float(np.mean(list(expected.values()))), rel=0.01
    )


def test_increases_of_all_hours_add_up_to_what_was_counted(columns: Columns) -> None:
    _, rolled = engines(columns)
    query = "increase(hits_total{host='h3'}[1h])"
    span = (T0 + HOUR_MS, T0 + 15 * DAY_MS, HOUR_MS)

    (samples,) = points(rolled.range(SCOPE, query, *span)).values()

    ts, values = next(v for k, v in written().items() if ("host", "h3") in k)
    values = values[ts <= T0 + 15 * DAY_MS]
    steps = np.diff(values)
    counted = steps[steps >= 0].sum() + values[1:][steps < 0].sum()
    assert sum(samples.values()) == pytest.approx(counted, rel=1e-12)


def test_a_plain_selector_shows_the_last_of_each_hour(columns: Columns) -> None:
    raw, rolled = engines(columns)
    span = (T0 + HOUR_MS, NOW_MS - HOUR_MS, HOUR_MS)

    expected = raw.range(SCOPE, "last_over_time(load[1h])", *span)

    assert_alike(rolled.range(SCOPE, "load", *span), expected)


@pytest.mark.parametrize(
    ("query", "step_ms", "days"),
    [
        ("avg_over_time(load[1h])", HOUR_MS // 2, 10),
        ("avg_over_time(load[1h])", HOUR_MS, 6),
        ("avg_over_time(load[90m])", HOUR_MS, 10),
        ("rate(hits_total[10m])", HOUR_MS, 10),
        ("quantile_over_time(0.5, load[1h])", HOUR_MS, 10),
        ("sum_over_time(load[1h] anchored)", HOUR_MS, 10),
    ],
)
def test_other_queries_read_samples(columns: Columns, query: str, step_ms: int, days: int) -> None:
    _, rolled = engines(columns)
    if "anchored" in query:
        query = "increase(hits_total[1h] anchored)"

    answer = rolled.range(SCOPE, query, T0 + DAY_MS, T0 + (1 + days) * DAY_MS, step_ms)

    assert answer.stats.resolution_ms == 0
    assert not any("rolled up" in info for info in answer.infos)
    assert points(answer)


def test_an_instant_query_reads_samples_while_there_are_any(columns: Columns) -> None:
    raw, rolled = engines(columns)

    expected, answer = (
        e.instant(SCOPE, "sum_over_time(load[10d])", NOW_MS - 12345) for e in (raw, rolled)
    )

    assert answer.stats.resolution_ms == 0
    assert vector(answer).values.tolist() == vector(expected).values.tolist()


def test_it_can_be_switched_off(columns: Columns) -> None:
    _, rolled = engines(columns, long_ms=0)

    answer = rolled.range(SCOPE, "avg_over_time(load[1h])", T0 + DAY_MS, NOW_MS, HOUR_MS)

    assert answer.stats.resolution_ms == 0
