"""Windows over raw samples, and the sums, extrema and dense views of them.

Everything here is vectorised over series and steps; windows are left-open, right-closed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from watchkeeper.model import Labels
from watchkeeper.query.promql.types import F64, I64, Bools, Histograms, SeriesBlock, is_stale

_DENSE_CELLS = 4_000_000
_ILL_CONDITIONED = 1e-4


@dataclass(frozen=True, slots=True)
class Extension:
    """How `anchored` and `smoothed` windows lie in the wider stretch that lo and hi span.

    started: for each series and step the position behind the last sample at or before the
    window's start. ended: that behind the last sample before its end. Both inside [lo, hi].
    """

    smoothed: bool
    started: I64
    ended: I64


@dataclass(frozen=True, slots=True)
class Windows:
    """A range vector at every step: n series by s windows into shared columns.

    lo, hi: positions in ts and values, half-open; lo == hi is an empty window.
    ends: the s window ends, Unix ms; a window is (end - range_ms, end].
    ts, values: without staleness markers. histograms, starts: as in SeriesBlock.
    extended: set where lo and hi reach further than the window, by the lookback before it and
    (smoothed) behind it.
    """

    labels: Sequence[Labels]
    ts: I64
    values: F64
    lo: I64
    hi: I64
    ends: I64
    range_ms: int
    drop_name: Bools
    histograms: Histograms | None = None
    starts: I64 | None = None
    extended: Extension | None = None

    @property
    def counts(self) -> I64:
        return self.hi - self.lo

    def repeated(self, steps: int) -> Windows:
        """Windows of one step, at every step."""
        shape = (len(self.labels), steps)
        return replace(
            self,
            lo=np.broadcast_to(self.lo, shape),
            hi=np.broadcast_to(self.hi, shape),
            ends=np.broadcast_to(self.ends, (steps,)),
        )

    @property
    def shape(self) -> tuple[int, int]:
        return self.lo.shape[0], self.lo.shape[1]


def bounds(block: SeriesBlock, ends: I64, range_ms: int) -> tuple[I64, I64]:
    """First and past-the-last sample of each window (end - range_ms, end], n by s.

    ends ascend evenly or are all equal. Cost: O(samples + n·s), no search.
    """
    if len(ends) > 1 and ends[0] == ends[-1]:
        lo, hi = bounds(block, ends[:1], range_ms)
        shape = (lo.shape[0], len(ends))
        return np.broadcast_to(lo, shape), np.broadcast_to(hi, shape)
    step = int(ends[1] - ends[0]) if len(ends) > 1 else 1
    first_seen = -((int(ends[0]) - block.ts) // step)
    hi = _positions(block, first_seen, len(ends))
    if range_ms % step == 0:
        last_seen = first_seen + range_ms // step
    else:
        last_seen = -((int(ends[0]) - range_ms - block.ts) // step)
    return _positions(block, last_seen, len(ends)), hi


def _positions(block: SeriesBlock, step_index: I64, steps: int) -> I64:
    """For each series and step: how far samples with an index <= step reach."""
    series = len(block.labels)
    row = np.repeat(np.arange(series, dtype=np.int64), np.diff(block.offsets))
    cell = np.clip(step_index, 0, steps) + row * (steps + 1)
    seen = np.bincount(cell, minlength=series * (steps + 1)).reshape(series, steps + 1)
    reach = np.cumsum(seen[:, :steps], axis=1)
    reach += block.offsets[:-1, None]
    return reach


def without_stale(block: SeriesBlock) -> SeriesBlock:
    """The block without staleness markers."""
    stale = is_stale(block.values)
    if not stale.any():
        return block
    keep = ~stale
    before = np.concatenate(([0], np.cumsum(keep)))
    return SeriesBlock(
        block.labels,
        before[block.offsets],
        block.ts[keep],
        block.values[keep],
        histograms=None if block.histograms is None else block.histograms[keep],
        starts=None if block.starts is None else block.starts[keep],
    )


def on_line(block: SeriesBlock | Windows, before: I64, behind: I64, at_ms: I64) -> F64:
    """The values at `at_ms` on the lines between the samples at two positions."""
    low, high = block.values[before], block.values[behind]
    span = block.ts[behind] - block.ts[before]
    return np.asarray(low + (high - low) * (at_ms - block.ts[before]) / span)


def window_sum(values: F64, lo: I64, hi: I64) -> F64:
    """Sum of values[lo:hi] for each pair; 0 for empty ones.

    As exact as compensated summation where signs mix; NaN and Inf stay inside their windows.
    """
    total = _doubling_sum(values, lo, hi)
    if not ((values < 0).any() and (values > 0).any()):
        return total
    size = _doubling_sum(np.abs(values), lo, hi)
    ill = (np.abs(total) <= size * _ILL_CONDITIONED) & (size > 0) & np.isfinite(size)
    if ill.any():
        total[ill] = _compensated(values, lo[ill], hi[ill])
    return total


def _doubling_sum(values: F64, lo: I64, hi: I64) -> F64:
    """Each window as a sum of blocks of 2^k values: log2(length) additions."""
    position = np.array(lo)
    left = hi - lo
    total = np.zeros(lo.shape)
    level, width = values, 1
    longest = int(left.max(initial=0))
    while width <= longest:
        take = (left & width) != 0
        if take.any():
            total[take] += level[position[take]]
            position[take] += width
        if 2 * width <= longest:
            level = level[:-width] + level[width:]
        width *= 2
    return total


def _compensated(values: F64, lo: I64, hi: I64) -> F64:
    """Neumaier's sum of each window, in sample order."""
    total, carry = np.zeros(len(lo)), np.zeros(len(lo))
    for offset in range(int((hi - lo).max(initial=0))):
        live = lo + offset < hi
        added = np.where(live, values[np.where(live, lo + offset, 0)], 0.0)
        total, carry = add_compensated(total, carry, added)
    return np.where(np.isinf(total), total, total + carry)


