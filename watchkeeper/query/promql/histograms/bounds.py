"""Where buckets begin and end, and all buckets of a histogram in order."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from functools import lru_cache

import msgspec

from watchkeeper.model import CUSTOM_BUCKETS, Histogram

FINEST_SCHEMA = 8
_SQUARE_ROOT_OF_2 = 1.414213562373095
"""As the published bounds have it: the last digit of the true root would be 1 more."""


def _fractions() -> list[list[float]]:
    """Bounds in [0.5, 1) for each schema from 0 on, digit for digit those that clients use."""
    tables = [[0.5]]
    for schema in range(1, FINEST_SCHEMA + 1):
        factor = _SQUARE_ROOT_OF_2 if schema == 1 else 2.0 ** (2.0**-schema)
        row = [0.5]
        for place in range(1, 2**schema):
            coarser = tables[-1][place // 2]
            row.append(row[-1] * factor if place % 2 else coarser)
        tables.append(row)
    return tables


_FRACTIONS = _fractions()


@lru_cache(maxsize=16_384)
def exponential_bound(index: int, schema: int) -> float:
    """Upper bound of a bucket; that of the last one before +Inf is the largest float."""
    if schema < 0:
        fraction, exponent = 0.5, (index << -schema) + 1
    else:
        fraction = _FRACTIONS[schema][index & ((1 << schema) - 1)]
        exponent = (index >> schema) + 1
    if fraction == 0.5 and exponent == sys.float_info.max_exp + 1:
        return sys.float_info.max
    return math.inf if exponent > sys.float_info.max_exp else math.ldexp(fraction, exponent)


def upper_bound(index: int, schema: int, custom: tuple[float, ...]) -> float:
    """Upper bound of a positive bucket, or of a custom one."""
    if schema != CUSTOM_BUCKETS:
        return exponential_bound(index, schema)
    if index < 0:
        return -math.inf
    return custom[index] if index < len(custom) else math.inf


def is_custom(histogram: Histogram) -> bool:
    """True if the bounds are listed instead of computed."""
    return histogram.schema == CUSTOM_BUCKETS


class Bucket(msgspec.Struct, frozen=True):
    """Observations between two bounds; *_closed: whether the bound itself belongs to it.

    A Struct is made several times as fast as a dataclass, and a quantile makes one a bucket.
    """

    lower: float
    upper: float
    count: float
    lower_closed: bool
    upper_closed: bool


def positive_buckets(histogram: Histogram) -> Iterator[Bucket]:
    """From the zero bucket up; empty ones that are listed included."""
    schema, custom = histogram.schema, histogram.custom_bounds
    for index, count in zip(histogram.positive.indexes, histogram.positive.counts, strict=True):
        lower = upper_bound(index - 1, schema, custom)
        upper = upper_bound(index, schema, custom)
        if schema == CUSTOM_BUCKETS:
            yield Bucket(lower, upper, count, index == 0, True)
        else:
            yield Bucket(lower, upper, count, False, True)


def negative_buckets(histogram: Histogram) -> Iterator[Bucket]:
    """From the zero bucket down; empty ones that are listed included."""
    schema = histogram.schema
    for index, count in zip(histogram.negative.indexes, histogram.negative.counts, strict=True):
        lower, upper = -exponential_bound(index, schema), -exponential_bound(index - 1, schema)
        yield Bucket(lower, upper, count, True, False)


def zero_bucket(histogram: Histogram) -> Bucket:
    """Observations around zero."""
    width = histogram.zero_threshold
    return Bucket(-width, width, histogram.zero_count, True, True)


def all_buckets(histogram: Histogram) -> list[Bucket]:
    """In ascending order. What overlaps with the zero bucket is cut at its threshold."""
    width = histogram.zero_threshold
    buckets = [
        Bucket(b.lower, min(b.upper, -width) if b.upper < 0 else b.upper, b.count, True, False)
        for b in negative_buckets(histogram)
    ]
    buckets.reverse()
    if histogram.zero_count > 0:
        buckets.append(zero_bucket(histogram))
    for b in positive_buckets(histogram):
        lower = width if 0 < b.lower < width else b.lower
        upper = -width if -width < b.upper < 0 else b.upper
        buckets.append(Bucket(lower, upper, b.count, b.lower_closed, True))
    return buckets
