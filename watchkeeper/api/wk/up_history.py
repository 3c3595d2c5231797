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
    """ratios: 0..1 over the range; strips: the same in STRIP_BUCKETS equal buckets up to end_ms."""

    ratios: Mapping[TargetKey, float]
    strips: Mapping[TargetKey, list[float | None]]
    end_ms: int
    bucket_ms: int

    def strip(self, job: str, instance: str) -> list[float | None]:
        """A target's share of good scrapes in each bucket, None without a scrape."""
        return self.strips.get((job, instance), [None] * STRIP_BUCKETS)

    def down_since_ms(self, job: str, instance: str) -> int | None:
        """When the failures began that still go on (Unix ms), at the earliest when the range did.

        Within a bucket the good scrapes are taken to come first. None where none fails now, or the
        first scrape is too recent to tell.
        """
        strip = self.strip(job, instance)
        since_ms: int | None = None
        for place in range(len(strip) - 1, -1, -1):
            ratio, is_first = strip[place], place > 0 and strip[place - 1] is None
            if ratio is None or ratio >= 1:
                break
            end_ms = self.end_ms - (len(strip) - 1 - place) * self.bucket_ms
            if ratio == 0 and is_first:
                return None if end_ms == self.end_ms else end_ms
            since_ms = end_ms - round((1 - ratio) * self.bucket_ms)
            if ratio > 0:
                break
        return since_ms


def bucket_ms(span: TimeRange) -> int:
    """How long a bucket of a strip is."""
    return max(math.ceil(span.length_ms / STRIP_BUCKETS / SECOND_MS), 1) * SECOND_MS


def ratios(engine: Engine, scope: Scope, span: TimeRange) -> dict[TargetKey, float]:
    """Each target's share of good scrapes over the range."""
    seconds = max(span.length_ms // SECOND_MS, 1)
    return _by_target(instant(engine, scope, f"avg_over_time(up[{seconds}s])", span.end_ms))


def strips(engine: Engine, scope: Scope, span: TimeRange) -> dict[TargetKey, list[float | None]]:
    """Each target's share of good scrapes in STRIP_BUCKETS equal buckets of the range."""
    step_ms = bucket_ms(span)
    grid = Grid(span.end_ms - (STRIP_BUCKETS - 1) * step_ms, span.end_ms, step_ms)
    found = lines(engine, scope, f"avg_over_time(up[{step_ms // SECOND_MS}s])", grid)
    return {_target_of(dict(line.labels)): line.values for line in found.lines}


def _by_target(found: Iterable[tuple[dict[str, str], float]]) -> dict[TargetKey, float]:
    return {_target_of(labels): value for labels, value in found}


def _target_of(labels: Mapping[str, str]) -> TargetKey:
    return labels.get("job", ""), labels.get("instance", "")