def add_compensated(total: F64, carry: F64, added: F64) -> tuple[F64, F64]:
    """One step of Neumaier's summation."""
    result = total + added
    lost = np.where(
        np.abs(total) >= np.abs(added), (total - result) + added, (added - result) + total
    )
    return result, np.where(np.isinf(result), 0.0, carry + lost)


def window_extreme(values: F64, lo: I64, hi: I64, pick: Callable[[F64, F64], F64]) -> F64:
    """fmin or fmax of values[lo:hi]; NaN only if all are; undefined for empty windows."""
    length = hi - lo
    answer = np.full(lo.shape, np.nan)
    level, width = values, 1
    longest = int(length.max(initial=0))
    while width <= longest:
        fits = (length >= width) & (length < 2 * width)
        if fits.any():
            answer[fits] = pick(level[lo[fits]], level[hi[fits] - width])
        if 2 * width <= longest:
            level = pick(level[:-width], level[width:])
        width *= 2
    return answer


@dataclass(frozen=True, slots=True)
class Dense:
    """Windows of one length as rows.

    where: (series, step) indices of the rows. values: rows by length. ts: the same shape.
    """

    where: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]
    values: F64
    ts: I64


def dense(windows: Windows, *, at_least: int = 1) -> Iterator[Dense]:
    """All windows of at least this many samples, grouped by length, in bounded pieces."""
    counts = windows.counts
    for length in np.unique(counts):
        if length < at_least:
            continue
        series, steps = np.nonzero(counts == length)
        rows = max(1, _DENSE_CELLS // int(length))
        for start in range(0, len(series), rows):
            where = (series[start : start + rows], steps[start : start + rows])
            index = windows.lo[where][:, None] + np.arange(length)
            yield Dense(where, windows.values[index], windows.ts[index])
