"""What the payloads of spool records hold, and their encodings (`model.Kind` names them)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import msgspec
import numpy as np
from numpy.typing import NDArray

from watchkeeper.model import Histogram, Labels

Times = NDArray[np.int64]
Values = NDArray[np.float64]
Ids = NDArray[np.uint64]

_COUNT = struct.Struct("<I")
_ONE_TIME = 1 << 31


class LogRow(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """One log line, scrubbed. New fields go to the end: old records lie in spools.

    ts_ms: Unix ms UTC, and `nanos` of it beyond. severity: trace, debug, info, warn, error, fatal
    or, from before there was a scale, the sender's word. severity_number: OpenTelemetry's 1..24,
    0 if nothing tells. trace_id, span_id: hex digits or empty.
    source: otlp, sentry, json, syslog, loki, file, journald, statsd.
    """

    ts_ms: int
    severity: str
    service: str
    body: str
    attributes: dict[str, str]
    trace_id: str = ""
    span_id: str = ""
    nanos: int = 0
    severity_number: int = 0
    environment: str = ""
    release: str = ""
    host: str = ""
    request_id: str = ""
    user_key: str = ""
    session_id: str = ""
    source: str = ""


class SeriesRow(msgspec.Struct, frozen=True, array_like=True):
    """The labels behind a series id. metric_type: Prometheus's word for it, or empty."""

    series_id: int
    labels: Labels
    metric_type: str = ""


class MetadataRow(msgspec.Struct, frozen=True, array_like=True):
    """What a metric is; each field as its sender wrote it, or empty."""

    metric: str
    type: str
    help: str
    unit: str = ""


class HistogramRow(msgspec.Struct, frozen=True, array_like=True):
    """One native histogram of a series. histogram: as `encode_histogram` stores it."""

    series_id: int
    ts_ms: int
    histogram: bytes


class ExemplarRow(msgspec.Struct, frozen=True, array_like=True):
    """One exemplar of a series. labels: those of the exemplar itself, trace_id among them."""

    series_id: int
    ts_ms: int
    value: float
    labels: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemplar:
    """One observation picked out of a series. labels: the exemplar's own, not the series'."""

    series: Labels
    ts_ms: int
    value: float
    labels: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistogramBatch:
    """Native histograms in columns: row i is `histograms[i]` of `series[i]` at `ts_ms[i]`."""

    series: Sequence[Labels]
    ts_ms: Times
    histograms: Sequence[Histogram]

    def __post_init__(self) -> None:
        if not len(self.series) == len(self.ts_ms) == len(self.histograms):
            raise ValueError("the columns of a batch have one length")


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleBatch:
    """Samples in columns: row i is `values[i]` of `series[i]` at `ts_ms[i]` (Unix ms UTC)."""

    series: Sequence[Labels]
    ts_ms: Times
    values: Values

    def __post_init__(self) -> None:
        if not len(self.series) == len(self.ts_ms) == len(self.values):
            raise ValueError("the columns of a batch have one length")


_encode = msgspec.msgpack.Encoder().encode
_decode_series = msgspec.msgpack.Decoder(list[SeriesRow]).decode
_decode_logs = msgspec.msgpack.Decoder(list[LogRow]).decode
_decode_metadata = msgspec.msgpack.Decoder(list[MetadataRow]).decode
_decode_histograms = msgspec.msgpack.Decoder(list[HistogramRow]).decode
_decode_exemplars = msgspec.msgpack.Decoder(list[ExemplarRow]).decode


def encode_samples(series_ids: Ids, ts_ms: Times, values: Values) -> bytes:
    """Kind.SAMPLES: count, then the three columns, little-endian.

    Where all samples have one time, as those of a scrape do, it stands there once: bit 31 of the
    count is set, and one i64 takes the place of the column.
    """
    ids, numbers = series_ids.astype("<u8", copy=False), values.astype("<f8", copy=False)
    count, times = len(ids), ts_ms.astype("<i8", copy=False)
    if count and bool((times == times[0]).all()):
        count, times = count | _ONE_TIME, times[:1]
    return b"".join((_COUNT.pack(count), ids.tobytes(), times.tobytes(), numbers.tobytes()))


def sample_views(payload: bytes) -> tuple[Ids, Times, Values]:
    """Views of the columns (series ids, times, values); one time alone if it is that of all.

    Raises ValueError if the length is wrong.
    """
    if len(payload) < _COUNT.size:
        raise ValueError("a block of samples begins with its count")
    (count,) = _COUNT.unpack_from(payload)
    count, times = (count & ~_ONE_TIME, 1) if count & _ONE_TIME else (count, count)
    start = _COUNT.size
    if len(payload) != start + 16 * count + 8 * times:
        raise ValueError(f"a block of {count} samples cannot have {len(payload)} bytes")
    return (
        np.frombuffer(payload, "<u8", count, start),
        np.frombuffer(payload, "<i8", times, start + 8 * count),
        np.frombuffer(payload, "<f8", count, start + 8 * count + 8 * times),
    )


def decode_samples(payload: bytes) -> tuple[Ids, Times, Values]:
    """The columns (series ids, times, values). Raises ValueError if the length is wrong."""
    ids, times, values = sample_views(payload)
    if len(times) != len(ids):
        times = np.repeat(times, len(ids))
    return (
        ids.astype(np.uint64, copy=False),
        times.astype(np.int64, copy=False),
        values.astype(np.float64, copy=False),
    )


def encode_series(rows: Sequence[SeriesRow]) -> bytes:
    """Kind.SERIES."""
    return _encode(rows)


def decode_series(payload: bytes) -> list[SeriesRow]:
    """Kind.SERIES. Raises msgspec.DecodeError."""
    return _decode_series(payload)


def encode_logs(rows: Sequence[LogRow]) -> bytes:
    """Kind.LOGS."""
    return _encode(rows)


def decode_logs(payload: bytes) -> list[LogRow]:
    """Kind.LOGS. Raises msgspec.DecodeError."""
    return _decode_logs(payload)


def encode_metadata(rows: Sequence[MetadataRow]) -> bytes:
    """Kind.METADATA."""
    return _encode(rows)


def decode_metadata(payload: bytes) -> list[MetadataRow]:
    """Kind.METADATA. Raises msgspec.DecodeError."""
    return _decode_metadata(payload)


def encode_histograms(rows: Sequence[HistogramRow]) -> bytes:
    """Kind.HISTOGRAMS."""
    return _encode(rows)


def decode_histograms(payload: bytes) -> list[HistogramRow]:
    """Kind.HISTOGRAMS. Raises msgspec.DecodeError."""
    return _decode_histograms(payload)


def encode_exemplars(rows: Sequence[ExemplarRow]) -> bytes:
    """Kind.EXEMPLARS."""
    return _encode(rows)


def decode_exemplars(payload: bytes) -> list[ExemplarRow]:
    """Kind.EXEMPLARS. Raises msgspec.DecodeError."""
    return _decode_exemplars(payload)


def encode_one(row: HistogramRow | ExemplarRow) -> bytes:
    """A payload of the row's kind that holds this row alone."""
    return _encode([row])


def histogram_marks(stored: Sequence[bytes]) -> Values:
    """A number for each stored histogram, equal as bits only if the histograms are equal.

    It stands where a sample has its value, so that a histogram's repetition is told from another
    histogram at the same instant.
    """
    marks = [int.from_bytes(blake2b(one, digest_size=8).digest(), "little") for one in stored]
    return np.array(marks, np.uint64).view(np.float64)
