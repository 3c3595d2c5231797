"""Sums and extremes of windows over sheets: rows between two bounds are put together once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from watchkeeper.query.promql.lattice.kernels import Kernel, Part
from watchkeeper.query.promql.lattice.sheet import Sheet, SheetWindows, as_pick, windows_of
from watchkeeper.query.promql.types import F64, I64
from watchkeeper.query.promql.windows import window_sum

_ILL_CONDITIONED = 1e-4
_SCALE = 2.0**-64
_LONGEST_RUN = 64


@dataclass(frozen=True, slots=True)
class Segments:
    """Rows between neighbouring bounds. lo, hi: each window as segments, half-open.

    bounds: n + 1 rows. stride: rows of each segment if all have the same, else 0.
    """

    bounds: I64
    lo: I64
    hi: I64
    stride: int

    @classmethod
    def of(cls, windows: SheetWindows) -> Segments:
        bounds = np.unique(np.concatenate((windows.lo, windows.hi)))
        sizes = np.diff(bounds)
        even = len(sizes) > 0 and bool((sizes == sizes[0]).all()) and sizes[0] <= _LONGEST_RUN
        return cls(
            bounds,
            np.searchsorted(bounds, windows.lo),
            np.searchsorted(bounds, windows.hi),
            int(sizes[0]) if even else 0,
        )

    def folded(self, values: F64, fold: np.ufunc) -> F64:
        """Each segment's rows folded into one. values: the rows from the first bound on."""
        last = int(self.bounds[-1] - self.bounds[0])
        if not self.stride:
            return np.asarray(
                fold.reduceat(values[:last], self.bounds[:-1] - self.bounds[0], axis=0)
            )
        if self.stride == 1:
            return values[:last]
        folded: F64 = fold(values[0 : last : self.stride], values[1 : last : self.stride])
        for row in range(2, self.stride):
            fold(folded, values[row : last : self.stride], out=folded)
        return folded


def _sums(segments: Segments, pieces: F64) -> F64:
    """Each window as a sum of 2^k segments at a time; nothing outside a window is touched."""
    place, left = segments.lo.copy(), segments.hi - segments.lo
    total = np.zeros((len(place), pieces.shape[1]))
    level, width, longest = pieces, 1, int(left.max(initial=0))
    while width <= longest:
        take = (left & width) != 0
        if take.all():
            total += level[as_pick(place)]
            place += width
        elif take.any():
            total[take] += level[place[take]]
            place[take] += width
        if 2 * width <= longest:
            level = level[:-width] + level[width:]
        width *= 2
    return total


def _extremes(segments: Segments, pieces: F64, pick: np.ufunc) -> F64:
    length = segments.hi - segments.lo
    answer = np.empty((len(length), pieces.shape[1]))
    level, width, longest = pieces, 1, int(length.max(initial=0))
    while width <= longest:
        fits = np.flatnonzero((length >= width) & (length < 2 * width))
        if len(fits):
            lo, hi = segments.lo[fits], segments.hi[fits] - width
            answer[as_pick(fits)] = pick(level[as_pick(lo)], level[as_pick(hi)])
        if 2 * width <= longest:
            level = pick(level[:-width], level[width:])
        width *= 2
    return answer


class _Totals:
    """Window sums of a sheet; where signs nearly cancel as exact as compensated summation."""

    def __init__(self, windows: SheetWindows) -> None:
        self.windows = windows
        self.counts = (windows.hi - windows.lo).astype(np.float64)[:, None]
        self._segments = Segments.of(windows)

    def _rows(self, left: int, right: int) -> F64:
        bounds = self._segments.bounds
        return self.windows.sheet.block(int(bounds[0]), int(bounds[-1]), left, right)

    def sum(self, left: int, right: int) -> F64:
        if not len(self.windows.ends):
            return np.zeros((0, right - left))
        values = self._rows(left, right)
        pieces = self._segments.folded(values, np.add)
        total = _sums(self._segments, pieces)
        if (values < 0).any() and (values > 0).any():
            size = _sums(self._segments, self._segments.folded(np.abs(values), np.add))
            ill = (np.abs(total) <= size * _ILL_CONDITIONED) & (size > 0) & np.isfinite(size)
            self._again(total, np.flatnonzero(ill.any(axis=0)), left, values)
        return total

    def _again(self, total: F64, cols: I64, left: int, values: F64, scale: float = 1.0) -> None:
        """Sum the windows of some columns as the general evaluator does."""
        if not len(cols):
            return
        flat = np.ascontiguousarray(values[:, cols].T * scale)
        base = (np.arange(len(cols)) * flat.shape[1] - int(self._segments.bounds[0]))[:, None]
        lo, hi = self.windows.lo[None, :] + base, self.windows.hi[None, :] + base
        total[:, cols] = window_sum(flat.ravel(), lo, hi).T

    def mean(self, left: int, right: int) -> F64:
        mean = self.sum(left, right) / self.counts
        if not np.isfinite(mean).all():
            self._rescale(mean, left, right)
        return mean

    def _rescale(self, mean: F64, left: int, right: int) -> None:
        """Means whose sum overflowed, summed at a smaller scale."""
        values = self._rows(left, right)
        spilled = ~np.isfinite(mean)
        cols = np.flatnonzero(spilled.any(axis=0))
        scaled = np.zeros(mean.shape)
        self._again(scaled, cols, left, values, _SCALE)
        mean[spilled] = (scaled / self.counts / _SCALE)[spilled]


def _total(sheet: Sheet, ends: I64, range_ms: int) -> Part:
    totals = _Totals(windows_of(sheet, ends, range_ms, at_least=1))
    return Part(sheet=sheet, at=totals.windows.at, tile=totals.sum)


def _mean(sheet: Sheet, ends: I64, range_ms: int) -> Part:
    totals = _Totals(windows_of(sheet, ends, range_ms, at_least=1))
    return Part(sheet=sheet, at=totals.windows.at, tile=totals.mean)


def _extreme(pick: np.ufunc) -> Callable[[Sheet, I64, int], Part]:
    def kernel(sheet: Sheet, ends: I64, range_ms: int) -> Part:
        windows = windows_of(sheet, ends, range_ms, at_least=1)
        segments = Segments.of(windows)

        def tile(left: int, right: int) -> F64:
            if not len(windows.ends):
                return np.zeros((0, right - left))
            values = sheet.block(int(segments.bounds[0]), int(segments.bounds[-1]), left, right)
            return _extremes(segments, segments.folded(values, pick), pick)

        return Part(sheet=sheet, at=windows.at, tile=tile)

    return kernel


OVER_TIME_KERNELS: Mapping[str, Kernel] = {
    "avg_over_time": _mean,
    "max_over_time": _extreme(np.fmax),
    "min_over_time": _extreme(np.fmin),
    "sum_over_time": _total,
}
