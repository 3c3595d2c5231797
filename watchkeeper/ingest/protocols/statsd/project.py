"""One project's StatsD: what its lines add up to, and how that gets into the spool."""

from __future__ import annotations

import numpy as np

from watchkeeper.ingest.accept import Acceptor, PlacedBatch
from watchkeeper.ingest.cardinality import current_sender
from watchkeeper.ingest.pipeline import LogLimits, finish_log
from watchkeeper.ingest.protocols.statsd.aggregate import Aggregator
from watchkeeper.ingest.protocols.statsd.harvest import Harvest, Harvester
from watchkeeper.ingest.protocols.statsd.table import UNPLACED
from watchkeeper.ingest.rows import HistogramBatch
from watchkeeper.model import Labels
from watchkeeper.privacy import Scrubber

ROWS_AT_ONCE = 50_000
"""Rows of one record of the spool: about a MiB."""


class ProjectLines:
    """Feeds one project's aggregator and writes what it holds. One thread at a time."""

    def __init__(
        self,
        aggregator: Aggregator,
        acceptor: Acceptor,
        *,
        scrubber: Scrubber,
        flush_ms: int,
        limits: LogLimits | None = None,
    ) -> None:
        self.aggregator = aggregator
        self._acceptor, self._scrubber = acceptor, scrubber
        self._limits = limits or LogLimits()
        # Half a flush: after the end of a series and before its new beginning.
        self._harvester = Harvester(aggregator, lead_ms=max(1, flush_ms // 2))
        self._generation = -1

    def write(self, project_id: int, now_ms: int) -> int:
        """Store what changed as of now; returns the number of samples.

        Raises Overloaded; everything then waits for the next call, summed up.
        """
        current_sender.set("statsd")
        harvest = self._harvester.harvest(now_ms)
        for start in range(0, len(harvest.rows), ROWS_AT_ONCE):
            self._write_rows(project_id, harvest, slice(start, start + ROWS_AT_ONCE), now_ms)
        if harvest.natives:
            self._acceptor.accept_histograms_blocking(
                project_id,
                HistogramBatch(
                    series=[labels for labels, _, _ in harvest.natives],
                    ts_ms=np.array([ts_ms for _, ts_ms, _ in harvest.natives], np.int64),
                    histograms=[histogram for _, _, histogram in harvest.natives],
                ),
            )
        self._acceptor.accept_metadata_blocking(project_id, harvest.metadata)
        self._write_messages(project_id, harvest, now_ms)
        self._harvester.stored(harvest)
        return len(harvest.rows) + len(harvest.natives)

    def _write_messages(self, project_id: int, harvest: Harvest, now_ms: int) -> None:
        scrubber = self._scrubber.of(project_id)
        rows = [
            finish_log(line, received_ms=now_ms, scrubber=scrubber, limits=self._limits)
            for line in harvest.messages
        ]
        self._acceptor.accept_logs_blocking(project_id, rows)

    def _write_rows(self, project_id: int, harvest: Harvest, part: slice, now_ms: int) -> None:
        rows = harvest.rows[part]
        labels = self.aggregator.table.labels

        def labels_of_row(at: int) -> Labels:
            return labels[int(rows[at])] or ()

        self._place(project_id, harvest, part, now_ms)
        batch = PlacedBatch(
            slots=self.aggregator.table.places[rows],
            ts_ms=harvest.times[part],
            values=harvest.values[part],
            labels=labels_of_row,
        )
        self._acceptor.accept_placed_blocking(project_id, batch)

    def _place(self, project_id: int, harvest: Harvest, part: slice, now_ms: int) -> None:
        """Look up the places of rows that have none, or all of them after the registry moved."""
        table, registry = self.aggregator.table, self._acceptor.series
        for _ in range(2):
            if registry.generation != self._generation:
                self._generation = registry.generation
                table.places[:] = UNPLACED
            rows = np.unique(harvest.rows[part])
            unplaced = rows[table.places[rows] == UNPLACED]
            if len(unplaced):
                series = [table.labels[row] or () for row in unplaced.tolist()]
                table.places[unplaced] = registry.slots(project_id, series, now_ms=now_ms)
            if registry.generation == self._generation:
                return
