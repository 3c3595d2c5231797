"""When a sample is the demanded one."""

from __future__ import annotations

import math
import struct

from tests.promqltest.series import Item
from watchkeeper.model import Buckets, Histogram
from watchkeeper.query.promql.histograms import compact

_SMALLEST_NORMAL = 2.0**-1022
_EPSILON = 1e-6


def almost_equal(a: float, b: float) -> bool:
    """Equal, both the same kind of NaN, or within 1e-6 of their size."""
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b) and _is_stale(a) == _is_stale(b)
    if a == b:
        return True
    size, apart = abs(a) + abs(b), abs(a - b)
    if a == 0 or b == 0 or size < _SMALLEST_NORMAL:
        return apart < _EPSILON * _SMALLEST_NORMAL
    return apart / min(size, 1.7976931348623157e308) < _EPSILON


def _is_stale(value: float) -> bool:
    return bool(struct.unpack("<Q", struct.pack("<d", value))[0] == 0x7FF0000000000002)


def same_sample(got: float | Histogram, wanted: Item, *, hints: bool) -> bool:
    """hints: what is known of counter resets must be equal too."""
    if isinstance(got, Histogram):
        return isinstance(wanted, Histogram) and _same_histogram(got, wanted, hints=hints)
    return isinstance(wanted, float) and almost_equal(got, wanted)


def _same_histogram(got: Histogram, wanted: Histogram, *, hints: bool) -> bool:
    got, wanted = compact(got), compact(wanted)
    same_layout = (
        got.schema == wanted.schema
        and got.zero_threshold == wanted.zero_threshold
        and got.custom_bounds == wanted.custom_bounds
    )
    return (
        same_layout
        and almost_equal(got.count, wanted.count)
        and almost_equal(got.sum, wanted.sum)
        and almost_equal(got.zero_count, wanted.zero_count)
        and _same_buckets(got.positive, wanted.positive)
        and _same_buckets(got.negative, wanted.negative)
        and (not hints or got.reset_hint == wanted.reset_hint)
    )


def _same_buckets(got: Buckets, wanted: Buckets) -> bool:
    return got.indexes == wanted.indexes and all(
        almost_equal(a, b) for a, b in zip(got.counts, wanted.counts, strict=True)
    )
