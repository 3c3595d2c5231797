"""Steps of a time axis that people read: 1 s, 5 min, 6 h, 2 d, never 3.7 min."""

from __future__ import annotations

from watchkeeper.lib.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS

_STEPS_MS = tuple(
    unit * count
    for unit, counts in (
        (SECOND_MS, (1, 2, 5, 10, 15, 30)),
        (MINUTE_MS, (1, 2, 5, 10, 15, 30)),
        (HOUR_MS, (1, 2, 3, 4, 6, 12)),
        (DAY_MS, (1, 2, 7, 14, 28)),
    )
    for count in counts
)


def round_step_ms(shortest_ms: int) -> int:
    """The shortest round step of at least so many ms; beyond the last, whole multiples of it."""
    longest = _STEPS_MS[-1]
    beyond = -(-shortest_ms // longest) * longest
    return next((step for step in _STEPS_MS if step >= shortest_ms), beyond)
