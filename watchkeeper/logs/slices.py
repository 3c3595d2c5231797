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


def newest_stretch(
    columns: Columns, scope: Scope, span: TimeRange, condition: Condition, *, most: int
) -> TimeRange:
    """The end of a range that has `most` matching lines or more; all of it if it has fewer."""
    found, start_ms = 0, span.start_ms
    for part in slices_of(span, None, is_newest_first=True):
        start_ms = part.start_ms
        found += count_matching(columns, scope, part, condition, most=most - found)
        if found >= most:
            break
    return TimeRange(start_ms, span.end_ms)


def slices_of(span: TimeRange, after: Spot | None, *, is_newest_first: bool) -> Iterator[TimeRange]:
    """The range in stretches that grow, from where the search begins; the first is short."""
    start_ms, end_ms = span.start_ms, span.end_ms
    if after is not None and is_newest_first:
        end_ms = min(end_ms, after.ts_ms + 1)
    elif after is not None:
        start_ms = max(start_ms, after.ts_ms)
    length_ms = max(_SHORTEST_SLICE_MS, min((end_ms - start_ms) // _FIRST_SHARE, HOUR_MS))
    while start_ms < end_ms:
        if is_newest_first:
            part = TimeRange(max(start_ms, end_ms - length_ms), end_ms)
            end_ms = part.start_ms
        else:
            part = TimeRange(start_ms, min(end_ms, start_ms + length_ms))
            start_ms = part.end_ms
        yield part
        length_ms *= _GROWTH
