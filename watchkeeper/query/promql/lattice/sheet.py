"""Series that share their times: one column of times, and a matrix of moments by series.

What the general evaluator finds out for each series and step is found out once a sheet here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from watchkeeper.query.promql.lattice.table import LabelTable, Slots
from watchkeeper.query.promql.types import F64, I64, Bools

Pick = slice | npt.NDArray[np.int64]
"""Rows or columns: evenly spaced ones as a slice, others one by one."""


@dataclass(frozen=True, slots=True)
class Resets:
    """Where a counter is lower than at the row before, sorted by column and row.

    before: the value that it had there.
    """

    cols: I64
    rows: I64
    before: F64


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """T moments of S series.

    ts: Unix ms, strictly ascending. values: at least T rows, time-major. cols: which columns of
    `values` the series are. stale: rows that are staleness markers, None if there is none.
    slots: the series' places in the label table. find_resets: of all columns of `values`, if they
    are remembered.
    """

    ts: I64
    values: F64
    cols: Pick
    slots: Slots
    stale: Bools | None = None
    find_resets: Callable[[], Resets | None] | None = None

    @property
    def width(self) -> int:
        return len(self.slots)

    def without_stale(self) -> Sheet:
        """The sheet without the rows of staleness markers."""
        if self.stale is None:
            return self
        keep = ~self.stale
        alive = int(keep.sum())
        if keep[:alive].all():
            return replace(self, ts=self.ts[:alive], stale=None)
        values = self.block(0, len(self.ts), 0, self.width)[keep]
        return Sheet(ts=self.ts[keep], values=values, cols=slice(0, self.width), slots=self.slots)

    def block(self, top: int, bottom: int, left: int, right: int) -> F64:
        """Rows [top, bottom) of series [left, right); perhaps a view."""
        if isinstance(self.cols, slice):
            start = self.cols.start
            return self.values[top:bottom, start + left : start + right]
        return self.values[top:bottom][:, self.cols[left:right]]

    def picked(self, rows: Pick, left: int, right: int) -> F64:
        """These rows of series [left, right); perhaps a view."""
        if isinstance(self.cols, slice):
            start = self.cols.start
            return self.values[rows, start + left : start + right]
        if isinstance(rows, slice):
            return self.values[rows][:, self.cols[left:right]]
        return self.values[rows[:, None], self.cols[None, left:right]]

    def resets(self) -> Resets:
        """The resets of these series, columns counted from this sheet's first."""
        every = None if self.find_resets is None else self.find_resets()
        if every is None:
            return resets_of(self.block(0, len(self.ts), 0, self.width))
        if not len(every.cols):
            return every
        if isinstance(self.cols, slice):
            cols = every.cols - self.cols.start
            known = (cols >= 0) & (cols < self.width)
        else:
            place = np.full(int(max(every.cols.max(), self.cols.max())) + 1, -1, np.int64)
            place[self.cols] = np.arange(self.width)
            cols = place[every.cols]
            known = cols >= 0
        known &= every.rows < len(self.ts)
        kept = Resets(cols[known], every.rows[known], every.before[known])
        order = np.lexsort((kept.rows, kept.cols))
        return Resets(kept.cols[order], kept.rows[order], kept.before[order])


def resets_of(values: F64, first_row: int = 1) -> Resets:
    """The resets of a matrix at rows from `first_row` on, sorted by column and row."""
    start = max(first_row, 1)
    fell = values[start:] < values[start - 1 : -1] if len(values) > start else None
    if fell is None or not fell.any():
        return NO_RESETS
    cols, rows = np.nonzero(fell.T)
    rows = rows + start
    return Resets(cols, rows, values[rows - 1, cols])


NO_RESETS = Resets(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))


@dataclass(frozen=True, slots=True)
class Lattice:
    """Sheets of series of one label table, and how many samples the selector has in its range."""

    table: LabelTable
    sheets: Sequence[Sheet]
    samples: int

    @property
    def slots(self) -> Slots:
        """The slot of each series, sheet after sheet."""
        return np.concatenate([sheet.slots for sheet in self.sheets] or [np.zeros(0, np.int64)])

    def without_stale(self) -> Lattice:
        return replace(self, sheets=[sheet.without_stale() for sheet in self.sheets])


def as_pick(rows: I64) -> Pick:
    """The rows as a slice if they are evenly spaced."""
    if not len(rows):
        return slice(0, 0)
    first, last = int(rows[0]), int(rows[-1])
    if len(rows) == 1:
        return slice(first, first + 1)
    step = int(rows[1]) - first
    if step > 0 and last - first == step * (len(rows) - 1) and bool((np.diff(rows) == step).all()):
        return slice(first, last + 1, step)
    return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetWindows:
    """The windows (end - range_ms, end] over a sheet's rows, those that hold enough samples.

    at: the steps of these windows among all. lo, hi: rows, half-open.
    """

    sheet: Sheet
    ends: I64
    range_ms: int
    at: Pick
    lo: I64
    hi: I64
    steps: int

    @property
    def first(self) -> Pick:
        """The first row of each window."""
        return as_pick(self.lo)

    @property
    def last(self) -> Pick:
        """The last row of each window."""
        return as_pick(self.hi - 1)


def windows_of(sheet: Sheet, ends: I64, range_ms: int, *, at_least: int) -> SheetWindows:
    """The windows at these ends that hold at least so many samples."""
    lo = np.searchsorted(sheet.ts, ends - range_ms, side="right")
    hi = np.searchsorted(sheet.ts, ends, side="right")
    kept = np.flatnonzero(hi - lo >= at_least)
    if len(kept) == len(ends):
        at: Pick = slice(0, len(ends))
    else:
        lo, hi, at = lo[kept], hi[kept], as_pick(kept)
    return SheetWindows(
        sheet=sheet, ends=ends[at], range_ms=range_ms, at=at, lo=lo, hi=hi, steps=len(ends)
    )
