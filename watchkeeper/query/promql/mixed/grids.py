"""Grids and windows whose samples are floats and histograms, taken apart and put together."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from watchkeeper.model import Histogram
from watchkeeper.query.budget import Budget
from watchkeeper.query.promql.histograms import multiplied, present_histograms, weight
from watchkeeper.query.promql.naming import unite
from watchkeeper.query.promql.run import Frame
from watchkeeper.query.promql.types import I64, Bools, Grid, Histograms
from watchkeeper.query.promql.windows import Extension, Windows


def no_histograms(shape: tuple[int, ...]) -> Histograms:
    """A column or a grid of floats only, to be filled."""
    return np.full(shape, None, dtype=np.object_)


class Cells:
    """Histograms of a grid that is being computed, each counted against the query's budget."""

    def __init__(self, budget: Budget, shape: tuple[int, ...]) -> None:
        self.histograms = no_histograms(shape)
        self._budget = budget
        self._held = 0

    def put(self, row: int, step: int, histogram: Histogram | None) -> None:
        """Raises BudgetSpent where memory, time or patience end."""
        if histogram is not None:
            size = weight(histogram)
            self._budget.hold(size)
            self._held += size
        self.histograms[row, step] = histogram

    def done(self) -> Histograms:
        """All of them. What is kept of a node's value is for the evaluator to count."""
        self._budget.release(self._held)
        return self.histograms


def histogram_cells(grid: Grid) -> Bools:
    """Where a histogram is present."""
    if grid.histograms is None:
        return np.zeros(grid.present.shape, np.bool_)
    return grid.present & present_histograms(grid.histograms)


def floats_only(grid: Grid) -> Grid:
    """The grid without its histograms."""
    if grid.histograms is None:
        return grid
    present = grid.present & ~present_histograms(grid.histograms)
    return replace(grid, present=present, histograms=None).without_absent()


def negated(frame: Frame, grid: Grid) -> Grid:
    """The grid times -1."""
    histograms = grid.histograms
    if histograms is not None:
        answer = Cells(frame.run.budget, histograms.shape)
        for row, step in np.argwhere(histogram_cells(grid)).tolist():
            answer.put(row, step, multiplied(histograms[row, step], -1.0))
        histograms = answer.done()
    return replace(grid, values=-grid.values, histograms=histograms)


def stacked(first: Grid, second: Grid) -> Grid:
    """The series of both, which may have equal labels."""
    histograms: Histograms | None = None
    if first.histograms is not None or second.histograms is not None:
        histograms = np.concatenate(
            [
                no_histograms(grid.values.shape) if grid.histograms is None else grid.histograms
                for grid in (first, second)
            ]
        )
    return Grid(
        first.labels + second.labels,
        np.concatenate((first.values, second.values)),
        np.concatenate((first.present, second.present)),
        np.concatenate((first.drop_name, second.drop_name)),
        histograms,
    )


def merged(first: Grid, second: Grid) -> Grid:
    """The series of both, those of equal labels as one. Raises ExecutionError if they overlap."""
    if not second.labels:
        return first
    return unite(stacked(first, second)) if first.labels else second


@dataclass(frozen=True, slots=True)
class Split:
    """Windows of floats and of histograms. The columns of each hold samples of one kind.

    floats, histograms: as many series and steps as the windows they came from.
    """

    floats: Windows
    histograms: Windows

    @property
    def mixed(self) -> Bools:
        """Windows that hold both, n by s."""
        return np.asarray((self.floats.counts > 0) & (self.histograms.counts > 0))


def split_windows(windows: Windows) -> Split:
    """The same windows over the floats alone, and over the histograms alone."""
    if windows.histograms is None:
        return Split(windows, _over(windows, np.zeros(len(windows.ts), np.bool_)))
    chosen = present_histograms(windows.histograms)
    return Split(replace(_over(windows, ~chosen), histograms=None), _over(windows, chosen))


def _over(windows: Windows, chosen: Bools) -> Windows:
    before = np.concatenate((np.zeros(1, np.int64), np.cumsum(chosen, dtype=np.int64)))
    histograms, starts = windows.histograms, windows.starts
    return replace(
        windows,
        starts=None if starts is None else starts[chosen],
        ts=windows.ts[chosen],
        values=windows.values[chosen],
        lo=before[windows.lo],
        hi=before[windows.hi],
        extended=windows.extended and _moved(windows.extended, before),
        histograms=None if histograms is None else histograms[chosen],
    )


def _moved(extended: Extension, before: I64) -> Extension:
    return replace(extended, started=before[extended.started], ended=before[extended.ended])


def only_where(windows: Windows, wanted: Bools) -> Windows:
    """The windows with all others emptied, without series that have none left."""
    rows = np.flatnonzero((wanted & (windows.counts > 0)).any(axis=1))
    extended = windows.extended
    if extended is not None:
        extended = replace(extended, started=extended.started[rows], ended=extended.ended[rows])
    return replace(
        windows,
        extended=extended,
        labels=[windows.labels[row] for row in rows.tolist()],
        lo=windows.lo[rows],
        hi=np.where(wanted, windows.hi, windows.lo)[rows],
        drop_name=windows.drop_name[rows],
    )


def grid_from(windows: Windows, histograms: Histograms) -> Grid:
    """A histogram, or None for no sample, for each window."""
    return Grid(
        list(windows.labels),
        np.full(histograms.shape, np.nan),
        present_histograms(histograms),
        np.array(windows.drop_name),
        histograms,
    ).without_absent()


def window_rows(windows: Windows, at_least: int) -> list[tuple[int, int, int, int]]:
    """(series, step, lo, hi) of all windows of at least this many samples."""
    series, steps = np.nonzero(windows.counts >= at_least)
    lo: I64 = windows.lo[series, steps]
    hi: I64 = windows.hi[series, steps]
    return list(zip(series.tolist(), steps.tolist(), lo.tolist(), hi.tolist(), strict=True))
