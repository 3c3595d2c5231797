"""Since when something has changed, for those who looked at it before."""

from __future__ import annotations

import bisect

_MOST = 4096


class Changes:
    """Numbers each change, and knows the earliest time that any change since a number touched.

    Not thread-safe: whoever changes and whoever asks hold the same lock.
    """

    def __init__(self) -> None:
        self.version = 0
        self._oldest = 0
        self._versions: list[int] = []
        self._times: list[int] = []

    def note(self, ts_ms: int) -> None:
        """Something from this time on has changed."""
        self.version += 1
        while self._times and self._times[-1] >= ts_ms:
            self._times.pop()
            self._versions.pop()
        self._times.append(ts_ms)
        self._versions.append(self.version)
        if len(self._times) > _MOST:
            half = _MOST // 2
            self._oldest = self._versions[half - 1]
            del self._times[:half], self._versions[:half]

    def since(self, version: int) -> int | None:
        """The earliest time touched after that version; None if that is forgotten."""
        if version < self._oldest:
            return None
        place = bisect.bisect_right(self._versions, version)
        return self._times[place] if place < len(self._times) else 1 << 62
