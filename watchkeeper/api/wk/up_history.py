"""How targets did over a range, out of their series `up`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from watchkeeper.api.wk.charts import Grid, instant, lines
from watchkeeper.lib.clock import SECOND_MS
from watchkeeper.model import Scope, TimeRange
from watchkeeper.query.promql import Engine

STRIP_BUCKETS = 24

TargetKey = tuple[str, str]
"""job, instance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpHistory:
    """ratios: 0..1 over the range; strips: the same in STRIP_BUCKETS equal buckets."""

    ratios: Mapping[TargetKey, float]
    strips: Mapping[TargetKey, list[float | None]]

    def strip(self, job: str, instance: str) -> list[float | None]:
        """A target's share of good scrapes in each bucket, None without a scrape."""
        return self.strips.get((job, instance), [None] * STRIP_BUCKETS)


def ratios(engine: Engine, scope: Scope, span: TimeRange) -> dict[TargetKey, float]:
    """Each target's share of good scrapes over the range."""
    seconds = max(span.length_ms // SECOND_MS, 1)
    return _by_target(instant(engine, scope, f"avg_over_time(up[{seconds}s])", span.end_ms))


def strips(engine: Engine, scope: Scope, span: TimeRange) -> dict[TargetKey, list[float | None]]:
    """Each target's share of good scrapes in STRIP_BUCKETS equal buckets of the range."""
    bucket_s = max(math.ceil(span.length_ms / STRIP_BUCKETS / SECOND_MS), 1)
    step_ms = bucket_s * SECOND_MS
    grid = Grid(span.end_ms - (STRIP_BUCKETS - 1) * step_ms, span.end_ms, step_ms)
    found = lines(engine, scope, f"avg_over_time(up[{bucket_s}s])", grid)
    return {_target_of(dict(line.labels)): line.values for line in found.lines}


def _by_target(found: Iterable[tuple[dict[str, str], float]]) -> dict[TargetKey, float]:
    return {_target_of(labels): value for labels, value in found}


def _target_of(labels: Mapping[str, str]) -> TargetKey:
    return labels.get("job", ""), labels.get("instance", "")
