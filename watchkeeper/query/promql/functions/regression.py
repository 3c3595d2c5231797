"""Trends over windows: least squares and double exponential smoothing."""

from __future__ import annotations

import numpy as np

from watchkeeper.query.promql.errors import ExecutionError
from watchkeeper.query.promql.invocation import Invocation
from watchkeeper.query.promql.literals import format_fixed
from watchkeeper.query.promql.types import F64, Grid
from watchkeeper.query.promql.windows import dense


def line(seconds: F64, values: F64) -> tuple[F64, F64]:
    """Slope and intercept (at second 0) of the least-squares line through each row.

    A row of equal values has slope 0; one with an infinity, or a NaN, has NaN.
    """
    mean_x = seconds.mean(axis=1, keepdims=True)
    mean_y = values.mean(axis=1, keepdims=True)
    x = seconds - mean_x
    covariance = (x * (values - mean_y)).sum(axis=1)
    slope = covariance / (x * x).sum(axis=1)
    level = (values == values[:, :1]).all(axis=1)
    infinite = np.isinf(values[:, 0])
    slope = np.where(level, np.where(infinite, np.nan, 0.0), slope)
    intercept = np.where(
        level, np.where(infinite, np.nan, values[:, 0]), mean_y[:, 0] - slope * mean_x[:, 0]
    )
    return slope, intercept


def _deriv(call: Invocation) -> Grid:
    windows = call.windows()
    values = np.zeros(windows.shape)
    for piece in dense(windows, at_least=2):
        call.frame.run.budget.check()
        seconds = (piece.ts - piece.ts[:, :1]) / 1000
        values[piece.where] = line(seconds, piece.values)[0]
    return call.windowed(values, windows.counts >= 2)


def _predict_linear(call: Invocation) -> Grid:
    """The line's value `duration` seconds after the evaluation time (not the window's end)."""
    windows, duration_s, now = call.windows(), call.scalars(1), call.frame.times
    values = np.zeros(windows.shape)
    for piece in dense(windows, at_least=2):
        call.frame.run.budget.check()
        step = piece.where[1]
        slope, intercept = line((piece.ts - now[step][:, None]) / 1000, piece.values)
        values[piece.where] = slope * duration_s[step] + intercept
    return call.windowed(values, windows.counts >= 2)


def _double_exponential_smoothing(call: Invocation) -> Grid:
    windows, smoothing, trend = call.windows(), call.scalars(1), call.scalars(2)
    for factor, what in ((smoothing, "smoothing"), (trend, "trend")):
        wrong = factor[(factor <= 0) | (factor >= 1)]
        if len(wrong) and windows.counts.any():
            raise ExecutionError(
                f"invalid {what} factor. Expected: 0 < {_SYMBOL[what]} < 1, "
                f"got: {format_fixed(float(wrong[0]))}"
            )
    values = np.zeros(windows.shape)
    for piece in dense(windows, at_least=2):
        call.frame.run.budget.check()
        step = piece.where[1]
        values[piece.where] = _smoothed(piece.values, smoothing[step], trend[step])
    return call.windowed(values, windows.counts >= 2)


_SYMBOL = {"smoothing": "sf", "trend": "tf"}


def _smoothed(rows: F64, smoothing: F64, trend: F64) -> F64:
    """Holt's linear method along each row; its last level."""
    level = rows[:, 0]
    slope = rows[:, 1] - rows[:, 0]
    before = level
    for column in range(1, rows.shape[1]):
        if column > 1:
            slope = trend * (level - before) + (1 - trend) * slope
        before, level = level, smoothing * rows[:, column] + (1 - smoothing) * (level + slope)
    return level


REGRESSION = {
    "deriv": _deriv,
    "double_exponential_smoothing": _double_exponential_smoothing,
    "predict_linear": _predict_linear,
}
