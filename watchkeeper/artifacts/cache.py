"""The most recently used things, in bounded memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Keeps values until their sizes exceed the limit; the longest unused go first. Thread-safe."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0
        self._values: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        """The value, which is from now on the most recently used; None if it is not kept."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            self._values.move_to_end(key)
            return found[0]

    def put(self, key: K, value: V, size: int) -> None:
        """Keep a value. One that is larger than the limit alone is not kept."""
        with self._lock:
            _old, old_size = self._values.pop(key, (None, 0))
            self._held -= old_size
            if size > self._limit:
                return
            self._values[key] = (value, size)
            self._held += size
            while self._held > self._limit:
                _key, (_value, gone) = self._values.popitem(last=False)
                self._held -= gone

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._values.clear()
            self._held = 0
