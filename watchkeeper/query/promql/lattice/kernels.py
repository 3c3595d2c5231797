"""Range functions over sheets: bounds and times are one-dimensional, values are whole tiles.

Each function here has its twin in `functions`, which is the reference and serves what no sheet
holds; tests/unit/query/test_lattice.py shows that both answer alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from watchkeeper.query.promql.lattice.sheet import (
    Pick,
    Resets,
    Sheet,
    SheetWindows,
    as_pick,
    windows_of,
)
from watchkeeper.query.promql.types import F64, I64
from watchkeeper.query.promql.windows import window_sum

_NO_STEPS = np.zeros(0, np.int64)

Tile = Callable[[int, int], F64]
"""Values of series [left, right) at the steps where there are any: steps by series."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one sheet contributes: at the steps `at` all its series have a value, elsewhere none."""

    sheet: Sheet
    at: Pick
    tile: Tile

    @property
    def is_empty(self) -> bool:
        return isinstance(self.at, slice) and self.at.stop == self.at.start


Kernel = Callable[[Sheet, I64, int], Part]
"""(sheet without staleness markers, window ends, range in ms) → its part."""


def newest(sheet: Sheet, ends: I64, range_ms: int) -> Part:
    """The last sample of each window; none where that is a staleness marker."""
    windows = windows_of(sheet, ends, range_ms, at_least=1)
    last, at = windows.hi - 1, windows.at
    if sheet.stale is not None and sheet.stale[last].any():
        alive = ~sheet.stale[last]
        last, at = last[alive], as_pick(np.arange(len(ends))[at][alive])
    rows = as_pick(last)
    return Part(sheet=sheet, at=at, tile=lambda left, right: sheet.picked(rows, left, right))


def _edge(*, last: bool) -> Kernel:
    def kernel(sheet: Sheet, ends: I64, range_ms: int) -> Part:
        windows = windows_of(sheet, ends, range_ms, at_least=1)
        rows = windows.last if last else windows.first
        return Part(
            sheet=sheet,
            at=windows.at,
            tile=lambda left, right: sheet.picked(rows, left, right),
        )

    return kernel


def _count(sheet: Sheet, ends: I64, range_ms: int) -> Part:
    windows = windows_of(sheet, ends, range_ms, at_least=1)
    counts = (windows.hi - windows.lo).astype(np.float64)[:, None]
    return _same_for_all(windows, counts)


def _present(sheet: Sheet, ends: I64, range_ms: int) -> Part:
    windows = windows_of(sheet, ends, range_ms, at_least=1)
    return _same_for_all(windows, np.ones((len(windows.ends), 1)))


def _same_for_all(windows: SheetWindows, column: F64) -> Part:
    return Part(
        sheet=windows.sheet,
        at=windows.at,
        tile=lambda left, right: np.broadcast_to(column, (len(column), right - left)),
    )


def _extrapolated(*, is_counter: bool, is_rate: bool) -> Kernel:
    def kernel(sheet: Sheet, ends: I64, range_ms: int) -> Part:
        windows = windows_of(sheet, ends, range_ms, at_least=2)
        work = _Extrapolation(windows, is_counter=is_counter, is_rate=is_rate)
        return Part(sheet=sheet, at=windows.at, tile=work.tile)

    return kernel


