"""Native histograms as Prometheus's Histogram messages: counts as floats, as they are stored."""

from __future__ import annotations

from collections.abc import Iterable

from watchkeeper.lib.protobuf_wire import (
    bytes_field,
    double_field,
    doubles_field,
    number_field,
    signed_field,
)
from watchkeeper.model import Buckets, Histogram

_COUNT, _SUM, _SCHEMA, _ZERO_THRESHOLD, _ZERO_COUNT = 2, 3, 4, 5, 7
_NEGATIVE_SPANS, _NEGATIVE_COUNTS, _POSITIVE_SPANS, _POSITIVE_COUNTS = 8, 10, 11, 13
_RESET_HINT, _TIMESTAMP, _CUSTOM_BOUNDS = 14, 15, 16


def histogram_bytes(histogram: Histogram, ts_ms: int) -> bytes:
    """One Histogram message. ts_ms: Unix ms."""
    return b"".join((
        double_field(_COUNT, histogram.count),
        double_field(_SUM, histogram.sum),
        signed_field(_SCHEMA, histogram.schema),
        double_field(_ZERO_THRESHOLD, histogram.zero_threshold),
        double_field(_ZERO_COUNT, histogram.zero_count),
        bucket_fields(histogram.negative, spans=_NEGATIVE_SPANS, counts=_NEGATIVE_COUNTS),
        bucket_fields(histogram.positive, spans=_POSITIVE_SPANS, counts=_POSITIVE_COUNTS),
        number_field(_RESET_HINT, int(histogram.reset_hint)),
        number_field(_TIMESTAMP, ts_ms),
        doubles_field(_CUSTOM_BOUNDS, histogram.custom_bounds),
    ))  # fmt: skip


def bucket_fields(buckets: Buckets, *, spans: int, counts: int) -> bytes:
    """The buckets of one sign under these field numbers, alike in all messages of Prometheus."""
    told = [
        bytes_field(spans, signed_field(1, gap) + number_field(2, length))
        for gap, length in _spans_of(buckets.indexes)
    ]
    return b"".join(told) + doubles_field(counts, buckets.counts)


def _spans_of(indexes: Iterable[int]) -> list[tuple[int, int]]:
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
