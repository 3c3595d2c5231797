"""How long to wait before the next try."""

from __future__ import annotations


def backoff_ms(attempts: int, *, first_ms: int, largest_ms: int) -> int:
    """The wait after `attempts` failures (1 or more): doubling from first_ms up to largest_ms."""
    return min(first_ms << min(attempts - 1, 40), largest_ms)
