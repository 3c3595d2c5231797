"""What of an aggregator is to be stored now: as samples of one instant. No I/O."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchkeeper.ingest.pipeline import SentLog
from watchkeeper.ingest.protocols.statsd.aggregate import Aggregator
from watchkeeper.ingest.protocols.statsd.table import Keeping, SeriesTable, Slots
from watchkeeper.ingest.rows import MetadataRow
from watchkeeper.lib.clock import SECOND_MS
from watchkeeper.model import Histogram, Labels

REPEAT_MS = 15 * SECOND_MS
"""A series that does not change is stored this often, as if it were scraped."""
STALE = np.array([0x7FF0_0000_0000_0002], np.uint64).view(np.float64)[0]
"""The NaN that says "this series ended here"."""

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest:
    """Rows of the table with their samples, and what else waits.

    slots: written by this. ended: slots whose time is over. Both are told by `stored`.
    """

    ts_ms: int
    rows: Rows
    times: NDArray[np.int64]
    values: NDArray[np.float64]
    natives: list[tuple[Labels, int, Histogram]]
    metadata: list[MetadataRow]
    messages: list[SentLog]
    slots: Slots
    ended: Slots
    timed: int


class Harvester:
    """Reads one aggregator. lead_ms: how long before its first value a counter stood at zero."""

    def __init__(self, aggregator: Aggregator, *, lead_ms: int) -> None:
        self._aggregator = aggregator
        self._lead_ms = lead_ms

    def harvest(self, now_ms: int) -> Harvest:
        """Everything that changed, and what was not stored for REPEAT_MS. Changes nothing."""
        aggregator, table = self._aggregator, self._aggregator.table
        aggregator.settle(now_ms)
        used = table.used
        is_live = table.keeping[:used] != Keeping.FREE
        idle_ms = now_ms - table.seen_ms[:used]
        is_over = is_live & (table.ttl_ms[:used] > 0) & (idle_ms >= table.ttl_ms[:used])
        is_due = table.is_dirty[:used] | (
            table.is_born[:used] & (now_ms - table.written_ms[:used] >= REPEAT_MS)
        )
        slots = np.flatnonzero(is_live & is_due & ~is_over)
        ended = np.flatnonzero(is_over)
        parts = _Parts(now_ms, self._lead_ms)
        parts.add_timed(aggregator)
        parts.add_plain(table, slots)
        for slot in slots[table.keeping[slots] >= Keeping.OBSERVER].tolist():
            parts.add_observer(table, slot)
        parts.add_ends(table, ended[table.is_born[ended]])
        return Harvest(
            ts_ms=now_ms,
            rows=np.concatenate(parts.rows),
            times=np.concatenate(parts.times),
            values=np.concatenate(parts.values),
            natives=parts.natives,
            metadata=list(aggregator.finder.metadata.values()),
            messages=list(aggregator.messages),
            slots=slots,
            ended=ended,
            timed=len(aggregator.timed),
        )

    def stored(self, harvest: Harvest) -> None:
        """The harvest is in the spool: what it held is not written again."""
        aggregator, table = self._aggregator, self._aggregator.table
        table.is_dirty[harvest.slots] = False
        table.is_born[harvest.slots] = True
        table.written_ms[harvest.slots] = harvest.ts_ms
        del aggregator.timed[: harvest.timed]
        for row in harvest.metadata:
            aggregator.finder.metadata.pop(row.metric, None)
        for _ in harvest.messages:
            aggregator.messages.popleft()
        for slot in harvest.ended.tolist():
            aggregator.forget(slot)


class _Parts:
    """Samples as they come together."""

    def __init__(self, now_ms: int, lead_ms: int) -> None:
        self._now_ms, self._before_ms = now_ms, now_ms - lead_ms
        self.rows: list[Rows] = [np.zeros(0, np.int64)]
        self.times: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
        self.values: list[NDArray[np.float64]] = [np.zeros(0)]
        self.natives: list[tuple[Labels, int, Histogram]] = []

    def add(self, rows: Rows, ts_ms: int, values: NDArray[np.float64]) -> None:
        self.rows.append(rows)
        self.times.append(np.full(len(rows), ts_ms, np.int64))
        self.values.append(values)

    def add_timed(self, aggregator: Aggregator) -> None:
        """Gauges at the times that their senders gave."""
        for each in aggregator.timed:
            row = aggregator.table.first_row[each.slot : each.slot + 1]
            self.add(row, each.ts_ms, np.array([each.value]))

    def add_plain(self, table: SeriesTable, slots: Slots) -> None:
        """Counters, gauges and sets. A counter that is new stood at zero before."""
        plain = slots[table.keeping[slots] < Keeping.OBSERVER]
        fresh = plain[(table.keeping[plain] == Keeping.COUNTER) & ~table.is_born[plain]]
        self.add(table.first_row[fresh], self._before_ms, np.zeros(len(fresh)))
        self.add(table.first_row[plain], self._now_ms, table.total[plain])

    def add_observer(self, table: SeriesTable, slot: int) -> None:
        """Summaries and histograms. Their counters, if new, stood at zero before."""
        if table.keeping[slot] == Keeping.NATIVE:
            self._add_native(table, slot)
            return
        observer, rows = table.observers[slot], table.rows_of(slot)
        if not table.is_born[slot]:
            zeros = rows[observer.starts_at_zero]
            self.add(zeros, self._before_ms, np.zeros(len(zeros)))
        self.add(rows, self._now_ms, observer.rows(self._now_ms))

    def add_ends(self, table: SeriesTable, slots: Slots) -> None:
        """Staleness markers."""
        for slot in slots.tolist():
            if table.keeping[slot] == Keeping.NATIVE:
                marker = Histogram(schema=0, count=0.0, sum=float(STALE))
                self.natives.append((table.native(slot).series[0], self._now_ms, marker))
            else:
                rows = table.rows_of(slot)
                self.add(rows, self._now_ms, np.full(len(rows), STALE))

    def _add_native(self, table: SeriesTable, slot: int) -> None:
        observer = table.native(slot)
        histogram = observer.histogram()
        if not table.is_born[slot]:
            empty = Histogram(
                schema=histogram.schema,
                count=0.0,
                sum=0.0,
                zero_threshold=histogram.zero_threshold,
            )
            self.natives.append((observer.series[0], self._before_ms, empty))
        self.natives.append((observer.series[0], self._now_ms, histogram))
