"""The series of one project's StatsD metrics, in columns: what they are worth and when they end."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from watchkeeper.ingest.protocols.statsd.observers import NativeHistogram, Observer
from watchkeeper.model import Labels

UNPLACED = -1
"""The place of a row whose series was not looked up yet."""

Slots = NDArray[np.int64]


class Keeping(IntEnum):
    """How a slot's values come together."""

    FREE = 0
    COUNTER = 1
    GAUGE = 2
    SET = 3
    OBSERVER = 4
    NATIVE = 5


class SeriesTable:
    """Slots are metrics with labels; each has one row, or one for each series of its observer.

    Columns by slot. total: the value of a counter, gauge or set. seen_ms: when a value last came.
    written_ms: when it was last stored. ttl_ms: 0 for never. is_born: stored at least once.
    """

    def __init__(self, max_slots: int) -> None:
        self.max_slots = max_slots
        self.labels: list[Labels | None] = []
        self.observers: dict[int, Observer] = {}
        self.members: dict[int, set[int]] = {}
        self.keys: list[tuple[str, Labels] | None] = []
        self._by_key: dict[tuple[str, Labels], int] = {}
        self._free: list[int] = []
        self._free_rows: dict[int, list[int]] = {}
        size = 1024
        self.keeping = np.zeros(size, np.int8)
        self.total = np.zeros(size)
        self.seen_ms, self.written_ms, self.ttl_ms = (np.zeros(size, np.int64) for _ in range(3))
        self.is_dirty, self.is_born = np.zeros(size, bool), np.zeros(size, bool)
        self.first_row, self.row_count = np.zeros(size, np.int64), np.zeros(size, np.int64)
        self.places = np.full(size, UNPLACED, np.int64)

    def __len__(self) -> int:
        return len(self._by_key)

    @property
    def used(self) -> int:
        """Slots up to this one were ever used."""
        return len(self.keys)

    def find(self, key: tuple[str, Labels]) -> int | None:
        """The slot of a metric with labels."""
        return self._by_key.get(key)

    def add(
        self,
        key: tuple[str, Labels],
        keeping: Keeping,
        *,
        ttl_ms: int,
        now_ms: int,
        observer: Observer | None = None,
    ) -> int | None:
        """A new slot; None if there is no room."""
        if len(self._by_key) >= self.max_slots:
            return None
        slot = self._free.pop() if self._free else self._append_slot()
        self._by_key[key] = slot
        self.keys[slot] = key
        self.keeping[slot], self.total[slot], self.ttl_ms[slot] = keeping, 0.0, ttl_ms
        self.seen_ms[slot], self.written_ms[slot] = now_ms, 0
        self.is_dirty[slot] = self.is_born[slot] = False
        series: Sequence[Labels] = [key[1]] if observer is None else observer.series
        self.first_row[slot], self.row_count[slot] = self._take_rows(series), len(series)
        if observer is not None:
            self.observers[slot] = observer
        if keeping is Keeping.SET:
            self.members[slot] = set()
        return slot

    def remove(self, slot: int) -> None:
        """Forget a slot; its place may go to another."""
        key = self.keys[slot]
        if key is None:
            return
        del self._by_key[key]
        self.keys[slot] = None
        self.keeping[slot] = Keeping.FREE
        self.is_dirty[slot] = False
        self.observers.pop(slot, None)
        self.members.pop(slot, None)
        first, count = int(self.first_row[slot]), int(self.row_count[slot])
        self.labels[first : first + count] = [None] * count
        self._free_rows.setdefault(count, []).append(first)
        self._free.append(slot)

    def rows_of(self, slot: int) -> NDArray[np.int64]:
        """Its rows, in the order of the observer's series."""
        first = int(self.first_row[slot])
        return np.arange(first, first + int(self.row_count[slot]))

    def native(self, slot: int) -> NativeHistogram:
        """The observer of a NATIVE slot."""
        observer = self.observers[slot]
        assert isinstance(observer, NativeHistogram)
        return observer

    def _append_slot(self) -> int:
        slot = len(self.keys)
        self.keys.append(None)
        if slot == len(self.keeping):
            for name in _SLOT_COLUMNS:
                column = getattr(self, name)
                setattr(self, name, np.concatenate((column, np.zeros_like(column))))
        return slot

    def _take_rows(self, series: Sequence[Labels]) -> int:
        free = self._free_rows.get(len(series))
        first = free.pop() if free else len(self.labels)
        self.labels[first : first + len(series)] = series
        while len(self.places) < len(self.labels):
            self.places = np.concatenate((self.places, np.full_like(self.places, UNPLACED)))
        self.places[first : first + len(series)] = UNPLACED
        return first


_SLOT_COLUMNS = (
    "keeping", "total", "seen_ms", "written_ms", "ttl_ms", "is_dirty", "is_born", "first_row",
    "row_count",
)  # fmt: skip
