"""How much of its time the digest has been at work: what comes in drops is gathered by that."""

from __future__ import annotations

from watchkeeper.lib.clock import SECOND_MS

SHARE = 0.1
"""Of all time: as long as the work takes less, nobody waits for the sake of it."""
SAVED_MS = 1_000
"""So much work may come at once before that."""
STORED_WITHIN_MS = SECOND_MS
"""What comes during a round waits for its end, for the pause and for a round of its own."""


class Effort:
    """Work beyond its share, worked off as time goes by. Times are Unix ms of one clock."""

    def __init__(self) -> None:
        self._owed_ms = 0.0
        self._took_ms = 0
        self._at_ms: int | None = None

    def spent(self, began_ms: int, ended_ms: int) -> None:
        """It was at work from one instant to the other."""
        idle_ms = 0 if self._at_ms is None else max(0, began_ms - self._at_ms)
        self._took_ms = max(0, ended_ms - began_ms)
        worked_off_ms = SHARE * idle_ms
        self._owed_ms = max(0.0, self._owed_ms - worked_off_ms) + (1 - SHARE) * self._took_ms
        self._owed_ms = min(self._owed_ms, 2 * SAVED_MS)
        self._at_ms = ended_ms

    def pause_ms(self, shortest_ms: int, longest_ms: int) -> int:
        """The shortest pause while it works little; else as long as all is stored in a second."""
        if self._owed_ms <= SAVED_MS:
            return shortest_ms
        return max(shortest_ms, min(longest_ms, STORED_WITHIN_MS - 2 * self._took_ms))
