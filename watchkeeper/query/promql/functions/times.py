"""Functions of time. Calendars are UTC."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from watchkeeper.query.promql.invocation import Invocation, Value
from watchkeeper.query.promql.naming import drop_names
from watchkeeper.query.promql.types import F64, Grid, Scalars, empty_grid, grid_of


def _time(call: Invocation) -> Scalars:
    return Scalars(call.frame.times / 1000)


def _constant(of: Callable[[Invocation], float]) -> Callable[[Invocation], Value]:
    return lambda call: Scalars(np.full(call.frame.steps, of(call)))


def _timestamp(call: Invocation) -> Grid:
    """The evaluation time; that of a bare selector's samples is read by the evaluator."""
    grid = call.grid()
    values = np.broadcast_to(call.frame.times / 1000, grid.values.shape)
    return drop_names(call.frame.run, Grid(grid.labels, values, grid.present, grid.drop_name))


def _days(seconds: np.ndarray) -> np.ndarray:
    return np.asarray(seconds.astype("datetime64[s]").astype("datetime64[D]"))


def _months(seconds: np.ndarray) -> np.ndarray:
    return np.asarray(_days(seconds).astype("datetime64[M]"))


def _years(seconds: np.ndarray) -> np.ndarray:
    return np.asarray(_days(seconds).astype("datetime64[Y]"))


def _count(span: np.ndarray) -> np.ndarray:
    return np.asarray(span.astype(np.int64))


_PARTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "year": lambda s: _count(_years(s)) + 1970,
    "month": lambda s: _count(_months(s)) % 12 + 1,
    "day_of_month": lambda s: _count(_days(s) - _months(s)) + 1,
    "day_of_year": lambda s: _count(_days(s) - _years(s)) + 1,
    "day_of_week": lambda s: (_count(_days(s)) + 4) % 7,
    "days_in_month": lambda s: _count(
        (_months(s) + 1).astype("datetime64[D]") - _months(s).astype("datetime64[D]")
    ),
    "hour": lambda s: s // 3600 % 24,
    "minute": lambda s: s // 60 % 60,
}
_LARGEST_S = 2.0**55


def _part(name: str) -> Callable[[Invocation], Value]:
    def compute(call: Invocation) -> Value:
        if call.args:
            return call.mapped(calendar_part(name, call.grid().values))
        values = calendar_part(name, call.frame.times / 1000)[None, :]
        return grid_of([()], values, np.ones(values.shape, np.bool_))

    return compute


def calendar_part(name: str, seconds: F64) -> F64:
    """A part of the UTC date of Unix seconds; NaN where there is no such date."""
    dated = np.abs(seconds) < _LARGEST_S
    whole = np.floor(np.where(dated, seconds, 0.0)).astype(np.int64)
    return np.where(dated, _PARTS[name](whole), np.nan)


def _range_s(call: Invocation) -> float:
    return (call.frame.run.end_ms - call.frame.run.start_ms) / 1000


TIMES: dict[str, Callable[[Invocation], Value]] = {
    **{name: _part(name) for name in _PARTS},
    "time": _time,
    "timestamp": _timestamp,
    "start_timestamp": lambda call: empty_grid(call.frame.steps),
    "start": _constant(lambda call: call.frame.run.start_ms / 1000),
    "end": _constant(lambda call: call.frame.run.end_ms / 1000),
    "step": _constant(lambda call: call.frame.run.step_ms / 1000),
    "range": _constant(_range_s),
}
