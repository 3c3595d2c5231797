"""Lines as they arrive, filtered here. Pure but for its state: lines and times come in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from watchkeeper.lib.clock import SECOND_MS
from watchkeeper.logs.types import Line, Spot

OVERLAP_MS = 5 * SECOND_MS
"""How long after its receipt a line may still be on its way into the store."""
LINES_A_BATCH = 500
"""Lines that one event shows; of more only the newest."""
ASKED = 4 * LINES_A_BATCH

_Key = tuple[int, Spot]


@dataclass(frozen=True, slots=True)
class Batch:
    """What is new. skipped: lines beyond what is shown, as far as they were looked at."""

    lines: Sequence[Line]
    skipped: int
    rate: float


@dataclass(slots=True)
class Tail:
    """Remembers what was shown of the last seconds, so that nothing shows twice or is left out.

    since_ms: up to when, by receipt, everything is shown.
    """

    since_ms: int
    _shown: Counter[_Key] = field(default_factory=Counter)

    def window(self, now_ms: int) -> tuple[int, int]:
        """The receipts to ask for now, half-open."""
        return self.since_ms, now_ms + 1

    def take(self, found: Sequence[Line], now_ms: int) -> Batch:
        """What of the lines found in the window was not shown yet."""
        left, fresh = Counter(self._shown), list[Line]()
        for line in found:
            key = (line.received_ms, line.spot)
            if left[key] > 0:
                left[key] -= 1
            else:
                fresh.append(line)
        span_s = max(now_ms - self.since_ms, SECOND_MS) / SECOND_MS
        self._shown.update((line.received_ms, line.spot) for line in fresh)
        self.since_ms = max(self.since_ms, now_ms - OVERLAP_MS)
        self._shown = Counter(
            {key: count for key, count in self._shown.items() if key[0] >= self.since_ms}
        )
        shown = fresh[-LINES_A_BATCH:]
        return Batch(shown, len(fresh) - len(shown), round(len(found) / span_s, 1))
