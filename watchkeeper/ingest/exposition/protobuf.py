"""Delimited io.prometheus.client.MetricFamily. Wire facts: docs/wire/exposition.md."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from watchkeeper.ingest.exposition.native import is_native, native_histogram
from watchkeeper.ingest.exposition.protobuf_schema import (
    Bucket,
    Family,
    Metric,
    PbExemplar,
    PbHistogram,
    Schema,
    Simple,
    schema,
)
from watchkeeper.ingest.exposition.types import (
    BadExposition,
    ExemplarSample,
    Exposition,
    HistogramSample,
    Key,
    Learn,
    Memory,
)
from watchkeeper.ingest.exposition.values import format_bound

_TYPE_NAMES = ("counter", "gauge", "summary", "unknown", "histogram", "gaugehistogram")
_COUNTER, _GAUGE, _SUMMARY, _UNTYPED, _HISTOGRAM, _GAUGE_HISTOGRAM = range(6)
_SIMPLE = {_COUNTER: "counter", _GAUGE: "gauge", _UNTYPED: "untyped"}
_LONGEST_LENGTH = 5
_FIRST_S, _END_S = -62_135_596_800, 253_402_300_800
"""Unix seconds of the years 1 to 9999: what a google.protobuf.Timestamp may hold."""


def parse_protobuf(
    body: bytes,
    memory: Memory,
    learn: Learn,
    *,
    native: bool = True,
    classic_too: bool = False,
) -> Exposition:
    """Read a body: each family's length as a varint, then its bytes.

    native: False reads the classic buckets of native histograms alone. classic_too: of a
    histogram that is native and classic, keep the classic buckets as well.
    Raises BadExposition, and whatever `learn` raises. Cost: about a microsecond a known series.
    """
    from google.protobuf.message import DecodeError

    reader = _Reader(memory, learn, schema(), native=native, classic_too=classic_too)
    try:
        for encoded in _delimited(body):
            reader.read(reader.schema.family(encoded))
    except (DecodeError, UnicodeDecodeError) as error:
        raise BadExposition("the body is not delimited MetricFamily messages") from error
    return reader.found


def _delimited(body: bytes) -> Iterator[bytes]:
    at, end = 0, len(body)
    while at < end:
        length = shift = 0
        for taken in range(_LONGEST_LENGTH + 1):
            if at >= end or taken == _LONGEST_LENGTH:
                raise BadExposition("the body ends within the length of a MetricFamily")
            byte = body[at]
            at += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        if at + length > end:
            raise BadExposition("the body ends within a MetricFamily")
        yield body[at : at + length]
        at += length


class _Reader:
    """Collects what one body holds."""

    def __init__(
        self, memory: Memory, learn: Learn, decoders: Schema, *, native: bool, classic_too: bool
    ) -> None:
        self.found = Exposition()
        self.schema = decoders
        self._memory = memory
        self._learn = learn
        self._wants_native = native
        self._classic_too = classic_too
        self._name = ""
        self._type = _UNTYPED

    def read(self, family: Family) -> None:
        self._name, self._type = family.name.decode(), family.type
        if not self._name:
            raise BadExposition("a MetricFamily has no name")
        if not 0 <= self._type < len(_TYPE_NAMES):
            raise BadExposition(f"unknown metric type {self._type} of {self._name[:80]}")
        told = (_TYPE_NAMES[self._type], family.help.decode(), family.unit.decode())
        self._memory.metadata[self._name] = told
        if self._type in _SIMPLE:
            self._simple(family.metric, _SIMPLE[self._type])
        else:
            for metric in family.metric:
                self._compound(metric)

    def _simple(self, metrics: Sequence[Metric], kind: str) -> None:
        """Counters, gauges, untyped: one sample each."""
        add_number, add_value = self.found.numbers.append, self.found.values.append
        get, name, family_type = self._memory.known.get, self._name, self._type
        for metric in metrics:
            if not metric.HasField(kind):
                raise BadExposition(f"a metric of {name[:80]} holds no {kind}")
            key = (name, family_type, "", tuple(metric.label))
            number = get(key)
            if number is None:
                number = self._learned(key, ())
            holder: Simple = getattr(metric, kind)
            if metric.HasField("timestamp_ms"):
                self.found.timestamps[len(self.found.numbers)] = metric.timestamp_ms
            add_number(number)
            add_value(holder.value)
            if family_type == _COUNTER and holder.HasField("exemplar"):
                self._exemplar(holder.exemplar, key, number)

    def _compound(self, metric: Metric) -> None:
        labels = tuple(metric.label)
        if self._type == _SUMMARY:
            if not metric.HasField("summary"):
                raise BadExposition(f"a metric of {self._name[:80]} holds no summary")
            self._summary(metric, labels)
            return
        if not metric.HasField("histogram"):
            raise BadExposition(f"a metric of {self._name[:80]} holds no histogram")
        native = self._wants_native and is_native(metric.histogram)
        if native:
            self._native(metric, labels)
        if not native or (self._classic_too and metric.histogram.bucket):
            self._classic(metric, labels)

    def _summary(self, metric: Metric, labels: tuple[bytes, ...]) -> None:
        summary = metric.summary
        self._sample(metric, labels, "_count", float(summary.sample_count))
        self._sample(metric, labels, "_sum", summary.sample_sum)
        for each in summary.quantile:
            self._sample(metric, labels, "", each.value, ("quantile", format_bound(each.quantile)))

    def _classic(self, metric: Metric, labels: tuple[bytes, ...]) -> None:
        histogram = metric.histogram
        count = histogram.sample_count_float or float(histogram.sample_count)
        self._sample(metric, labels, "_count", count)
        self._sample(metric, labels, "_sum", histogram.sample_sum)
        reaches_infinity = False
        for bucket in histogram.bucket:
            reaches_infinity |= bucket.upper_bound == math.inf
            total = bucket.cumulative_count_float or float(bucket.cumulative_count)
            le = ("le", format_bound(bucket.upper_bound))
            key, number = self._sample(metric, labels, "_bucket", total, le)
            if bucket.HasField("exemplar"):
                self._exemplar(bucket.exemplar, key, number)
        if not reaches_infinity:
            self._sample(metric, labels, "_bucket", count, ("le", "+Inf"))

    def _native(self, metric: Metric, labels: tuple[bytes, ...]) -> None:
        key = (self._name, self._type, "native", labels)
        number = self._memory.known.get(key)
        if number is None:
            number = self._learned(key, ())
        histogram = native_histogram(
            metric.histogram, self._name, is_gauge=self._type == _GAUGE_HISTOGRAM
        )
        ts_ms = metric.timestamp_ms if metric.HasField("timestamp_ms") else None
        self.found.histograms.append(HistogramSample(number, histogram, ts_ms))
        for at, exemplar in enumerate(_native_exemplars(metric.histogram)):
            self._exemplar(exemplar, (*key[:2], f"native {at}", labels), number)

    def _sample(
        self,
        metric: Metric,
        labels: tuple[bytes, ...],
        suffix: str,
        value: float,
        extra: tuple[str, str] | None = None,
    ) -> tuple[Key, int]:
        key = (self._name, self._type, f"{suffix} {extra[1]}" if extra else suffix, labels)
        number = self._memory.known.get(key)
        if number is None:
            number = self._learned(key, (extra,) if extra else (), suffix)
        if metric.HasField("timestamp_ms"):
            self.found.timestamps[len(self.found.numbers)] = metric.timestamp_ms
        self.found.numbers.append(number)
        self.found.values.append(value)
        return key, number

    def _learned(
        self,
        key: tuple[str, int, str, tuple[bytes, ...]],
        extra: tuple[tuple[str, str], ...],
        suffix: str = "",
    ) -> int:
        pairs = [("__name__", f"{self._name}{suffix}")]
        for encoded in key[3]:
            label = self.schema.label(encoded)
            pairs.append((label.name.decode(), label.value.decode()))
        pairs.extend(extra)
        if len({name for name, _ in pairs}) != len(pairs) or any(not name for name, _ in pairs):
            raise BadExposition(f"a label of {self._name[:80]} is set twice or has no name")
        number = self._learn(tuple(pairs))
        self._memory.known[key] = number
        return number

    def _exemplar(self, exemplar: PbExemplar, key: Key, number: int) -> None:
        written = exemplar.SerializeToString()
        if self._memory.exemplars.get(key) == written:
            return
        self._memory.exemplars[key] = written
        labels = {label.name.decode(): label.value.decode() for label in exemplar.label}
        ts_ms = None
        if exemplar.HasField("timestamp"):
            seconds, nanos = exemplar.timestamp.seconds, exemplar.timestamp.nanos
            if not (_FIRST_S <= seconds < _END_S and 0 <= nanos < 10**9):
                return  # an exemplar of no valid time is passed over, as Prometheus does
            ts_ms = seconds * 1000 + nanos // 1_000_000
        self.found.exemplars.append(ExemplarSample(number, labels, exemplar.value, ts_ms))


def _native_exemplars(histogram: PbHistogram) -> list[PbExemplar]:
    """Those of the histogram; older libraries hang them on its classic buckets, with a time."""
    if histogram.exemplars:
        return [each for each in histogram.exemplars if each.HasField("timestamp")]
    buckets: Sequence[Bucket] = histogram.bucket
    return [
        bucket.exemplar
        for bucket in buckets
        if bucket.HasField("exemplar") and bucket.exemplar.HasField("timestamp")
    ]
