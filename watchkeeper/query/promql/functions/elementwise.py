"""Functions of one value at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from watchkeeper.query.promql.invocation import Invocation, Value
from watchkeeper.query.promql.types import F64, Bools, Grid, Scalars, grid_of


def _plain(compute: Callable[[F64], F64]) -> Callable[[Invocation], Grid]:
    """A function that maps values."""
    return lambda call: call.mapped(np.asarray(compute(call.grid().values), dtype=np.float64))


def _sgn(values: F64) -> F64:
    return np.where(np.isnan(values), values, np.sign(values))


def _round(call: Invocation) -> Grid:
    """To the nearest multiple, halves up."""
    to_nearest = call.scalars(1) if len(call.args) > 1 else np.ones(1)
    inverse = 1.0 / to_nearest
    return call.mapped(np.floor(call.grid().values * inverse + 0.5) / inverse)


def _clamp(call: Invocation) -> Grid:
    low, high = call.scalars(1), call.scalars(2)
    grid = call.mapped(np.maximum(low, np.minimum(high, call.grid().values)))
    return _only_at(grid, ~(low > high))


def _clamp_max(call: Invocation) -> Grid:
    return call.mapped(np.minimum(call.scalars(1), call.grid().values))


def _clamp_min(call: Invocation) -> Grid:
    return call.mapped(np.maximum(call.scalars(1), call.grid().values))


def _only_at(grid: Grid, steps: Bools) -> Grid:
    if steps.all():
        return grid
    present = grid.present & steps[None, :]
    return Grid(grid.labels, grid.values, present, grid.drop_name).without_absent()


def _pi(call: Invocation) -> Scalars:
    return Scalars(np.full(call.frame.steps, np.pi))


def _vector(call: Invocation) -> Grid:
    values = call.scalars(0)[None, :]
    return grid_of([()], values, np.ones(values.shape, np.bool_))


def _scalar(call: Invocation) -> Scalars:
    """The value where there is exactly one, else NaN."""
    grid = call.grid()
    alone = grid.present.sum(axis=0) == 1
    total = np.where(grid.present, grid.values, 0.0).sum(axis=0)
    return Scalars(np.where(alone, total, np.nan))


def _either(choose: Callable[[F64, F64], F64]) -> Callable[[Invocation], Value]:
    return lambda call: Scalars(choose(call.scalars(0), call.scalars(1)))


_MAPS: dict[str, Callable[[F64], F64]] = {
    "abs": np.abs,
    "acos": np.arccos,
    "acosh": np.arccosh,
    "asin": np.arcsin,
    "asinh": np.arcsinh,
    "atan": np.arctan,
    "atanh": np.arctanh,
    "ceil": np.ceil,
    "cos": np.cos,
    "cosh": np.cosh,
    "deg": np.degrees,
    "exp": np.exp,
    "floor": np.floor,
    "ln": np.log,
    "log10": np.log10,
    "log2": np.log2,
    "rad": np.radians,
    "sgn": _sgn,
    "sin": np.sin,
    "sinh": np.sinh,
    "sqrt": np.sqrt,
    "tan": np.tan,
    "tanh": np.tanh,
}

ELEMENTWISE: dict[str, Callable[[Invocation], Value]] = {
    **{name: _plain(compute) for name, compute in _MAPS.items()},
    "clamp": _clamp,
    "clamp_max": _clamp_max,
    "clamp_min": _clamp_min,
    "max_of": _either(np.maximum),
    "min_of": _either(np.minimum),
    "pi": _pi,
    "round": _round,
    "scalar": _scalar,
    "vector": _vector,
}
