"""Functions over windows of whole buckets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from watchkeeper.lib.clock import SECOND_MS
from watchkeeper.query.promql.rollups.buckets import Buckets
from watchkeeper.query.promql.types import F64, I64, Bools

SELECTED = ""
"""Stands for a plain selector where a function's name stands."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    SELECTED: ("last",),
    "avg_over_time": ("sum", "samples"),
    "count_over_time": ("samples",),
    "first_over_time": ("first",),
    "increase": ("increase", "samples"),
    "last_over_time": ("last",),
    "max_over_time": ("max",),
    "min_over_time": ("min",),
    "present_over_time": (),
    "rate": ("increase", "samples"),
    "sum_over_time": ("sum",),
}
"""What roll-ups answer, and the columns that are read for it."""

ALIGNED = frozenset(COLUMNS) - {SELECTED, "increase", "rate"}
"""Exact where windows are whole buckets; while there are samples, read for no other windows."""

_STEPS_A_CHECK = 64
_NOTHING = {"max": -np.inf, "min": np.inf}
_REDUCERS: dict[str, Callable[..., F64]] = {"max": np.max, "min": np.min}


def reduced(
    buckets: Buckets,
    function: str,
    ends: I64,
    width: int,
    range_ms: int,
    *,
    check: Callable[[], None] = lambda: None,
) -> tuple[F64, Bools]:
    """Values and presence, series by windows. A window is the `width` buckets before its end.

    range_ms: the window that was asked for; what grows with it is brought to its length.
    check: called now and then; raises if the query should stop.
    """
    if not buckets.present.size:
        shape = (len(buckets.labels), len(ends))
        return np.zeros(shape), np.zeros(shape, np.bool_)
    end = (ends - buckets.first_ms) // buckets.width_ms
    windows = _Windows(np.maximum(end - width, 0), np.maximum(end, 0), check)
    scale = range_ms / (width * buckets.width_ms) if range_ms else 1.0
    present = windows.over(buckets.present.astype(np.float64), np.sum) > 0
    if function == "present_over_time":
        return np.ones(present.shape), present
    if function in (SELECTED, "last_over_time"):
        return windows.last(buckets), present
    if function == "first_over_time":
        return windows.first(buckets), present
    if function in ("rate", "increase"):
        several = _column(buckets, "samples", windows) >= 2
        seconds = width * buckets.width_ms / SECOND_MS
        factor = scale if function == "increase" else 1.0 / seconds
        return _column(buckets, "increase", windows) * factor, present & several
    if function == "avg_over_time":
        counts = _column(buckets, "samples", windows)
        return _column(buckets, "sum", windows) / np.maximum(counts, 1.0), present
    name = COLUMNS[function][0]
    values = _column(buckets, name, windows)
    return (values * scale if name in ("sum", "samples") else values), present


def _column(buckets: Buckets, name: str, windows: _Windows) -> F64:
    nothing = _NOTHING.get(name, 0.0)
    matrix = np.where(buckets.present, buckets.columns[name], nothing)
    return windows.over(matrix, _REDUCERS.get(name, np.sum), nothing)


@dataclass(frozen=True, slots=True)
class _Windows:
    """Columns [low, high) of each window; an empty one lies before every bucket."""

    low: I64
    high: I64
    check: Callable[[], None]

    def over(self, matrix: F64, reduce: Callable[..., F64], nothing: float = 0.0) -> F64:
        """`reduce` of each window. Computed anew each time: no sum drifts."""
        if bool((self.high - self.low == 1).all()):
            return np.asarray(matrix[:, self.low])
        out = np.empty((len(matrix), len(self.low)))
        bounds = zip(self.low.tolist(), self.high.tolist(), strict=True)
        for step, (start, end) in enumerate(bounds):
            if step % _STEPS_A_CHECK == 0:
                self.check()
            out[:, step] = reduce(matrix[:, start:end], axis=1, initial=nothing)
        return out

    def last(self, buckets: Buckets) -> F64:
        """Of the newest bucket of each window that is there."""
        places = np.where(buckets.present, np.arange(buckets.present.shape[1]), 0)
        newest = np.maximum.accumulate(places, axis=1)[:, np.maximum(self.high - 1, 0)]
        return np.asarray(np.take_along_axis(buckets.columns["last"], newest, axis=1))

    def first(self, buckets: Buckets) -> F64:
        """Of the oldest bucket of each window that is there."""
        count = buckets.present.shape[1]
        places = np.where(buckets.present, np.arange(count), count - 1)
        oldest = np.minimum.accumulate(places[:, ::-1], axis=1)[:, ::-1]
        at = oldest[:, np.minimum(self.low, count - 1)]
        return np.asarray(np.take_along_axis(buckets.columns["first"], at, axis=1))
