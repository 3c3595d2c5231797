"""Functions of windows in which histograms occur."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from watchkeeper.model import Histogram
from watchkeeper.query.promql.histograms import MixedSchemas
from watchkeeper.query.promql.invocation import Invocation, Value
from watchkeeper.query.promql.mixed.grids import (
    Cells,
    floats_only,
    grid_from,
    merged,
    no_histograms,
    only_where,
    split_windows,
)
from watchkeeper.query.promql.mixed.notes import SeriesNotes
from watchkeeper.query.promql.mixed.rates import change, instant_change, last_two
from watchkeeper.query.promql.mixed.sums import Combined, averaged, summed
from watchkeeper.query.promql.mixed.tables import joined_hints, table_of
from watchkeeper.query.promql.naming import drop_names
from watchkeeper.query.promql.types import Bools, Grid
from watchkeeper.query.promql.windows import Windows, window_sum

Body = Callable[[Invocation], Value]
"""What computes a function of floats."""

_OF_BOTH_KINDS = frozenset(
    {
        "absent", "absent_over_time", "changes", "count_over_time", "histogram_avg",
        "histogram_count", "histogram_fraction", "histogram_quantile", "histogram_quantiles",
        "histogram_stddev", "histogram_stdvar", "histogram_sum", "info", "label_join",
        "label_replace", "present_over_time", "resets", "sort_by_label", "sort_by_label_desc",
        "start_timestamp", "timestamp", "ts_of_first_over_time", "ts_of_last_over_time",
    }
)  # fmt: skip
"""Functions whose bodies look after histograms themselves, or look at no value."""


def holds_histograms(args: Sequence[Value]) -> bool:
    """True if any argument may hold a histogram."""
    return any(isinstance(arg, Grid | Windows) and arg.histograms is not None for arg in args)


def call_with_histograms(call: Invocation, of_floats: Body) -> Value:
    """The value of a call that has histograms among its arguments."""
    name = call.node.func
    if name in _OF_BOTH_KINDS:
        return of_floats(call)
    index = next((i for i, arg in enumerate(call.args) if isinstance(arg, Windows)), None)
    if index is None:
        floats = [floats_only(arg) if isinstance(arg, Grid) else arg for arg in call.args]
        return of_floats(replace(call, args=floats))
    if name in ("first_over_time", "last_over_time"):
        return _edge(call, last=name == "last_over_time")
    of_histograms = _OF_HISTOGRAMS.get(name)
    if of_histograms is None:
        return _ignoring(call, index, of_floats)
    return _separately(call, of_floats, of_histograms)


def _with_windows(call: Invocation, index: int, windows: Windows) -> Invocation:
    args: list[Value] = list(call.args)
    args[index] = windows
    return replace(call, args=args)


def _ignoring(call: Invocation, index: int, of_floats: Body) -> Value:
    """A function that knows floats only; it says so where a window holds both."""
    windows = call.windows(index)
    split = split_windows(windows)
    for row in np.flatnonzero(split.mixed.any(axis=1)).tolist():
        notes = SeriesNotes(call.frame.run.notes, windows.labels[row], call.position(0))
        notes.histograms_ignored()
    return of_floats(_with_windows(call, index, split.floats))


def _separately(
    call: Invocation, of_floats: Body, of_histograms: Callable[[Invocation, Windows], Grid]
) -> Value:
    """Each window by its kind; one of both kinds has no value, and says so."""
    windows = call.windows()
    split, mixed = _split(call, windows)
    for row in np.flatnonzero(mixed.any(axis=1)).tolist():
        notes = SeriesNotes(call.frame.run.notes, windows.labels[row], call.position(0))
        notes.floats_and_histograms()
    floats = of_floats(_with_windows(call, 0, only_where(split[0], ~mixed)))
    histograms = of_histograms(call, only_where(split[1], ~mixed))
    if not isinstance(floats, Grid):
        raise TypeError(f"{call.node.func} is no instant vector")
    return merged(floats, drop_names(call.frame.run, histograms))


def _split(call: Invocation, windows: Windows) -> tuple[tuple[Windows, Windows], Bools]:
    if call.node.func in ("irate", "idelta"):
        split, mixed = last_two(windows)
    else:
        split = split_windows(windows)
        mixed = split.mixed
    return (split.floats, split.histograms), mixed


def _edge(call: Invocation, *, last: bool) -> Grid:
    """The first or last sample of each window, whatever it is."""
    windows = call.windows()
    present = windows.counts > 0
    index = np.where(present, windows.hi - 1 if last else windows.lo, 0)
    if windows.histograms is None or not len(windows.ts):
        histograms = no_histograms(windows.shape)
        values = np.zeros(windows.shape)
    else:
        histograms, values = windows.histograms[index], windows.values[index]
    return Grid(
        list(windows.labels), values, present, np.array(windows.drop_name), histograms
    ).without_absent()


def _at_once(func: str, windows: Windows, row: int, steps: np.ndarray) -> list[Histogram] | None:
    """Sums or means of the windows of a series, if all its histograms have one layout."""
    if windows.histograms is None:
        return None
    lo, hi = windows.lo[row, steps], windows.hi[row, steps]
    start = int(lo.min())
    table = table_of(list(windows.histograms[start : int(hi.max())]))
    hints = None if table is None else joined_hints(table.hints, lo - start, hi - start)
    if table is None or hints is None:
        return None
    columns = [window_sum(column, lo - start, hi - start) for column in table.numbers.T]
    numbers = np.stack(columns, axis=1)
    if not np.isfinite(numbers).all():
        return None
    if func == "avg_over_time":
        numbers = numbers / (hi - lo)[:, None]
    return [table.histogram(*found) for found in zip(numbers.tolist(), hints, strict=True)]


def _combined(
    combine: Callable[[Sequence[Histogram]], Combined],
) -> Callable[[Invocation, Windows], Grid]:
    """sum_over_time and avg_over_time of windows that hold histograms only."""

    def compute(call: Invocation, windows: Windows) -> Grid:
        answer = Cells(call.frame.run.budget, windows.shape)
        for row in range(len(windows.labels)):
            steps = np.flatnonzero(windows.counts[row])
            found: Sequence[Histogram | None] | None = (
                _at_once(call.node.func, windows, row, steps) if len(steps) else []
            )
            if found is None:
                found = [_one(call, windows, (row, step), combine) for step in steps.tolist()]
            for step, histogram in zip(steps.tolist(), found, strict=True):
                answer.put(row, step, histogram)
        return grid_from(windows, answer.done())

    return compute


def _one(
    call: Invocation,
    windows: Windows,
    place: tuple[int, int],
    combine: Callable[[Sequence[Histogram]], Combined],
) -> Histogram | None:
    if windows.histograms is None:
        return None
    notes, (row, step) = call.frame.run.notes, place
    try:
        combined = combine(list(windows.histograms[windows.lo[row, step] : windows.hi[row, step]]))
    except MixedSchemas:
        SeriesNotes(notes, windows.labels[row], call.position(0)).mixed_schemas()
        return None
    combined.note(notes, call.position(0))
    return combined.value


_OF_HISTOGRAMS: dict[str, Callable[[Invocation, Windows], Grid]] = {
    "avg_over_time": _combined(averaged),
    "delta": change,
    "idelta": instant_change,
    "increase": change,
    "irate": instant_change,
    "rate": change,
    "sum_over_time": _combined(summed),
}
