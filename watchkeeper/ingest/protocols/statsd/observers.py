"""What timers, histograms and distributions become: summaries, histograms, native histograms."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from watchkeeper.ingest.protocols.statsd.mapping import (
    HistogramOptions,
    ObserverType,
    Shape,
    SummaryOptions,
)
from watchkeeper.model import METRIC_NAME, Buckets, Histogram, Labels, labels_of

Numbers = NDArray[np.float64]

MOST_PAIRS = 1_024
"""Different values that one age bucket of a summary keeps, unless there are very many summaries."""
_FINEST_STEP = 2 * math.log1p(0.005)
_DEFAULT_NATIVE_BUCKETS = 160
_ZERO_THRESHOLD = 2.0**-128
_COARSEST, _FINEST = -4, 8


class Observer(Protocol):
    """One metric with one set of labels that many values are observed of."""

    series: list[Labels]
    """The series of `rows`, in their order; of a native histogram its one series."""
    starts_at_zero: NDArray[np.bool_]
    """Which of them are cumulative: their first sample follows a zero."""

    def observe(self, values: Numbers, weights: Numbers, now_ms: int, room: int) -> None:
        """weights: how often each value counts, 1 or more. room: different values to keep."""
        ...

    def rows(self, now_ms: int) -> Numbers:
        """The value of each series now; of a native histogram its count alone."""
        ...


class Summary:
    """Quantiles of a moving window, and the sum and count of all.

    Different values of an age bucket stand for themselves as long as there is room, so quantiles
    of few values are exact; beyond that they are rounded by half a percent, then more coarsely.
    """

    def __init__(
        self, name: str, labels: dict[str, str], options: SummaryOptions, now_ms: int
    ) -> None:
        own = {_free(label, "quantile"): value for label, value in labels.items()}
        self.series = [
            labels_of({METRIC_NAME: name, **own, "quantile": _short(each)})
            for each in options.quantiles
        ]
        self.series += _sum_and_count(name, own)
        self.starts_at_zero = np.arange(len(self.series)) >= len(options.quantiles)
        self._quantiles = np.array(options.quantiles)
        self._step_ms = max(1, options.max_age_ms // options.age_buckets)
        empty = np.zeros(0), np.zeros(0)
        self._ages: list[tuple[Numbers, Numbers]] = [empty] * options.age_buckets
        self._turn = now_ms // self._step_ms
        self._sum = self._count = 0.0

    def observe(self, values: Numbers, weights: Numbers, now_ms: int, room: int) -> None:
        self._age(now_ms)
        self._sum += _weighed(values, weights)
        self._count += float(weights.sum())
        kept, counts = self._ages[-1]
        self._ages[-1] = _fewer(*_joined([kept, values], [counts, weights]), room)

    def rows(self, now_ms: int) -> Numbers:
        self._age(now_ms)
        return np.concatenate((self._of_window(), (self._sum, self._count)))

    def _of_window(self) -> Numbers:
        values, counts = (list(column) for column in zip(*self._ages, strict=True))
        merged, tally = _joined(values, counts)
        if not len(merged):
            return np.full(len(self._quantiles), math.nan)
        reached = np.cumsum(tally)
        wanted = np.maximum(np.ceil(self._quantiles * reached[-1]), 1.0)
        places = np.searchsorted(reached, wanted - 1e-9)
        quantiles: Numbers = merged[np.minimum(places, len(merged) - 1)]
        return quantiles

    def _age(self, now_ms: int) -> None:
        turn = now_ms // self._step_ms
        passed = min(max(turn - self._turn, 0), len(self._ages))
        if passed:
            self._ages = [*self._ages[passed:], *[(np.zeros(0), np.zeros(0))] * passed]
        self._turn = max(turn, self._turn)


class ClassicHistogram:
    """Cumulative buckets with an `le` label, sum and count."""

    def __init__(self, name: str, labels: dict[str, str], options: HistogramOptions) -> None:
        own = {_free(label, "le"): value for label, value in labels.items()}
        self.series = [
            labels_of({METRIC_NAME: f"{name}_bucket", **own, "le": _short(bound)})
            for bound in (*options.buckets, math.inf)
        ]
        self.series += _sum_and_count(name, own)
        self.starts_at_zero = np.ones(len(self.series), bool)
        self._bounds = np.array(options.buckets)
        self._counts = np.zeros(len(options.buckets) + 1)
        self._sum = 0.0

    def observe(self, values: Numbers, weights: Numbers, now_ms: int, room: int) -> None:
        self._sum += _weighed(values, weights)
        places = np.searchsorted(self._bounds, values, side="left")  # `le` takes its own bound in
        self._counts += np.bincount(places, weights, minlength=len(self._counts))

    def rows(self, now_ms: int) -> Numbers:
        reached = np.cumsum(self._counts)
        return np.concatenate((reached, (self._sum, reached[-1])))


class NativeHistogram:
    """Exponential buckets; they are joined two by two when there would be too many."""

    def __init__(self, name: str, labels: dict[str, str], options: HistogramOptions) -> None:
        self.series = [labels_of({METRIC_NAME: name, **labels})]
        self.starts_at_zero = np.zeros(1, bool)
        self._most = options.max_buckets or _DEFAULT_NATIVE_BUCKETS
        self._schema = native_schema(options.factor)
        self._positive: dict[int, float] = {}
        self._negative: dict[int, float] = {}
        self._zero = self._sum = self._count = 0.0

    def observe(self, values: Numbers, weights: Numbers, now_ms: int, room: int) -> None:
        self._sum += _weighed(values, weights)
        self._count += float(weights.sum())
        is_zero = np.abs(values) <= _ZERO_THRESHOLD
        self._zero += float(weights[is_zero].sum())
        for side, chosen in (
            (self._positive, (values > 0) & ~is_zero),
            (self._negative, (values < 0) & ~is_zero),
        ):
            indexes = np.ceil(np.log2(np.abs(values[chosen])) * 2.0**self._schema)
            for index, weight in zip(indexes.tolist(), weights[chosen].tolist(), strict=True):
                side[int(index)] = side.get(int(index), 0.0) + weight
        while len(self._positive) + len(self._negative) > self._most and self._schema > _COARSEST:
            self._positive, self._negative = _halved(self._positive), _halved(self._negative)
            self._schema -= 1

    def rows(self, now_ms: int) -> Numbers:
        return np.array([self._count])

    def histogram(self) -> Histogram:
        """All observations so far."""
        return Histogram(
            schema=self._schema,
            count=self._count,
            sum=self._sum,
            zero_threshold=_ZERO_THRESHOLD,
            zero_count=self._zero,
            positive=_buckets(self._positive),
            negative=_buckets(self._negative),
        )


def new_observer(name: str, labels: dict[str, str], shape: Shape, now_ms: int) -> Observer:
    """The observer that a metric's shape asks for."""
    if shape.observer is ObserverType.SUMMARY:
        return Summary(name, labels, shape.summary, now_ms)
    if shape.histogram.factor > 1:
        return NativeHistogram(name, labels, shape.histogram)
    return ClassicHistogram(name, labels, shape.histogram)


