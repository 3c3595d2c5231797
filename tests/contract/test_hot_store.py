"""What is held in memory is what the columns hold, whatever was stored, late, twice or dropped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from watchkeeper.lib.clock import DAY_MS
from watchkeeper.model import Labels, Role, Scope, labels_of, series_id
from watchkeeper.query import QueryOptions
from watchkeeper.query.hot import HotMetrics, HotSource, HotStore
from watchkeeper.query.promql import (
    STALE_NAN,
    Answers,
    ColumnsSource,
    Engine,
    Matcher,
    MatchOp,
    Matrix,
    MemorySource,
    SeriesBlock,
)
from watchkeeper.store.columns import (
    SERIES,
    Columns,
    EmbeddedOptions,
    encode_rows,
    samples_block,
)
from watchkeeper.store.columns.embedded import open_embedded

T0 = 1_795_224_000_000 // DAY_MS * DAY_MS
STEP = 15_000
METRIC = (Matcher("__name__", MatchOp.EQUAL, "requests_total"),)
QUERIES = (
    "requests_total",
    'sum by (job) (rate(requests_total{host!="h1"}[2m]))',
    "topk(3, increase(requests_total[3m]))",
    "max_over_time(requests_total[90s])",
    "stddev_over_time(requests_total[2m])",
    "count by (job) (requests_total)",
    "absent_over_time(requests_total[1m])",
)


@pytest.fixture(scope="module")
def columns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Columns]:
    directory: Path = tmp_path_factory.mktemp("columns")
    store = open_embedded(directory / "store", options=EmbeddedOptions())
    store.migrate()
    yield store
    store.close()


class Rows(MemorySource):
    """The columns without what they compute themselves: raw samples for the general evaluator."""

    def __init__(self, columns: ColumnsSource) -> None:
        super().__init__()
        self.columns = columns

    def select(
        self, scope: Scope, matchers: Sequence[Matcher], *, start_ms: int, end_ms: int
    ) -> SeriesBlock:
        return self.columns.select(scope, matchers, start_ms=start_ms, end_ms=end_ms)


class Fleet:
    """Writes to the columns and tells a hot store, as the digest does."""

    def __init__(self, columns: Columns, project_id: int, *, hot_bytes: int = 64 << 20) -> None:
        self.columns = columns
        self.project_id = project_id
        self.scope = Scope(org_id=1, project_ids=(project_id,), role=Role.VIEWER)
        self.now_ms = T0
        self.registry = CollectorRegistry()
        self.hot_bytes = hot_bytes
        self.cold = ColumnsSource(columns)
        self.known: set[Labels] = set()
        self.written: set[tuple[Labels, int]] = set()
        self.restart()

    def restart(self) -> None:
        self.registry = CollectorRegistry()
        self.hot = HotStore(
            self.columns,
            QueryOptions(hot_bytes=self.hot_bytes),
            lambda: self.now_ms,
            HotMetrics(self.registry),
        )
        self.source = HotSource(self.cold, self.hot)
        self.remembering = Engine(self.source, answers=Answers(16 << 20))
        self.saved = 0

    def reads(self, where: str) -> float:
        found = self.registry.get_sample_value("watchkeeper_query_hot_reads_total", {"from": where})
        return found or 0.0

    def write(self, rows: list[tuple[Labels, int, float]], *, tell: bool = True) -> None:
        new = sorted({labels for labels, _, _ in rows} - self.known)
        self.known |= set(new)
        names = ["project_id", "day", "metric", "series_id", "labels"]
        if new:
            series = [
                (self.project_id, T0 // DAY_MS, dict(ls)["__name__"], self.id(ls), dict(ls))
                for ls in new
            ]
            self.columns.insert("series", names, encode_rows(SERIES, names, series), token=None)
        ids = np.array([self.id(labels) for labels, _, _ in rows], np.uint64)
        ts = np.array([t for _, t, _ in rows], np.int64)
        values = np.array([v for _, _, v in rows])
        block = samples_block(np.full(len(rows), self.project_id, np.uint32), ids, ts, values)
        self.columns.insert(
            "samples", ["project_id", "series_id", "ts", "value"], block, token=None
        )
        if tell:
            self.hot.announced([(self.project_id, self.id(labels), labels) for labels in new])
            self.hot.samples(self.project_id, ids, ts, values)

    def ask_again(self) -> None:
        """What is remembered is what would be computed now."""
        end_ms = self.now_ms // 30_000 * 30_000
        span = (end_ms - 600_000, end_ms, 30_000)
        for query in QUERIES:
            kept = self.remembering.range(self.scope, query, *span)
            new = self.remembering.range(self.scope, query, *span, fresh=True)
            assert isinstance(kept.value, Matrix)
            assert isinstance(new.value, Matrix)
            assert kept.value.labels == new.value.labels, query
            assert kept.value.offsets.tolist() == new.value.offsets.tolist(), query
            assert kept.value.ts.tolist() == new.value.ts.tolist(), query
            np.testing.assert_allclose(kept.value.values, new.value.values, rtol=1e-12)
            self.saved += kept.stats.samples < new.stats.samples

    def id(self, labels: Labels) -> int:
        return series_id(self.project_id, labels)

    def hold(self, start_ms: int, end_ms: int) -> None:
        """Both ways answer alike."""
        warm = self.source.select(self.scope, METRIC, start_ms=start_ms, end_ms=end_ms)
        cold = self.cold.select(self.scope, METRIC, start_ms=start_ms, end_ms=end_ms)
        assert samples_of(warm) == samples_of(cold)
        fast, slow = Engine(self.source), Engine(Rows(self.cold))
        for query in QUERIES:
            one = fast.range(self.scope, query, start_ms, end_ms, 30_000)
            two = slow.range(self.scope, query, start_ms, end_ms, 30_000)
            assert isinstance(one.value, Matrix)
            assert isinstance(two.value, Matrix)
            assert one.value.labels == two.value.labels, query
            assert one.value.ts.tolist() == two.value.ts.tolist(), query
            np.testing.assert_allclose(one.value.values, two.value.values, rtol=1e-9, atol=1e-12)


def samples_of(block: SeriesBlock) -> dict[Labels, list[tuple[int, int]]]:
    bits = block.values.view(np.uint64).tolist()
    bounds = block.offsets.tolist()
    return {
        labels: list(zip(block.ts[a:b].tolist(), bits[a:b], strict=True))
        for labels, a, b in zip(block.labels, bounds, bounds[1:], strict=False)
    }


def labels(number: int) -> Labels:
    name = "requests_total" if number % 4 else "other_total"
    host = f"h{number // 4}"
    return labels_of({"__name__": name, "job": f"j{number % 3}", "host": host, "n": str(number)})


class Sender:
    """A history of counters: missed, reset, stale, in pieces, late, repeated."""

    def __init__(self, fleet: Fleet, seed: int) -> None:
        self.fleet = fleet
        self.rng = np.random.default_rng(seed)
        self.alive = list(range(12))
        self.totals: dict[int, float] = {}
        self.written: list[tuple[Labels, int, float]] = []

    def happens(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def tick(self, now: int) -> None:
        rows = [self.sample(n, now) for n in self.alive if not self.happens(0.06)]
        if self.happens(0.25):
            cut = int(self.rng.integers(1, len(rows)))
            self.write(rows[:cut])
            self.fleet.hold(now - 600_000, now)
            rows = rows[cut:]
        self.write(rows)
        if self.happens(0.1):
            self.alive = [*self.alive[1:], max(self.alive) + 1]
        if self.happens(0.1):
            self.repeat()
        if self.happens(0.1):  # between the times that are there
            late = now - int(self.rng.integers(1, 300)) * 1000 - 333
            self.fleet.write([(labels(self.alive[0]), late, 1.0)])

    def sample(self, number: int, now: int) -> tuple[Labels, int, float]:
        before = 0.0 if self.happens(0.02) else self.totals.get(number, 0.0)
        self.totals[number] = before + float(self.rng.poisson(4))
        phase = 0 if number < 8 else 700 * number
        value = STALE_NAN if self.happens(0.02) else self.totals[number]
        return labels(number), now + phase, value

    def write(self, rows: list[tuple[Labels, int, float]]) -> None:
        self.fleet.write(rows)
        self.written += rows

    def repeat(self) -> None:
        again = [self.written[int(i)] for i in self.rng.integers(0, len(self.written), 4)]
        self.fleet.hot.samples(
            self.fleet.project_id,
            np.array([self.fleet.id(row[0]) for row in again], np.uint64),
            np.array([row[1] for row in again], np.int64),
            np.array([row[2] for row in again]),
        )


@pytest.mark.parametrize("seed", range(3))
def test_random_histories_read_the_same(columns: Columns, seed: int) -> None:
    fleet = Fleet(columns, 100 + seed)
    sender = Sender(fleet, seed)
    now = T0 + 3_600_000
    for _ in range(30):
        now += STEP
        fleet.now_ms = now
        sender.tick(now)
        if sender.happens(0.05):
            fleet.restart()
        if sender.happens(0.7):
            fleet.ask_again()
        if sender.happens(0.3):
            fleet.hold(now - int(sender.rng.integers(60, 900)) * 1000, now + 20_000)

    fleet.hold(T0, now + STEP)
    assert fleet.reads("memory") > 0
    assert fleet.saved > 5


def fill(fleet: Fleet, *, ticks: int, series: int = 8) -> int:
    """Counters of the one metric at equal times; returns the last time."""
    for tick in range(ticks):
        fleet.now_ms = T0 + tick * STEP
        rows = [(labels(4 * n + 1), fleet.now_ms, float(tick * (n + 1))) for n in range(series)]
        fleet.write(rows)
    return fleet.now_ms


def test_another_value_for_a_time_is_read_anew(columns: Columns) -> None:
    fleet = Fleet(columns, 201)
    end = fill(fleet, ticks=20)
    fleet.hold(T0, end)
    loaded = fleet.reads("loaded")

    fleet.hot.samples(
        fleet.project_id,
        np.array([fleet.id(labels(1))], np.uint64),
        np.array([end], np.int64),
        np.array([12345.0]),
    )

    found = fleet.source.select(fleet.scope, METRIC, start_ms=T0, end_ms=end)
    assert fleet.reads("loaded") == loaded + 1
    assert 12345.0 not in found.values


def test_projects_never_see_each_other(columns: Columns) -> None:
    mine, theirs = Fleet(columns, 301), Fleet(columns, 302)
    end = fill(mine, ticks=10)
    fill(theirs, ticks=10, series=3)
    theirs.source = mine.source  # one store for both, as in a server

    for fleet, count in ((mine, 8), (theirs, 3), (mine, 8)):
        block = mine.source.select(fleet.scope, METRIC, start_ms=T0, end_ms=end)
        assert len(block.labels) == count
    both = Scope(org_id=1, project_ids=(301, 302), role=Role.VIEWER)
    assert len(mine.source.select(both, METRIC, start_ms=T0, end_ms=end).labels) == 11


def test_a_metric_that_is_asked_for_in_small_parts_is_loaded_in_time(columns: Columns) -> None:
    fleet = Fleet(columns, 401)
    end = fill(fleet, ticks=8, series=20)
    one = (*METRIC, Matcher("host", MatchOp.EQUAL, "h3"))

    for _ in range(4):
        fleet.source.select(fleet.scope, one, start_ms=T0, end_ms=end)
    assert (fleet.reads("columns"), fleet.reads("loaded")) == (4, 0)
    fleet.source.select(fleet.scope, one, start_ms=T0, end_ms=end)

    assert fleet.reads("loaded") == 1


def test_a_metric_larger_than_the_bound_stays_in_the_columns(columns: Columns) -> None:
    fleet = Fleet(columns, 501, hot_bytes=16 << 20)
    fleet.hot_bytes = 16 << 20
    ids = [fleet.id(labels(4 * n + 1)) for n in range(8)]
    fill(fleet, ticks=1)
    per_series = 220_000
    ts = T0 + 1000 + np.arange(per_series) * 100
    for series in ids:
        block = samples_block(
            np.full(per_series, 501, np.uint32),
            np.full(per_series, series, np.uint64),
            ts,
            np.arange(per_series, dtype=float),
        )
        columns.insert("samples", ["project_id", "series_id", "ts", "value"], block, token=None)
    fleet.now_ms = int(ts[-1])

    for _ in range(2):
        found = fleet.source.select(fleet.scope, METRIC, start_ms=T0, end_ms=fleet.now_ms)
        assert len(found.labels) == 8

    assert fleet.reads("columns") == 2
    assert fleet.reads("loaded") == 0


def test_what_nobody_asks_for_is_forgotten(columns: Columns) -> None:
    fleet = Fleet(columns, 601)
    end = fill(fleet, ticks=240)
    fleet.hold(T0, end)
    before = fleet.registry.get_sample_value("watchkeeper_query_hot_bytes")
    for minute in range(1, 40):  # only the last minutes are asked for
        fleet.now_ms = end + minute * 60_000
        fleet.write([(labels(1), fleet.now_ms, 1.0 * minute)])
        fleet.source.select(fleet.scope, METRIC, start_ms=fleet.now_ms - 60_000, end_ms=1 << 45)
    after = fleet.registry.get_sample_value("watchkeeper_query_hot_bytes")

    assert before is not None
    assert after is not None
    assert after < before / 2
    fleet.hold(fleet.now_ms - 300_000, fleet.now_ms)
    fleet.hold(T0, fleet.now_ms)

    fleet.now_ms += 2 * 3_600_000
    fleet.write([(labels(4), fleet.now_ms, 1.0)])  # a step of the digest, of another metric
    assert fleet.registry.get_sample_value("watchkeeper_query_hot_metrics") == 0


def test_rows_that_left_the_columns_are_forgotten(columns: Columns) -> None:
    fleet = Fleet(columns, 701)
    end = fill(fleet, ticks=10)
    fleet.hold(T0, end)
    fleet.write([(labels(1), end + STEP, 7.0)], tell=False)

    fleet.hot.forget()

    fleet.hold(T0, end + STEP)


def test_native_histograms_leave_a_metric_to_the_columns(columns: Columns) -> None:
    fleet = Fleet(columns, 801)
    end = fill(fleet, ticks=10)
    fleet.hold(T0, end)
    loaded = fleet.reads("loaded")

    fleet.hot.histograms(fleet.project_id, np.array([fleet.id(labels(1))], np.uint64))
    fleet.source.select(fleet.scope, METRIC, start_ms=T0, end_ms=end)

    assert fleet.reads("loaded") == loaded
    assert fleet.reads("columns") == 1
