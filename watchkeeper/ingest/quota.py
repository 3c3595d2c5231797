"""How much one project may send in a minute."""

from __future__ import annotations

from dataclasses import dataclass, field

from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.http import Refusal
from watchkeeper.lib.clock import MINUTE_MS, Clock


@dataclass(slots=True)
class Quota:
    """A bucket a project: fills at `per_minute`, holds as many. 0: no bound."""

    clock: Clock
    per_minute: int = 0
    _buckets: dict[int, tuple[float, int]] = field(default_factory=dict)

    def spend(self, project_id: int, count: int) -> None:
        """Take from the bucket. Raises Refusal(429) with the seconds until it has enough."""
        if not self.per_minute:
            return
        now_ms = self.clock()
        level, at_ms = self._buckets.get(project_id, (float(self.per_minute), now_ms))
        rate = self.per_minute / MINUTE_MS
        level = min(float(self.per_minute), level + (now_ms - at_ms) * rate)
        wanted = min(count, self.per_minute)
        if level < wanted:
            wait_s = int((wanted - level) / rate / 1000) + 1
            raise Refusal(
                429,
                Drop.OVER_QUOTA,
                f"The project may send {self.per_minute} events a minute.",
                retry_after_s=wait_s,
            )
        self._buckets[project_id] = (level - wanted, now_ms)
