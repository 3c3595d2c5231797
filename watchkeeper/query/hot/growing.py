"""A sheet that grows: rows come at its end as samples are stored, and now and then before it."""

from __future__ import annotations

import threading

import numpy as np

from watchkeeper.query.promql import F64, I64, STALE_BITS, Bools
from watchkeeper.query.promql.lattice import (
    NO_RESETS,
    Resets,
    Sheet,
    Slots,
    as_pick,
    is_run,
    resets_of,
)

HOLE_BITS = np.uint64(0x7FF00000DEADF00D)
"""The NaN of a cell whose series has no sample at that time."""

_HOLE = float(np.array([HOLE_BITS]).view(np.float64)[0])
_RECENT = 16
_TORN = 0.25


class Unfitting(Exception):
    """These samples cannot be brought in; read the metric anew."""


class GrowingSheet:
    """Rows of moments by columns of series. One writer; a view stays as it was when it was taken.

    slots: the series' places in the label table, a column each. A series has samples at the rows
    [first, end) of its column; an odd one has holes or staleness markers among them.
    """

    def __init__(self, slots: Slots, ts: I64, values: F64) -> None:
        width = len(slots)
        self.slots = slots
        self.rows = len(ts)
        self._ts = ts
        self._values = values
        self._first = np.zeros(width, np.int64)
        self._end = np.full(width, self.rows, np.int64)
        bits = values.view(np.uint64)
        self._odd = ((bits == STALE_BITS) | (bits == HOLE_BITS)).any(axis=0)
        self._resets = NO_RESETS
        self._resets_until = 1
        self._sheets: list[Sheet] | None = None
        self._cuts = 0
        self._lock = threading.RLock()

    @property
    def ts(self) -> I64:
        return self._ts[: self.rows]

    @property
    def nbytes(self) -> int:
        return self._values.nbytes + self._ts.nbytes + 64 * len(self.slots)

    @property
    def is_torn(self) -> bool:
        """True if the series no longer share their times: read anew, they part."""
        top = max(0, self.rows - _RECENT)
        recent = self._values[top : self.rows].view(np.uint64)
        width = len(self.slots)
        inside = self._end - np.maximum(self._first, top)
        holes = int(((recent == HOLE_BITS)[: self.rows - top]).sum())
        behind = int((self.rows - top) * width - np.maximum(inside, 0).sum())
        return holes - behind > _TORN * recent.size

    def add(self, cols: Slots, ts: I64, values: F64) -> None:
        """Bring samples in. Raises Unfitting for times between rows and for a second value."""
        with self._lock:
            self._add(cols, ts, values)

    def _add(self, cols: Slots, ts: I64, values: F64) -> None:
        rows = self._rows_of(ts)
        cells = self._values[rows, cols].view(np.uint64)
        is_new = cells == HOLE_BITS
        given = values.view(np.uint64)
        if not is_new.all():
            if (cells[~is_new] != given[~is_new]).any():
                raise Unfitting
            rows, cols, values, given = rows[is_new], cols[is_new], values[is_new], given[is_new]
        if not len(rows):
            return
        self._values[rows, cols] = values
        if (self._values[rows, cols].view(np.uint64) != given).any():
            raise Unfitting
        self._widen(rows, cols, given)
        self._sheets = None

    def _rows_of(self, ts: I64) -> I64:
        """The row of each time; new ones at the end are made."""
        last_ms = int(self._ts[self.rows - 1]) if self.rows else -(1 << 62)
        newest_ms = int(ts.max())
        if newest_ms > last_ms:
            later = np.unique(ts[ts > last_ms])
            self._reserve(len(later))
            self._ts[self.rows : self.rows + len(later)] = later
            self._values[self.rows : self.rows + len(later)] = _HOLE
            self.rows += len(later)
        rows = np.searchsorted(self.ts, ts)
        if (self._ts[rows] != ts).any():
            raise Unfitting
        return rows

    def _reserve(self, more: int) -> None:
        """Room for more rows; older views keep the matrix that they were taken from."""
        if self.rows + more <= len(self._ts):
            return
        size = self.rows + more + max(8, min(self.rows // 8, 240))
        ts = np.zeros(size, np.int64)
        values = np.empty((size, len(self.slots)))
        ts[: self.rows] = self._ts[: self.rows]
        values[: self.rows] = self._values[: self.rows]
        self._ts, self._values = ts, values

    def _widen(self, rows: I64, cols: Slots, given: np.ndarray) -> None:
        """Where the series' samples lie now, and which series became odd."""
        touched = np.unique(cols)
        length = (self._end - self._first)[touched]
        np.minimum.at(self._first, cols, rows)
        np.maximum.at(self._end, cols, rows + 1)
        added = np.bincount(cols, minlength=len(self.slots))[touched]
        gapless = (self._end - self._first)[touched] == length + added
        odd = touched[~gapless | self._odd[touched]]
        self._odd[cols[given == STALE_BITS]] = True
        if len(odd):
            self._look_again(odd)
        if len(rows) and int(rows.min()) < self._resets_until:
            self._resets, self._resets_until = NO_RESETS, 1

    def _look_again(self, cols: Slots) -> None:
        bits = self._values[: self.rows, cols].view(np.uint64)
        row = np.arange(self.rows)[:, None]
        inside = (row >= self._first[cols]) & (row < self._end[cols])
        self._odd[cols] = (((bits == STALE_BITS) | (bits == HOLE_BITS)) & inside).any(axis=0)

    def cut_before(self, ts_ms: int) -> None:
        """Forget the rows before a time."""
        with self._lock:
            self._cut_before(ts_ms)

    def _cut_before(self, ts_ms: int) -> None:
        gone = int(np.searchsorted(self.ts, ts_ms))
        if not gone:
            return
        self._ts = self._ts[gone : self.rows].copy()
        self._values = self._values[gone : self.rows].copy()
        self.rows -= gone
        self._first = np.maximum(self._first - gone, 0)
        self._end = np.maximum(self._end - gone, 0)
        self._resets, self._resets_until = NO_RESETS, 1
        self._sheets = None
        self._cuts += 1

    def sheets(self) -> list[Sheet]:
        """The series as they are now, those of equal rows together."""
        with self._lock:
            if self._sheets is None:
                self._sheets = self._regular() + self._irregular()
            return self._sheets

    def _regular(self) -> list[Sheet]:
        cols = np.flatnonzero(~self._odd & (self._end > self._first))
        if not len(cols):
            return []
        first, end = self._first[cols], self._end[cols]
        if (first == first[0]).all() and (end == end[0]).all():
            return [self._sheet(cols, int(first[0]), int(end[0]))]
        spans, which = np.unique(np.stack((first, end)), axis=1, return_inverse=True)
        which = which.reshape(-1)
        return [
            self._sheet(cols[which == index], int(top), int(bottom))
            for index, (top, bottom) in enumerate(spans.T)
        ]

    def _sheet(self, cols: Slots, top: int, bottom: int) -> Sheet:
        """Series with a sample at each of the rows [top, bottom)."""
        cuts = self._cuts
        pick = slice(int(cols[0]), int(cols[-1]) + 1) if is_run(cols) else cols
        return Sheet(
            ts=self._ts[top:bottom],
            values=self._values[top:bottom],
            cols=pick,
            slots=self.slots[cols],
            find_resets=lambda: self._resets_from(top, cuts),
        )

    def _irregular(self) -> list[Sheet]:
        """Odd series, those with the same holes and markers together."""
        cols = np.flatnonzero(self._odd & (self._end > self._first))
        bits = self._values[: self.rows, cols].view(np.uint64)
        row = np.arange(self.rows)[:, None]
        there = (bits != HOLE_BITS) & (row >= self._first[cols]) & (row < self._end[cols])
        stale = there & (bits == STALE_BITS)
        alike: dict[bytes, list[int]] = {}
        packed = np.packbits(np.concatenate((there, stale)), axis=0).T.copy()
        for index, pattern in enumerate(packed):
            alike.setdefault(pattern.tobytes(), []).append(index)
        return [
            self._pattern_sheet(cols[same], there[:, same[0]], stale[:, same[0]])
            for same in (np.array(rows) for rows in alike.values())
        ]

    def _pattern_sheet(self, cols: Slots, there: Bools, stale: Bools) -> Sheet:
        rows = np.flatnonzero(there)
        marks = stale[rows]
        if isinstance(as_pick(rows), slice) and is_run(rows):
            sheet = self._sheet(cols, int(rows[0]), int(rows[-1]) + 1)
        else:
            sheet = Sheet(
                ts=self._ts[rows],
                values=self._values[rows[:, None], cols[None, :]],
                cols=slice(0, len(cols)),
                slots=self.slots[cols],
            )
        return _marked(sheet, marks)

    def _resets_from(self, top: int, cuts: int) -> Resets | None:
        """Of all columns, rows counted from `top`; None if rows were cut off since `cuts`.

        What is known already is not looked at again.
        """
        with self._lock:
            if cuts != self._cuts:
                return None
            if self.rows > self._resets_until:
                more = resets_of(self._values[: self.rows], self._resets_until)
                self._resets = _joined(self._resets, more)
                self._resets_until = self.rows
            if not top:
                return self._resets
            inside = self._resets.rows > top
            return Resets(
                self._resets.cols[inside],
                self._resets.rows[inside] - top,
                self._resets.before[inside],
            )


def _marked(sheet: Sheet, stale: Bools) -> Sheet:
    if not stale.any():
        return sheet
    return Sheet(ts=sheet.ts, values=sheet.values, cols=sheet.cols, slots=sheet.slots, stale=stale)


def _joined(old: Resets, new: Resets) -> Resets:
    if not len(new.cols):
        return old
    cols = np.concatenate((old.cols, new.cols))
    rows = np.concatenate((old.rows, new.rows))
    order = np.lexsort((rows, cols))
    before = np.concatenate((old.before, new.before))
    return Resets(cols[order], rows[order], before[order])
