"""What queries may use for speed."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryOptions:
    """Memory that makes queries fast. Section [query]."""

    hot_bytes: int = 256 * MIB
    """Most bytes of decoded samples of the metrics asked for last; 0 keeps none."""
    answers_bytes: int = 32 * MIB
    """Most bytes of answers that are kept, for when the same is asked again; 0 keeps none."""

    def __post_init__(self) -> None:
        if self.hot_bytes != 0 and not 16 * MIB <= self.hot_bytes <= 1 << 40:
            raise ValueError(f"hot_bytes must be 0 or 16 MiB..1 TiB, got {self.hot_bytes}")
        if not 0 <= self.answers_bytes <= 1 << 40:
            raise ValueError(f"answers_bytes must be 0..1 TiB, got {self.answers_bytes}")
