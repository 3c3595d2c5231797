"""Quantiles and fractions of histograms. Rules: docs/spec/promql.md, "histograms".

Classic ones, which are series with a label `le`, are put together here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from watchkeeper.model import Histogram, Labels
from watchkeeper.query.promql.functions.monotonicity import Mended
from watchkeeper.query.promql.functions.native import (
    NATIVE,
    NativeEstimate,
    NativeValue,
    for_metric,
    with_native,
)
from watchkeeper.query.promql.histograms import fraction, quantile
from watchkeeper.query.promql.invocation import Invocation
from watchkeeper.query.promql.literals import openmetrics_float, parse_number, quote
from watchkeeper.query.promql.mixed import floats_only, merged, stacked
from watchkeeper.query.promql.naming import drop_names, with_label
from watchkeeper.query.promql.quantiles import note_bad_quantiles
from watchkeeper.query.promql.types import F64, Bools, Grid, grid_of, value_of

_BUCKET = "le"
_TOLERANCE = 1e-12


@dataclass(frozen=True, slots=True)
class _Family:
    """Histograms with the same upper bounds: bounds b ascending; rows h by b into the grid."""

    labels: list[Labels]
    bounds: F64
    rows: np.ndarray


def _families(call: Invocation, grid: Grid, argument: int) -> list[_Family]:
    """The bucket series of a grid, put together by their other labels and by bounds."""
    histograms: dict[Labels, list[tuple[float, int]]] = {}
    for index, labels in enumerate(grid.labels):
        text = value_of(labels, _BUCKET)
        bound = _bound(text)
        if np.isnan(bound):
            call.frame.run.notes.warn(
                f'bucket label "le" is missing or has a malformed value of {quote(text)}'
                + for_metric(call, labels),
                call.position(argument),
            )
            continue
        rest = tuple(pair for pair in labels if pair[0] != _BUCKET)
        histograms.setdefault(rest, []).append((bound, index))
    alike: dict[tuple[float, ...], list[tuple[Labels, list[int]]]] = {}
    for labels, buckets in histograms.items():
        buckets.sort()
        key = tuple(bound for bound, _ in buckets)
        alike.setdefault(key, []).append((labels, [index for _, index in buckets]))
    return [
        _Family([labels for labels, _ in group], np.array(key), np.array([r for _, r in group]))
        for key, group in alike.items()
    ]


def _bound(text: str) -> float:
    """The upper bound that a label says; NaN if it says none."""
    try:
        return parse_number(text.removeprefix("+")) if text else float("nan")
    except ValueError:
        return float("nan")


@dataclass(frozen=True, slots=True)
class _Cells:
    """Histograms of a family at steps: one of each a row. labels: of the family's histograms."""

    labels: list[Labels]
    histograms: np.ndarray
    steps: np.ndarray


Estimate = Callable[[F64, F64, _Cells], F64]
"""(bounds b, cumulative counts c by b, what each row c is) → one value a row."""


def _estimated(call: Invocation, argument: int, classic: Estimate, native: NativeEstimate) -> Grid:
    """A value for each histogram of a vector, classic or native; names are kept.

    Where both are there under the same labels neither has one.
    """
    grid = call.grid(argument)
    floats = floats_only(grid)
    families = _families(call, floats, argument)
    parts = [grid_of([], np.zeros((0, grid.steps)), np.zeros((0, grid.steps), np.bool_))]
    for family in families:
        call.frame.run.budget.check()
        seen = floats.present[family.rows]
        values = _family_values(family, floats.values[family.rows], seen, classic)
        parts.append(grid_of(family.labels, values, seen.any(axis=1)))
    answer = reduce(stacked, parts)
    if grid.histograms is None:
        return answer
    return with_native(call, argument, answer, native)


def _family_values(family: _Family, counts: F64, seen: Bools, estimate: Estimate) -> F64:
    """Histograms h by steps. Cells that lack the same buckets are estimated together."""
    values = np.full((counts.shape[0], counts.shape[2]), np.nan)
    for buckets, cells in _patterns(seen):
        if buckets.any():
            rows = counts[cells[0], :, cells[1]][:, buckets]
            places = _Cells(family.labels, cells[0], cells[1])
            values[cells] = estimate(family.bounds[buckets], rows, places)
    return values


def _patterns(seen: Bools) -> Iterator[tuple[Bools, tuple[np.ndarray, ...]]]:
    """Each set of buckets that some (histogram, step) cells have, with those cells."""
    if seen.all():
        yield seen[0, :, 0], np.nonzero(np.ones((seen.shape[0], seen.shape[2]), np.bool_))
        return
    flat = seen.transpose(0, 2, 1).reshape(-1, seen.shape[1])
    kinds, which = np.unique(flat, axis=0, return_inverse=True)
    which = which.reshape(seen.shape[0], seen.shape[2])
    for index, buckets in enumerate(kinds):
        yield buckets, np.nonzero(which == index)


def _merged(bounds: F64, counts: F64) -> tuple[F64, F64]:
    """Buckets of equal bounds (`1` and `1.0`) added together."""
    unique, first = np.unique(bounds, return_index=True)
    if len(unique) == len(bounds):
        return bounds, counts
    return unique, np.add.reduceat(counts, first, axis=1)


def _monotonic(counts: F64) -> tuple[F64, F64]:
    """Counts that never fall along the buckets, and how far each was raised if beyond rounding."""
    if not (counts[:, 1:] < counts[:, :-1]).any():
        return counts, np.zeros(counts.shape)
    raised = np.fmax.accumulate(counts, axis=1)
    fell = raised - counts
    return raised, np.where(fell > _TOLERANCE * (np.abs(raised) + np.abs(counts)), fell, 0.0)


