"""One metric of one project: its series, and all their samples since some moment."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from watchkeeper.model import Labels
from watchkeeper.query.hot.changes import Changes
from watchkeeper.query.hot.growing import GrowingSheet, Unfitting
from watchkeeper.query.promql import F64, I64, Matcher
from watchkeeper.query.promql.lattice import LabelTable, Lattice, Sheet, Slots, is_run

Ids = npt.NDArray[np.uint64]

_BYTES_A_SERIES = 400
_NOWHERE = -1
_MANY_SHEETS = 200
_TOO_FEW_SHARE = 4
"""Below so many series a sheet, on average, sheets save nothing."""


class Block:
    """Exactly what the store has of these series from `start_ms` on. Thread-safe.

    ids, labels: the series, place by place. sheets: what was read of them.
    """

    def __init__(
        self, ids: Ids, labels: Sequence[Labels], sheets: list[GrowingSheet], *, start_ms: int
    ) -> None:
        self.start_ms = start_ms
        self.is_broken = False
        self.is_held = True
        self._changes = Changes()
        self.ids = ids
        self._table = LabelTable(labels)
        self._sheets = sheets
        self._order = np.argsort(ids)
        self._sheet_of = np.full(len(ids), _NOWHERE, np.int64)
        self._col_of = np.zeros(len(ids), np.int64)
        self._lock = threading.RLock()
        for number, sheet in enumerate(sheets):
            self._sheet_of[sheet.slots] = number
            self._col_of[sheet.slots] = np.arange(len(sheet.slots))

    @property
    def nbytes(self) -> int:
        return sum(sheet.nbytes for sheet in self._sheets) + _BYTES_A_SERIES * len(self.ids)

    def slots_of(self, ids: Ids) -> Slots:
        """The places of these ids, -1 for those that are not of this metric."""
        if not len(self.ids):
            return np.full(len(ids), _NOWHERE, np.int64)
        place = np.searchsorted(self.ids, ids, sorter=self._order)
        slots = self._order[np.minimum(place, len(self._order) - 1)]
        return np.where(self.ids[slots] == ids, slots, _NOWHERE)

    def announce(self, ids: Sequence[int], labels: Sequence[Labels]) -> None:
        """These series exist now."""
        with self._lock:
            given = np.array(ids, np.uint64)
            new = np.flatnonzero(self.slots_of(given) == _NOWHERE).tolist()
            if not new:
                return
            self.ids = np.concatenate((self.ids, given[new]))
            self._order = np.argsort(self.ids)
            self._table = LabelTable([*self._table.labels, *(labels[i] for i in new)])
            self._sheet_of = np.append(self._sheet_of, np.full(len(new), _NOWHERE))
            self._col_of = np.append(self._col_of, np.zeros(len(new), np.int64))

    def add(self, slots: Slots, ts: I64, values: F64) -> None:
        """Bring in samples that were stored; those before the block's start are not its own."""
        if not len(ts):
            return
        with self._lock:
            inside = ts >= self.start_ms
            try:
                if not self.is_broken and inside.any():
                    self._add(slots[inside], ts[inside], values[inside])
            except Unfitting:
                self.is_broken = True
            self._changes.note(int(ts.min()))

    def mark(self) -> BlockMark:
        """Remembers how far the block has come."""
        with self._lock:
            return BlockMark(self, self._changes.version)

    def changed_since(self, version: int) -> int | None:
        """The earliest time of a sample that came since; None if that is not known."""
        with self._lock:
            return self._changes.since(version) if self.is_held else None

    def _add(self, slots: Slots, ts: I64, values: F64) -> None:
        numbers = self._sheet_of[slots]
        if (numbers == _NOWHERE).any():
            self._start_sheets(slots[numbers == _NOWHERE], ts[numbers == _NOWHERE])
            numbers = self._sheet_of[slots]
        for number in np.unique(numbers).tolist():
            chosen = numbers == number
            sheet = self._sheets[number]
            sheet.add(self._col_of[slots[chosen]], ts[chosen], values[chosen])
            self.is_broken |= sheet.is_torn

    def _start_sheets(self, slots: Slots, ts: I64) -> None:
        """Sheets for series without any sample so far: those that start together share one."""
        order = np.lexsort((ts, slots))
        new, first = np.unique(slots[order], return_index=True)
        starts = ts[order][first]
        for start in np.unique(starts):
            members = new[starts == start]
            self._sheet_of[members] = len(self._sheets)
            self._col_of[members] = np.arange(len(members))
            empty = np.zeros((0, len(members)))
            self._sheets.append(GrowingSheet(members, np.zeros(0, np.int64), empty))

    def cut_before(self, ts_ms: int) -> None:
        """Forget samples before a time, if that frees enough to be worth it."""
        with self._lock:
            for sheet in self._sheets:
                sheet.cut_before(ts_ms)
            self.start_ms = max(self.start_ms, ts_ms)

    def lattice(self, matchers: tuple[Matcher, ...], start_ms: int, end_ms: int) -> Lattice:
        """The series that satisfy the matchers and have samples in the range."""
        with self._lock:
            table = self._table
            every = [sheet for growing in self._sheets for sheet in growing.sheets()]
        wanted = table.match(matchers)
        mask = None
        if wanted is not None:
            mask = np.zeros(len(table), np.bool_)
            mask[wanted] = True
        sheets: list[Sheet] = []
        samples = 0
        for sheet in every:
            low, high = np.searchsorted(sheet.ts, (start_ms, end_ms + 1))
            picked = sheet if mask is None else _narrowed(sheet, mask)
            if low < high and picked is not None:
                sheets.append(picked)
                samples += int(high - low) * picked.width
        return Lattice(table, sheets, samples)


@dataclass(frozen=True, slots=True)
class BlockMark:
    """A block as it was."""

    block: Block
    version: int

    def changed_since(self) -> int | None:
        return self.block.changed_since(self.version)


def shares_times(lattice: Lattice) -> bool:
    """False if so many series have times of their own that sheets save nothing."""
    count = len(lattice.sheets)
    return count < _MANY_SHEETS or len(lattice.slots) > _TOO_FEW_SHARE * count


def _narrowed(sheet: Sheet, mask: npt.NDArray[np.bool_]) -> Sheet | None:
    """The sheet with the wanted series only; None if there is none."""
    kept = np.flatnonzero(mask[sheet.slots])
    if len(kept) == sheet.width:
        return sheet
    if not len(kept):
        return None
    if isinstance(sheet.cols, slice):
        start = sheet.cols.start
        cols = (
            slice(start + int(kept[0]), start + int(kept[-1]) + 1) if is_run(kept) else start + kept
        )
    else:
        cols = sheet.cols[kept]
    return replace(sheet, cols=cols, slots=sheet.slots[kept])
