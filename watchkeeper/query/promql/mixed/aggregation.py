"""Aggregations across series among which are histograms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np

from watchkeeper.model import METRIC_NAME, Histogram
from watchkeeper.query.promql.ast import Aggregate
from watchkeeper.query.promql.histograms import (
    MixedSchemas,
    compact,
    describe_histogram,
    is_custom,
    present_histograms,
)
from watchkeeper.query.promql.literals import quote
from watchkeeper.query.promql.mixed.grids import histogram_cells, no_histograms
from watchkeeper.query.promql.mixed.sums import Combined, averaged, summed
from watchkeeper.query.promql.run import Frame, Notes
from watchkeeper.query.promql.types import Bools, Grid, Histograms, value_of

_COMBINED: dict[str, Callable[[Sequence[Histogram]], Combined]] = {"sum": summed, "avg": averaged}
_FLOATS_ONLY = frozenset({"max", "min", "quantile", "stddev", "stdvar", "topk", "bottomk"})
_SELECTING = frozenset({"topk", "bottomk"})


def aggregable(frame: Frame, node: Aggregate, grid: Grid) -> Grid:
    """What an aggregation that knows floats only works on; says what it ignores."""
    if grid.histograms is None or node.op not in _FLOATS_ONLY:
        return grid
    position = node.start if node.op in _SELECTING else node.expr.start
    ignored = histogram_cells(grid)
    if ignored.any():
        frame.run.notes.inform(f"ignored histogram in {node.op} aggregation", position)
    return replace(grid, present=grid.present & ~ignored, histograms=None).without_absent()


def combine_groups(
    frame: Frame, node: Aggregate, grid: Grid, groups: Iterable[np.ndarray], result: Grid
) -> Grid:
    """`result`, the sum or mean of the floats of each group, with those of the histograms.

    A group of floats and histograms has no value at that step, nor one of two kinds of buckets.
    """
    combine = _COMBINED.get(node.op)
    cells = histogram_cells(grid)
    if grid.histograms is None or combine is None or not cells.any():
        return replace(result, histograms=None)
    histograms, present = no_histograms(result.present.shape), result.present.copy()
    for group, rows in enumerate(groups):
        here = cells[rows]
        mixed = here.any(axis=0) & (grid.present[rows] & ~here).any(axis=0)
        if mixed.any():
            _note_mixed(frame.run.notes, node.expr.start)
        present[group] &= ~mixed
        for step in np.flatnonzero(here.any(axis=0) & ~mixed):
            chosen = rows[here[:, step]]
            value = _combine(frame, node, grid, chosen, int(step))
            histograms[group, step] = value
            present[group, step] = value is not None
    return replace(result, present=present, histograms=histograms)


def _note_mixed(notes: Notes, position: int) -> None:
    notes.warn("encountered a mix of histograms and floats for aggregation", position)


def _combine(
    frame: Frame, node: Aggregate, grid: Grid, rows: np.ndarray, step: int
) -> Histogram | None:
    if grid.histograms is None:
        return None
    samples: list[Histogram] = list(grid.histograms[rows, step])
    try:
        combined = _COMBINED[node.op](samples)
    except MixedSchemas:
        kinds = [is_custom(sample) for sample in samples]
        other = rows[kinds.index(not kinds[0])]
        name = quote(value_of(grid.labels[other], METRIC_NAME))
        frame.run.notes.warn(
            "vector contains a mix of histograms with exponential and custom buckets schemas for "
            f"metric name {name}",
            node.expr.start,
        )
        return None
    combined.note(frame.run.notes, node.expr.start)
    return compact(combined.value)


def described_values(grid: Grid) -> tuple[Bools, Histograms]:
    """Where histograms are, and their texts: what count_values groups them by."""
    if grid.histograms is None:
        return np.zeros(grid.present.shape, np.bool_), no_histograms(grid.present.shape)
    cells = grid.present & present_histograms(grid.histograms)
    texts = no_histograms(grid.present.shape)
    for row, step in np.argwhere(cells).tolist():
        texts[row, step] = describe_histogram(grid.histograms[row, step])
    return cells, texts
