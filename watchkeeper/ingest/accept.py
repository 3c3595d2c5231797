"""The one way into the spool: every protocol, scrape, probe and rule hands its rows over here."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from watchkeeper.ingest.drops import Accepted, Drop
from watchkeeper.ingest.metrics import IngestMetrics
from watchkeeper.ingest.rows import (
    LogRow,
    MetadataRow,
    SampleBatch,
    SeriesRow,
    Times,
    Values,
    encode_logs,
    encode_metadata,
    encode_samples,
    encode_series,
)
from watchkeeper.ingest.series import Admission, SeriesRegistry, Slots
from watchkeeper.lib.clock import DAY_MS, Clock
from watchkeeper.lib.errors import Overloaded
from watchkeeper.model import Kind, Labels, Record
from watchkeeper.store.spool import SpoolWriter


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedBatch:
    """Samples whose series were looked up before: for senders that keep their places.

    slots: from `SeriesRegistry.slots`, of its present generation. labels: the labels of row i,
    asked only where the series has not been announced today.
    """

    slots: Slots
    ts_ms: Times
    values: Values
    labels: Callable[[int], Labels]


@dataclass(frozen=True, slots=True)
class _Prepared:
    """Records ready for the spool and what to remember once they are there."""

    records: list[Record]
    admission: Admission
    announced: Slots
    day: int


class Acceptor:
    """Puts accepted rows into the spool. Every method returns once they are on disk.

    Each has a `_blocking` twin for plain threads. Errors: SpoolFull, SpoolUnavailable (both
    Overloaded); then nothing was kept and the same rows may be sent again.
    """

    def __init__(
        self,
        *,
        spool: SpoolWriter,
        series: SeriesRegistry,
        clock: Clock,
        metrics: IngestMetrics,
    ) -> None:
        self._spool, self._clock = spool, clock
        self.series, self.metrics = series, metrics

    async def accept_samples(self, project_id: int, batch: SampleBatch) -> Accepted:
        """Keep the samples whose times grow; series new today are announced before them."""
        return await self.accept_placed(project_id, self._placed(project_id, batch))

    def accept_samples_blocking(self, project_id: int, batch: SampleBatch) -> Accepted:
        """The same from a plain thread."""
        prepared = self._prepare(project_id, self._placed(project_id, batch))
        try:
            self._append_blocking(prepared.records)
        except BaseException:
            self.series.undo(prepared.admission)
            raise
        return self._confirm(prepared)

    async def accept_placed(self, project_id: int, batch: PlacedBatch) -> Accepted:
        """`accept_samples` for rows whose series are looked up already."""
        prepared = self._prepare(project_id, batch)
        try:
            await self._append(prepared.records)
        except BaseException:
            self.series.undo(prepared.admission)
            raise
        return self._confirm(prepared)

    async def accept_error(self, project_id: int, event_json: bytes) -> None:
        """Keep one scrubbed Sentry event that has `event_id` and `timestamp`."""
        await self.accept_errors(project_id, (event_json,))

    async def accept_errors(self, project_id: int, events_json: Sequence[bytes]) -> None:
        """Keep several events in one append: all of them or none."""
        await self._append(self._records(Kind.ERROR_EVENT, project_id, events_json))
        self.metrics.accept(Kind.ERROR_EVENT, len(events_json))

    def accept_error_blocking(self, project_id: int, event_json: bytes) -> None:
        """The same from a plain thread."""
        self._append_blocking(self._records(Kind.ERROR_EVENT, project_id, (event_json,)))
        self.metrics.accept(Kind.ERROR_EVENT, 1)

    async def accept_logs(self, project_id: int, rows: Sequence[LogRow]) -> None:
        """Keep log lines."""
        if rows:
            await self._append(self._records(Kind.LOGS, project_id, (encode_logs(rows),)))
            self.metrics.accept(Kind.LOGS, len(rows))

    def accept_logs_blocking(self, project_id: int, rows: Sequence[LogRow]) -> None:
        """The same from a plain thread."""
        if rows:
            self._append_blocking(self._records(Kind.LOGS, project_id, (encode_logs(rows),)))
            self.metrics.accept(Kind.LOGS, len(rows))

    async def accept_metadata(self, project_id: int, rows: Sequence[MetadataRow]) -> None:
        """Keep what metrics are."""
        if rows:
            await self._append(self._records(Kind.METADATA, project_id, (encode_metadata(rows),)))
            self.metrics.accept(Kind.METADATA, len(rows))

    def accept_metadata_blocking(self, project_id: int, rows: Sequence[MetadataRow]) -> None:
        """The same from a plain thread."""
        if rows:
            self._append_blocking(
                self._records(Kind.METADATA, project_id, (encode_metadata(rows),))
            )
            self.metrics.accept(Kind.METADATA, len(rows))

    def _placed(self, project_id: int, batch: SampleBatch) -> PlacedBatch:
        slots = self.series.slots(project_id, batch.series, now_ms=self._clock())
        labels = batch.series.__getitem__
        return PlacedBatch(slots=slots, ts_ms=batch.ts_ms, values=batch.values, labels=labels)

    def _prepare(self, project_id: int, batch: PlacedBatch) -> _Prepared:
        """Decide what is kept and encode it: announcements first, then the samples."""
        now_ms = self._clock()
        day = now_ms // DAY_MS
        admission = self.series.admit(batch.slots, batch.ts_ms, batch.values, now_ms=now_ms)
        rows, slots = admission.rows, admission.slots
        records = []
        ids = self.series.ids(slots)
        fresh = self.series.unannounced(slots, day=day)
        if len(fresh):
            announced = [SeriesRow(int(ids[at]), batch.labels(int(rows[at]))) for at in fresh]
            records.append(Record(Kind.SERIES, project_id, now_ms, encode_series(announced)))
        if len(rows):
            payload = encode_samples(ids, batch.ts_ms[rows], batch.values[rows])
            records.append(Record(Kind.SAMPLES, project_id, now_ms, payload))
        return _Prepared(records, admission, slots[fresh], day)

    def _confirm(self, prepared: _Prepared) -> Accepted:
        admission = prepared.admission
        self.series.confirm(prepared.announced, day=prepared.day, generation=admission.generation)
        self.metrics.accept(Kind.SAMPLES, len(admission.rows))
        for reason, count in admission.dropped.items():
            self.metrics.drop(reason, count)
        return Accepted(rows=len(admission.rows), dropped=admission.dropped)

    def _records(self, kind: Kind, project_id: int, payloads: Sequence[bytes]) -> list[Record]:
        now_ms = self._clock()
        return [Record(kind, project_id, now_ms, payload) for payload in payloads]

    async def _append(self, records: list[Record]) -> None:
        if not records:
            return
        start = time.perf_counter()
        try:
            await self._spool.append(records)
        except Overloaded:
            self.metrics.drop(Drop.SPOOL_FULL, len(records))
            raise
        self.metrics.commit_seconds.observe(time.perf_counter() - start)

    def _append_blocking(self, records: list[Record]) -> None:
        if not records:
            return
        start = time.perf_counter()
        try:
            self._spool.append_blocking(records)
        except Overloaded:
            self.metrics.drop(Drop.SPOOL_FULL, len(records))
            raise
        self.metrics.commit_seconds.observe(time.perf_counter() - start)
