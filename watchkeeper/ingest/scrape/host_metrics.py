"""This host's own metrics, under node_exporter's names, so that its dashboards and rules work."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import suppress

import numpy as np

from watchkeeper.ingest import Acceptor, MetadataRow, SampleBatch
from watchkeeper.lib.clock import SECOND_MS, Clock
from watchkeeper.lib.errors import WatchkeeperError
from watchkeeper.lib.host import read_host, type_of
from watchkeeper.lib.schedule import next_slot_ms
from watchkeeper.model import METRIC_NAME, Labels, labels_of


class HostMetrics:
    """Reads the host every `interval_ms` and stores it in one project as job="node"."""

    def __init__(
        self,
        acceptor: Acceptor,
        clock: Clock,
        *,
        project_id: int,
        interval_ms: int = 15 * SECOND_MS,
    ) -> None:
        self._acceptor = acceptor
        self._clock = clock
        self._project_id = project_id
        self._interval_ms = interval_ms
        self._target = (("instance", socket.gethostname()), ("job", "node"))
        self._told: set[str] = set()
        self._series: dict[tuple[str, tuple[tuple[str, str], ...]], Labels] = {}

    async def run(self) -> None:
        """Read and store until cancelled. What cannot be stored is left out."""
        while True:
            slot_ms = next_slot_ms(self._clock() + 1, self._interval_ms, 0)
            await asyncio.sleep(max(slot_ms - self._clock(), 0) / 1000)
            with suppress(WatchkeeperError):
                await self.collect(slot_ms)

    async def collect(self, ts_ms: int) -> int:
        """Read the host once and store it at `ts_ms`; returns the number of samples."""
        began = time.perf_counter()
        readings = await asyncio.to_thread(read_host)  # a dead file server does not answer
        readings.append(("up", (), 1.0))
        readings.append(("scrape_duration_seconds", (), time.perf_counter() - began))
        readings.append(("scrape_samples_scraped", (), float(len(readings) - 2)))
        batch = SampleBatch(
            series=[self._labels(name, own) for name, own, _ in readings],
            ts_ms=np.full(len(readings), ts_ms, dtype=np.int64),
            values=np.array([value for _, _, value in readings], dtype=np.float64),
        )
        await self._acceptor.accept_samples(self._project_id, batch)
        await self._tell_types({name for name, _, _ in readings})
        return len(readings)

    async def _tell_types(self, names: set[str]) -> None:
        """Say once what each metric is."""
        fresh = sorted(names - self._told)
        if fresh:
            rows = [MetadataRow(name, type_of(name), "") for name in fresh]
            await self._acceptor.accept_metadata(self._project_id, rows)
            self._told |= names

    def _labels(self, name: str, own: tuple[tuple[str, str], ...]) -> Labels:
        labels = self._series.get((name, own))
        if labels is None:
            labels = labels_of(((METRIC_NAME, name), *own, *self._target))
            self._series[name, own] = labels
        return labels
