"""Classic histograms of a load as native ones with custom buckets: `load_with_nhcb`."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from tests.promqltest.reader import Load
from watchkeeper.model import (
    CUSTOM_BUCKETS,
    METRIC_NAME,
    Buckets,
    Histogram,
    Labels,
    labels_of,
)
from watchkeeper.query.promql.histograms import compact

_SUFFIXES = ("_bucket", "_count", "_sum")


@dataclass(slots=True)
class _Parts:
    """What the series of one histogram say of one moment."""

    buckets: dict[float, float] = field(default_factory=dict)
    count: float | None = None
    sum: float = 0.0

    def take(self, suffix: str, bound: float, value: float) -> None:
        if suffix == "_bucket":
            self.buckets.setdefault(bound, value)
        elif suffix == "_count":
            self.count = value
        else:
            self.sum = value

    def histogram(self) -> Histogram:
        bounds = sorted(self.buckets)
        cumulative = [self.buckets[bound] for bound in bounds]
        count = self.count
        if count is None:
            count = cumulative[-1] if cumulative else 0.0
        if not bounds or bounds[-1] != math.inf:
            bounds, cumulative = [*bounds, math.inf], [*cumulative, count]
        before = [0.0, *cumulative[:-1]]
        counts = tuple(now - past for now, past in zip(cumulative, before, strict=True))
        return compact(
            Histogram(
                schema=CUSTOM_BUCKETS,
                count=count,
                sum=self.sum,
                positive=Buckets(tuple(range(len(counts))), counts),
                custom_bounds=tuple(bounds[:-1]),
            )
        )


def custom_histograms(command: Load) -> dict[Labels, list[tuple[int, float | Histogram]]]:
    """The histograms that the classic series of a load add up to, in order of time."""
    parts: dict[Labels, dict[int, _Parts]] = {}
    for described in command.series:
        labels = dict(described.labels)
        name = labels.get(METRIC_NAME, "")
        suffix = next((s for s in _SUFFIXES if name.endswith(s)), "")
        bound = _bound(labels.pop("le", "")) if suffix == "_bucket" else 0.0
        if not suffix or math.isnan(bound):
            continue
        labels.pop("le", None)
        labels[METRIC_NAME] = name.removesuffix(suffix)
        moments = parts.setdefault(labels_of(labels), {})
        for index, item in enumerate(described.items):
            if isinstance(item, float):
                moment = moments.setdefault(index * command.step_ms, _Parts())
                moment.take(suffix, bound, item)
    return {
        labels: [(ts_ms, moments[ts_ms].histogram()) for ts_ms in sorted(moments)]
        for labels, moments in parts.items()
    }


def _bound(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
