"""Sums, differences and multiples of histograms, across resolutions and zero buckets."""

from __future__ import annotations

import math
from collections.abc import Mapping

from msgspec.structs import replace

from watchkeeper.model import Buckets, Histogram, ResetHint
from watchkeeper.query.promql.histograms.bounds import exponential_bound, is_custom

_LARGEST = 1.7976931348623157e308


class MixedSchemas(ValueError):
    """One histogram has custom buckets and the other exponential ones."""


def compensated(total: float, carry: float, added: float) -> tuple[float, float]:
    """One step of Neumaier's summation; an infinite total carries nothing."""
    result = total + added
    if result > _LARGEST or result < -_LARGEST:
        return result, 0.0
    if abs(total) >= abs(added):
        return result, carry + ((total - result) + added)
    return result, carry + ((added - result) + total)


def _without_empty(buckets: Buckets) -> Buckets:
    if all(buckets.counts):
        return buckets
    kept = [(i, c) for i, c in zip(buckets.indexes, buckets.counts, strict=True) if c != 0]
    return Buckets(tuple(i for i, _ in kept), tuple(c for _, c in kept))


def compact(histogram: Histogram) -> Histogram:
    """The histogram without empty buckets."""
    positive, negative = _without_empty(histogram.positive), _without_empty(histogram.negative)
    if positive is histogram.positive and negative is histogram.negative:
        return histogram
    return replace(histogram, positive=positive, negative=negative)


def multiplied(histogram: Histogram, factor: float) -> Histogram:
    """All counts and the sum, times a factor; below zero it can only be a gauge."""
    return replace(
        histogram,
        count=histogram.count * factor,
        sum=histogram.sum * factor,
        zero_count=histogram.zero_count * factor,
        positive=_times(histogram.positive, factor),
        negative=_times(histogram.negative, factor),
        reset_hint=ResetHint.GAUGE if factor < 0 else histogram.reset_hint,
    )


def _times(buckets: Buckets, factor: float) -> Buckets:
    return Buckets(buckets.indexes, tuple([count * factor for count in buckets.counts]))


def divided(histogram: Histogram, divisor: float) -> Histogram:
    """All counts and the sum, divided; by zero they are infinite or NaN, and no bucket is left."""
    empty = divisor == 0
    return replace(
        histogram,
        count=quotient(histogram.count, divisor),
        sum=quotient(histogram.sum, divisor),
        zero_count=quotient(histogram.zero_count, divisor),
        positive=Buckets() if empty else _parts(histogram.positive, divisor),
        negative=Buckets() if empty else _parts(histogram.negative, divisor),
        reset_hint=ResetHint.GAUGE if divisor < 0 else histogram.reset_hint,
    )


def _parts(buckets: Buckets, divisor: float) -> Buckets:
    return Buckets(buckets.indexes, tuple([count / divisor for count in buckets.counts]))


def quotient(number: float, divisor: float) -> float:
    """As IEEE 754 divides: n/0 is infinite, 0/0 is NaN."""
    if divisor != 0:
        return number / divisor
    if number == 0 or math.isnan(number):
        return math.nan
    return math.copysign(math.inf, number) * math.copysign(1.0, divisor)


def merged_index(index: int, schema: int, coarser: int) -> int:
    """The bucket of a coarser schema in which a bucket lies."""
    return ((index - 1) >> (schema - coarser)) + 1


def merged(buckets: Buckets, schema: int, coarser: int) -> Buckets:
    """The buckets of one sign at a coarser schema."""
    if schema == coarser:
        return buckets
    counts: dict[int, float] = {}
    for index, count in zip(buckets.indexes, buckets.counts, strict=True):
        place = merged_index(index, schema, coarser)
        counts[place] = counts.get(place, 0.0) + count
    return Buckets(tuple(counts), tuple(counts.values()))


def at_schema(histogram: Histogram, coarser: int) -> Histogram:
    """An exponential histogram with fewer, wider buckets; nothing is known of its resets."""
    if histogram.schema == coarser:
        return histogram
    return replace(
        histogram,
        schema=coarser,
        positive=merged(histogram.positive, histogram.schema, coarser),
        negative=merged(histogram.negative, histogram.schema, coarser),
        reset_hint=ResetHint.UNKNOWN,
    )


def shared_bounds(first: tuple[float, ...], second: tuple[float, ...]) -> tuple[float, ...]:
    """Custom bounds that both have."""
    known = frozenset(second)
    return tuple(bound for bound in first if bound in known)


