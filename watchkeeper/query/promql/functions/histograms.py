"""Quantiles and fractions of classic histograms. Rules: docs/spec/promql.md, "histograms"."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from watchkeeper.model import METRIC_NAME, Labels
from watchkeeper.query.promql.invocation import Invocation
from watchkeeper.query.promql.literals import parse_number, quote
from watchkeeper.query.promql.quantiles import note_bad_quantiles
from watchkeeper.query.promql.types import F64, Bools, Grid, grid_of, value_of, without_name

_BUCKET = "le"
_TOLERANCE = 1e-12


@dataclass(frozen=True, slots=True)
class _Family:
    """Histograms with the same upper bounds: bounds b ascending; rows h by b into the grid."""

    labels: list[Labels]
    bounds: F64
    rows: np.ndarray


def _families(call: Invocation, grid: Grid) -> list[_Family]:
    """The bucket series of a grid, put together by their other labels and by bounds."""
    histograms: dict[Labels, list[tuple[float, int]]] = {}
    for index, labels in enumerate(grid.labels):
        text = value_of(labels, _BUCKET)
        try:
            bound = parse_number(text.removeprefix("+")) if text else float("nan")
        except ValueError:
            bound = float("nan")
        if np.isnan(bound):
            metric = quote(value_of(labels, METRIC_NAME))
            call.frame.run.notes.warn(
                f'bucket label "le" is missing or has a malformed value of {quote(text)} '
                f"for metric name {metric}",
                call.position(len(call.args) - 1),
            )
            continue
        rest = tuple(pair for pair in without_name(labels) if pair[0] != _BUCKET)
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


Estimate = Callable[[F64, F64, np.ndarray], F64]
"""(bounds b, cumulative counts c by b, step of each row c) → one value a row."""


def _estimated(call: Invocation, estimate: Estimate) -> Grid:
    grid = call.grid(len(call.args) - 1)
    labels: list[Labels] = []
    values: list[F64] = []
    present: list[Bools] = []
    for family in _families(call, grid):
        call.frame.run.budget.check()
        seen = grid.present[family.rows]
        labels.extend(family.labels)
        present.append(seen.any(axis=1))
        values.append(_family_values(family, grid.values[family.rows], seen, estimate))
    if not labels:
        return grid_of([], np.zeros((0, grid.steps)), np.zeros((0, grid.steps), np.bool_))
    return grid_of(labels, np.concatenate(values), np.concatenate(present))


def _family_values(family: _Family, counts: F64, seen: Bools, estimate: Estimate) -> F64:
    """Histograms h by steps. Cells that lack the same buckets are estimated together."""
    values = np.full((counts.shape[0], counts.shape[2]), np.nan)
    for buckets, cells in _patterns(seen):
        if buckets.any():
            rows = counts[cells[0], :, cells[1]][:, buckets]
            values[cells] = estimate(family.bounds[buckets], rows, cells[1])
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


def _monotonic(counts: F64) -> tuple[F64, bool]:
    """Counts that never fall along the buckets, and whether more than rounding was mended."""
    if not (counts[:, 1:] < counts[:, :-1]).any():
        return counts, False
    raised = np.fmax.accumulate(counts, axis=1)
    fell = raised - counts
    return raised, bool((fell > _TOLERANCE * np.abs(raised)).any())


def _histogram_quantile(call: Invocation) -> Grid:
    q = call.scalars(0)
    fixed = False

    def estimate(bounds: F64, counts: F64, steps: np.ndarray) -> F64:
        nonlocal fixed
        bounds, counts = _merged(bounds, counts)
        if not np.isposinf(bounds[-1]) or len(bounds) < 2:
            return _outside(q[steps], np.full(len(counts), np.nan))
        counts, mended = _monotonic(counts)
        fixed |= mended
        return _outside(q[steps], _interpolated(q[steps], bounds, counts))

    grid = _estimated(call, estimate)
    if fixed:
        _note_fixed(call)
    note_bad_quantiles(call.frame, q, call.position(0), any_result=bool(len(grid.labels)))
    return grid


def _note_fixed(call: Invocation) -> None:
    names = {value_of(labels, METRIC_NAME) for labels in call.grid(1).labels}
    for name in sorted(names):
        call.frame.run.notes.inform(
            "input to histogram_quantile needed to be fixed for monotonicity (see "
            "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)"
            f" for metric name {quote(name)}",
            call.position(1),
        )


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

    def estimate(bounds: F64, counts: F64, steps: np.ndarray) -> F64:
        bounds, counts = _merged(bounds, counts)
        if not np.isposinf(bounds[-1]):
            return np.full(len(counts), np.nan)
        counts, _ = _monotonic(counts)
        return _fraction(low[steps], high[steps], bounds, counts)

    return _estimated(call, estimate)


def _fraction(low: F64, high: F64, bounds: F64, counts: F64) -> F64:
    total = counts[:, -1]
    share = (_rank_at(high, bounds, counts) - _rank_at(low, bounds, counts)) / total
    share = np.where(low >= high, 0.0, share)
    return np.where((total == 0) | np.isnan(low) | np.isnan(high), np.nan, share)


def _rank_at(value: F64, bounds: F64, counts: F64) -> F64:
    """How many observations lie at or below a value, linear inside buckets."""
    rows = np.arange(len(counts))
    bucket = np.minimum(np.searchsorted(bounds, value), len(bounds) - 1)
    above = counts[rows, bucket]
    below = np.where(bucket > 0, counts[rows, bucket - 1], 0.0)
    high = bounds[bucket]
    low = np.where(bucket > 0, bounds[bucket - 1], np.where(bounds[0] > 0, 0.0, -np.inf))
    part = np.where(np.isfinite(low) & np.isfinite(high), (value - low) / (high - low), 0.0)
    rank = below + (above - below) * np.clip(part, 0.0, 1.0)
    rank = np.where(value >= high, above, rank)
    return np.where(np.isneginf(value), 0.0, np.where(np.isposinf(value), counts[:, -1], rank))


HISTOGRAMS = {
    "histogram_fraction": _histogram_fraction,
    "histogram_quantile": _histogram_quantile,
}
