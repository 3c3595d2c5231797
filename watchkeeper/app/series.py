"""The limits of series as the settings have them, and the loop that keeps them shared."""

from __future__ import annotations

from watchkeeper.app.config import Config
from watchkeeper.app.datadir import DataDir
from watchkeeper.app.loops import Loop
from watchkeeper.ingest import Acceptor, CardinalityWatch, SeriesOptions
from watchkeeper.lib.clock import Clock
from watchkeeper.store.meta import Meta

PERIOD_S = 15.0


def series_options(
    config: Config,
    data_dir: DataDir,
    lane: str,
    *,
    is_pushed: bool = False,
    out_of_order_ms: int = 0,
) -> SeriesOptions:
    """What a process's registry is told."""
    told = config.series
    return SeriesOptions(
        max_series=max(SeriesOptions().max_series, told.max_per_project + told.max_folded),
        max_per_metric=told.max_per_metric,
        max_per_project=told.max_per_project,
        max_folded=told.max_folded,
        out_of_order_ms=out_of_order_ms,
        lane=lane,
        is_pushed=is_pushed,
        salt=data_dir.salt(),
    )


def cardinality_loop(acceptor: Acceptor, meta: Meta, clock: Clock, *, lane: str) -> Loop:
    """Learns limits from the store and tells what this process counts."""
    accept = acceptor.accept_samples_blocking
    watch = CardinalityWatch(acceptor.series, accept, meta, clock, lane=lane)
    return Loop(name="cardinality", period_s=PERIOD_S, run=watch.run_once)
