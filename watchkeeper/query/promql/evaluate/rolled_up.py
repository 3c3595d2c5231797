"""Selectors and range functions that roll-ups answer, wholly or for the first steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from watchkeeper.query.promql.ast import Call, MatrixSelector, Node, Selector, unwrap
from watchkeeper.query.promql.evaluate.selectors import window_ends
from watchkeeper.query.promql.functions import doubt_counters
from watchkeeper.query.promql.literals import format_duration
from watchkeeper.query.promql.naming import drop_names
from watchkeeper.query.promql.rollups import (
    COLUMNS,
    SELECTED,
    Plan,
    RollupSource,
    plan,
    reduced,
)
from watchkeeper.query.promql.run import Frame
from watchkeeper.query.promql.types import Grid, grid_of

_KEEPS_NAME = frozenset({SELECTED, "first_over_time", "last_over_time"})


@dataclass(frozen=True, slots=True)
class _Asked:
    """A function over one selector's windows. range_ms: 0 for the selector itself."""

    source: RollupSource
    function: str
    selector: Selector
    range_ms: int
    how: Plan


def is_rolled_up(frame: Frame, node: Node) -> bool:
    """True if roll-ups answer any step of this expression."""
    return _asked(frame, node) is not None


def rolled_up(frame: Frame, node: Node, evaluate: Callable[[Frame], Grid]) -> Grid | None:
    """The value at every step: from roll-ups, and from samples by `evaluate` at the last steps.

    None if samples answer all of it.
    """
    asked = _asked(frame, node)
    if asked is None:
        return None
    steps = asked.how.steps
    early = _read(frame, asked, node.start)
    if steps == frame.steps:
        return early.without_absent()
    late = evaluate(Frame(frame.run, frame.times[steps:]))
    return _joined(early, late).without_absent()


def _asked(frame: Frame, node: Node) -> _Asked | None:
    source = frame.run.rollups
    if source is None:
        return None
    function, selector, range_ms = SELECTED, node, 0
    if isinstance(node, Call):
        inner = unwrap(node.args[0]) if len(node.args) == 1 else None
        if node.func not in COLUMNS or not isinstance(inner, MatrixSelector):
            return None
        function, selector, range_ms = node.func, inner.selector, inner.range_ms
    if not isinstance(selector, Selector) or selector.extended:
        return None
    ends = window_ends(frame, selector.offset_ms, selector.at)
    how = plan(source, function, ends, range_ms, frame.run.options.lookback_ms)
    if how is None or (how.is_long and _has_histograms(frame, source, selector, how)):
        return None
    return _Asked(source, function, selector, range_ms, how)


def _has_histograms(frame: Frame, source: RollupSource, selector: Selector, how: Plan) -> bool:
    return source.has_histograms(
        frame.run.scope,
        selector.matchers,
        start_ms=how.first_ms,
        end_ms=int(how.ends[-1]),
    )


def _read(frame: Frame, asked: _Asked, position: int) -> Grid:
    run, how = frame.run, asked.how
    columns = COLUMNS[asked.function]
    run.budget.check()
    buckets = asked.source.read(
        run.scope,
        asked.selector.matchers,
        how.resolution,
        first_ms=how.first_ms,
        last_ms=int(how.ends[-1]),
        columns=columns,
    )
    held = buckets.present.size * (1 + len(columns)) + len(buckets.labels) * how.steps
    run.budget.hold(held)
    values, present = reduced(
        buckets,
        asked.function,
        how.ends,
        how.buckets,
        asked.range_ms,
        check=run.budget.check,
    )
    run.budget.release(held)
    run.series += len(buckets.labels)
    run.samples += buckets.rows
    run.resolution_ms = max(run.resolution_ms, how.width_ms)
    run.notes.inform(
        f"samples of this range are rolled up, resolution {format_duration(how.width_ms)}",
        position,
    )
    if asked.function in ("rate", "increase"):
        doubt_counters(frame, buckets.labels, position)
    grid = grid_of(buckets.labels, values, present)
    return grid if asked.function in _KEEPS_NAME else drop_names(run, grid)


def _joined(early: Grid, late: Grid) -> Grid:
    """One grid of the steps of both, first those of `early`."""
    labels = sorted({*early.labels, *late.labels})
    rows = {series: row for row, series in enumerate(labels)}
    steps = early.steps + late.steps
    values = np.zeros((len(labels), steps))
    present = np.zeros((len(labels), steps), np.bool_)
    drop_name = np.zeros(len(labels), np.bool_)
    histograms = None
    if late.histograms is not None:
        histograms = np.full((len(labels), steps), None, dtype=np.object_)
    for grid, part in ((early, slice(0, early.steps)), (late, slice(early.steps, steps))):
        at = [rows[series] for series in grid.labels]
        values[at, part], present[at, part] = grid.values, grid.present
        drop_name[at] |= grid.drop_name
        if histograms is not None and grid.histograms is not None:
            histograms[at, part] = grid.histograms
    return Grid(labels, values, present, drop_name, histograms)