class _Extrapolation:
    """From what was sampled to the whole window, as `functions.rates` does it.

    A counter is not extended below zero; that alone depends on values, and hardly ever happens.
    """

    def __init__(self, windows: SheetWindows, *, is_counter: bool, is_rate: bool) -> None:
        self._windows = windows
        self._is_counter = is_counter
        self._divisor = windows.range_ms / 1000 if is_rate else None
        first, last = windows.lo, windows.hi - 1
        self._first, self._last = windows.first, windows.last
        ts, ends = windows.sheet.ts, windows.ends
        sampled = (ts[last] - ts[first]) / 1000
        to_start = (ts[first] - (ends - windows.range_ms)) / 1000
        to_end = (ends - ts[last]) / 1000
        gap = sampled / np.maximum(last - first, 1)
        far = gap * 1.1
        self._sampled = sampled[:, None]
        self._to_start = np.where(to_start >= far, gap / 2, to_start)[:, None]
        self._to_end = np.where(to_end >= far, gap / 2, to_end)[:, None]
        self._factor = (self._sampled + self._to_start + self._to_end) / self._sampled
        self._slope = np.minimum(self._sampled / self._to_start, 1e300)
        resets = windows.sheet.resets() if is_counter else None
        self._lost = Losses(windows, resets) if resets is not None and len(resets.cols) else None

    def tile(self, left: int, right: int) -> F64:
        sheet = self._windows.sheet
        begin = sheet.picked(self._first, left, right)
        change = sheet.picked(self._last, left, right) - begin
        if self._lost is not None:
            self._lost.add_to(change, left, right)
        bounded = self._bounded(begin, change) if self._is_counter else _NO_STEPS
        near_zero = change[bounded]
        if len(bounded):
            near_zero = near_zero * self._bounded_factor(begin[bounded], near_zero, bounded)
        change *= self._factor
        change[bounded] = near_zero
        if self._divisor is not None:
            change /= self._divisor
        return change

    def _bounded(self, begin: F64, change: F64) -> I64:
        """Steps at which some counter started so low that zero bounds the extension."""
        return np.flatnonzero((begin * self._slope < change).any(axis=1))

    def _bounded_factor(self, begin: F64, change: F64, steps: I64) -> F64:
        sampled, to_start = self._sampled[steps], self._to_start[steps]
        to_zero = np.where((change > 0) & (begin >= 0), sampled * (begin / change), np.inf)
        return (sampled + np.minimum(to_start, to_zero) + self._to_end[steps]) / sampled


class Losses:
    """What counters had reached before the resets inside their windows."""

    def __init__(self, windows: SheetWindows, resets: Resets) -> None:
        height = len(windows.sheet.ts) + 1
        self._cols = np.unique(resets.cols)
        keys = resets.cols * height + resets.rows
        base = (self._cols * height)[:, None]
        lo = np.searchsorted(keys, base + windows.lo[None, :], side="right")
        hi = np.searchsorted(keys, base + windows.hi[None, :] - 1, side="right")
        self._lost = window_sum(resets.before, lo, np.maximum(hi, lo)).T

    def add_to(self, change: F64, left: int, right: int) -> None:
        """Add what was lost to the changes of series [left, right)."""
        some = slice(*np.searchsorted(self._cols, (left, right)).tolist())
        change[:, self._cols[some] - left] += self._lost[:, some]


def _instant_change(*, is_rate: bool) -> Kernel:
    def kernel(sheet: Sheet, ends: I64, range_ms: int) -> Part:
        windows = windows_of(sheet, ends, range_ms, at_least=2)
        last, before = windows.last, as_pick(windows.hi - 2)
        gap = (sheet.ts[last] - sheet.ts[before])[:, None] / 1000

        def tile(left: int, right: int) -> F64:
            value, earlier = sheet.picked(last, left, right), sheet.picked(before, left, right)
            change = value - earlier
            if is_rate:
                change = np.where(value < earlier, value, change)
                change /= gap
            return change

        return Part(sheet=sheet, at=windows.at, tile=tile)

    return kernel


def _happenings(*, resets_only: bool) -> Kernel:
    def kernel(sheet: Sheet, ends: I64, range_ms: int) -> Part:
        windows = windows_of(sheet, ends, range_ms, at_least=1)
        first, last = windows.lo, windows.hi - 1

        def tile(left: int, right: int) -> F64:
            values = sheet.block(0, len(sheet.ts), left, right)
            until = np.zeros(values.shape, np.int32)
            between = values[1:] < values[:-1]
            if not resets_only:
                both_nan = np.isnan(values[1:]) & np.isnan(values[:-1])
                between = (values[1:] != values[:-1]) & ~both_nan
            np.cumsum(between, axis=0, dtype=np.int32, out=until[1:])
            return (until[last] - until[first]).astype(np.float64)

        return Part(sheet=sheet, at=windows.at, tile=tile)

    return kernel


RATE_KERNELS: Mapping[str, Kernel] = {
    "changes": _happenings(resets_only=False),
    "count_over_time": _count,
    "delta": _extrapolated(is_counter=False, is_rate=False),
    "first_over_time": _edge(last=False),
    "idelta": _instant_change(is_rate=False),
    "increase": _extrapolated(is_counter=True, is_rate=False),
    "irate": _instant_change(is_rate=True),
    "last_over_time": _edge(last=True),
    "present_over_time": _present,
    "rate": _extrapolated(is_counter=True, is_rate=True),
    "resets": _happenings(resets_only=True),
}
