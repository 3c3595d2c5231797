"""A WriteRequest whose series have many samples each, read a series at a time.

Remote write's own parser is made for one sample a series. Samples are declared as bytes here, so
that a series' samples become columns at once.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.protocols.remote_write import (
    MalformedWrite,
    are_valid,
    metric_type,
    read_histogram,
    read_sample,
)
from watchkeeper.ingest.rows import MetadataRow, Times, Values
from watchkeeper.lib.errors import WatchkeeperError
from watchkeeper.model import Histogram, Labels, labels_of

_PACKAGE = "watchkeeper.history"
_SCALARS = {"string": 9, "bytes": 12, "uint32": 13}
_MESSAGE = 11
_ONE, _MANY = 1, 3
_MESSAGES: dict[str, list[tuple[str, int, str, int]]] = {
    "Label": [("name", 1, "string", _ONE), ("value", 2, "string", _ONE)],
    "TimeSeries": [
        ("labels", 1, "Label", _MANY),
        ("samples", 2, "bytes", _MANY),
        ("histograms", 4, "bytes", _MANY),
    ],
    "Metadata": [
        ("type", 1, "uint32", _ONE),
        ("metric", 2, "string", _ONE),
        ("help", 4, "string", _ONE),
        ("unit", 5, "string", _ONE),
    ],
    "WriteRequest": [("timeseries", 1, "TimeSeries", _MANY), ("metadata", 3, "Metadata", _MANY)],
}
_USUAL = 16
"""Bytes of a sample that is not 0, from 1971 to 2109: tag, double, tag, varint of six bytes."""
_SAMPLE = np.dtype([("value_tag", "u1"), ("value", "<f8"), ("time_tag", "u1"), ("time", "u1", 6)])
_SHIFTS = np.arange(0, 42, 7, dtype=np.int64)
_VALUE_TAG, _TIME_TAG = 0x09, 0x10


class MalformedHistory(WatchkeeperError):
    """The body of a history request is no snappy block with a WriteRequest."""

    code = "malformed_history"
    http_status = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class PastSeries:
    """One series as it was sent."""

    labels: Labels
    ts_ms: Times
    values: Values
    histograms: Sequence[tuple[int, Histogram]] = ()


@dataclass(slots=True)
class Past:
    """What a request holds. refused: rows that cannot be kept, by reason."""

    series: list[PastSeries] = field(default_factory=list)
    metadata: list[MetadataRow] = field(default_factory=list)
    refused: Counter[Drop] = field(default_factory=Counter)


def decode(body: bytes) -> Past:
    """An unpacked WriteRequest. Raises MalformedHistory."""
    request = _message("WriteRequest")()
    try:
        request.ParseFromString(body)
        found = Past()
        for series in request.timeseries:
            _add(found, series)
    except (MalformedWrite, IndexError, struct.error) as error:
        raise MalformedHistory(f"A series cannot be read: {error}.") from error
    except Exception as error:  # protobuf's DecodeError, which is only there once it is loaded
        raise MalformedHistory(f"The body is not a WriteRequest: {error}.") from error
    found.metadata = [
        MetadataRow(one.metric, metric_type(one.type), one.help, one.unit)
        for one in request.metadata
        if one.metric
    ]
    return found


def _add(found: Past, series: Any) -> None:
    pairs = [(label.name, label.value) for label in series.labels]
    if not are_valid(pairs):
        found.refused[Drop.INVALID_LABELS] += len(series.samples) + len(series.histograms)
        return
    histograms = []
    for one in series.histograms:
        try:
            histograms.append(read_histogram(one, 0, len(one)))
        except ValueError:
            found.refused[Drop.INVALID_HISTOGRAM] += 1
    ts_ms, values = _columns(series.samples)
    found.series.append(
        PastSeries(labels=labels_of(pairs), ts_ms=ts_ms, values=values, histograms=histograms)
    )


def _columns(samples: Sequence[bytes]) -> tuple[Times, Values]:
    """Times and values of Sample messages: those of the usual form at once."""
    lengths = np.fromiter(map(len, samples), np.int64, len(samples))
    usual = lengths == _USUAL
    rows = np.frombuffer(b"".join(one for one in samples if len(one) == _USUAL), _SAMPLE)
    is_plain = (rows["value_tag"] == _VALUE_TAG) & (rows["time_tag"] == _TIME_TAG)
    is_plain &= _is_six_bytes(rows["time"])
    ts_ms, values = np.zeros(len(samples), np.int64), np.zeros(len(samples))
    at = np.flatnonzero(usual)
    ts_ms[at] = ((rows["time"].astype(np.int64) & 0x7F) << _SHIFTS).sum(axis=1)
    values[at] = rows["value"]
    for place in [*np.flatnonzero(~usual).tolist(), *at[~is_plain].tolist()]:
        one = samples[place]
        ts_ms[place], values[place] = read_sample(one, 0, len(one))
    return ts_ms, values


def _is_six_bytes(time: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """True where five bytes go on and the sixth ends the number."""
    return np.asarray((time[:, :5] >= 0x80).all(axis=1) & (time[:, 5] < 0x80))


@cache
def _message(name: str) -> Any:
    """The class of one message. The library is loaded at the first use."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(
        name="watchkeeper/history.proto", package=_PACKAGE, syntax="proto3"
    )
    for message, fields in _MESSAGES.items():
        described = file.message_type.add(name=message)
        for field_name, number, kind, label in fields:
            added: Any = described.field.add(name=field_name, number=number)
            added.label = label
            added.type = _SCALARS.get(kind, _MESSAGE)
            if kind not in _SCALARS:
                added.type_name = f".{_PACKAGE}.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}"))
