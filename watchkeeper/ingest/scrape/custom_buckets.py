"""Classic histograms as native ones with the same bounds: convert_classic_histograms_to_nhcb."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from watchkeeper.ingest.exposition import (
    DROPPED,
    ExemplarSample,
    Exposition,
    HistogramSample,
    Memory,
    Pairs,
)
from watchkeeper.model import CUSTOM_BUCKETS, Buckets, Histogram

_FIRST_PART = DROPPED - 1
"""Parts of histograms are numbered downwards from here, all other series upwards from 0."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A series that is one part of a histogram.

    suffix: _bucket, _count or _sum. bound: of a bucket. classic: number of the series itself if it
    is kept too.
    """

    histogram: int
    suffix: str
    bound: float
    classic: int


@dataclass(slots=True)
class _Collected:
    """The parts of one histogram in one body. buckets: bound to cumulative count."""

    buckets: dict[float, float] = field(default_factory=dict)
    count: float | None = None
    sum: float = 0.0
    ts_ms: int | None = None


class ClassicHistograms:
    """Recognises the parts of classic histograms and joins them."""

    def __init__(
        self, number: Callable[[Pairs], int], memory: Memory, *, classic_too: bool
    ) -> None:
        """number: gives a series its number. classic_too: keep the parts as series as well."""
        self._number = number
        self._memory = memory
        self._classic_too = classic_too
        self._parts: list[_Part] = []

    def learn(self, pairs: Pairs) -> int:
        """The number of a series, below DROPPED if it is a part."""
        part = self._part(pairs)
        if part is None:
            return self._number(pairs)
        self._parts.append(part)
        return _FIRST_PART - (len(self._parts) - 1)

    def forget(self) -> None:
        """All numbers that were given are void."""
        self._parts.clear()

    def converted(self, found: Exposition) -> Exposition:
        """The body with its parts joined."""
        joined = Exposition(quoted=found.quoted, histograms=list(found.histograms))
        collected: dict[int, _Collected] = {}
        for at, (sent, value) in enumerate(zip(found.numbers, found.values, strict=True)):
            number, ts_ms = sent, found.timestamps.get(at)
            if sent <= _FIRST_PART:
                part = self._parts[_FIRST_PART - sent]
                _collect(collected.setdefault(part.histogram, _Collected()), part, value, ts_ms)
                number = part.classic
                if number == DROPPED:
                    continue
            if ts_ms is not None:
                joined.timestamps[len(joined.numbers)] = ts_ms
            joined.numbers.append(number)
            joined.values.append(value)
        for number, parts in collected.items():
            joined.histograms.append(HistogramSample(number, _joined(parts), parts.ts_ms))
        joined.exemplars = [self._moved(each) for each in found.exemplars]
        return joined

    def _part(self, pairs: Pairs) -> _Part | None:
        name = pairs[0][1]
        base, _, suffix = name.rpartition("_")
        if suffix not in ("bucket", "count", "sum") or self._memory.type_of(base) != "histogram":
            return None
        bound = math.inf
        if suffix == "bucket":
            try:
                bound = float(dict(pairs)["le"])
            except (KeyError, ValueError):
                return None
        rest = tuple(pair for pair in pairs[1:] if suffix != "bucket" or pair[0] != "le")
        histogram = self._number((("__name__", base), *rest))
        classic = self._number(pairs) if self._classic_too else DROPPED
        return _Part(histogram, f"_{suffix}", bound, classic)

    def _moved(self, exemplar: ExemplarSample) -> ExemplarSample:
        if exemplar.number > _FIRST_PART:
            return exemplar
        part = self._parts[_FIRST_PART - exemplar.number]
        return ExemplarSample(part.histogram, exemplar.labels, exemplar.value, exemplar.ts_ms)


def _collect(into: _Collected, part: _Part, value: float, ts_ms: int | None) -> None:
    into.ts_ms = ts_ms if into.ts_ms is None else into.ts_ms
    if part.suffix == "_bucket":
        into.buckets[part.bound] = value
    elif part.suffix == "_count":
        into.count = value
    else:
        into.sum = value


def _joined(parts: _Collected) -> Histogram:
    bounds = sorted(bound for bound in parts.buckets if bound < math.inf)
    total = parts.buckets.get(math.inf, parts.count)
    if total is None:
        total = parts.buckets[bounds[-1]] if bounds else 0.0
    cumulative = [*(parts.buckets[bound] for bound in bounds), total]
    counts = [
        max(now - before, 0.0) for before, now in zip([0.0, *cumulative], cumulative, strict=False)
    ]
    filled = [(index, count) for index, count in enumerate(counts) if count]
    return Histogram(
        schema=CUSTOM_BUCKETS,
        count=total,
        sum=parts.sum,
        positive=Buckets(tuple(i for i, _ in filled), tuple(c for _, c in filled)),
        custom_bounds=tuple(bounds),
    )
