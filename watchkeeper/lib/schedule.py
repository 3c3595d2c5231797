"""When each thing is due: every interval, at its own offset. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


def next_slot_ms(now_ms: int, interval_ms: int, offset_ms: int) -> int:
    """The first instant from `now_ms` on that is `offset_ms` past a multiple of the interval."""
    return now_ms + (offset_ms - now_ms) % interval_ms


class Schedule(Generic[K]):
    """Keys with interval and offset. A slot that was slept through is left out, not made up for."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, K]] = []
        self._rhythm: dict[K, tuple[int, int]] = {}
        self._tie = 0

    def put(self, key: K, *, interval_ms: int, offset_ms: int, now_ms: int) -> None:
        """Add a key, or keep it as it is if its rhythm is unchanged."""
        if self._rhythm.get(key) != (interval_ms, offset_ms):
            self.remove(key)
            self._rhythm[key] = (interval_ms, offset_ms)
            self._push(next_slot_ms(now_ms, interval_ms, offset_ms), key)

    def remove(self, key: K) -> None:
        if self._rhythm.pop(key, None) is not None:
            self._heap = [entry for entry in self._heap if entry[2] != key]
            heapq.heapify(self._heap)

    def due(self, now_ms: int) -> list[tuple[K, int]]:
        """Keys whose slot has come, each with that slot; their next slot is after `now_ms`."""
        ready: list[tuple[K, int]] = []
        while self._heap and self._heap[0][0] <= now_ms:
            key = heapq.heappop(self._heap)[2]
            interval, offset = self._rhythm[key]
            latest = next_slot_ms(now_ms + 1, interval, offset) - interval
            ready.append((key, latest))
            self._push(latest + interval, key)
        return ready

    def next_due_ms(self) -> int | None:
        return self._heap[0][0] if self._heap else None

    def _push(self, slot_ms: int, key: K) -> None:
        self._tie += 1
        heapq.heappush(self._heap, (slot_ms, self._tie, key))
