"""Native histograms as Prometheus's Histogram messages: counts as floats, as they are stored."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from watchkeeper.lib.protobuf_wire import bytes_field, number_field
from watchkeeper.lib.varint import varint
from watchkeeper.model import Buckets, Histogram

_DOUBLE = 1
_COUNT, _SUM, _SCHEMA, _ZERO_THRESHOLD, _ZERO_COUNT = 2, 3, 4, 5, 7
_NEGATIVE_SPANS, _NEGATIVE_COUNTS, _POSITIVE_SPANS, _POSITIVE_COUNTS = 8, 10, 11, 13
_RESET_HINT, _TIMESTAMP, _CUSTOM_BOUNDS = 14, 15, 16


def histogram_bytes(histogram: Histogram, ts_ms: int) -> bytes:
    """One Histogram message. ts_ms: Unix ms."""
    return b"".join((
        _double(_COUNT, histogram.count),
        _double(_SUM, histogram.sum),
        number_field(_SCHEMA, _zigzag(histogram.schema)),
        _double(_ZERO_THRESHOLD, histogram.zero_threshold),
        _double(_ZERO_COUNT, histogram.zero_count),
        *_buckets(histogram.negative, _NEGATIVE_SPANS, _NEGATIVE_COUNTS),
        *_buckets(histogram.positive, _POSITIVE_SPANS, _POSITIVE_COUNTS),
        number_field(_RESET_HINT, int(histogram.reset_hint)),
        number_field(_TIMESTAMP, ts_ms),
        _doubles(_CUSTOM_BOUNDS, histogram.custom_bounds),
    ))  # fmt: skip


def spans_of(indexes: Iterable[int]) -> list[tuple[int, int]]:
    """Ascending indexes as (gap since the end of the span before, length)."""
    spans: list[tuple[int, int]] = []
    expected = 0
    for index in indexes:
        if spans and index == expected:
            spans[-1] = (spans[-1][0], spans[-1][1] + 1)
        else:
            spans.append((index - expected, 1))
        expected = index + 1
    return spans


def _buckets(buckets: Buckets, spans_field: int, counts_field: int) -> Iterable[bytes]:
    for gap, length in spans_of(buckets.indexes):
        span = number_field(1, _zigzag(gap)) + number_field(2, length)
        yield bytes_field(spans_field, span)
    yield _doubles(counts_field, buckets.counts)


def _double(field: int, value: float) -> bytes:
    return varint(field << 3 | _DOUBLE) + struct.pack("<d", value)


def _doubles(field: int, values: tuple[float, ...]) -> bytes:
    return bytes_field(field, struct.pack(f"<{len(values)}d", *values)) if values else b""


def _zigzag(number: int) -> int:
    return number << 1 if number >= 0 else (-number << 1) - 1
