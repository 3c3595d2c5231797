"""What queries may use for speed."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryOptions:
    """Memory that makes queries fast."""

    hot_bytes: int = 256 * MIB
    """Most bytes of decoded samples of the metrics asked for last; 0 keeps none."""