def remapped(
    buckets: Buckets, bounds: tuple[float, ...], targets: tuple[float, ...]
) -> dict[int, float]:
    """Custom buckets put together to those of fewer bounds (some of `bounds`)."""
    counts: dict[int, float] = {}
    place = 0
    for index, count in zip(buckets.indexes, buckets.counts, strict=True):
        if index < len(bounds):
            while place < len(targets) and targets[place] < bounds[index]:
                place += 1
        else:
            place = len(targets)
        counts[place] = counts.get(place, 0.0) + count
    return counts


def zero_count_for(histogram: Histogram, threshold: float) -> tuple[float, float]:
    """Zero count and threshold if the zero bucket grew to `threshold`, a larger one.

    A threshold inside a populated bucket moves to the end of that bucket.
    """
    if threshold == histogram.zero_threshold:
        return histogram.zero_count, threshold
    while True:
        count, reached = _swallowed(histogram.positive, histogram.schema, threshold)
        more, further = _swallowed(histogram.negative, histogram.schema, reached)
        if further == reached:
            return histogram.zero_count + count + more, reached
        threshold = further


def _swallowed(buckets: Buckets, schema: int, threshold: float) -> tuple[float, float]:
    """What lies within the threshold, and the threshold moved out of a populated bucket."""
    total = 0.0
    for index, count in zip(buckets.indexes, buckets.counts, strict=True):
        if exponential_bound(index - 1, schema) >= threshold:
            break
        total += count
        upper = exponential_bound(index, schema)
        if upper > threshold:
            return total, upper if count != 0 else threshold
    return total, threshold


def joined_hint(first: ResetHint, second: ResetHint) -> tuple[ResetHint, bool]:
    """What is known of a sum of two, and whether they contradict each other."""
    if first == second:
        return first, False
    if ResetHint.GAUGE in (first, second):
        return ResetHint.GAUGE, False
    return ResetHint.UNKNOWN, ResetHint.UNKNOWN not in (first, second)


class Side:
    """Counts of the buckets of one sign, and what summation has lost so far."""

    def __init__(self, buckets: Buckets) -> None:
        self.indexes = buckets.indexes
        self.counts = list(buckets.counts)
        self.carries = [0.0] * len(self.counts)

    def buckets(self) -> Buckets:
        """The counts with their carries added."""
        counts = [c + lost for c, lost in zip(self.counts, self.carries, strict=True)]
        return Buckets(self.indexes, tuple(counts))

    def add(self, other: Buckets, sign: float) -> None:
        """Add (sign 1) or subtract (-1) buckets of the same schema."""
        if self.indexes != other.indexes:
            self._make_room(other.indexes)
        places = (
            range(len(self.indexes))
            if len(self.indexes) == len(other.indexes)
            else self._places(other.indexes)
        )
        counts, carries = self.counts, self.carries
        for place, added in zip(places, other.counts, strict=True):
            counts[place], carries[place] = compensated(counts[place], carries[place], sign * added)

    def _make_room(self, indexes: tuple[int, ...]) -> None:
        known: Mapping[int, tuple[float, float]] = dict(
            zip(self.indexes, zip(self.counts, self.carries, strict=True), strict=True)
        )
        self.indexes = tuple(sorted(known.keys() | set(indexes)))
        cells = [known.get(index, (0.0, 0.0)) for index in self.indexes]
        self.counts = [count for count, _ in cells]
        self.carries = [carry for _, carry in cells]

    def _places(self, indexes: tuple[int, ...]) -> list[int]:
        place_of = {index: place for place, index in enumerate(self.indexes)}
        return [place_of[index] for index in indexes]