def native_schema(factor: float) -> int:
    """The coarsest schema whose buckets grow by at most `factor`, which is over 1."""
    return max(_COARSEST, min(_FINEST, math.ceil(-math.log2(math.log2(factor)))))


def _joined(values: list[Numbers], counts: list[Numbers]) -> tuple[Numbers, Numbers]:
    """Different values, ascending, and how often each was seen."""
    distinct, places = np.unique(np.concatenate(values), return_inverse=True)
    tally = np.bincount(places, np.concatenate(counts), minlength=len(distinct))
    return distinct, tally.astype(np.float64, copy=False)


def _fewer(values: Numbers, counts: Numbers, room: int) -> tuple[Numbers, Numbers]:
    """At most `room` pairs: values rounded to a geometric grid, no finer than it must be."""
    step = _FINEST_STEP
    while len(values) > room:
        exponents = np.round(np.log(np.maximum(np.abs(values), 1e-300)) / step)
        sizes = np.exp(np.clip(exponents * step, -700, 700))
        values = np.where(values == 0, 0.0, np.copysign(sizes, values))
        values, counts = _joined([values], [counts])
        step *= 2
    return values, counts


def _halved(buckets: dict[int, float]) -> dict[int, float]:
    """The same counts one schema coarser."""
    joined: dict[int, float] = {}
    for index, count in buckets.items():
        joined[(index + 1) // 2] = joined.get((index + 1) // 2, 0.0) + count
    return joined


def _buckets(counts: dict[int, float]) -> Buckets:
    indexes = sorted(counts)
    return Buckets(tuple(indexes), tuple(counts[index] for index in indexes))


def _sum_and_count(name: str, labels: dict[str, str]) -> list[Labels]:
    return [
        labels_of({METRIC_NAME: f"{name}_sum", **labels}),
        labels_of({METRIC_NAME: f"{name}_count", **labels}),
    ]


def _free(label: str, taken: str) -> str:
    """A sender's label moves aside for the one that the metric's kind needs."""
    return f"exported_{label}" if label == taken else label


def _weighed(values: Numbers, weights: Numbers) -> float:
    """The sum of all observations; beyond what a float holds it is infinite, as the sum is."""
    with np.errstate(over="ignore", invalid="ignore"):
        return float(values @ weights)


def _short(number: float) -> str:
    """As Go's %g: 0.5, 1, +Inf."""
    return "+Inf" if math.isinf(number) else repr(number).removesuffix(".0")
