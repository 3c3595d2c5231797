"""Aggregations over each series' own window."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from watchkeeper.query.promql.invocation import Invocation
from watchkeeper.query.promql.quantiles import note_bad_quantiles, sorted_quantile
from watchkeeper.query.promql.types import F64, Grid
from watchkeeper.query.promql.windows import Windows, dense, window_extreme, window_sum

_SCALE = 2.0**-64


def _count(call: Invocation) -> Grid:
    counts = call.windows().counts
    return call.windowed(counts.astype(np.float64), counts > 0)


def _present(call: Invocation) -> Grid:
    windows = call.windows()
    return call.windowed(np.ones(windows.shape), windows.counts > 0)


def _sum(call: Invocation) -> Grid:
    windows = call.windows()
    total = window_sum(windows.values, windows.lo, windows.hi)
    return call.windowed(total, windows.counts > 0)


def window_mean(windows: Windows) -> F64:
    """Mean of each window; windows whose sum would overflow are summed at a smaller scale."""
    counts = np.maximum(windows.counts, 1)
    mean = window_sum(windows.values, windows.lo, windows.hi) / counts
    spilled = ~np.isfinite(mean)
    if spilled.any() and np.isfinite(windows.values).any():
        scaled = window_sum(windows.values * _SCALE, windows.lo[spilled], windows.hi[spilled])
        mean[spilled] = scaled / counts[spilled] / _SCALE
    return mean


def _avg(call: Invocation) -> Grid:
    windows = call.windows()
    return call.windowed(window_mean(windows), windows.counts > 0)


def _max(call: Invocation) -> Grid:
    return _extreme(call, np.fmax)


def _min(call: Invocation) -> Grid:
    return _extreme(call, np.fmin)


def _extreme(call: Invocation, pick: Callable[[F64, F64], F64]) -> Grid:
    windows = call.windows()
    values = window_extreme(windows.values, windows.lo, windows.hi, pick)
    return call.windowed(values, windows.counts > 0)


def _edge(call: Invocation, *, last: bool, times: bool) -> Grid:
    """The first or last sample of each window, or its time in seconds."""
    windows = call.windows()
    present = windows.counts > 0
    if not len(windows.values):
        return call.windowed(np.zeros(windows.shape), present, keep_name=not times)
    index = np.where(present, windows.hi - 1 if last else windows.lo, 0)
    column = windows.ts / 1000 if times else windows.values
    return call.windowed(column[index], present, keep_name=not times)


def _last(call: Invocation) -> Grid:
    return _edge(call, last=True, times=False)


def _first(call: Invocation) -> Grid:
    return _edge(call, last=False, times=False)


def _ts_of_last(call: Invocation) -> Grid:
    return _edge(call, last=True, times=True)


def _ts_of_first(call: Invocation) -> Grid:
    return _edge(call, last=False, times=True)


def _by_rows(call: Invocation, windows: Windows, row: Callable[[F64], F64]) -> Grid:
    """`row` maps windows of one length (rows by length) to a value each."""
    values = np.zeros(windows.shape)
    for piece in dense(windows):
        call.frame.run.budget.check()
        values[piece.where] = row(piece.values)
    return call.windowed(values, windows.counts > 0)


def variance(rows: F64) -> F64:
    """Population variance of each row; exactly 0 where all values are equal."""
    centred = rows - rows[:, :1]
    mean = centred.mean(axis=1, keepdims=True)
    return np.asarray(((centred - mean) ** 2).mean(axis=1))


def _stdvar(call: Invocation) -> Grid:
    return _by_rows(call, call.windows(), variance)


def _stddev(call: Invocation) -> Grid:
    return _by_rows(call, call.windows(), lambda rows: np.sqrt(variance(rows)))


def _quantile(call: Invocation) -> Grid:
    windows, q = call.windows(1), call.scalars(0)
    values = np.zeros(windows.shape)
    for piece in dense(windows):
        call.frame.run.budget.check()
        values[piece.where] = sorted_quantile(q[piece.where[1]], np.sort(piece.values, axis=1))
    note_bad_quantiles(call.frame, q, call.position(0), any_result=bool(windows.counts.any()))
    return call.windowed(values, windows.counts > 0)


def _median(rows: F64) -> F64:
    return np.asarray(np.median(rows, axis=1))


def _mad(call: Invocation) -> Grid:
    return _by_rows(
        call, call.windows(), lambda rows: _median(np.abs(rows - _median(rows)[:, None]))
    )


def _ts_of(call: Invocation, *, largest: bool) -> Grid:
    """When the extreme was last reached, in seconds."""
    windows = call.windows()
    values = np.zeros(windows.shape)
    for piece in dense(windows):
        extreme = np.fmax.reduce if largest else np.fmin.reduce
        reached = piece.values == extreme(piece.values, axis=1)[:, None]
        newest = reached.shape[1] - 1 - np.argmax(reached[:, ::-1], axis=1)
        newest = np.where(reached.any(axis=1), newest, 0)
        values[piece.where] = piece.ts[np.arange(len(newest)), newest] / 1000
    return call.windowed(values, windows.counts > 0)


def _ts_of_max(call: Invocation) -> Grid:
    return _ts_of(call, largest=True)


def _ts_of_min(call: Invocation) -> Grid:
    return _ts_of(call, largest=False)


OVER_TIME = {
    "avg_over_time": _avg,
    "count_over_time": _count,
    "first_over_time": _first,
    "last_over_time": _last,
    "mad_over_time": _mad,
    "max_over_time": _max,
    "min_over_time": _min,
    "present_over_time": _present,
    "quantile_over_time": _quantile,
    "stddev_over_time": _stddev,
    "stdvar_over_time": _stdvar,
    "sum_over_time": _sum,
    "ts_of_first_over_time": _ts_of_first,
    "ts_of_last_over_time": _ts_of_last,
    "ts_of_max_over_time": _ts_of_max,
    "ts_of_min_over_time": _ts_of_min,
}
