"""A stretch of time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TimeRange:
    """Half-open [start_ms, end_ms), Unix ms UTC."""

    start_ms: int
    end_ms: int

    def __post_init__(self) -> None:
        if self.end_ms < self.start_ms:
            raise ValueError(f"range ends ({self.end_ms}) before it starts ({self.start_ms})")

    @property
    def length_ms(self) -> int:
        return self.end_ms - self.start_ms
