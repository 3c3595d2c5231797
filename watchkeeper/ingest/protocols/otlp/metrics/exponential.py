"""Exponential histograms as native histograms. Pure.

OTLP's bucket i spans (base^i, base^(i+1)], Prometheus's (base^(i-1), base^i]: indexes differ by 1.
"""

from __future__ import annotations

import struct
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import msgspec

from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.protocols.otlp.metrics.messages import ExponentialPoint, SparseBuckets
from watchkeeper.model import Buckets, Histogram, Labels, ResetHint

MIN_SCHEMA, MAX_SCHEMA = -4, 8
MAX_BUCKETS = 10_000
"""Neighbouring buckets of one sign in one point; SDKs send 160 at most."""
DEFAULT_ZERO_THRESHOLD = 1e-128
_MAX_INDEX = 2**31

STALE: float = struct.unpack("<d", struct.pack("<Q", 0x7FF0_0000_0000_0002))[0]


class BadDistribution(Exception):
    """A point that no native histogram can hold; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """One native histogram of a series. is_delta: what was added since the one before."""

    series: Labels
    ts_ms: int
    start_ms: int
    histogram: Histogram
    is_delta: bool = False


def native_histogram(point: ExponentialPoint) -> Histogram:
    """The point at its own resolution, or at Prometheus's finest. Raises BadDistribution."""
    if point.scale < MIN_SCHEMA:
        raise BadDistribution(
            f"An exponential histogram of scale {point.scale} is too coarse; "
            f"the coarsest is {MIN_SCHEMA}."
        )
    schema = min(point.scale, MAX_SCHEMA)
    shift = point.scale - schema
    is_stale = bool(point.flags & 1)
    return Histogram(
        schema=schema,
        count=float(point.count),
        sum=STALE if is_stale else _sum_of(point),
        zero_threshold=point.zero_threshold or DEFAULT_ZERO_THRESHOLD,
        zero_count=float(point.zero_count),
        positive=_buckets(point.positive, shift),
        negative=_buckets(point.negative, shift),
    )


def _sum_of(point: ExponentialPoint) -> float:
    return 0.0 if point.sum is None else float(point.sum)


def _buckets(sent: SparseBuckets, shift: int) -> Buckets:
    if len(sent.bucket_counts) > MAX_BUCKETS:
        raise BadDistribution(f"A histogram has more than {MAX_BUCKETS:,} neighbouring buckets.")
    if not -_MAX_INDEX <= sent.offset < _MAX_INDEX - len(sent.bucket_counts):
        raise BadDistribution("A histogram's buckets are out of range.")
    found: dict[int, float] = {}
    shift = min(shift, 64)
    for index, count in enumerate(sent.bucket_counts, sent.offset):
        if count:
            coarse = (index >> shift) + 1
            found[coarse] = found.get(coarse, 0.0) + count
    return _of(found)


def _of(counts: dict[int, float]) -> Buckets:
    return Buckets(tuple(counts), tuple(counts.values()))


def added(total: Histogram, delta: Histogram) -> Histogram:
    """The sum of both, at the coarser resolution and with the wider zero bucket."""
    schema = min(total.schema, delta.schema)
    threshold = max(total.zero_threshold, delta.zero_threshold)
    return msgspec.structs.replace(
        total,
        schema=schema,
        count=total.count + delta.count,
        sum=total.sum + delta.sum,
        zero_threshold=threshold,
        zero_count=total.zero_count + delta.zero_count,
        positive=_merged(total, delta, schema, "positive"),
        negative=_merged(total, delta, schema, "negative"),
        reset_hint=ResetHint.UNKNOWN,
    )


def _merged(total: Histogram, delta: Histogram, schema: int, side: str) -> Buckets:
    found: dict[int, float] = {}
    for histogram in (total, delta):
        shift = histogram.schema - schema
        buckets: Buckets = getattr(histogram, side)
        for index, count in zip(buckets.indexes, buckets.counts, strict=True):
            coarse = ((index - 1) >> shift) + 1
            found[coarse] = found.get(coarse, 0.0) + count
    return _of(dict(sorted(found.items())))


@dataclass(slots=True)
class DeltaTotals:
    """Totals of delta histograms, of the series that were written last; in memory only.

    A series whose total is not known begins anew, marked as a reset, which loses no increase.
    """

    limit: int = 10_000
    _totals: OrderedDict[tuple[int, Labels], tuple[int, Histogram]] = field(
        default_factory=OrderedDict
    )

    def add(
        self, project_id: int, sent: Sequence[Distribution]
    ) -> tuple[list[Distribution], dict[Drop, int]]:
        """The same with deltas made totals, and how many came again or too late."""
        found: list[Distribution] = []
        late: dict[Drop, int] = {}
        for each in sent:
            total = self._added(project_id, each) if each.is_delta else each
            if isinstance(total, Drop):
                late[total] = late.get(total, 0) + 1
            else:
                found.append(total)
        return found, late

    def forget(self, project_id: int, sent: Sequence[Distribution]) -> None:
        """What was added is not stored: these series begin anew."""
        for each in sent:
            self._totals.pop((project_id, each.series), None)

    def _added(self, project_id: int, each: Distribution) -> Distribution | Drop:
        key = (project_id, each.series)
        last_ms, total = self._totals.pop(key, (0, None))
        if each.ts_ms <= last_ms and total is not None:
            self._totals[key] = (last_ms, total)
            return Drop.REPEATED if each.ts_ms == last_ms else Drop.OUT_OF_ORDER
        if each.histogram.sum != each.histogram.sum:  # the series ends here, or cannot be summed
            return each
        if total is None:
            now = msgspec.structs.replace(each.histogram, reset_hint=ResetHint.RESET)
        else:
            now = added(total, each.histogram)
        self._totals[key] = (each.ts_ms, now)
        if len(self._totals) > self.limit:
            self._totals.popitem(last=False)
        return replace(each, histogram=now)
