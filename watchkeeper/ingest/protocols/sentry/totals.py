"""Sums up single measurements, so that they are series as a Prometheus client would show them."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from watchkeeper.ingest.protocols.sentry.kept import Point
from watchkeeper.ingest.rows import HistogramBatch, MetadataRow, SampleBatch
from watchkeeper.model import METRIC_NAME, Buckets, Histogram, Labels, labels_of

_SCHEMA = 3
"""Eight buckets a doubling: a quantile is right to within 4.5 %."""
_MOST_BUCKETS = 320
_ZERO_THRESHOLD = 2.0**-128
_WORDS = {"counter": "counter", "gauge": "gauge", "distribution": "histogram"}


@dataclass(slots=True)
class _Total:
    """A counter's sum, or a distribution's observations. sampled_ms: of its newest sample."""

    value: float = 0.0
    count: int = 0
    zeros: int = 0
    positive: dict[int, int] = field(default_factory=dict)
    negative: dict[int, int] = field(default_factory=dict)
    sampled_ms: int = 0

    def observe(self, value: float) -> None:
        """Count one observation into its bucket."""
        self.value += value
        self.count += 1
        if abs(value) <= _ZERO_THRESHOLD:
            self.zeros += 1
            return
        side = self.positive if value > 0 else self.negative
        index = math.ceil(math.log2(abs(value)) * 2**_SCHEMA)
        if index not in side and len(side) >= _MOST_BUCKETS:
            index = min(side, key=lambda known: abs(known - index))
        side[index] = side.get(index, 0) + 1

    def histogram(self) -> Histogram:
        """As a native histogram."""
        return Histogram(
            schema=_SCHEMA,
            count=float(self.count),
            sum=self.value,
            zero_threshold=_ZERO_THRESHOLD,
            zero_count=float(self.zeros),
            positive=_buckets(self.positive),
            negative=_buckets(self.negative),
        )


def _buckets(counts: dict[int, int]) -> Buckets:
    indexes = sorted(counts)
    return Buckets(tuple(indexes), tuple(float(counts[each]) for each in indexes))


@dataclass(frozen=True, slots=True)
class Summed:
    """What one envelope's points add to the series."""

    samples: SampleBatch | None
    histograms: HistogramBatch | None
    metadata: Sequence[MetadataRow]


_Key = tuple[int, Labels]


@dataclass(slots=True)
class Totals:
    """Totals of the series that were written last; in memory only.

    A series that is not known, after a restart or because there were too many, begins at zero
    again, which is a counter's reset to PromQL and loses no increase: a zero is written first.
    """

    limit: int = 20_000
    _known: OrderedDict[_Key, _Total] = field(default_factory=OrderedDict)
    _declared: set[tuple[int, str]] = field(default_factory=set)

    def add(self, project_id: int, points: Iterable[Point], *, now_ms: int) -> Summed:
        """Count the points and tell what every series that they touch is now, at `now_ms`."""
        gauges: dict[Labels, float] = {}
        touched: dict[Labels, bool] = {}
        metadata: list[MetadataRow] = []
        for point in points:
            series = labels_of({METRIC_NAME: point.name, **dict(point.labels)})
            self._declare(project_id, point, metadata)
            if point.type == "gauge":
                gauges[series] = point.value
                continue
            total = self._total(project_id, series)
            is_counter = touched[series] = point.type == "counter"
            if not is_counter:
                total.observe(point.value)
            elif point.value > 0:
                total.value += point.value
        samples, histograms = self._now(project_id, touched, now_ms)
        samples += [(series, now_ms, value) for series, value in gauges.items()]
        return Summed(_samples(samples), _histograms(histograms), metadata)

    def forget(self, project_id: int, points: Iterable[Point]) -> None:
        """What was added is not stored: these series begin anew."""
        for point in points:
            series = labels_of({METRIC_NAME: point.name, **dict(point.labels)})
            self._known.pop((project_id, series), None)

    def _now(
        self, project_id: int, touched: dict[Labels, bool], now_ms: int
    ) -> tuple[list[tuple[Labels, int, float]], list[tuple[Labels, int, Histogram]]]:
        """Samples and histograms of the totals, each new one after a zero."""
        samples: list[tuple[Labels, int, float]] = []
        histograms: list[tuple[Labels, int, Histogram]] = []
        for series, is_counter in touched.items():
            total = self._total(project_id, series)
            at_ms = max(now_ms, total.sampled_ms + 1)
            is_new, total.sampled_ms = not total.sampled_ms, at_ms
            if is_counter:
                samples += [(series, at_ms - 1, 0.0)] * is_new
                samples.append((series, at_ms, total.value))
            else:
                histograms += [(series, at_ms - 1, _Total().histogram())] * is_new
                histograms.append((series, at_ms, total.histogram()))
        return samples, histograms

    def _total(self, project_id: int, series: Labels) -> _Total:
        key = (project_id, series)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = _Total()
            if len(self._known) > self.limit:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(key)
        return found

    def _declare(self, project_id: int, point: Point, into: list[MetadataRow]) -> None:
        if (project_id, point.name) in self._declared:
            return
        if len(self._declared) >= self.limit:
            self._declared.clear()
        self._declared.add((project_id, point.name))
        into.append(MetadataRow(point.name, _WORDS[point.type], "", point.unit))


def _samples(found: list[tuple[Labels, int, float]]) -> SampleBatch | None:
    if not found:
        return None
    return SampleBatch(
        series=[series for series, _, _ in found],
        ts_ms=np.array([at for _, at, _ in found], np.int64),
        values=np.array([value for _, _, value in found], np.float64),
    )


def _histograms(found: list[tuple[Labels, int, Histogram]]) -> HistogramBatch | None:
    if not found:
        return None
    return HistogramBatch(
        series=[series for series, _, _ in found],
        ts_ms=np.array([at for _, at, _ in found], np.int64),
        histograms=[one for _, _, one in found],
    )
