"""A metric with native histograms is read from the store, whatever else is held in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from tests.contract.test_histogram_source import SCOPE, T0, grown, write, written
from tests.fakes.clock import HandClock
from watchkeeper.model import Histogram
from watchkeeper.query import QueryOptions
from watchkeeper.query.hot import HotMetrics, HotSource, HotStore
from watchkeeper.query.promql import ColumnsSource, Engine, Matrix, Vector
from watchkeeper.store.columns import Columns, EmbeddedOptions
from watchkeeper.store.columns.embedded import open_embedded

MINUTE = 60_000


@pytest.fixture(scope="module")
def columns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Columns]:
    directory: Path = tmp_path_factory.mktemp("columns")
    store = open_embedded(directory / "store", options=EmbeddedOptions())
    store.migrate()
    write(store)
    yield store
    store.close()


def test_histograms_are_answered_again_and_again(columns: Columns) -> None:
    clock = HandClock(now_ms=T0 + 30 * MINUTE)
    hot = HotStore(columns, QueryOptions(), clock, HotMetrics(CollectorRegistry()))
    engine = Engine(HotSource(ColumnsSource(columns), hot))
    plain = Engine(ColumnsSource(columns))
    for query in ("sum(rate(requests_total[5m]))", "latency", "rate(latency[5m])"):
        span = (T0, T0 + 25 * MINUTE, MINUTE)
        want = plain.range(SCOPE, query, *span).value
        for _ in range(3):
            clock.forward(1_000)
            got = engine.range(SCOPE, query, *span).value
            assert isinstance(got, Matrix)
            assert isinstance(want, Matrix)
            assert got.labels == want.labels
            assert cells(got) == cells(want)


def cells(answer: Matrix) -> list[Histogram | None]:
    return [] if answer.histograms is None else list(answer.histograms)


def test_a_series_may_turn_from_floats_to_histograms(columns: Columns) -> None:
    clock = HandClock(now_ms=T0 + 30 * MINUTE)
    hot = HotStore(columns, QueryOptions(), clock, HotMetrics(CollectorRegistry()))
    engine = Engine(HotSource(ColumnsSource(columns), hot))
    turned = [labels for labels in written() if dict(labels).get("kind") == "turned"]
    for minute, expected in ((5, None), (20, grown(80, 3))):
        for _ in range(3):
            answer = engine.instant(SCOPE, 'latency{kind="turned"}', T0 + minute * MINUTE).value
            assert isinstance(answer, Vector)
            assert answer.labels == turned
            found = None if answer.histograms is None else answer.histograms[0]
            assert (found is None) == (expected is None)
            assert found is None or expected is None or found.count == expected.count
