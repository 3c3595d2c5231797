"""Where accepted rows end: a spool that reads every record and keeps none."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import TypeVar

import msgspec
from prometheus_client import CollectorRegistry

from tests.fakes.clock import HandClock
from watchkeeper.ingest import (
    Acceptor,
    IngestMetrics,
    SeriesRegistry,
    decode_exemplars,
    decode_histograms,
    decode_logs,
    decode_metadata,
    decode_samples,
    decode_series,
    decode_spans,
)
from watchkeeper.ingest.envelope_rows import decode_blob_rows, decode_envelope_rows
from watchkeeper.model import Kind, Labels, Record, decode_histogram, labels_of, series_id

T = TypeVar("T")


class CheckingSpool:
    """A SpoolWriter. Every record must be one that the digest can read."""

    def __init__(self) -> None:
        self.rows = 0

    async def append(self, records: Sequence[Record]) -> None:
        self.append_blocking(records)

    def append_blocking(self, records: Sequence[Record]) -> None:
        for record in records:
            self._check(record)

    def close(self) -> None:
        return None

    def _check(self, record: Record) -> None:
        payload = record.payload
        match record.kind:
            case Kind.SAMPLES:
                self.rows += len(decode_samples(payload)[0])
            case Kind.SERIES:
                for row in decode_series(payload):
                    _check_labels(row.labels)
            case Kind.HISTOGRAMS:
                for each in decode_histograms(payload):
                    _check_histogram(each.histogram)
                    self.rows += 1
            case Kind.EXEMPLARS:
                msgspec.json.encode(decode_exemplars(payload))
            case Kind.METADATA:
                msgspec.json.encode(decode_metadata(payload))
            case Kind.LOGS:
                lines = decode_logs(payload)
                msgspec.json.encode(lines)
                self.rows += len(lines)
            case _:
                self.rows += _envelope_rows(record)


def _envelope_rows(record: Record) -> int:
    """How many rows a record of the kinds that envelopes hold has."""
    if record.kind is Kind.SPANS:
        spans = decode_spans(record.payload)
        assert all(span.trace_id and span.span_id for span in spans), "a span without ids"
        return len(spans)
    if record.kind is Kind.ERROR_EVENT:
        event = msgspec.json.decode(record.payload)
        assert len(event["event_id"]) == 32, "an event without its id"
        return 1
    if record.kind in {Kind.ATTACHMENTS, Kind.REPLAYS}:
        return len(decode_blob_rows(record.kind, record.payload))
    return len(decode_envelope_rows(record.kind, record.payload))


def _check_labels(labels: Labels) -> None:
    assert labels == labels_of(dict(labels)), f"labels are not sorted or repeat: {labels!r}"
    assert all(name and value for name, value in labels), f"an empty label: {labels!r}"
    series_id(1, labels)


def _check_histogram(stored: bytes) -> None:
    histogram = decode_histogram(stored)
    for side in (histogram.positive, histogram.negative):
        assert len(side.indexes) == len(side.counts), "buckets without counts"
        assert list(side.indexes) == sorted(set(side.indexes)), "buckets do not ascend"
        assert all(-(2**31) <= index < 2**31 for index in side.indexes), "an index over 32 bits"


class Sink:
    """An acceptor over such a spool; each input begins with nothing known but the metrics."""

    def __init__(self) -> None:
        self._metrics = IngestMetrics(CollectorRegistry())
        self.clock = HandClock()
        self.renew()

    def renew(self) -> None:
        """Forget all series."""
        self.spool, self.series = CheckingSpool(), SeriesRegistry()
        self.acceptor = Acceptor(
            spool=self.spool, series=self.series, clock=self.clock, metrics=self._metrics
        )

    @property
    def metrics(self) -> IngestMetrics:
        return self._metrics


def finished(coroutine: Coroutine[object, object, T]) -> T:
    """The result of a coroutine that never has to wait."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    coroutine.close()
    raise AssertionError("it waits, though nothing here makes it wait")
