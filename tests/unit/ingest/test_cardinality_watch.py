"""Processes share what they count, and projects get series about what is near its limit."""

from __future__ import annotations

import numpy as np

from tests.fakes.clock import HandClock
from watchkeeper.ingest import (
    CardinalityWatch,
    SampleBatch,
    SeriesOptions,
    SeriesRegistry,
)
from watchkeeper.model import Labels, labels_of
from watchkeeper.store.meta import Meta

PROJECT = 7


class Process:
    """A registry with a limit of 10 series a metric, its watch, and what that wrote."""

    def __init__(self, meta: Meta, clock: HandClock, lane: str) -> None:
        self.clock = clock
        self.registry = SeriesRegistry(SeriesOptions(lane=lane, max_per_metric=10))
        self.written: dict[Labels, float] = {}
        self.watch = CardinalityWatch(self.registry, self.write, meta, clock, lane=lane)

    def write(self, project_id: int, batch: SampleBatch) -> None:
        assert project_id == PROJECT
        self.written = dict(zip(batch.series, batch.values.tolist(), strict=True))

    def see(self, first: int, last: int) -> None:
        """Series of one metric, by the number that tells them apart."""
        series = [
            labels_of({"__name__": "clicks_total", "user": str(n), "job": "shop"})
            for n in range(first, last)
        ]
        slots = self.registry.slots(PROJECT, series, now_ms=self.clock())
        times = np.full(len(slots), self.clock(), np.int64)
        admission = self.registry.admit(slots, times, np.ones(len(slots)), now_ms=self.clock())
        self.registry.fold(admission, times, np.ones(len(slots)), now_ms=self.clock())

    def shown(self, name: str) -> list[tuple[dict[str, str], float]]:
        """Labels and value of each series of a name, without its lane."""
        hidden = {"__name__", "watchkeeper_lane"}
        return [
            ({key: text for key, text in labels if key not in hidden}, value)
            for labels, value in self.written.items()
            if dict(labels)["__name__"] == f"watchkeeper_cardinality_{name}"
        ]


def test_two_processes_keep_one_limit(sqlite_meta: Meta) -> None:
    clock = HandClock()
    edge, engine = Process(sqlite_meta, clock, "edge"), Process(sqlite_meta, clock, "engine")
    edge.see(0, 8)
    edge.watch.run_once()
    engine.watch.run_once()
    engine.see(100, 105)
    counts = {one.metric: (one.series, one.folded) for one in engine.registry.reports(at_least=0)}

    assert counts == {"clicks_total": (2, 3), "": (2, 3)}


def test_a_process_that_tells_nothing_any_more_does_not_count(sqlite_meta: Meta) -> None:
    clock = HandClock()
    edge, engine = Process(sqlite_meta, clock, "edge"), Process(sqlite_meta, clock, "engine")
    edge.see(0, 10)
    edge.watch.run_once()
    clock.forward(20 * 60_000)
    engine.watch.run_once()
    engine.see(100, 105)

    assert {one.folded for one in engine.registry.reports(at_least=0)} == {0}


def test_what_is_far_from_its_limit_has_no_series(sqlite_meta: Meta) -> None:
    process = Process(sqlite_meta, HandClock(), "edge")
    process.see(0, 4)
    process.watch.run_once()

    assert process.written == {}


def test_what_is_near_its_limit_can_be_alerted_on(sqlite_meta: Meta) -> None:
    process = Process(sqlite_meta, HandClock(), "edge")
    process.see(0, 6)
    process.watch.run_once()

    assert process.shown("metric_series") == [({"metric": "clicks_total"}, 6.0)]
    assert process.shown("metric_series_limit") == [({"metric": "clicks_total"}, 10.0)]
    assert process.shown("overflow_series") == []


def test_what_overflows_names_label_and_sender(sqlite_meta: Meta) -> None:
    process = Process(sqlite_meta, HandClock(), "edge")
    process.see(0, 25)
    process.clock.forward(15_000)
    process.see(0, 25)
    process.watch.run_once()

    told = {"metric": "clicks_total", "label": "user", "sender": "shop"}
    assert process.shown("overflow_series") == [(told, 15.0)]
    assert process.shown("overflow_samples_total") == [({"metric": "clicks_total"}, 30.0)]
    assert process.shown("series") == [({}, 10.0)]
    assert process.shown("series_limit") == [({}, 1_000_000.0)]


def test_rows_are_written_again_only_when_something_changed(sqlite_meta: Meta) -> None:
    clock = HandClock()
    process, other = Process(sqlite_meta, clock, "edge"), Process(sqlite_meta, clock, "engine")
    process.see(0, 10)
    process.watch.run_once()
    clock.forward(14 * 60_000)
    process.watch.run_once()  # nothing is new, and the old rows are about to be too old
    clock.forward(14 * 60_000)
    other.watch.run_once()
    other.see(50, 51)

    assert [one.folded for one in other.registry.reports(at_least=0)] == [1, 1]
