"""When two histograms are the same sample."""

from __future__ import annotations

import struct

from watchkeeper.model import Histogram


def same_histogram(first: Histogram, second: Histogram) -> bool:
    """Equal layout and bit for bit equal numbers; what is known of resets does not count.

    A listed empty bucket is part of the layout.
    """
    return (
        first.schema == second.schema
        and first.zero_threshold == second.zero_threshold
        and first.custom_bounds == second.custom_bounds
        and first.positive.indexes == second.positive.indexes
        and first.negative.indexes == second.negative.indexes
        and _bits(first) == _bits(second)
    )


def _bits(histogram: Histogram) -> bytes:
    numbers = (
        histogram.count,
        histogram.sum,
        histogram.zero_count,
        *histogram.positive.counts,
        *histogram.negative.counts,
    )
    return struct.pack(f"<{len(numbers)}d", *numbers)
