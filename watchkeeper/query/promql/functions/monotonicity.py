"""Buckets of classic histograms whose counts fell where they may only grow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from watchkeeper.query.promql.literals import format_shortest
from watchkeeper.query.promql.run import Notes
from watchkeeper.query.promql.types import F64


@dataclass(slots=True)
class _Extent:
    """How many histograms of a metric were mended, when (Unix ms), where and how much."""

    first_ms: int
    last_ms: int
    lowest: float
    highest: float
    most: float
    samples: int

    def widen(self, ts_ms: int, lowest: float, highest: float, most: float) -> None:
        self.first_ms, self.last_ms = min(self.first_ms, ts_ms), max(self.last_ms, ts_ms)
        self.lowest, self.highest = min(self.lowest, lowest), max(self.highest, highest)
        self.most = max(self.most, most)
        self.samples += 1


class Mended:
    """What was mended during one call, told once for each metric."""

    def __init__(self) -> None:
        self._extents: dict[str, _Extent] = {}

    def add(self, about: str, ts_ms: int, bounds: F64, raised: F64) -> None:
        """about: how the note names the metric. raised: by how much each bucket was."""
        touched = bounds[raised > 0]
        extent = self._extents.setdefault(about, _Extent(ts_ms, ts_ms, np.inf, -np.inf, 0.0, 0))
        extent.widen(ts_ms, float(touched.min()), float(touched.max()), float(raised.max()))

    def note(self, notes: Notes, position: int) -> None:
        for about, extent in sorted(self._extents.items()):
            notes.inform(
                "input to histogram_quantile needed to be fixed for monotonicity (see "
                "https://prometheus.io/docs/prometheus/latest/querying/functions/"
                f"#histogram_quantile){about}, from buckets {format_shortest(extent.lowest)} to "
                f"{format_shortest(extent.highest)}, with a max diff of {extent.most:.2g}, over "
                f"{extent.samples} samples from {_rfc3339(extent.first_ms)} to "
                f"{_rfc3339(extent.last_ms)}",
                position,
            )


def _rfc3339(ts_ms: int) -> str:
    return datetime.fromtimestamp(ts_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
