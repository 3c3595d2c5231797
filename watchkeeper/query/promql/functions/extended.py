"""`anchored` and `smoothed` windows: values at their very ends instead of extrapolation.

anchored: the sample before the window stands for its start, the last one for its end.
smoothed: values at both ends lie on the lines between the samples around them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from watchkeeper.query.promql.ast import Call, MatrixSelector, unwrap
from watchkeeper.query.promql.errors import ExecutionError
from watchkeeper.query.promql.invocation import Invocation
from watchkeeper.query.promql.types import F64, I64, Bools, Grid
from watchkeeper.query.promql.windows import Extension, Windows, on_line, window_sum

SAFE = {
    "anchored": frozenset({"changes", "delta", "increase", "rate", "resets"}),
    "smoothed": frozenset({"delta", "increase", "rate"}),
}


def require_safe(node: Call) -> None:
    """Raises ExecutionError if the function knows nothing of its argument's modifier."""
    for arg in node.args:
        inner = unwrap(arg)
        if not isinstance(inner, MatrixSelector) or not inner.selector.extended:
            continue
        word = "anchored" if inner.selector.anchored else "smoothed"
        if node.func not in SAFE[word]:
            safe = ", ".join(sorted(SAFE[word]))
            raise ExecutionError(
                f"{word} modifier can only be used with: {safe} - not with {node.func}"
            )


def from_anchor(windows: Windows) -> Windows:
    """anchored: each window with the last sample before it; empty if nothing is inside it."""
    if windows.extended is None or windows.extended.smoothed:
        return windows
    inside = windows.extended.started
    anchor = np.maximum(inside - 1, windows.lo)
    return replace(windows, lo=np.where(inside < windows.hi, anchor, windows.hi))


def extended_change(call: Invocation, *, is_counter: bool, is_rate: bool) -> Grid:
    """How much each series changed from the start of each window to its end."""
    windows = call.windows()
    ends = _ends_of(windows, is_counter=is_counter)
    if not ends.present.any():
        return call.windowed(np.zeros(windows.shape), ends.present)
    change = ends.right - ends.left
    if is_counter:
        change = change + _lost(windows, ends)
    if is_rate:
        change = change / (windows.range_ms / 1000)
    return call.windowed(change, ends.present)


def _ends_of(windows: Windows, *, is_counter: bool) -> _Ends:
    if windows.extended is None:
        raise TypeError("these windows are not extended")
    return _Ends(windows, windows.extended, is_counter=is_counter)


class _Ends:
    """Samples and values at both ends of each window.

    first, last: positions of the samples that stand for the ends, or lie beyond them.
    inner: first and last position of what lies strictly inside.
    """

    def __init__(self, windows: Windows, extension: Extension, *, is_counter: bool) -> None:
        starts = (windows.ends - windows.range_ms)[None, :]
        stops = windows.ends[None, :]
        newest = np.maximum(windows.hi - 1, 0)
        before = np.minimum(extension.started, newest)
        self.first = np.where(windows.counts > 0, np.maximum(before - 1, windows.lo), 0)
        self.last = np.where(windows.counts > 0, newest, 0)
        smoothed = extension.smoothed
        if smoothed:
            self.last = np.where(windows.counts > 0, np.minimum(extension.ended, newest), 0)
        ts = windows.ts if len(windows.ts) else np.zeros(1, np.int64)
        self.present: Bools = (windows.counts > 0) & (ts[self.last] > starts)
        if smoothed:
            self.present = self.present & (ts[self.first] <= stops)
        self._find_values(windows, (starts, stops), smoothed=smoothed, is_counter=is_counter)

    def _find_values(
        self, windows: Windows, bounds: tuple[I64, I64], *, smoothed: bool, is_counter: bool
    ) -> None:
        if not len(windows.ts):
            self.left = self.right = np.zeros(windows.shape)
            self.inner = (self.first, self.last)
            return
        ts, values = windows.ts, windows.values
        starts, stops = bounds
        self.left, self.right = values[self.first], values[self.last]
        if smoothed:
            following = np.minimum(self.first + 1, len(ts) - 1)
            left = _between(windows, self.first, following, starts, is_counter=is_counter)
            self.left = np.where(ts[self.first] < starts, left, self.left)
            preceding = np.maximum(self.last - 1, 0)
            right = _between(windows, preceding, self.last, stops, is_counter=is_counter)
            beyond = (self.last > windows.lo) & (ts[self.last] > stops)
            self.right = np.where(beyond, right, self.right)
        first = self.first + (ts[self.first] <= starts)
        last = self.last - (ts[self.last] >= stops)
        self.inner = (first, last)


def _between(windows: Windows, before: I64, behind: I64, at_ms: I64, *, is_counter: bool) -> F64:
    """The value at a moment on the line between two samples; a reset counter began at 0."""
    line = on_line(windows, before, behind, at_ms)
    if not is_counter:
        return line
    fell = windows.values[behind] < windows.values[before]
    span = windows.ts[behind] - windows.ts[before]
    from_zero = windows.values[behind] * (at_ms - windows.ts[before]) / span
    return np.where(fell, from_zero, line)


def _lost(windows: Windows, ends: _Ends) -> F64:
    """What counters had reached before each reset between the values at both ends."""
    values, (first, last) = windows.values, ends.inner
    some = ends.present & (last >= first)
    inner_first, inner_last = np.where(some, first, 0), np.where(some, last, 0)
    places = np.flatnonzero(np.concatenate(([False], values[1:] < values[:-1])))
    lost = np.zeros(windows.shape)
    if len(places):
        before = np.searchsorted(places, np.arange(len(values) + 1))
        lost = window_sum(values[places - 1], before[inner_first + 1], before[inner_last + 1])
    at_left = np.where(values[inner_first] < ends.left, ends.left, 0.0)
    at_right = np.where(ends.right < values[inner_last], values[inner_last], 0.0)
    directly = np.where(ends.right < ends.left, ends.left, 0.0)
    return np.where(some, lost + at_left + at_right, directly)


def extended_samples(windows: Windows) -> Windows:
    """The samples inside each series' one window, with its values at both ends added."""
    ends = _ends_of(windows, is_counter=False)
    starts, stops = windows.ends - windows.range_ms, windows.ends
    first, last = ends.inner
    ts: list[np.ndarray] = []
    values: list[np.ndarray] = []
    counts = np.zeros(len(windows.labels) + 1, np.int64)
    for row in np.flatnonzero(ends.present[:, 0]):
        inside = slice(int(first[row, 0]), max(int(last[row, 0]) + 1, int(first[row, 0])))
        ts.extend((starts[:1], windows.ts[inside], stops[:1]))
        values.extend((ends.left[row, :1], windows.values[inside], ends.right[row, :1]))
        counts[row + 1] = inside.stop - inside.start + 2
    offsets = np.cumsum(counts)
    return replace(
        windows,
        ts=np.concatenate([*ts, np.zeros(0, np.int64)]),
        values=np.concatenate([*values, np.zeros(0)]),
        lo=offsets[:-1, None],
        hi=offsets[1:, None],
        starts=None,
        extended=None,
    )
