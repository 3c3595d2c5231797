"""The cache of one process."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from watchkeeper.lib.clock import SECOND_MS, Clock

MAX_ENTRIES = 100_000


@dataclass(slots=True)
class _Entry:
    value: int | bytes
    expires_ms: int


class MemoryCache:
    """Entries in order of their making; when full, what has expired goes first, then the oldest.

    max_entries: bounds the memory, about 300 bytes an entry with short values.
    """

    def __init__(self, clock: Clock, *, max_entries: int = MAX_ENTRIES) -> None:
        if max_entries < 1:
            raise ValueError(f"max_entries must be > 0, got {max_entries}")
        self._clock = clock
        self._max_entries = max_entries
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._lock = Lock()

    def add(self, key: str, amount: int, *, ttl_s: float) -> int:
        with self._lock:
            entry = self._live(key)
            if entry is None:
                self._store(key, amount, ttl_s)
                return amount
            if not isinstance(entry.value, int):
                raise ValueError(f"{key} holds a value, not a counter")
            entry.value += amount
            return entry.value

    def get(self, key: str) -> bytes | None:
        with self._lock:
            entry = self._live(key)
        if entry is None:
            return None
        return entry.value if isinstance(entry.value, bytes) else str(entry.value).encode()

    def put(self, key: str, value: bytes, *, ttl_s: float) -> None:
        with self._lock:
            self._store(key, value, ttl_s)

    def delete(self, key: str) -> None:
        with self._lock:
            self._entries.pop(key, None)

    def close(self) -> None:
        with self._lock:
            self._entries.clear()

    def _live(self, key: str) -> _Entry | None:
        entry = self._entries.get(key)
        if entry is not None and entry.expires_ms <= self._clock():
            del self._entries[key]
            return None
        return entry

    def _store(self, key: str, value: int | bytes, ttl_s: float) -> None:
        self._entries.pop(key, None)
        if len(self._entries) >= self._max_entries:
            self._make_room()
        expires_ms = self._clock() + round(ttl_s * SECOND_MS)
        self._entries[key] = _Entry(value, expires_ms)

    def _make_room(self) -> None:
        """Drop everything expired, and at least a tenth, so that the walk pays for itself."""
        now_ms = self._clock()
        for key in [key for key, entry in self._entries.items() if entry.expires_ms <= now_ms]:
            del self._entries[key]
        keep = self._max_entries - max(1, self._max_entries // 10)
        while len(self._entries) > keep:
            self._entries.popitem(last=False)
