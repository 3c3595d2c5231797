"""Selectors and subqueries: from raw samples to instant vectors and windows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from watchkeeper.query.promql.ast import At, AtKind, MatrixSelector, Selector, Subquery
from watchkeeper.query.promql.histograms import without_buckets, without_hints
from watchkeeper.query.promql.mixed import Reach, smoothed_histograms
from watchkeeper.query.promql.run import Frame, Run
from watchkeeper.query.promql.types import (
    I64,
    Bools,
    Grid,
    SeriesBlock,
    empty_grid,
    flat_histograms,
    flatten,
    grid_of,
    is_stale,
)
from watchkeeper.query.promql.windows import Extension, Windows, bounds, on_line, without_stale


def window_ends(frame: Frame, offset_ms: int, at: At | None) -> I64:
    """Where each step looks, Unix ms."""
    if at is None:
        return frame.times - offset_ms
    pinned = _pinned(frame.run, at) - offset_ms
    return np.full(frame.steps, pinned, dtype=np.int64)


def _pinned(run: Run, at: At) -> int:
    if at.kind is AtKind.START:
        return run.start_ms
    return run.end_ms if at.kind is AtKind.END else at.ts_ms


def instant(frame: Frame, node: Selector) -> Grid:
    """The newest sample within the lookback at each step."""
    if node.smoothed:
        return smoothed(frame, node)
    block, index, present = newest(frame, node)
    values = block.values[index] if block.samples else np.zeros(present.shape)
    grid = grid_of(list(block.labels), values, present)
    if block.histograms is not None:
        grid = replace(grid, histograms=block.histograms[index])
    return grid.without_absent()


def sample_times(frame: Frame, node: Selector) -> Grid:
    """As `instant`, but with each sample's own time in seconds instead of its value."""
    block, index, present = newest(frame, node)
    values = block.ts[index] / 1000 if block.samples else np.zeros(present.shape)
    return grid_of(list(block.labels), values, present).without_absent()


def start_times(frame: Frame, node: Selector) -> Grid:
    """As `instant`, but with the time since when each sample counts, in seconds; 0 if unknown.

    Nothing if the engine does not look at start timestamps.
    """
    if not frame.run.options.use_start_timestamps:
        return empty_grid(frame.steps)
    block, index, present = newest(frame, node)
    values = np.zeros(present.shape)
    if block.starts is not None and block.samples:
        values = block.starts[index] / 1000
    return grid_of(list(block.labels), values, present).without_absent()


def smoothed(frame: Frame, node: Selector) -> Grid:
    """Between the samples around each step, up to the lookback away: on the line between them.

    Where there is none behind, the one before stands; where there is none before, nothing does.
    """
    run, ends = frame.run, window_ends(frame, node.offset_ms, node.at)
    reach_ms = run.options.lookback_ms
    start_ms, end_ms = int(ends.min()) - reach_ms + 1, int(ends.max()) + reach_ms
    block = without_stale(run.select(node.matchers, start_ms, end_ms))
    run.budget.hold(len(block.labels) * frame.steps)
    lo, hi = bounds(block, ends + reach_ms, 2 * reach_ms)
    _, until = bounds(block, ends, reach_ms)
    before, behind = np.maximum(until - 1, 0), np.minimum(until, max(block.samples - 1, 0))
    present = until > lo
    values = np.zeros(present.shape)
    if block.samples:
        line = on_line(block, before, behind, np.broadcast_to(ends, present.shape))
        values = np.where((until < hi) & (block.ts[before] < ends), line, block.values[before])
    run.budget.release(len(block.labels) * frame.steps)
    grid = grid_of(list(block.labels), values, present)
    reach = Reach(ends, lo, until, hi)
    return smoothed_histograms(frame, block, reach, grid, node.start).without_absent()


