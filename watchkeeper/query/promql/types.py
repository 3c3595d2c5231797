"""The values that evaluation passes around: columns, never samples one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from watchkeeper.model import METRIC_NAME, Labels

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Histograms = npt.NDArray[np.object_]
"""Cells are `model.Histogram`, or None where the sample is a float."""

STALE_BITS = np.uint64(0x7FF0000000000002)
"""The NaN that says "this series ends here"."""

STALE_NAN = float(np.array([STALE_BITS]).view(np.float64)[0])


def is_stale(values: F64) -> Bools:
    """True where a value is the staleness marker (other NaN are values)."""
    return np.asarray(np.ascontiguousarray(values).view(np.uint64) == STALE_BITS, dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class SeriesBlock:
    """Raw samples of some series, one after the other.

    labels: n label sets. offsets: n + 1 positions; series i is [offsets[i], offsets[i + 1]).
    ts: Unix ms UTC, strictly ascending inside a series. values: staleness markers included.
    histograms: None if all samples are floats; values is NaN (or stale) where one stands.
    starts: since when each sample counts, Unix ms, 0 if unknown; None if all are unknown.
    """

    labels: Sequence[Labels]
    offsets: I64
    ts: I64
    values: F64
    histograms: Histograms | None = None
    starts: I64 | None = None

    @property
    def samples(self) -> int:
        return len(self.ts)


def empty_block() -> SeriesBlock:
    """No series."""
    return SeriesBlock([], np.zeros(1, np.int64), np.zeros(0, np.int64), np.zeros(0))


@dataclass(frozen=True, slots=True)
class Grid:
    """An instant vector at every step: n series by s steps.

    present: False where the series has no sample at a step; there `values` means nothing.
    drop_name: series whose metric name goes away at the very end (delayed name removal).
    histograms: None if all samples are floats; where one stands, `values` means nothing.
    """

    labels: list[Labels]
    values: F64
    present: Bools
    drop_name: Bools
    histograms: Histograms | None = None

    @property
    def steps(self) -> int:
        return int(self.values.shape[1])

    def rows(self, index: npt.NDArray[np.intp] | list[int]) -> Grid:
        """The series at these positions, in this order."""
        picked = np.asarray(index, dtype=np.intp)
        return Grid(
            [self.labels[i] for i in picked],
            self.values[picked],
            self.present[picked],
            self.drop_name[picked],
            None if self.histograms is None else self.histograms[picked],
        )

    def without_absent(self) -> Grid:
        """Without the series that have no sample at all."""
        some = self.present.any(axis=1)
        return self if some.all() else self.rows(np.flatnonzero(some))


def grid_of(labels: list[Labels], values: F64, present: Bools) -> Grid:
    """A grid whose names stay."""
    return Grid(labels, values, present, np.zeros(len(labels), np.bool_))


def empty_grid(steps: int) -> Grid:
    """No series, at `steps` steps."""
    return grid_of([], np.zeros((0, steps)), np.zeros((0, steps), np.bool_))


def flatten(grid: Grid, times: I64) -> tuple[I64, I64, F64]:
    """Offsets, times and values of the samples that a grid has, series after series."""
    if grid.present.all():
        count = len(grid.labels)
        offsets = np.arange(count + 1, dtype=np.int64) * grid.steps
        return offsets, np.tile(times, count), np.ascontiguousarray(grid.values).reshape(-1)
    counts = grid.present.sum(axis=1, dtype=np.int64)
    offsets = np.concatenate((np.zeros(1, np.int64), np.cumsum(counts)))
    ts = np.broadcast_to(times, grid.values.shape)[grid.present]
    return offsets, ts, grid.values[grid.present]


def flat_histograms(grid: Grid) -> Histograms | None:
    """The histograms of the samples that a grid has, in the order of `flatten`."""
    return None if grid.histograms is None else grid.histograms[grid.present]


@dataclass(frozen=True, slots=True)
class Scalars:
    """One number at every step."""

    values: F64


METADATA_LABELS = frozenset({METRIC_NAME, "__type__", "__unit__"})
"""What says what a metric is; an operation that changes its meaning drops them all."""


def without_name(labels: Labels) -> Labels:
    """The labels without the metric name, type and unit."""
    return tuple(pair for pair in labels if pair[0] not in METADATA_LABELS)


def value_of(labels: Labels, name: str) -> str:
    """A label's value, "" if absent."""
    for key, value in labels:
        if key == name:
            return value
    return ""


@dataclass(frozen=True, slots=True)
class Vector:
    """Answer of an instant query. values: n; ts_ms: the evaluation time; histograms: n or None."""

    labels: list[Labels]
    values: F64
    ts_ms: int
    histograms: Histograms | None = None


@dataclass(frozen=True, slots=True)
class Matrix:
    """Answer of a range query, or of a range selector: a SeriesBlock without staleness markers."""

    labels: list[Labels]
    offsets: I64
    ts: I64
    values: F64
    histograms: Histograms | None = None


@dataclass(frozen=True, slots=True)
class Scalar:
    """A number at one moment."""

    value: float
    ts_ms: int


@dataclass(frozen=True, slots=True)
class String:
    """A text at one moment."""

    value: str
    ts_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """What an answer cost. seconds: wall time in the engine; pushed_down: by the store.

    queued_s: seconds that the query waited for its turn before that.

    resolution_ms: width of the widest roll-ups that took the place of samples; 0: none did.
    """

    series: int = 0
    samples: int = 0
    peak_samples: int = 0
    seconds: float = 0.0
    queued_s: float = 0.0
    pushed_down: bool = False
    resolution_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """value, and what the person should know about it. Notes read as Prometheus's do."""

    value: Matrix | Vector | Scalar | String
    warnings: tuple[str, ...] = ()
    infos: tuple[str, ...] = ()
    stats: Stats = field(default_factory=Stats)
