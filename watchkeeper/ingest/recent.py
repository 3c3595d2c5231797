"""The latest samples of each series, to tell a repetition from a sample that comes late."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from watchkeeper.ingest.rows import Times, Values

KEPT = 16
"""Samples remembered a series, 16 bytes each. A repetition of an older one is stored again; then
readers see the instant once, as they always do."""
_NEVER = np.iinfo(np.int64).min


class RecentSamples:
    """Columns beside a registry's: one ring of (time, value) for each slot."""

    def __init__(self, size: int) -> None:
        self._ts_ms = np.full((size, KEPT), _NEVER, np.int64)
        self._values = np.zeros((size, KEPT), np.float64)
        self._next = np.zeros(size, np.int64)

    def add(self, slots: NDArray[np.int64], ts_ms: Times, values: Values) -> None:
        """Remember samples, in the order given; a series may be among them several times."""
        while len(slots):
            distinct, first = np.unique(slots, return_index=True)
            at = self._next[distinct]
            self._ts_ms[distinct, at] = ts_ms[first]
            self._values[distinct, at] = values[first]
            self._next[distinct] = (at + 1) % KEPT
            rest = np.ones(len(slots), bool)
            rest[first] = False
            slots, ts_ms, values = slots[rest], ts_ms[rest], values[rest]

    def find(
        self, slots: NDArray[np.int64], ts_ms: Times, values: Values
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """For each sample: is its time remembered, and with the very same value?"""
        has_time = self._ts_ms[slots] == ts_ms[:, None]
        same = self._values[slots].view(np.uint64) == values.view(np.uint64)[:, None]
        return has_time.any(axis=1), (has_time & same).any(axis=1)

    def forget(self, slots: NDArray[np.int64], ts_ms: Times) -> None:
        """These were not written after all."""
        rows, places = np.nonzero(self._ts_ms[slots] == ts_ms[:, None])
        self._ts_ms[slots[rows], places] = _NEVER

    def moved(self, kept: NDArray[np.int64], size: int) -> RecentSamples:
        """The rings of the kept slots, which now come first, in columns of `size`."""
        moved = RecentSamples(size)
        count = len(kept)
        moved._ts_ms[:count] = self._ts_ms[kept]
        moved._values[:count] = self._values[kept]
        moved._next[:count] = self._next[kept]
        return moved
