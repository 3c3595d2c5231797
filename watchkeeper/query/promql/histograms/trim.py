"""Cutting a histogram at a value: the operators `</` (keep what is below) and `>/` (above)."""

from __future__ import annotations

import math

from msgspec.structs import replace

from watchkeeper.model import Buckets, Histogram
from watchkeeper.query.promql.histograms.arithmetic import compact, quotient
from watchkeeper.query.promql.histograms.bounds import (
    Bucket,
    is_custom,
    negative_buckets,
    positive_buckets,
    zero_bucket,
)
from watchkeeper.query.promql.histograms.estimate import part_below


class _Cut:
    """What is kept of each bucket. count, total: of all that was kept."""

    def __init__(self, histogram: Histogram, at: float, *, below: bool) -> None:
        self._linear = is_custom(histogram)
        self._at, self._below = at, below
        self.count = self.total = 0.0
        self.changed = False

    def side(self, buckets: list[Bucket], *, positive: bool) -> tuple[float, ...]:
        """The counts that are left of the buckets of one sign."""
        return tuple([self._keep(bucket, positive) for bucket in buckets])

    def _keep(self, bucket: Bucket, positive: bool) -> float:
        if bucket.count == 0:
            return 0.0
        kept, middle = self._part(bucket, positive)
        self.note(bucket.count, kept, middle)
        return kept

    def note(self, had: float, kept: float, middle: float) -> None:
        self.changed |= kept != had
        self.count += kept
        self.total += middle * kept

    def _part(self, bucket: Bucket, positive: bool) -> tuple[float, float]:
        """How many observations of a bucket are kept, and where they lie on average."""
        lower, upper, at = bucket.lower, bucket.upper, self._at
        if (upper <= at) if self._below else (lower >= at):
            return bucket.count, self._middle(lower, upper, positive)
        if not ((lower < at) if self._below else (upper > at)):
            return 0.0, 0.0
        if math.isinf(lower) or math.isinf(upper):
            return self._part_of_endless(bucket)
        under = bucket.count * part_below(lower, upper, at, self._linear)
        if self._below:
            return under, self._middle(lower, at, positive)
        return bucket.count - under, self._middle(at, upper, positive)

    def _part_of_endless(self, bucket: Bucket) -> tuple[float, float]:
        """A cut through a bucket without end: nothing is known of where its observations lie.

        Only the lowest custom bucket with a positive bound is taken to begin at zero.
        """
        upper, at = bucket.upper, self._at
        if math.isinf(bucket.lower):
            from_zero = 0 < upper < math.inf
            if self._below:
                if from_zero and at > 0:
                    return bucket.count * at / upper, at / 2
                return (bucket.count, at) if upper <= 0 else (0.0, 0.0)
            if from_zero and at >= 0:
                return bucket.count * (1 - at / upper), (at + upper) / 2
            return 0.0, 0.0
        return (0.0, 0.0) if self._below else (bucket.count, at)

    def _middle(self, lower: float, upper: float, positive: bool) -> float:
        if math.isinf(lower):
            if math.isinf(upper):
                return 0.0
            return upper / 2 if upper > 0 else upper
        if math.isinf(upper):
            return lower
        if self._linear:
            return (lower + upper) / 2
        middle = math.sqrt(abs(lower * upper))
        return middle if positive else -middle

    def zero(self, bucket: Bucket, *, negative: bool, positive: bool) -> float:
        """What is left of the zero bucket, which lies on one side if all others do."""
        lower = 0.0 if positive and not negative else bucket.lower
        upper = 0.0 if negative and not positive else bucket.upper
        at = self._at
        if at <= lower:
            part, middle = (0.0, 0.0) if self._below else (1.0, (lower + upper) / 2)
        elif at >= upper:
            part, middle = (1.0, (lower + upper) / 2) if self._below else (0.0, 0.0)
        elif self._below:
            part, middle = quotient(at - lower, upper - lower), (lower + at) / 2
        else:
            part, middle = quotient(upper - at, upper - lower), (at + upper) / 2
        kept = bucket.count * part
        self.note(bucket.count, kept, middle)
        return kept


def trimmed(histogram: Histogram, at: float, *, below: bool) -> Histogram:
    """The observations below a value, or above it. Count and sum are estimated if any are lost."""
    cut = _Cut(histogram, at, below=below)
    above_zero, under_zero = list(positive_buckets(histogram)), list(negative_buckets(histogram))
    positive = cut.side(above_zero, positive=True)
    negative = cut.side(under_zero, positive=False)
    zero_count = histogram.zero_count
    if zero_count > 0:
        zero_count = cut.zero(
            zero_bucket(histogram),
            negative=any(bucket.count for bucket in under_zero),
            positive=any(bucket.count for bucket in above_zero),
        )
    if not cut.changed:
        return histogram
    return compact(
        replace(
            histogram,
            count=cut.count,
            sum=cut.total,
            zero_count=zero_count,
            positive=Buckets(histogram.positive.indexes, positive),
            negative=Buckets(histogram.negative.indexes, negative),
        )
    )
