"""Rolled-up series side by side: one row a series, one column a bucket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from watchkeeper.model import Labels
from watchkeeper.query.promql.types import F64, Bools


@dataclass(frozen=True, slots=True, kw_only=True)
class Buckets:
    """Bucket i holds the samples of (first_ms + i * width_ms, first_ms + (i + 1) * width_ms].

    present: series by buckets; False where a series has no sample. columns: by name, of the same
    shape; where nothing is present the numbers mean nothing. rows: how many were read.
    """

    labels: list[Labels]
    first_ms: int
    width_ms: int
    present: Bools
    columns: Mapping[str, F64]
    rows: int
