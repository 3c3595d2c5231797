"""Aggregations that eat a promise tile by tile: the vector below them is never held as a whole.

Each returns None where the general aggregation has to look (cancelling signs, NaN to rank).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from watchkeeper.model import METRIC_NAME
from watchkeeper.query.promql.ast import Aggregate
from watchkeeper.query.promql.invocation import Value
from watchkeeper.query.promql.lattice.promise import Promise, TileOf, covers
from watchkeeper.query.promql.lattice.table import Slots
from watchkeeper.query.promql.ranking import ranked
from watchkeeper.query.promql.types import F64, Grid, Scalars, grid_of

_ILL_CONDITIONED = 1e-4


class _Accumulator:
    """Groups by steps. ids: the group of each series of the promise."""

    def __init__(self, promise: Promise, ids: Slots, groups: int, start: float) -> None:
        self.promise = promise
        self.ids = ids
        self.values = np.full((groups, promise.frame.steps), start)

    def local(self, tile: TileOf) -> tuple[Slots, Slots]:
        """The groups in a tile, and which of these each of its series belongs to."""
        ids = self.ids[tile.start : tile.start + tile.values.shape[1]]
        if len(ids) and ids[0] == ids[-1] and bool((ids == ids[0]).all()):
            return ids[:1], np.zeros(len(ids), np.int64)
        return np.unique(ids, return_inverse=True)

    def fold(self, tile: TileOf, groups: Slots, piece: F64, fold: np.ufunc) -> None:
        """Bring a tile's groups (steps of the part by groups, or transposed) into the whole."""
        at = tile.part.at
        if isinstance(at, slice):
            steps = self.values[:, at]
            steps[groups] = fold(steps[groups], piece)
        else:
            cells = groups[:, None], at[None, :]
            self.values[cells] = fold(self.values[cells], piece)


def _folded(values: F64, local: Slots, groups: int, fold: np.ufunc) -> F64:
    """steps by series → groups by steps."""
    if groups == 1:
        return np.asarray(fold.reduce(values, axis=1))[None, :]
    order = np.argsort(local, kind="stable")
    starts = np.searchsorted(local[order], np.arange(groups))
    return np.asarray(fold.reduceat(values.T[order], starts, axis=0))


def _sums(promise: Promise, ids: Slots, groups: int) -> F64 | None:
    """None if a sum is not finite or nearly cancels."""
    total = _Accumulator(promise, ids, groups, 0.0)
    size: _Accumulator | None = None
    for tile in promise.tiles():
        local_groups, local = total.local(tile)
        piece = _folded(tile.values, local, len(local_groups), np.add)
        if size is None and (tile.values < 0).any():
            size = _Accumulator(promise, ids, groups, 0.0)
            size.values[:] = np.abs(total.values)
        if size is not None:
            absolute = _folded(np.abs(tile.values), local, len(local_groups), np.add)
            size.fold(tile, local_groups, absolute, np.add)
        total.fold(tile, local_groups, piece, np.add)
    if not np.isfinite(total.values).all():
        return None
    if size is not None:
        ill = (np.abs(total.values) <= size.values * _ILL_CONDITIONED) & (size.values > 0)
        return None if ill.any() else total.values
    return total.values


def _counts(promise: Promise, ids: Slots, groups: int) -> F64:
    """How many series of each group have a value, without looking at one."""
    counts = np.zeros((groups, promise.frame.steps))
    start = 0
    for part in promise.parts:
        of_part = ids[start : start + part.sheet.width]
        counts[:, part.at] += np.bincount(of_part, minlength=groups)[:, None]
        start += part.sheet.width
    return counts


def _mean(promise: Promise, ids: Slots, groups: int) -> F64 | None:
    total = _sums(promise, ids, groups)
    return None if total is None else total / np.maximum(_counts(promise, ids, groups), 1)


def _extreme(fold: np.ufunc) -> Callable[[Promise, Slots, int], F64]:
    def reduce(promise: Promise, ids: Slots, groups: int) -> F64:
        best = _Accumulator(promise, ids, groups, np.nan)
        for tile in promise.tiles():
            local_groups, local = best.local(tile)
            piece = _folded(tile.values, local, len(local_groups), fold)
            best.fold(tile, local_groups, piece, fold)
        return best.values

    return reduce


