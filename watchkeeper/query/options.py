"""What queries may use for speed, and when they may be coarser for it."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryOptions:
    """Memory and roll-ups that make queries fast. Section [query]."""

    hot_bytes: int = 256 * MIB
    """Most bytes of decoded samples of the metrics asked for last; 0 keeps none."""

    rollup_days: int = 7
    """From this range on, with steps of an hour or more, roll-ups take the place of samples; 0:
    only where there are no samples any more."""

    def __post_init__(self) -> None:
        if self.hot_bytes != 0 and not 16 * MIB <= self.hot_bytes <= 1 << 40:
            raise ValueError(f"hot_bytes must be 0 or 16 MiB..1 TiB, got {self.hot_bytes}")
        if not 0 <= self.rollup_days <= 36_500:
            raise ValueError(f"rollup_days must be 0..36,500, got {self.rollup_days}")
