"""Times of calls as a histogram whose buckets are a quarter of an octave wide. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from watchkeeper.lib.clock import SECOND_MS

SECOND_BUCKET = 120
"""Begins at a second."""
BUCKETS_AN_OCTAVE = 4


def bucket_of(ms: float) -> float:
    """Where a time lies among the buckets; whole at their lower bounds."""
    return SECOND_BUCKET + BUCKETS_AN_OCTAVE * math.log2(max(ms, 1e-6) / SECOND_MS)


def ms_of(place: float) -> float:
    """The time at a place among the buckets."""
    return float(SECOND_MS * 2 ** ((place - SECOND_BUCKET) / BUCKETS_AN_OCTAVE))


@dataclass(frozen=True, slots=True)
class Histogram:
    """buckets: (number, calls), ascending. Within a bucket calls are taken as evenly spread."""

    buckets: tuple[tuple[int, int], ...] = ()
    calls: int = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "calls", sum(calls for _, calls in self.buckets))

    @classmethod
    def of(cls, buckets: Iterable[tuple[int, int]]) -> Histogram:
        """Of buckets in any order, each once."""
        return cls(tuple(sorted(buckets)))

    def plus(self, other: Histogram) -> Histogram:
        """Of the calls of both."""
        sums = dict(self.buckets)
        for number, calls in other.buckets:
            sums[number] = sums.get(number, 0) + calls
        return Histogram.of(sums.items())

    def quantile_ms(self, q: float) -> float:
        """The time within which the share q of the calls are; 0 without calls."""
        wanted, passed = q * self.calls, 0
        for number, calls in self.buckets:
            if passed + calls >= wanted:
                return ms_of(number + (wanted - passed) / calls)
            passed += calls
        return 0.0

    def below(self, ms: float) -> float:
        """How many calls took less."""
        mark = bucket_of(ms)
        passed = 0.0
        for number, calls in self.buckets:
            if number + 1 > mark:
                return passed + calls * max(0.0, mark - number)
            passed += calls
        return passed

    def logarithms(self) -> tuple[float, float]:
        """Mean and variance of the logarithms of the times, in buckets."""
        total = self.calls
        if not total:
            return 0.0, 0.0
        mean = sum(number * calls for number, calls in self.buckets) / total
        spread = sum((number - mean) ** 2 * calls for number, calls in self.buckets) / total
        # A time is known to a bucket only, which adds the variance of an even spread over one.
        return mean, spread + 1 / 12


NOTHING = Histogram()
"""Of no calls."""
