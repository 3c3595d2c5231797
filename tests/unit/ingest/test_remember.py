"""A request that comes again after a crash is not stored twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from prometheus_client import CollectorRegistry

from tests.fakes.clock import HandClock
from watchkeeper.ingest import (
    Acceptor,
    Drop,
    IngestMetrics,
    SampleBatch,
    SeriesRegistry,
    remembered_series,
)
from watchkeeper.model import labels_of
from watchkeeper.store.spool import SegmentWriter


def acceptor(spool: SegmentWriter, series: SeriesRegistry, clock: HandClock) -> Acceptor:
    metrics = IngestMetrics(CollectorRegistry())
    return Acceptor(spool=spool, series=series, clock=clock, metrics=metrics)


def batch(clock: HandClock, *values: float) -> SampleBatch:
    times = clock() + 1000 * np.arange(len(values), dtype=np.int64)
    labels = labels_of({"__name__": "up"})
    return SampleBatch(series=[labels] * len(values), ts_ms=times, values=np.array(values))


def test_samples_that_were_accepted_before_a_restart_are_dropped_as_repeated(
    tmp_path: Path,
) -> None:
    clock = HandClock()
    before = SegmentWriter(tmp_path, "edge", clock=clock)
    acceptor(before, SeriesRegistry(), clock).accept_samples_blocking(1, batch(clock, 1.0, 2.0))
    before.close()

    after = SegmentWriter(tmp_path, "edge", clock=clock)
    again = acceptor(after, remembered_series(tmp_path, "edge"), clock)
    accepted = again.accept_samples_blocking(1, batch(clock, 1.0, 2.0, 3.0))
    after.close()

    assert accepted.rows == 1
    assert accepted.dropped == {Drop.OUT_OF_ORDER: 1, Drop.REPEATED: 1}


def test_a_lane_that_was_never_written_is_remembered_as_empty(tmp_path: Path) -> None:
    assert len(remembered_series(tmp_path, "edge")) == 0
