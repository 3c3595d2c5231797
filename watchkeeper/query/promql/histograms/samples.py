"""Samples that are floats or histograms, as the columns that evaluation works on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec.structs import replace

from watchkeeper.model import Histogram, ResetHint
from watchkeeper.query.promql.histograms.resets import is_stale_sum, with_known_hints
from watchkeeper.query.promql.types import F64, STALE_NAN, Bools, Histograms, SeriesBlock

Sample = float | Histogram


def sample_columns(samples: Sequence[Sample]) -> tuple[F64, Histograms | None]:
    """Values and histograms of samples; the second is None if all are floats."""
    values = np.array(
        [sample_value(s) if isinstance(s, Histogram) else s for s in samples], dtype=np.float64
    )
    if not any(isinstance(sample, Histogram) for sample in samples):
        return values, None
    return values, column([s if isinstance(s, Histogram) else None for s in samples])


def column(histograms: Sequence[Histogram | None]) -> Histograms:
    """A column of histograms; it is not looked into, as np.array would."""
    cells = np.empty(len(histograms), dtype=np.object_)
    cells[:] = histograms
    return cells


def floats_of(block: SeriesBlock) -> SeriesBlock:
    """The block without its histograms; series of which nothing is left go, too."""
    if block.histograms is None:
        return block
    floats = ~present_histograms(block.histograms)
    before = np.concatenate((np.zeros(1, np.int64), np.cumsum(floats, dtype=np.int64)))
    offsets = before[block.offsets]
    rows = np.flatnonzero(np.diff(offsets)).tolist()
    starts = None if block.starts is None else block.starts[floats]
    return SeriesBlock(
        [block.labels[row] for row in rows],
        np.append(offsets[rows], before[-1]),
        block.ts[floats],
        block.values[floats],
        starts=starts,
    )


def weight(histogram: Histogram) -> int:
    """As how many floats a histogram counts where a query's memory is bounded."""
    return 24 + 2 * (len(histogram.positive.indexes) + len(histogram.negative.indexes))


def sample_value(histogram: Histogram) -> float:
    """What stands in the float column where a histogram is: NaN, or the staleness marker."""
    return STALE_NAN if is_stale_sum(histogram.sum) else float("nan")


def hinted(samples: Sequence[tuple[int, Sample]]) -> list[tuple[int, Sample]]:
    """One series in order of time, with what its histograms prove of counter resets."""
    histograms = [s if isinstance(s, Histogram) else None for _, s in samples]
    if not any(histograms):
        return list(samples)
    known = with_known_hints(histograms)
    return [
        (ts_ms, sample if histogram is None else histogram)
        for (ts_ms, sample), histogram in zip(samples, known, strict=True)
    ]


def without_hints(histograms: Histograms) -> Histograms:
    """Histograms whose neighbours are not those of their series: counters start over as UNKNOWN."""
    return column([_unhinted(histogram) for histogram in histograms])


def _unhinted(histogram: Histogram | None) -> Histogram | None:
    if histogram is None or histogram.reset_hint in (ResetHint.UNKNOWN, ResetHint.GAUGE):
        return histogram
    return replace(histogram, reset_hint=ResetHint.UNKNOWN)


def present_histograms(histograms: Histograms) -> Bools:
    """True where a histogram stands."""
    there: Bools = histograms != np.array(None)
    return there


def only_floats(values: F64, histograms: Histograms) -> F64:
    """The values, NaN where a histogram stands instead."""
    return np.where(present_histograms(histograms), np.nan, values)
