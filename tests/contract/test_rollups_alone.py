"""Where samples have expired, roll-ups answer; where they have not, nothing changes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

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
from watchkeeper.query.promql import Engine, MemorySource
from watchkeeper.store.columns import Columns, EmbeddedOptions
from watchkeeper.store.columns.embedded import open_embedded


@pytest.fixture(scope="module")
def half_gone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Columns]:
    """The same data, whose first eight days of samples have expired."""
    directory: Path = tmp_path_factory.mktemp("half-gone")
    store = open_embedded(directory / "store", options=EmbeddedOptions(retention_days={}))
    store.migrate()
    write(store, written())
    roll_up(store, T0 - DAY_MS, ROLLED_MS)
    for day in range(8):
        store.drop_partition(
            "samples", time.strftime("%Y%m%d", time.gmtime(T0 / 1000 + day * 86_400))
        )
    yield store
    store.close()


GONE_MS = T0 + 8 * DAY_MS


@pytest.fixture(scope="module")
def all_there() -> Engine:
    """What all samples say."""
    source = MemorySource()
    for labels, (ts, values) in written().items():
        source.append(labels, zip(ts.tolist(), values.tolist(), strict=True))
    return Engine(source)


@pytest.mark.parametrize("function", EXACT)
def test_where_samples_are_gone_hours_answer_as_samples_did(
    half_gone: Columns, all_there: Engine, function: str
) -> None:
    _, rolled = engines(half_gone, long_ms=0)
    query, span = f"{function}(load[3h])", (T0 + DAY_MS, NOW_MS, HOUR_MS)

    answer = rolled.range(SCOPE, query, *span)

    assert_alike(answer, all_there.range(SCOPE, query, *span))
    assert answer.stats.resolution_ms == HOUR_MS


@pytest.mark.parametrize("step_ms", [60_000, HOUR_MS])
def test_old_values_are_seen_at_any_step(half_gone: Columns, step_ms: int) -> None:
    _, rolled = engines(half_gone, long_ms=0)
    start_ms = T0 + 2 * DAY_MS + 1234

    answer = rolled.range(SCOPE, "load{host='h2'}", start_ms, start_ms + 5 * HOUR_MS, step_ms)

    (samples,) = points(answer).values()
    ts, values = next(v for k, v in written().items() if ("host", "h2") in k)
    for at, value in samples.items():
        assert value == values[ts <= at // HOUR_MS * HOUR_MS][-1]
    assert len(samples) == 5 * HOUR_MS // step_ms + 1


def test_a_window_that_reaches_back_to_what_is_gone_is_whole(half_gone: Columns) -> None:
    _, rolled = engines(half_gone)

    answer = rolled.instant(SCOPE, "sum(count_over_time(load[15d]))", ROLLED_MS)

    expected = sum(
        ((ts > ROLLED_MS - 15 * DAY_MS) & (ts <= ROLLED_MS)).sum()
        for labels, (ts, _) in written().items()
        if ("__name__", "load") in labels
    )
    assert vector(answer).values.tolist() == [expected]
    assert answer.stats.resolution_ms == HOUR_MS


def test_a_window_longer_than_everything_is_answered(half_gone: Columns) -> None:
    _, rolled = engines(half_gone)

    answer = rolled.instant(SCOPE, "max_over_time(load[100y])", ROLLED_MS)
    nothing = rolled.instant(SCOPE, "max_over_time(load[1h] offset 10y)", ROLLED_MS)

    assert len(vector(answer).labels) == 3
    assert vector(nothing).labels == []


def test_queries_where_samples_are_there_do_not_change(half_gone: Columns) -> None:
    raw, rolled = engines(half_gone)
    span = (GONE_MS + 2 * HOUR_MS, NOW_MS, HOUR_MS // 4)

    for query in (
        "load",
        "rate(hits_total[1h])",
        "sum by (host) (load)",
        "max_over_time(load[2h])",
    ):
        expected, answer = (e.range(SCOPE, query, *span) for e in (raw, rolled))
        assert points(answer) == points(expected)
        assert answer.infos == expected.infos
