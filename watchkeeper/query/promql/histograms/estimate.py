"""Quantiles, fractions and variance, interpolated inside buckets."""

from __future__ import annotations

import math
from dataclasses import dataclass

from watchkeeper.model import Histogram
from watchkeeper.query.promql.histograms.arithmetic import compensated, quotient
from watchkeeper.query.promql.histograms.bounds import Bucket, all_buckets, is_custom


@dataclass(frozen=True, slots=True)
class Estimate:
    """value; note: what NaN observations did to it, "" if there are none."""

    value: float
    note: str = ""


QUANTILE_IS_NAN = "input to histogram_quantile has NaN observations, result is NaN"
QUANTILE_IS_SKEWED = "input to histogram_quantile has NaN observations, result is skewed higher"
FRACTION_LACKS_NAN = (
    "input to histogram_fraction has NaN observations, which are excluded from all fractions"
)


def quantile(q: float, histogram: Histogram) -> Estimate:
    """Exponential inside exponential buckets, linear inside the zero bucket and custom ones.

    NaN without observations; outside [0, 1] ∓Inf. The side from which the rank is counted is the
    nearer one, unless NaN observations, which no bucket holds, stand at the upper end.
    """
    if q < 0 or q > 1:
        return Estimate(math.copysign(math.inf, q))
    if histogram.count == 0 or math.isnan(q):
        return Estimate(math.nan)
    upwards = math.isnan(histogram.sum) or q < 0.5
    rank = (q if upwards else 1 - q) * histogram.count
    buckets = all_buckets(histogram)
    if not upwards:
        buckets.reverse()
    bucket, seen = _holding(buckets, rank)
    if is_custom(histogram):
        if math.isinf(bucket.lower) and bucket.upper <= 0:
            return Estimate(bucket.upper)
        if math.isinf(bucket.upper) and not math.isinf(bucket.lower):
            return Estimate(bucket.lower)
    lower, upper = _finite_ends(histogram, bucket)
    seen = min(seen, histogram.count)
    if seen < rank:
        if math.isnan(histogram.sum):
            return Estimate(math.nan, QUANTILE_IS_NAN)
        return Estimate(upper)
    rank = rank - (seen - bucket.count) if upwards else seen - rank
    value = _interpolated(histogram, lower, upper, quotient(rank, bucket.count))
    return Estimate(value, QUANTILE_IS_SKEWED if _has_nan(histogram, buckets) else "")


def _holding(buckets: list[Bucket], rank: float) -> tuple[Bucket, float]:
    """The first bucket with which the rank is reached (else the last), and the count with it."""
    seen, bucket = 0.0, Bucket(0.0, 0.0, 0.0, True, True)
    for bucket in buckets:
        seen += bucket.count
        if bucket.count != 0 and seen >= rank:
            break
    return bucket, seen


def _finite_ends(histogram: Histogram, bucket: Bucket) -> tuple[float, float]:
    """The ends between which a bucket's observations are taken to lie."""
    if is_custom(histogram):
        return 0.0 if math.isinf(bucket.lower) else bucket.lower, bucket.upper
    return (
        _zero_ends(histogram, bucket)
        if bucket.lower < 0 < bucket.upper
        else (
            bucket.lower,
            bucket.upper,
        )
    )


def _zero_ends(histogram: Histogram, bucket: Bucket) -> tuple[float, float]:
    """A zero bucket lies on one side of zero if all other buckets do."""
    negative, positive = bool(histogram.negative.indexes), bool(histogram.positive.indexes)
    lower = 0.0 if positive and not negative else bucket.lower
    upper = 0.0 if negative and not positive else bucket.upper
    return lower, upper


def _interpolated(histogram: Histogram, lower: float, upper: float, part: float) -> float:
    if is_custom(histogram) or lower <= 0 <= upper:
        return lower + (upper - lower) * part
    low, high = math.log2(abs(lower)), _log2(abs(upper))
    if lower > 0:
        return _exp2(low + (high - low) * part)
    return -_exp2(high + (low - high) * (1 - part))


def _log2(value: float) -> float:
    return math.log2(value) if value else -math.inf


def _exp2(exponent: float) -> float:
    return math.inf if exponent >= 1024 else 2.0**exponent


def _has_nan(histogram: Histogram, buckets: list[Bucket]) -> bool:
    """True if some observations are in no bucket; a NaN sum alone may also come from ±Inf."""
    if not math.isnan(histogram.sum):
        return False
    return sum(bucket.count for bucket in buckets) < histogram.count


def fraction(low: float, high: float, histogram: Histogram) -> Estimate:
    """Share of the observations in (low, high]; NaN without observations or bounds."""
    if histogram.count == 0 or math.isnan(low) or math.isnan(high):
        return Estimate(math.nan)
    if low >= high:
        return Estimate(0.0)
    buckets = all_buckets(histogram)
    total = histogram.count
    if math.isnan(histogram.sum):
        total = sum(bucket.count for bucket in buckets)
    share = _rank(high, histogram, buckets, total) - _rank(low, histogram, buckets, total)
    note = FRACTION_LACKS_NAN if _has_nan(histogram, buckets) else ""
    return Estimate(share / histogram.count, note)


def _rank(value: float, histogram: Histogram, buckets: list[Bucket], total: float) -> float:
    """How many observations lie below a value."""
    seen = 0.0
    for bucket in buckets:
        lower, upper = bucket.lower, bucket.upper
        is_zero = lower <= 0 <= upper
        if is_zero:
            lower, upper = _zero_ends(histogram, bucket)
        if lower >= value:
            return min(seen, total)
        if lower < value < upper:
            if math.isinf(lower):
                return min(bucket.count, total)
            linear = is_zero or is_custom(histogram)
            return min(seen + bucket.count * part_below(lower, upper, value, linear), total)
        seen += bucket.count
    return total


def part_below(lower: float, upper: float, value: float, linear: bool) -> float:
    """Share of a bucket's width that lies below a value inside it."""
    if linear:
        return (value - lower) / (upper - lower)
    low, high, place = _log2(abs(lower)), _log2(abs(upper)), _log2(abs(value))
    if value > 0:
        return (place - low) / (high - low)
    return 1 - (place - high) / (low - high)


def variance(histogram: Histogram) -> float:
    """Population variance, each bucket's observations at its (geometric) middle."""
    mean = quotient(histogram.sum, histogram.count)
    total = carry = 0.0
    for bucket in all_buckets(histogram):
        if bucket.count == 0:
            continue
        apart = _middle(histogram, bucket) - mean
        total, carry = compensated(total, carry, bucket.count * apart * apart)
    return quotient(total + carry, histogram.count)


def _middle(histogram: Histogram, bucket: Bucket) -> float:
    if is_custom(histogram):
        return (bucket.upper + bucket.lower) / 2
    if bucket.lower <= 0 <= bucket.upper:
        return 0.0
    middle = math.sqrt(bucket.upper * bucket.lower)
    return -middle if bucket.upper < 0 else middle
