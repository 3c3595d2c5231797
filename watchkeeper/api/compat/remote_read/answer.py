"""What a reader is given: stored samples as one message, or as chunks in frames."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import cramjam
import google_crc32c
import numpy as np

from watchkeeper.api.compat.remote_read.messages import message
from watchkeeper.api.compat.remote_read.native import histogram_bytes
from watchkeeper.api.compat.remote_read.xor import F64, I64, chunks
from watchkeeper.lib.protobuf_wire import int64
from watchkeeper.lib.varint import varint
from watchkeeper.query.promql import SeriesBlock
from watchkeeper.query.promql.histograms import floats_of, present_histograms

FRAME_BYTES = 1024 * 1024
"""A frame is sent when it has grown so large, as Prometheus does."""

_XOR = 1
_SHORT_TIMES = (1 << 35, 1 << 42)
"""Unix ms whose varint has six bytes: 1971 to 2109."""
_SAMPLE = np.dtype([("value_tag", "u1"), ("value", "<f8"), ("time_tag", "u1"), ("time", "u1", 6)])
_TIME_SHIFTS = np.arange(0, 42, 7, dtype=np.int64)


def samples_message(blocks: list[SeriesBlock]) -> bytes:
    """A snappy block that holds the ReadResponse of these queries, native histograms and all."""
    response = message("ReadResponse")()
    for block in blocks:
        result = response.results.add()
        for index in _by_labels(block):
            series = result.timeseries.add()
            _label(series, block, index)
            _fill(series, block, slice(int(block.offsets[index]), int(block.offsets[index + 1])))
    return bytes(cramjam.snappy.compress_raw(response.SerializeToString()))


def _fill(series: Any, block: SeriesBlock, here: slice) -> None:
    """Put the floats and the histograms of one series where each kind belongs."""
    times, values = block.ts[here], block.values[here]
    if block.histograms is None:
        series.samples.extend(sample_bytes(times, values))
        return
    found = block.histograms[here]
    native = present_histograms(found)
    series.samples.extend(sample_bytes(times[~native], values[~native]))
    series.histograms.extend(
        histogram_bytes(histogram, ts_ms)
        for histogram, ts_ms in zip(found[native], times[native].tolist(), strict=True)
    )


def frames(block: SeriesBlock, query_index: int) -> Iterator[bytes]:
    """One query's answer: frames of whole chunks, series in the order of their labels.

    Floats alone: chunks of native histograms are not written here.
    """
    block = floats_of(block)
    for index in _by_labels(block):
        start, end = int(block.offsets[index]), int(block.offsets[index + 1])
        frame, size = _opened(block, index, query_index)
        for chunk in chunks(block.ts[start:end], block.values[start:end]):
            frame.chunked_series[0].chunks.add(
                start_ms=chunk.start_ms, end_ms=chunk.end_ms, type=_XOR, data=chunk.data
            )
            size += len(chunk.data)
            if size >= FRAME_BYTES:
                yield _framed(frame.SerializeToString())
                frame, size = _opened(block, index, query_index)
        if frame.chunked_series[0].chunks:
            yield _framed(frame.SerializeToString())


def sample_bytes(ts_ms: I64, values: F64) -> list[bytes]:
    """Each sample as the bytes of a Sample message {double value = 1; int64 timestamp = 2}."""
    if len(ts_ms) and _SHORT_TIMES[0] <= ts_ms[0] and ts_ms[-1] < _SHORT_TIMES[1]:
        rows = np.empty(len(ts_ms), _SAMPLE)
        rows["value_tag"], rows["value"], rows["time_tag"] = 0x09, values, 0x10
        groups = (ts_ms[:, None] >> _TIME_SHIFTS) & 0x7F
        groups[:, :-1] |= 0x80
        rows["time"] = groups
        joined, size = rows.tobytes(), _SAMPLE.itemsize
        return [joined[at : at + size] for at in range(0, len(joined), size)]
    return [
        b"\x09" + struct.pack("<d", value) + b"\x10" + int64(time)
        for time, value in zip(ts_ms.tolist(), values.tolist(), strict=True)
    ]


def _by_labels(block: SeriesBlock) -> list[int]:
    return sorted(range(len(block.labels)), key=block.labels.__getitem__)


def _opened(block: SeriesBlock, index: int, query_index: int) -> tuple[Any, int]:
    """An empty frame for one series, and the bytes that its labels take."""
    frame = message("ChunkedReadResponse")(query_index=query_index)
    series = frame.chunked_series.add()
    _label(series, block, index)
    return frame, sum(len(name) + len(value) for name, value in block.labels[index])


def _label(series: Any, block: SeriesBlock, index: int) -> None:
    for name, value in block.labels[index]:
        series.labels.add(name=name, value=value)


def _framed(data: bytes) -> bytes:
    """Length, CRC-32C and the message."""
    checksum: int = google_crc32c.value(data)
    return varint(len(data)) + checksum.to_bytes(4, "big") + data
