"""A range of time in slices, newest first, so that what is common is found without reading all."""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper.lib.clock import HOUR_MS, MINUTE_MS
from watchkeeper.logs.repo import Condition, count_matching
from watchkeeper.logs.types import Spot
from watchkeeper.model import Scope, TimeRange
from watchkeeper.store.columns import Columns

_SHORTEST_SLICE_MS = 2 * MINUTE_MS
_GROWTH = 8
"""Each slice of time is so many times as long as the one before: common words end early."""
_FIRST_SHARE = 64
_SPARE = 115
"""Percent of the time in which the lines that are still missing are expected."""


def newest_stretch(
    columns: Columns, scope: Scope, span: TimeRange, condition: Condition, *, most: int
) -> TimeRange:
    """An end of a range that has `most` matching lines or more; all of it if it has fewer.

    Each slice is as long as the lines found so far let expect, so that it is little longer than
    need be: whoever reads these lines reads all of it.
    """
    found, end_ms = 0, span.end_ms
    length_ms = _first_ms(span.length_ms)
    while end_ms > span.start_ms and found < most:
        start_ms = max(span.start_ms, end_ms - length_ms)
        part = TimeRange(start_ms, end_ms)
        found += count_matching(columns, scope, part, condition, most=most - found)
        end_ms = start_ms
        looked_ms = span.end_ms - end_ms
        wanted_ms = looked_ms * (most - found) // max(1, found) * _SPARE // 100
        length_ms = max(length_ms, min(length_ms * _GROWTH, wanted_ms))
    return TimeRange(end_ms, span.end_ms)


def slices_of(span: TimeRange, after: Spot | None, *, is_newest_first: bool) -> Iterator[TimeRange]:
    """The range in stretches that grow, from where the search begins; the first is short."""
    start_ms, end_ms = span.start_ms, span.end_ms
    if after is not None and is_newest_first:
        end_ms = min(end_ms, after.ts_ms + 1)
    elif after is not None:
        start_ms = max(start_ms, after.ts_ms)
    length_ms = _first_ms(end_ms - start_ms)
    while start_ms < end_ms:
        if is_newest_first:
            part = TimeRange(max(start_ms, end_ms - length_ms), end_ms)
            end_ms = part.start_ms
        else:
            part = TimeRange(start_ms, min(end_ms, start_ms + length_ms))
            start_ms = part.end_ms
        yield part
        length_ms *= _GROWTH


def _first_ms(length_ms: int) -> int:
    """How long the first slice of a range is."""
    return max(_SHORTEST_SLICE_MS, min(length_ms // _FIRST_SHARE, HOUR_MS))
