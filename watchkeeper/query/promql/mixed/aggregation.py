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
from watchkeeper.query.promql.mixed.grids import Cells, histogram_cells, no_histograms
from watchkeeper.query.promql.mixed.sums import Combined, averaged, summed
from watchkeeper.query.promql.mixed.tables import joined_hints, table_of
from watchkeeper.query.promql.run import Frame, Notes
from watchkeeper.query.promql.types import Bools, Grid, Histograms, value_of

_COMBINED: dict[str, Callable[[Sequence[Histogram]], Combined]] = {"sum": summed, "avg": averaged}
_PIECE = 20_000
"""About how many histograms are summed at once."""
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
    answer, present = Cells(frame.run.budget, result.present.shape), result.present.copy()
    for group, rows in enumerate(groups):
        here = cells[rows]
        mixed = here.any(axis=0) & (grid.present[rows] & ~here).any(axis=0)
        if mixed.any():
            _note_mixed(frame.run.notes, node.expr.start)
        present[group] &= ~mixed
        steps = np.flatnonzero(here.any(axis=0) & ~mixed)
        for some in np.array_split(steps, 1 + int(here.sum()) // _PIECE):
            found = _at_once(node.op, grid, rows, here, some)
            for place, step in enumerate(some.tolist()):
                chosen = rows[here[:, step]]
                value = _combine(frame, node, grid, chosen, step) if found is None else found[place]
                answer.put(group, step, value)
                present[group, step] = value is not None
    return replace(result, present=present, histograms=answer.done())


def _at_once(
    op: str, grid: Grid, rows: np.ndarray, here: Bools, steps: np.ndarray
) -> list[Histogram] | None:
    """Sums or means of a group at these steps, if all its histograms have one layout."""
    if grid.histograms is None or not len(steps):
        return None
    cells = grid.histograms[rows][:, steps].T[here[:, steps].T]
    table = table_of(list(cells))
    if table is None or (table.numbers < 0).any():
        return None
    counts = here[:, steps].sum(axis=0, dtype=np.int64)
    hi = np.cumsum(counts)
    hints = joined_hints(table.hints, hi - counts, hi)
    numbers = np.add.reduceat(table.numbers, hi - counts, axis=0)
    if hints is None or not np.isfinite(numbers).all():
        return None
    if op == "avg":
        numbers = numbers / counts[:, None]
    return [table.histogram(*found) for found in zip(numbers.tolist(), hints, strict=True)]


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