def newest(frame: Frame, node: Selector) -> tuple[SeriesBlock, I64, Bools]:
    """The block, and for each series and step the sample that stands there, if any does."""
    run, ends = frame.run, window_ends(frame, node.offset_ms, node.at)
    lookback_ms = run.options.lookback_ms
    start_ms, end_ms = int(ends.min()) - lookback_ms + 1, int(ends.max())
    block = run.select(node.matchers, start_ms, end_ms)
    if id(node) in run.bucketless:
        block = without_buckets(block, in_sequence=False)
    run.budget.hold(len(block.labels) * frame.steps)
    lo, hi = bounds(block, ends, lookback_ms)
    index = np.maximum(hi - 1, 0)
    present = hi > lo
    if block.samples and is_stale(block.values).any():
        present = present & ~is_stale(block.values)[index]
    run.budget.release(len(block.labels) * frame.steps)
    return block, index, present


def over_range(frame: Frame, node: MatrixSelector) -> Windows:
    """The window of each step over raw samples."""
    selector = node.selector
    ends = window_ends(frame, selector.offset_ms, selector.at)
    before_ms = frame.run.options.lookback_ms if selector.extended else 0
    behind_ms = before_ms if selector.smoothed else 0
    start_ms = int(ends.min()) - node.range_ms - before_ms + 1
    block = without_stale(
        frame.run.select(selector.matchers, start_ms, int(ends.max()) + behind_ms)
    )
    if id(selector) in frame.run.bucketless:
        block = without_buckets(block, in_sequence=True)
    drop = np.zeros(len(block.labels), np.bool_)
    if not selector.extended:
        return _windows(frame.run, block, ends, node.range_ms, drop)
    reach_ms = node.range_ms + before_ms + behind_ms
    wide = _windows(frame.run, block, ends + behind_ms, reach_ms, drop)
    started = np.clip(bounds(block, ends - node.range_ms, 1)[1], wide.lo, wide.hi)
    ended = np.clip(bounds(block, ends - 1, 1)[1], wide.lo, wide.hi)
    extension = Extension(selector.smoothed, started, ended)
    return replace(wide, ends=ends, range_ms=node.range_ms, extended=extension)


def _windows(run: Run, block: SeriesBlock, ends: I64, range_ms: int, drop: Bools) -> Windows:
    lo, hi = bounds(block, ends, range_ms)
    run.budget.hold(int((hi - lo).max(initial=0)))
    run.budget.release(int((hi - lo).max(initial=0)))
    starts = block.starts if run.options.use_start_timestamps else None
    return Windows(
        block.labels,
        block.ts,
        block.values,
        lo,
        hi,
        ends,
        range_ms,
        drop,
        histograms=block.histograms,
        starts=starts,
    )


def over_subquery(frame: Frame, node: Subquery, evaluate: Callable[[Frame], Grid]) -> Windows:
    """The inner expression at every multiple of the step that any window covers, as windows."""
    run = frame.run
    ends = window_ends(frame, node.offset_ms, node.at)
    step_ms = node.step_ms or run.options.default_subquery_step_ms
    earliest_ms = int(ends.min()) - node.range_ms
    first_ms = (earliest_ms // step_ms + 1) * step_ms
    last_ms = int(ends.max()) // step_ms * step_ms
    steps = max((last_ms - first_ms) // step_ms + 1, 0)
    if not steps:
        return _windows(run, _nothing(), ends, node.range_ms, np.zeros(0, np.bool_))
    run.budget.hold(steps)
    times = np.arange(first_ms, last_ms + 1, step_ms, dtype=np.int64)
    grid = evaluate(Frame(run, times))
    run.budget.release(steps)
    return _windows(run, _as_block(grid, times), ends, node.range_ms, grid.drop_name)


def _nothing() -> SeriesBlock:
    return SeriesBlock([], np.zeros(1, np.int64), np.zeros(0, np.int64), np.zeros(0))


def _as_block(grid: Grid, times: I64) -> SeriesBlock:
    offsets, ts, values = flatten(grid, times)
    histograms = flat_histograms(grid)
    if histograms is not None:
        histograms = without_hints(histograms)
    return SeriesBlock(grid.labels, offsets, ts, values, histograms=histograms)
