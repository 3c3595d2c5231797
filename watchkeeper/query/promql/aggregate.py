"""Aggregations across series, at all steps at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from watchkeeper.model import METRIC_NAME, Labels
from watchkeeper.query.promql.ast import Aggregate
from watchkeeper.query.promql.invocation import Value
from watchkeeper.query.promql.mixed import aggregable, combine_groups
from watchkeeper.query.promql.quantiles import note_bad_quantiles, sorted_quantile
from watchkeeper.query.promql.ranking import count_values, limited, ranked
from watchkeeper.query.promql.run import Frame
from watchkeeper.query.promql.types import F64, Bools, Grid, Scalars
from watchkeeper.query.promql.windows import add_compensated

_SCALE = 2.0**-64
_ILL_CONDITIONED = 1e-4


@dataclass(frozen=True, slots=True)
class Groups:
    """order: rows of the grid, group after group. starts: where each group begins in it."""

    labels: list[Labels]
    order: np.ndarray
    starts: np.ndarray

    def each(self) -> Iterator[np.ndarray]:
        """The rows of each group, none if there is no group."""
        return iter(np.split(self.order, self.starts[1:]) if self.labels else [])


def group_rows(grid: Grid, grouping: tuple[str, ...], *, without: bool) -> Groups:
    """Rows of equal grouping labels, groups in order of their first row."""
    wanted = frozenset(grouping)
    groups: dict[Labels, list[int]] = {}
    for index, labels in enumerate(grid.labels):
        if without:
            key = tuple(p for p in labels if p[0] not in wanted and p[0] != METRIC_NAME)
        elif wanted:
            key = tuple(p for p in labels if p[0] in wanted)
        else:
            key = ()
        groups.setdefault(key, []).append(index)
    sizes = [len(rows) for rows in groups.values()]
    order = np.array([row for rows in groups.values() for row in rows], dtype=np.intp)
    starts = np.concatenate(([0], np.cumsum(sizes[:-1], dtype=np.intp))).astype(np.intp)
    return Groups(list(groups), order, starts)


def aggregate(frame: Frame, node: Aggregate, grid: Grid, param: Value | None) -> Grid:
    """One value for each group and step; topk and its kin keep series instead."""
    grid = aggregable(frame, node, grid)
    groups = group_rows(grid, node.grouping, without=node.without)
    if node.op == "count_values":
        label = param if isinstance(param, str) else ""
        return count_values(frame, grid, label, zip(groups.labels, groups.each(), strict=True))
    numbers = param.values if isinstance(param, Scalars) else np.zeros(frame.steps)
    if node.op in ("topk", "bottomk"):
        return ranked(frame, node.op, grid, groups.each(), numbers)
    if node.op in ("limitk", "limit_ratio"):
        position = node.start if node.param is None else node.param.start
        return limited(frame, node.op, grid, groups.each(), numbers, position)
    if not grid.labels:
        return grid
    if node.op == "quantile":
        position = node.param.start if node.param is not None else node.start
        note_bad_quantiles(frame, numbers, position, any_result=bool(grid.present.any()))
        values = _quantiles(grid, groups, numbers)
    else:
        values = _REDUCERS[node.op](grid, groups)
    present = np.logical_or.reduceat(grid.present[groups.order], groups.starts, axis=0)
    drop = _dropped(node, grid, groups)
    result = Grid(groups.labels, values, present, drop)
    if grid.histograms is not None:
        result = combine_groups(frame, node, grid, groups.each(), result)
    return result.without_absent()


def _dropped(node: Aggregate, grid: Grid, groups: Groups) -> Bools:
    """Only `by (__name__)` leaves a name that may be on its way out."""
    if node.without or METRIC_NAME not in node.grouping:
        return np.zeros(len(groups.labels), np.bool_)
    return np.logical_or.reduceat(grid.drop_name[groups.order], groups.starts)


def _ordered(grid: Grid, groups: Groups) -> tuple[F64, Bools]:
    if len(groups.starts) == len(groups.order) or bool((np.diff(groups.order) > 0).all()):
        return grid.values, grid.present
    return grid.values[groups.order], grid.present[groups.order]


def _sum(grid: Grid, groups: Groups) -> F64:
    values, present = _ordered(grid, groups)
    return grouped_sum(np.where(present, values, 0.0), groups.starts)


def grouped_sum(values: F64, starts: np.ndarray) -> F64:
    """Sums of the rows of each group; as exact as compensated summation where signs mix."""
    total = np.add.reduceat(values, starts, axis=0)
    if not ((values < 0).any() and (values > 0).any()):
        return total
    size = np.add.reduceat(np.abs(values), starts, axis=0)
    ill = (np.abs(total) <= size * _ILL_CONDITIONED) & (size > 0) & np.isfinite(size)
    for group in np.flatnonzero(ill.any(axis=1)):
        stop = starts[group + 1] if group + 1 < len(starts) else len(values)
        columns = ill[group]
        total[group, columns] = _compensated(values[starts[group] : stop][:, columns])
    return total


def _compensated(rows: F64) -> F64:
    total, carry = np.zeros(rows.shape[1]), np.zeros(rows.shape[1])
    for row in rows:
        total, carry = add_compensated(total, carry, row)
    return np.where(np.isinf(total), total, total + carry)


def _count(grid: Grid, groups: Groups) -> F64:
    _, present = _ordered(grid, groups)
    return np.add.reduceat(present, groups.starts, axis=0, dtype=np.float64)


def _avg(grid: Grid, groups: Groups) -> F64:
    values, present = _ordered(grid, groups)
    kept = np.where(present, values, 0.0)
    counts = np.maximum(_count(grid, groups), 1)
    mean = grouped_sum(kept, groups.starts) / counts
    spilled = ~np.isfinite(mean)
    if spilled.any():
        scaled = grouped_sum(kept * _SCALE, groups.starts) / counts / _SCALE
        mean = np.where(spilled, scaled, mean)
    return mean


def _extreme(pick: np.ufunc) -> Callable[[Grid, Groups], F64]:
    def reduce(grid: Grid, groups: Groups) -> F64:
        values, present = _ordered(grid, groups)
        return np.asarray(pick.reduceat(np.where(present, values, np.nan), groups.starts, axis=0))

    return reduce


def _group(grid: Grid, groups: Groups) -> F64:
    return np.ones((len(groups.labels), grid.steps))


def _stdvar(grid: Grid, groups: Groups) -> F64:
    """Population variance around the first value, so that equal values give exactly 0."""
    values, present = _ordered(grid, groups)
    sizes = np.diff(np.append(groups.starts, len(values)))
    first = np.repeat(_first_present(values, present, groups.starts), sizes, axis=0)
    counts = np.maximum(np.add.reduceat(present, groups.starts, axis=0, dtype=np.float64), 1)
    centred = np.where(present, values - first, 0.0)
    mean = np.add.reduceat(centred, groups.starts, axis=0) / counts
    spread = np.where(present, centred - np.repeat(mean, sizes, axis=0), 0.0)
    return np.asarray(np.add.reduceat(spread * spread, groups.starts, axis=0) / counts)


def _first_present(values: F64, present: Bools, starts: np.ndarray) -> F64:
    """Some present value of each group and step: that of the lowest row."""
    rows = np.arange(len(values))[:, None]
    index = np.where(present, rows, len(values))
    first = np.minimum.reduceat(index, starts, axis=0)
    first = np.minimum(first, len(values) - 1)
    return np.asarray(np.take_along_axis(values, first, axis=0))


def _stddev(grid: Grid, groups: Groups) -> F64:
    return np.sqrt(_stdvar(grid, groups))


def _quantiles(grid: Grid, groups: Groups, q: F64) -> F64:
    answer = np.full((len(groups.labels), grid.steps), np.nan)
    for index, rows in enumerate(groups.each()):
        present = grid.present[rows]
        counts = present.sum(axis=0)
        for count in np.unique(counts[counts > 0]):
            steps = np.flatnonzero(counts == count)
            values = grid.values[rows][:, steps].T[present[:, steps].T].reshape(-1, count)
            answer[index, steps] = sorted_quantile(q[steps], np.sort(values, axis=1))
    return answer


_REDUCERS: dict[str, Callable[[Grid, Groups], F64]] = {
    "avg": _avg,
    "count": _count,
    "group": _group,
    "max": _extreme(np.fmax),
    "min": _extreme(np.fmin),
    "stddev": _stddev,
    "stdvar": _stdvar,
    "sum": _sum,
}