def _ones(promise: Promise, ids: Slots, groups: int) -> F64:
    return np.ones((groups, promise.frame.steps))


_REDUCERS: Mapping[str, Callable[[Promise, Slots, int], F64 | None]] = {
    "avg": _mean,
    "count": _counts,
    "group": _ones,
    "max": _extreme(np.fmax),
    "min": _extreme(np.fmin),
    "sum": _sums,
}
FUSED = frozenset({*_REDUCERS, "topk", "bottomk"})


def aggregate_promise(promise: Promise, node: Aggregate, param: Value | None) -> Grid | None:
    """The aggregation of a promise, or None if the general one must do it."""
    if node.op in ("topk", "bottomk"):
        return _ranked(promise, node, param)
    names = node.grouping
    if promise.drops_name and not node.without and METRIC_NAME in names:
        if not promise.is_nameless:
            return None
        names = tuple(name for name in names if name != METRIC_NAME)
    grouping = promise.lattice.table.grouping(names, without=node.without)
    known, ids = np.unique(grouping.ids[promise.slots], return_inverse=True)
    values = _REDUCERS[node.op](promise, ids, len(known))
    if values is None:
        return None
    labels = [grouping.labels[group] for group in known.tolist()]
    if all(covers(part, promise.frame.steps) for part in promise.parts):
        return grid_of(labels, values, np.broadcast_to(np.True_, values.shape))
    present = _counts(promise, ids, len(known)) > 0
    return grid_of(labels, values, present).without_absent()


def _ranked(promise: Promise, node: Aggregate, param: Value | None) -> Grid | None:
    """topk and bottomk of all series: those that ever rank are found first, then ranked."""
    if not isinstance(param, Scalars) or node.grouping or node.without:
        return None
    k = float(param.values[0])
    if not 1 <= k <= len(promise.slots) or bool((param.values != k).any()):
        return None
    found = _candidates(promise, int(k), sign=1.0 if node.op == "topk" else -1.0)
    if found is None:
        return None
    picked, values = found
    names = promise.lattice.table.ranks(nameless=promise.is_nameless)
    order = np.argsort(names[promise.slots[picked]])
    picked, values = picked[order], values[order]
    present = values != -np.inf if node.op == "topk" else values != np.inf
    grid = promise.grid(promise.slots[picked], values, present)
    return ranked(promise.frame, node.op, grid, [np.arange(len(picked))], param.values)


def _candidates(promise: Promise, k: int, *, sign: float) -> tuple[Slots, F64] | None:
    """Series that may be among the first k at any step, and their values.

    Those that tie for the last place are among them. The last of all numbers stands
    where a series has no value. None if NaN or that number occurs.
    """
    lowest = np.full(promise.frame.steps, -np.inf)
    best = np.full((k, promise.frame.steps), -np.inf)
    picked: list[Slots] = []
    values: list[F64] = []
    for tile in promise.tiles():
        keyed = _keyed(tile, promise.frame.steps, sign)
        if keyed is None:
            return None
        if tile.start < k:
            cols = np.arange(keyed.shape[1])
        else:
            cols = np.flatnonzero((keyed >= lowest[:, None]).any(axis=0))
        if len(cols):
            rows = np.ascontiguousarray(keyed[:, cols].T)
            picked.append(cols + tile.start)
            values.append(rows if sign > 0 else -rows)
            together = np.concatenate((best, rows))
            best = np.partition(together, len(together) - k, axis=0)[len(together) - k :]
            lowest = best[0]
    rows, every = np.concatenate(values), np.concatenate(picked)
    ranks = (rows >= lowest if sign > 0 else -rows >= lowest).any(axis=1)
    return every[ranks], rows[ranks]


def _keyed(tile: TileOf, steps: int, sign: float) -> F64 | None:
    """Numbers by which a tile's series rank, largest first, at all steps."""
    keyed = tile.values if sign > 0 else -tile.values
    if keyed.size and not np.isfinite(keyed.max() + keyed.min()):
        return None
    if covers(tile.part, steps):
        return keyed
    every = np.full((steps, keyed.shape[1]), -np.inf)
    every[tile.part.at] = keyed
    return every
