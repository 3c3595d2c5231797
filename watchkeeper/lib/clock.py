"""Time as an argument."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Returns now as Unix ms UTC."""

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
DAY_S = 24 * 60 * 60
NS_A_MS = 1_000_000


def system_clock() -> int:
    """Now, Unix ms UTC, of the machine's clock."""
    return time.time_ns() // NS_A_MS
