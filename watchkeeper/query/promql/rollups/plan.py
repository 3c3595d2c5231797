"""When roll-ups answer, and by which buckets. docs/spec/rollups.md has the rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from watchkeeper.lib.clock import DAY_MS, HOUR_MS
from watchkeeper.query.promql.rollups.port import RollupSource, RollupSpan
from watchkeeper.query.promql.rollups.reduce import ALIGNED, SELECTED
from watchkeeper.query.promql.types import I64
from watchkeeper.store.columns import Resolution

_LONGEST_MONTH_MS = 31 * DAY_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The first `steps` steps are answered from roll-ups, the others from samples.

    ends: of these steps, Unix ms, each the end of a bucket. buckets: how many a window has.
    first_ms: before the first bucket that is there. is_long: samples could have answered too.
    """

    resolution: Resolution
    steps: int
    ends: I64
    buckets: int
    first_ms: int
    is_long: bool

    @property
    def width_ms(self) -> int:
        return self.resolution.bucket_ms


def plan(
    source: RollupSource, function: str, ends: I64, range_ms: int, lookback_ms: int
) -> Plan | None:
    """How roll-ups answer windows that end at `ends` (Unix ms, ascending); None: samples do.

    function: SELECTED for a plain selector; then range_ms is 0.
    """
    first_ms = int(ends[0]) - (range_ms or lookback_ms)
    is_long = _is_long(source, function, ends, range_ms)
    span = source.span()
    steps = _gone(span, ends, first_ms)
    if is_long:
        steps = max(steps, int(np.count_nonzero(ends <= source.done_ms())))
    if steps == 0:
        return None
    answered = ends[:steps]
    resolution = _resolution(span, function, answered, range_ms, first_ms)
    width_ms = resolution.bucket_ms
    ends = answered // width_ms * width_ms
    buckets = max(1, (2 * range_ms + width_ms) // (2 * width_ms))
    oldest_ms = span.days_ms if resolution is Resolution.DAY else span.hours_ms
    oldest_ms = min(oldest_ms // width_ms * width_ms, int(ends[-1]))
    return Plan(
        resolution=resolution,
        steps=steps,
        ends=ends,
        buckets=buckets,
        first_ms=max(int(ends[0]) - buckets * width_ms, oldest_ms),
        is_long=is_long,
    )


def _gone(span: RollupSpan, ends: I64, first_ms: int) -> int:
    """Steps whose window reaches back to where there are roll-ups and no samples."""
    if first_ms >= span.samples_ms or min(span.hours_ms, span.days_ms) >= span.samples_ms - DAY_MS:
        return 0
    reach_ms = int(ends[0]) - first_ms
    return int(np.count_nonzero(ends - reach_ms < span.samples_ms))


def _is_long(source: RollupSource, function: str, ends: I64, range_ms: int) -> bool:
    """True for a long range at steps of an hour or more, of windows that hours can answer."""
    long_ms = source.options.long_ms
    if not long_ms or len(ends) < 2 or int(ends[-1] - ends[0]) < long_ms:
        return False
    if int(ends[1] - ends[0]) < HOUR_MS:
        return False
    if function == SELECTED:
        return True
    return range_ms >= HOUR_MS and (range_ms % HOUR_MS == 0 or function not in ALIGNED)


def _resolution(
    span: RollupSpan, function: str, ends: I64, range_ms: int, first_ms: int
) -> Resolution:
    """Days where they say the same as hours, and where hours are gone."""
    is_even = function != SELECTED and range_ms % DAY_MS == 0 and not (ends % DAY_MS).any()
    hours_end = first_ms < span.hours_ms and span.days_ms < span.hours_ms - _LONGEST_MONTH_MS
    return Resolution.DAY if is_even or hours_end else Resolution.HOUR