class Sum:
    """A running sum of histograms, as exact as compensated summation.

    The result has the coarsest schema, the widest zero bucket and the custom bounds that all
    share. collided: a known reset met a known absence of one. reconciled: custom bounds differed.
    """

    def __init__(self, first: Histogram) -> None:
        self.collided = self.reconciled = False
        self._load(first)

    def _load(self, histogram: Histogram) -> None:
        self._shape = histogram
        self._totals = [histogram.count, histogram.sum, histogram.zero_count]
        self._carries = [0.0, 0.0, 0.0]
        self._positive, self._negative = Side(histogram.positive), Side(histogram.negative)

    def add(self, other: Histogram, sign: float = 1.0) -> None:
        """Add, or subtract (sign -1). Raises MixedSchemas and leaves the sum as it was."""
        if is_custom(self._shape) is not is_custom(other):
            raise MixedSchemas
        hint, collided = joined_hint(self._shape.reset_hint, other.reset_hint)
        self.collided |= collided
        zero_count = other.zero_count
        if is_custom(other):
            other = self._same_bounds(other)
        else:
            zero_count, other = self._same_zero_bucket(other)
            other = self._same_schema(other)
        for place, added in enumerate((other.count, other.sum, zero_count)):
            self._totals[place], self._carries[place] = compensated(
                self._totals[place], self._carries[place], sign * added
            )
        self._positive.add(other.positive, sign)
        self._negative.add(other.negative, sign)
        if hint != self._shape.reset_hint:
            self._shape = replace(self._shape, reset_hint=hint)

    def _same_bounds(self, other: Histogram) -> Histogram:
        if self._shape.custom_bounds == other.custom_bounds:
            return other
        self.reconciled = True
        bounds = shared_bounds(self._shape.custom_bounds, other.custom_bounds)
        self._load(_with_bounds(self.total(), bounds))
        return _with_bounds(other, bounds)

    def _same_zero_bucket(self, other: Histogram) -> tuple[float, Histogram]:
        """The other's zero count at the common threshold, and the other without what it took in."""
        count, threshold = other.zero_count, other.zero_threshold
        while threshold != self._shape.zero_threshold:
            if self._shape.zero_threshold > threshold:
                count, threshold = zero_count_for(other, self._shape.zero_threshold)
            if threshold > self._shape.zero_threshold:
                self._load(_with_zero_bucket(self.total(), threshold))
                threshold = max(threshold, other.zero_threshold)
        return count, _outside(other, threshold)

    def _same_schema(self, other: Histogram) -> Histogram:
        schema = min(self._shape.schema, other.schema)
        if self._shape.schema != schema:
            hint = self._shape.reset_hint
            self._load(replace(at_schema(self.total(), schema), reset_hint=hint))
        return at_schema(other, schema)

    def total(self) -> Histogram:
        """The sum so far; buckets that became empty are still listed."""
        count, total, zero_count = (
            whole + lost for whole, lost in zip(self._totals, self._carries, strict=True)
        )
        return replace(
            self._shape,
            count=count,
            sum=total,
            zero_count=zero_count,
            positive=self._positive.buckets(),
            negative=self._negative.buckets(),
        )


def _with_bounds(histogram: Histogram, bounds: tuple[float, ...]) -> Histogram:
    counts = remapped(histogram.positive, histogram.custom_bounds, bounds)
    kept = {index: count for index, count in counts.items() if count != 0}
    buckets = Buckets(tuple(kept), tuple(kept.values()))
    return replace(histogram, positive=buckets, custom_bounds=bounds)


def _with_zero_bucket(histogram: Histogram, threshold: float) -> Histogram:
    count, threshold = zero_count_for(histogram, threshold)
    grown = replace(histogram, zero_count=count, zero_threshold=threshold)
    return compact(_outside(grown, threshold))


def _outside(histogram: Histogram, threshold: float) -> Histogram:
    """Without the buckets that lie within the threshold."""
    if threshold == 0 or not (histogram.positive.indexes or histogram.negative.indexes):
        return histogram
    positive = _beyond(histogram.positive, histogram.schema, threshold)
    negative = _beyond(histogram.negative, histogram.schema, threshold)
    return replace(histogram, positive=positive, negative=negative)


def _beyond(buckets: Buckets, schema: int, threshold: float) -> Buckets:
    inside = 0
    for index in buckets.indexes:
        if exponential_bound(index, schema) > threshold:
            break
        inside += 1
    return Buckets(buckets.indexes[inside:], buckets.counts[inside:]) if inside else buckets


def added(first: Histogram, second: Histogram) -> Sum:
    """first + second. Raises MixedSchemas."""
    total = Sum(first)
    total.add(second)
    return total


def subtracted(first: Histogram, second: Histogram) -> Sum:
    """first - second. Raises MixedSchemas."""
    total = Sum(first)
    total.add(second, -1.0)
    return total


def nothing_like(histogram: Histogram) -> Histogram:
    """An empty histogram that can be added to this one without changing it."""
    return Histogram(
        schema=histogram.schema, count=0.0, sum=0.0, custom_bounds=histogram.custom_bounds
    )
