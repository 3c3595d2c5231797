"""The one way into the spool: every protocol, scrape, probe and rule hands its rows over here."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from watchkeeper.ingest.admission import Admission, Beyond, Slots
from watchkeeper.ingest.drops import Accepted, Drop
from watchkeeper.ingest.envelope_rows import CheckInRow, encode_envelope_rows
from watchkeeper.ingest.exemplars import NewestExemplars, PickedExemplars
from watchkeeper.ingest.metrics import IngestMetrics
from watchkeeper.ingest.rows import (
    Exemplar,
    HistogramBatch,
    HistogramRow,
    Ids,
    LogRow,
    MetadataRow,
    SampleBatch,
    SeriesRow,
    Times,
    Values,
    encode_exemplars,
    encode_histograms,
    encode_logs,
    encode_metadata,
    encode_samples,
    encode_series,
    histogram_marks,
)
from watchkeeper.ingest.series import SeriesRegistry
from watchkeeper.ingest.span_columns import SpanBatch
from watchkeeper.ingest.span_rows import SpanRow
from watchkeeper.lib.clock import DAY_MS, Clock
from watchkeeper.lib.errors import Overloaded
from watchkeeper.model import Kind, Labels, Record, encode_histogram
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


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryBatch:
    """Rows of the past that are not stored yet: sample i is `values[i]` of series `ids[i]`.

    series: labels of the series that were not told lately.
    """

    series: Sequence[SeriesRow]
    ids: Ids
    ts_ms: Times
    values: Values
    histograms: Sequence[HistogramRow] = ()
    metadata: Sequence[MetadataRow] = ()


@dataclass(frozen=True, slots=True)
class EncodedRows:
    """The payload of one record, and how many rows are in it."""

    kind: Kind
    payload: bytes
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeBatch:
    """What one request holds of several kinds."""

    rows: Sequence[EncodedRows] = ()
    samples: SampleBatch | None = None
    histograms: HistogramBatch | None = None
    metadata: Sequence[MetadataRow] = ()


_SAMPLES_A_RECORD = 100_000

Payload = Callable[[NDArray[np.int64], Ids], bytes]
"""The payload of a record of these rows of a batch, whose series have these ids."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    """Records ready for the spool and what to remember once they are there."""

    kind: Kind
    records: list[Record]
    admission: Admission
    announced: Slots
    day: int
    beyond: Beyond | None


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
        self._exemplars = NewestExemplars(series.options)

    async def accept_samples(self, project_id: int, batch: SampleBatch) -> Accepted:
        """Keep the samples whose times grow; series new today are announced before them."""
        return await self._accept(self._prepared_samples(project_id, batch))

    def accept_samples_blocking(self, project_id: int, batch: SampleBatch) -> Accepted:
        """The same from a plain thread."""
        return self._accept_blocking(self._prepared_samples(project_id, batch))

    async def accept_placed(self, project_id: int, batch: PlacedBatch) -> Accepted:
        """`accept_samples` for rows whose series are looked up already."""
        return await self._accept(self._prepared_placed(project_id, batch))

    def accept_placed_blocking(self, project_id: int, batch: PlacedBatch) -> Accepted:
        """The same from a plain thread."""
        return self._accept_blocking(self._prepared_placed(project_id, batch))

    async def accept_histograms(self, project_id: int, batch: HistogramBatch) -> Accepted:
        """Keep the native histograms whose times grow: in a series, a sample is either kind."""
        return await self._accept(self._prepared_histograms(project_id, batch))

    def accept_histograms_blocking(self, project_id: int, batch: HistogramBatch) -> Accepted:
        """The same from a plain thread."""
        return self._accept_blocking(self._prepared_histograms(project_id, batch))

    def accept_history_blocking(self, project_id: int, batch: HistoryBatch) -> None:
        """Keep rows of any age in one append: the caller has seen that none is stored yet."""
        payloads = [
            encode_samples(batch.ids[part], batch.ts_ms[part], batch.values[part])
            for start in range(0, len(batch.ids), _SAMPLES_A_RECORD)
            for part in [slice(start, start + _SAMPLES_A_RECORD)]
        ]
        histograms = [encode_histograms(batch.histograms)] if batch.histograms else []
        metadata = [encode_metadata(batch.metadata)] if batch.metadata else []
        self._append_blocking(
            [
                *self._announcing(project_id, batch.series),
                *self._records(Kind.SAMPLES, project_id, payloads),
                *self._records(Kind.HISTOGRAMS, project_id, histograms),
                *self._records(Kind.METADATA, project_id, metadata),
            ]
        )
        self.metrics.accept(Kind.SAMPLES, len(batch.ids))
        self.metrics.accept(Kind.HISTOGRAMS, len(batch.histograms))
        self.metrics.accept(Kind.METADATA, len(batch.metadata))

    async def accept_exemplars(self, project_id: int, rows: Sequence[Exemplar]) -> Accepted:
        """Keep the exemplars that are newer than the newest of their series.

        The newest one again is dropped as repeated: exporters show it until there is another.
        """
        picked, records = self._prepared_exemplars(project_id, rows)
        await self._append(records)
        return self._confirm_exemplars(picked)

    def accept_exemplars_blocking(self, project_id: int, rows: Sequence[Exemplar]) -> Accepted:
        """The same from a plain thread."""
        picked, records = self._prepared_exemplars(project_id, rows)
        self._append_blocking(records)
        return self._confirm_exemplars(picked)

    async def accept_errors(self, project_id: int, events_json: Sequence[bytes]) -> None:
        """Keep scrubbed Sentry events, each with `event_id` and `timestamp`: all or none."""
        await self._append(self._records(Kind.ERROR_EVENT, project_id, events_json))
        self.metrics.accept(Kind.ERROR_EVENT, len(events_json))

    def accept_error_blocking(self, project_id: int, event_json: bytes) -> None:
        """The same with one event, from a plain thread."""
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

    async def accept_span_batch(self, project_id: int, spans: SpanBatch) -> None:
        """Keep spans whose parts are encoded already: all of them or none."""
        if len(spans):
            await self._append(self._records(Kind.SPANS, project_id, spans.payloads()))
            self.metrics.accept(Kind.SPANS, len(spans))

    def accept_spans_blocking(self, project_id: int, rows: Sequence[SpanRow]) -> None:
        """Keep spans, from a plain thread."""
        if rows:
            payloads = SpanBatch.of(rows).payloads()
            self._append_blocking(self._records(Kind.SPANS, project_id, payloads))
            self.metrics.accept(Kind.SPANS, len(rows))

    async def accept_envelope(self, project_id: int, batch: EnvelopeBatch) -> None:
        """Keep everything of one envelope in one append: all of it or nothing."""
        if batch.metadata:
            self.series.declare(project_id, batch.metadata)
        prepared: list[_Prepared] = []
        try:
            if batch.samples is not None:
                prepared.append(self._prepared_samples(project_id, batch.samples))
            if batch.histograms is not None:
                prepared.append(self._prepared_histograms(project_id, batch.histograms))
            records = [record for each in prepared for record in each.records]
            for rows in batch.rows:
                records += self._records(rows.kind, project_id, (rows.payload,))
            if batch.metadata:
                payload = encode_metadata(batch.metadata)
                records += self._records(Kind.METADATA, project_id, (payload,))
            await self._append(records)
        except BaseException:
            for each in reversed(prepared):
                self.series.undo(each.admission)
            raise
        for each in prepared:
            self._confirm(each)
        for rows in batch.rows:
            self.metrics.accept(rows.kind, rows.count)
        self.metrics.accept(Kind.METADATA, len(batch.metadata))

    def accept_check_ins_blocking(self, project_id: int, rows: Sequence[CheckInRow]) -> None:
        """Keep what the server itself says of runs, from a plain thread."""
        if rows:
            payload = encode_envelope_rows(rows)
            self._append_blocking(self._records(Kind.CHECK_INS, project_id, (payload,)))
            self.metrics.accept(Kind.CHECK_INS, len(rows))

    async def accept_metadata(self, project_id: int, rows: Sequence[MetadataRow]) -> None:
        """Keep what metrics are."""
        self.series.declare(project_id, rows)
        if rows:
            await self._append(self._records(Kind.METADATA, project_id, (encode_metadata(rows),)))
            self.metrics.accept(Kind.METADATA, len(rows))

    def accept_metadata_blocking(self, project_id: int, rows: Sequence[MetadataRow]) -> None:
        """The same from a plain thread."""
        self.series.declare(project_id, rows)
        if rows:
            self._append_blocking(
                self._records(Kind.METADATA, project_id, (encode_metadata(rows),))
            )
            self.metrics.accept(Kind.METADATA, len(rows))

    async def _accept(self, prepared: _Prepared) -> Accepted:
        try:
            await self._append(prepared.records)
        except BaseException:
            self.series.undo(prepared.admission)
            raise
        return self._confirm(prepared)

    def _accept_blocking(self, prepared: _Prepared) -> Accepted:
        try:
            self._append_blocking(prepared.records)
        except BaseException:
            self.series.undo(prepared.admission)
            raise
        return self._confirm(prepared)

    def _prepared_samples(self, project_id: int, batch: SampleBatch) -> _Prepared:
        slots = self.series.slots(project_id, batch.series, now_ms=self._clock())
        labels = batch.series.__getitem__
        placed = PlacedBatch(slots=slots, ts_ms=batch.ts_ms, values=batch.values, labels=labels)
        return self._prepared_placed(project_id, placed)

    def _prepared_placed(self, project_id: int, batch: PlacedBatch) -> _Prepared:
        def payload(rows: NDArray[np.int64], ids: Ids) -> bytes:
            return encode_samples(ids, batch.ts_ms[rows], batch.values[rows])

        return self._prepare(Kind.SAMPLES, project_id, batch, payload)

    def _prepared_histograms(self, project_id: int, batch: HistogramBatch) -> _Prepared:
        stored = [encode_histogram(histogram) for histogram in batch.histograms]
        times = batch.ts_ms.tolist()

        def payload(rows: NDArray[np.int64], ids: Ids) -> bytes:
            pairs = zip(ids.tolist(), rows.tolist(), strict=True)
            return encode_histograms([HistogramRow(i, times[at], stored[at]) for i, at in pairs])

        placed = PlacedBatch(
            slots=self.series.slots(project_id, batch.series, now_ms=self._clock()),
            ts_ms=batch.ts_ms,
            values=histogram_marks(stored),
            labels=batch.series.__getitem__,
        )
        return self._prepare(Kind.HISTOGRAMS, project_id, placed, payload)

    def _prepare(
        self, kind: Kind, project_id: int, batch: PlacedBatch, payload: Payload
    ) -> _Prepared:
        """Decide what is kept and encode it: announcements first, then the samples."""
        now_ms = self._clock()
        day = now_ms // DAY_MS
        admission = self.series.admit(batch.slots, batch.ts_ms, batch.values, now_ms=now_ms)
        rows, slots = admission.rows, admission.slots
        beyond = self._beyond(kind, batch, admission, now_ms=now_ms)
        if beyond is not None:
            rows, slots = rows[~beyond.is_folded], slots[~beyond.is_folded]
        ids = self.series.ids(slots)

        def labels(at: int) -> Labels:
            return self.series.stored_labels(project_id, batch.labels(int(rows[at])))

        announced, fresh = self._announced(slots, ids, labels, day=day)
        blocks = [payload(rows, ids)] if len(rows) else []
        tail: list[Record] = []
        if beyond is not None and len(beyond.slots):
            own = self.series.ids(beyond.slots)
            more, fresh_too = self._announced(beyond.slots, own, beyond.labels.__getitem__, day=day)
            announced, fresh = announced + more, np.concatenate((fresh, fresh_too))
            block = encode_samples(own, beyond.ts_ms, beyond.values)
            tail = self._records(Kind.SAMPLES, project_id, [block])
        records = self._announcing(project_id, announced)
        records += self._records(kind, project_id, blocks) + tail
        return _Prepared(kind, records, admission, fresh, day, beyond)

    def _beyond(
        self, kind: Kind, batch: PlacedBatch, admission: Admission, *, now_ms: int
    ) -> Beyond | None:
        """What of a batch is beyond a limit; None if nothing is."""
        if not self.series.has_folds:
            return None
        rows = admission.rows
        return self.series.fold(
            admission,
            batch.ts_ms[rows],
            batch.values[rows] if kind is Kind.SAMPLES else None,
            now_ms=now_ms,
        )

    def _announced(
        self, slots: Slots, ids: Ids, labels: Callable[[int], Labels], *, day: int
    ) -> tuple[list[SeriesRow], Slots]:
        """Rows and places of those that were not announced on this day."""
        fresh = self.series.unannounced(slots, day=day)
        return [SeriesRow(int(ids[at]), labels(int(at))) for at in fresh], slots[fresh]

    def _announcing(self, project_id: int, rows: Sequence[SeriesRow]) -> list[Record]:
        return self._records(Kind.SERIES, project_id, [encode_series(rows)] if rows else [])

    def _confirm(self, prepared: _Prepared) -> Accepted:
        admission = prepared.admission
        self.series.confirm(prepared.announced, day=prepared.day, generation=admission.generation)
        kept, dropped, beyond = len(admission.rows), admission.dropped, prepared.beyond
        if beyond is None:
            return self._counted(prepared.kind, kept, dropped)
        folded = int(beyond.is_folded.sum())
        if not beyond.adds_up:
            more = dropped.get(Drop.TOO_MANY_SERIES, 0) + folded
            refused = {**dropped, Drop.TOO_MANY_SERIES: more}
            return self._counted(prepared.kind, kept - folded, refused)
        self.metrics.folded(folded)
        self.metrics.accept(Kind.SAMPLES, len(beyond.slots))
        accepted = self._counted(prepared.kind, kept - folded, dropped)
        return Accepted(rows=accepted.rows + folded, dropped=dropped)

    def _prepared_exemplars(
        self, project_id: int, rows: Sequence[Exemplar]
    ) -> tuple[PickedExemplars, list[Record]]:
        now_ms = self._clock()
        day = now_ms // DAY_MS
        policy = self.series.policy(project_id)
        if policy is not None:
            rows = [replace(row, labels=policy.kept_of(row.labels)) for row in rows]
        slots = self.series.slots(project_id, [row.series for row in rows], now_ms=now_ms)
        slots = self.series.unfolded(slots)
        picked = self._exemplars.pick(self.series.ids(slots), slots, rows, now_ms=now_ms)
        fresh = self.series.unannounced(slots[picked.rows], day=day)
        announced = [
            SeriesRow(
                picked.exemplars[at].series_id,
                self.series.stored_labels(project_id, rows[picked.rows[at]].series),
            )
            for at in fresh.tolist()
        ]
        records = self._announcing(project_id, announced)
        if picked.rows:
            payloads = [encode_exemplars(picked.exemplars)]
            records += self._records(Kind.EXEMPLARS, project_id, payloads)
        return picked, records

    def _confirm_exemplars(self, picked: PickedExemplars) -> Accepted:
        self._exemplars.remember(picked)
        return self._counted(Kind.EXEMPLARS, len(picked.rows), picked.dropped)

    def _counted(self, kind: Kind, kept: int, dropped: Mapping[Drop, int]) -> Accepted:
        self.metrics.accept(kind, kept)
        for reason, count in dropped.items():
            self.metrics.drop(reason, count)
        return Accepted(rows=kept, dropped=dropped)

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
