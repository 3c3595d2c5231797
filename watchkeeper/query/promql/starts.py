"""Start timestamps of counters: since when a sample counts. 0 means unknown.

A counter that says so has begun anew where its start lies behind the sample before, or on it
while that sample's own start was known (a delta); a start at or behind its sample means nothing.
"""

from __future__ import annotations

import numpy as np

from watchkeeper.model import METRIC_NAME
from watchkeeper.query.promql.literals import quote
from watchkeeper.query.promql.run import Notes
from watchkeeper.query.promql.types import Bools, value_of
from watchkeeper.query.promql.windows import Windows


def started_anew(windows: Windows) -> Bools:
    """For each sample but the first: whether its counter began anew since the one before."""
    if windows.starts is None or not len(windows.ts):
        return np.zeros(max(len(windows.ts) - 1, 0), np.bool_)
    start, start_before = windows.starts[1:], windows.starts[:-1]
    ts, ts_before = windows.ts[1:], windows.ts[:-1]
    known = (start != 0) & (start < ts)
    is_delta = (start == ts_before) & (start_before != 0) & (start_before < ts_before)
    return np.asarray(known & ((start > ts_before) | is_delta))


def begun_inside(windows: Windows) -> Bools:
    """For each window: whether its first sample counts since a moment inside the window."""
    if windows.starts is None or not len(windows.ts):
        return np.zeros(windows.shape, np.bool_)
    filled = windows.counts > 0
    first = np.where(filled, windows.lo, 0)
    start = windows.starts[first]
    inside = start > windows.ends[None, :] - windows.range_ms
    return np.asarray(filled & (start != 0) & inside & (start < windows.ts[first]))


def note_overlaps(notes: Notes, windows: Windows, position: int) -> None:
    """Say so where a sample counts since before the one before it, but not since its start."""
    if windows.starts is None or len(windows.ts) < 2:
        return
    start, start_before = windows.starts[1:], windows.starts[:-1]
    overlaps = (start != 0) & (start < windows.ts[:-1]) & (start != start_before)
    until = np.concatenate(([0, 0], np.cumsum(overlaps)))
    several = windows.counts >= 2
    first, last = np.where(several, windows.lo, 0), np.where(several, windows.hi, 1)
    found = several & (until[last] > until[first + 1])
    counts: dict[str, int] = {}
    for row in np.flatnonzero(found.any(axis=1)):
        name = value_of(windows.labels[int(row)], METRIC_NAME)
        counts[name] = counts.get(name, 0) + int(found[row].sum())
    for name, count in counts.items():
        often = f" ({count} occurrences)" if count > 1 else ""
        notes.warn(
            "sample has start time that overlaps with previous sample timestamp for metric "
            f"{quote(name)}{often}",
            position,
        )
