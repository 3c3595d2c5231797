"""Histograms of one layout as a matrix: a row each, a column for each number in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from watchkeeper.model import Buckets, Histogram, ResetHint
from watchkeeper.query.promql.types import F64, I64

_TOTALS = 3


@dataclass(frozen=True, slots=True)
class Table:
    """numbers: m by (count, sum, zero count, positive buckets, negative buckets), all finite.

    hints: what is known of resets, m.
    """

    shape: Histogram
    numbers: F64
    hints: I64

    def histogram(self, row: Sequence[float], hint: ResetHint) -> Histogram:
        """A row as a histogram without empty buckets."""
        shape, positive = self.shape, len(self.shape.positive.indexes)
        return Histogram(
            schema=shape.schema,
            count=row[0],
            sum=row[1],
            zero_threshold=shape.zero_threshold,
            zero_count=row[2],
            positive=_populated(shape.positive.indexes, row[_TOTALS : _TOTALS + positive]),
            negative=_populated(shape.negative.indexes, row[_TOTALS + positive :]),
            custom_bounds=shape.custom_bounds,
            reset_hint=hint,
        )


def _populated(indexes: tuple[int, ...], counts: Sequence[float]) -> Buckets:
    if all(counts):
        return Buckets(indexes, tuple(counts))
    kept = [(index, count) for index, count in zip(indexes, counts, strict=True) if count]
    return Buckets(tuple(index for index, _ in kept), tuple(count for _, count in kept))


def table_of(samples: Sequence[Histogram]) -> Table | None:
    """The samples as a matrix; None if their schemas, zero buckets or bounds differ.

    None too if a number is not finite: such a one would spoil sums that it is not in.
    """
    first = samples[0]
    if any(
        sample.schema != first.schema
        or sample.zero_threshold != first.zero_threshold
        or sample.custom_bounds != first.custom_bounds
        for sample in samples
    ):
        return None
    positive = _side([sample.positive for sample in samples])
    negative = _side([sample.negative for sample in samples])
    totals = np.array([(s.count, s.sum, s.zero_count) for s in samples], dtype=np.float64)
    numbers = np.concatenate((totals, positive[1], negative[1]), axis=1)
    if not np.isfinite(numbers).all():
        return None
    shape = Histogram(
        schema=first.schema,
        count=0.0,
        sum=0.0,
        zero_threshold=first.zero_threshold,
        positive=Buckets(positive[0]),
        negative=Buckets(negative[0]),
        custom_bounds=first.custom_bounds,
    )
    return Table(shape, numbers, np.array([s.reset_hint for s in samples], dtype=np.int64))


def _side(sides: Sequence[Buckets]) -> tuple[tuple[int, ...], F64]:
    """All indexes that occur, and the counts at each, 0 where a histogram has none."""
    layouts: dict[tuple[int, ...], list[int]] = {}
    for row, side in enumerate(sides):
        layouts.setdefault(side.indexes, []).append(row)
    indexes = tuple(sorted(set().union(*layouts)))
    counts = np.zeros((len(sides), len(indexes)))
    for layout, rows in layouts.items():
        if layout:
            columns = np.searchsorted(indexes, layout)
            own = np.array([sides[row].counts for row in rows], dtype=np.float64)
            counts[np.array(rows)[:, None], columns] = own
    return indexes, counts


def joined_hints(hints: I64, lo: I64, hi: I64) -> list[ResetHint] | None:
    """The hint of each sum of the rows [lo, hi); None if some contradict each other."""
    unknown = hints == ResetHint.UNKNOWN
    known = set(hints[~unknown].tolist())
    if len(known) > 1 or (ResetHint.GAUGE in known and unknown.any()):
        return None
    hint = ResetHint(known.pop()) if known else ResetHint.UNKNOWN
    until = np.concatenate((np.zeros(1, np.int64), np.cumsum(unknown)))
    return [ResetHint.UNKNOWN if found else hint for found in (until[hi] - until[lo] > 0).tolist()]
