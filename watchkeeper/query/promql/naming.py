"""Names that go or come, and rows that become one series because of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from watchkeeper.model import Labels, labels_of
from watchkeeper.query.promql.errors import ExecutionError
from watchkeeper.query.promql.run import Run
from watchkeeper.query.promql.types import Bools, Grid, without_name

SAME_LABELSET = "vector cannot contain metrics with the same labelset"


def drop_names(run: Run, grid: Grid) -> Grid:
    """The grid without metric names: now, or marked for the end of the query."""
    if run.options.delayed_name_removal:
        return replace(grid, drop_name=np.ones(len(grid.labels), np.bool_))
    return unite(replace(grid, labels=[without_name(labels) for labels in grid.labels]))


def settle_names(grid: Grid) -> Grid:
    """The end of a query: what was marked loses its name."""
    if not grid.drop_name.any():
        return grid
    labels = [
        without_name(row) if drop else row
        for row, drop in zip(grid.labels, grid.drop_name, strict=True)
    ]
    return unite(replace(grid, labels=labels, drop_name=np.zeros(len(labels), np.bool_)))


def unite(grid: Grid, *, problem: str = SAME_LABELSET) -> Grid:
    """Rows of equal labels as one row. Raises ExecutionError where two have a sample at a step."""
    if len(set(grid.labels)) == len(grid.labels):
        return grid
    rows: dict[Labels, list[int]] = {}
    for index, labels in enumerate(grid.labels):
        rows.setdefault(labels, []).append(index)
    firsts = [members[0] for members in rows.values()]
    united = grid.rows(firsts)
    values, present, drop = united.values.copy(), united.present.copy(), united.drop_name.copy()
    for row, members in enumerate(rows.values()):
        for other in members[1:]:
            more = grid.present[other]
            if united.histograms is not None and grid.histograms is not None:
                united.histograms[row][more] = grid.histograms[other][more]
            _overlay(values[row], present[row], grid.values[other], more, problem)
            drop[row] |= grid.drop_name[other]
    return Grid(united.labels, values, present, drop, united.histograms)


def _overlay(
    values: np.ndarray, present: Bools, more: np.ndarray, more_present: Bools, problem: str
) -> None:
    if (present & more_present).any():
        raise ExecutionError(problem)
    values[more_present] = more[more_present]
    present |= more_present


def with_label(labels: Labels, name: str, value: str) -> Labels:
    """The labels with one set, or removed if the value is ""."""
    return labels_of([*(pair for pair in labels if pair[0] != name), (name, value)])
