"""Whether a histogram has started again, and what may be said of that before asking."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from watchkeeper.model import Buckets, Histogram, ResetHint
from watchkeeper.query.promql.histograms.arithmetic import (
    merged,
    remapped,
    shared_bounds,
    zero_count_for,
)
from watchkeeper.query.promql.histograms.bounds import exponential_bound, is_custom

_STALE = struct.pack("<Q", 0x7FF0000000000002)


def is_stale_sum(value: float) -> bool:
    """True for the sum of a histogram that only says "the series ends here"."""
    return struct.pack("<d", value) == _STALE


def detect_reset(current: Histogram, previous: Histogram) -> bool:
    """True if a counter cannot have grown from `previous` to `current` without starting again."""
    if current.reset_hint in (ResetHint.RESET, ResetHint.NOT_RESET):
        return current.reset_hint is ResetHint.RESET
    if current.count < previous.count:
        return True
    if is_custom(current):
        if not is_custom(previous):
            return True
        if current.custom_bounds != previous.custom_bounds:
            return _fell_between_shared_bounds(current, previous)
        return _fell(current.positive, previous.positive)
    if current.schema > previous.schema or is_custom(previous):
        return True
    if current.zero_threshold < previous.zero_threshold:
        return True
    return _exponential_reset(current, previous)


def _exponential_reset(current: Histogram, previous: Histogram) -> bool:
    width = current.zero_threshold
    zero_count, threshold = zero_count_for(previous, width)
    if threshold != width or current.zero_count < zero_count:
        return True
    return any(
        _fell(now, merged(before, previous.schema, current.schema), current.schema, width)
        for now, before in (
            (current.positive, previous.positive),
            (current.negative, previous.negative),
        )
    )


def _fell(now: Buckets, before: Buckets, schema: int = 0, width: float = 0.0) -> bool:
    """True if a bucket beyond the zero bucket has less than before, or is gone."""
    counts: Iterable[float] = now.counts
    if now.indexes != before.indexes:
        known = dict(zip(now.indexes, now.counts, strict=True))
        counts = (known.get(index, 0.0) for index in before.indexes)
    return any(
        count < old and (width == 0 or exponential_bound(index, schema) > width)
        for index, count, old in zip(before.indexes, counts, before.counts, strict=True)
    )


def _fell_between_shared_bounds(current: Histogram, previous: Histogram) -> bool:
    bounds = shared_bounds(current.custom_bounds, previous.custom_bounds)
    now = remapped(current.positive, current.custom_bounds, bounds)
    before = remapped(previous.positive, previous.custom_bounds, bounds)
    return any(now.get(place, 0.0) < count for place, count in before.items())


def with_known_hints(series: Sequence[Histogram | None]) -> list[Histogram | None]:
    """One series in order of time (None: a float), each hint as far as the series proves it.

    A counter that went on from the sample before it in the same layout is NOT_RESET, any other
    UNKNOWN, whatever its sender thought: samples may be missing or have come late.
    """
    answer: list[Histogram | None] = []
    previous: Histogram | None = None
    for histogram in series:
        if histogram is None or histogram.reset_hint is ResetHint.GAUGE:
            answer.append(histogram)
            previous = None
            continue
        goes_on = previous is not None and _goes_on(histogram, previous)
        hint = ResetHint.NOT_RESET if goes_on else ResetHint.UNKNOWN
        answer.append(_hinted(histogram, hint))
        previous = histogram
    return answer


def _hinted(histogram: Histogram, hint: ResetHint) -> Histogram:
    return histogram if histogram.reset_hint is hint else replace(histogram, reset_hint=hint)


def _goes_on(histogram: Histogram, previous: Histogram) -> bool:
    if histogram.reset_hint is ResetHint.RESET or is_stale_sum(previous.sum):
        return False
    same_layout = (
        histogram.schema == previous.schema
        and histogram.zero_threshold == previous.zero_threshold
        and histogram.custom_bounds == previous.custom_bounds
    )
    return same_layout and not detect_reset(_hinted(histogram, ResetHint.UNKNOWN), previous)