def _histogram_quantile(call: Invocation) -> Grid:
    q = call.scalars(0)
    grid = _quantiles(call, 1, q)
    note_bad_quantiles(call.frame, q, call.position(0), any_result=True)
    return drop_names(call.frame.run, grid)


def _quantiles(call: Invocation, argument: int, q: F64) -> Grid:
    """The q-quantile (one q a step) of each histogram of a vector; names are kept."""
    mended = Mended()

    def classic(bounds: F64, counts: F64, cells: _Cells) -> F64:
        bounds, counts = _merged(bounds, counts)
        wanted = q[cells.steps]
        if not np.isposinf(bounds[-1]) or len(bounds) < 2:
            return _outside(wanted, np.full(len(counts), np.nan))
        counts, raised = _monotonic(counts)
        for row in np.flatnonzero(raised.any(axis=1)).tolist():
            if 0 <= wanted[row] <= 1:
                about = for_metric(call, cells.labels[cells.histograms[row]])
                ts_ms = int(call.frame.times[cells.steps[row]])
                mended.add(about, ts_ms, bounds, raised[row])
        return _outside(wanted, _interpolated(wanted, bounds, counts))

    def native(histogram: Histogram, step: int) -> NativeValue:
        return quantile(float(q[step]), histogram)

    grid = _estimated(call, argument, classic, native)
    mended.note(call.frame.run.notes, call.position(argument))
    return grid


def _histogram_quantiles(call: Invocation) -> Grid:
    """Several quantiles at once, each with its number as a label."""
    label, parts = call.text(1), []
    for index in range(2, len(call.args)):
        q = call.scalars(index)
        grid = _quantiles(call, 0, q)
        note_bad_quantiles(call.frame, q, call.position(index), any_result=True)
        for number in np.unique(q):
            here = np.isnan(q) if np.isnan(number) else q == number
            text = openmetrics_float(float(number))
            labels = [with_label(row, label, text) for row in grid.labels]
            parts.append(replace(grid, labels=labels, present=grid.present & here[None, :]))
    answer = reduce(merged, [part.without_absent() for part in parts])
    return drop_names(call.frame.run, answer)


def _outside(q: F64, values: F64) -> F64:
    values = np.where(q < 0, -np.inf, np.where(q > 1, np.inf, values))
    return np.where(np.isnan(q), np.nan, values)


def _interpolated(q: F64, bounds: F64, counts: F64) -> F64:
    """Linear inside the bucket that holds rank q by total; the last finite bound beyond it."""
    rows = np.arange(len(counts))
    rank = q * counts[:, -1]
    bucket = (counts[:, :-1] < rank[:, None]).sum(axis=1)
    inside = np.minimum(bucket, len(bounds) - 2)
    below = np.where(inside > 0, counts[rows, inside - 1], 0.0)
    low = np.where(inside > 0, bounds[inside - 1], 0.0)
    high = bounds[inside]
    value = low + (high - low) * ((rank - below) / (counts[rows, inside] - below))
    value = np.where((inside == 0) & (high <= 0), high, value)
    value = np.where(bucket >= len(bounds) - 1, bounds[-2], value)
    return np.where(counts[:, -1] == 0, np.nan, value)


def _histogram_fraction(call: Invocation) -> Grid:
    low, high = call.scalars(0), call.scalars(1)

    def classic(bounds: F64, counts: F64, cells: _Cells) -> F64:
        bounds, counts = _merged(bounds, counts)
        if not np.isposinf(bounds[-1]):
            return np.full(len(counts), np.nan)
        counts, _ = _monotonic(counts)
        return _fraction(low[cells.steps], high[cells.steps], bounds, counts)

    def native(histogram: Histogram, step: int) -> NativeValue:
        return fraction(float(low[step]), float(high[step]), histogram)

    return drop_names(call.frame.run, _estimated(call, 2, classic, native))


def _fraction(low: F64, high: F64, bounds: F64, counts: F64) -> F64:
    total = counts[:, -1]
    share = (_rank_at(high, bounds, counts) - _rank_at(low, bounds, counts)) / total
    share = np.where(low >= high, 0.0, share)
    return np.where((total == 0) | np.isnan(low) | np.isnan(high), np.nan, share)


def _rank_at(value: F64, bounds: F64, counts: F64) -> F64:
    """How many observations lie at or below a value, linear inside buckets.

    A bucket that has no lower end counts whole, one that has no upper end not at all.
    """
    rows = np.arange(len(counts))
    bucket = np.minimum(np.searchsorted(bounds, value), len(bounds) - 1)
    above = counts[rows, bucket]
    below = np.where(bucket > 0, counts[rows, bucket - 1], 0.0)
    high = bounds[bucket]
    low = np.where(bucket > 0, bounds[bucket - 1], np.where(bounds[0] > 0, 0.0, -np.inf))
    part = np.where(np.isfinite(low) & np.isfinite(high), (value - low) / (high - low), 0.0)
    part = np.where(np.isneginf(low), 1.0, part)
    rank = below + (above - below) * np.clip(part, 0.0, 1.0)
    rank = np.where(value >= high, above, rank)
    return np.where(np.isneginf(value), 0.0, np.where(np.isposinf(value), counts[:, -1], rank))


HISTOGRAMS = {
    "histogram_fraction": _histogram_fraction,
    "histogram_quantile": _histogram_quantile,
    "histogram_quantiles": _histogram_quantiles,
    **NATIVE,
}
