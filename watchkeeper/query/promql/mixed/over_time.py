"""Functions of windows in which histograms occur."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from watchkeeper.model import Histogram
from watchkeeper.query.promql.histograms import MixedSchemas
from watchkeeper.query.promql.invocation import Invocation, Value
from watchkeeper.query.promql.mixed.grids import (
    floats_only,
    grid_from,
    merged,
    no_histograms,
    only_where,
    split_windows,
    window_rows,
)
from watchkeeper.query.promql.mixed.notes import SeriesNotes
from watchkeeper.query.promql.mixed.rates import extrapolated, instant_change, last_two
from watchkeeper.query.promql.mixed.sums import Combined, averaged, summed
from watchkeeper.query.promql.naming import drop_names
from watchkeeper.query.promql.types import Bools, Grid
from watchkeeper.query.promql.windows import Windows

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


def _combined(
    combine: Callable[[Sequence[Histogram]], Combined],
) -> Callable[[Invocation, Windows], Grid]:
    """sum_over_time and avg_over_time of windows that hold histograms only."""

    def compute(call: Invocation, windows: Windows) -> Grid:
        answer = no_histograms(windows.shape)
        notes = call.frame.run.notes
        for row, step, lo, hi in window_rows(windows, at_least=1):
            if windows.histograms is None:
                break
            if step == 0:
                call.frame.run.budget.check()
            try:
                combined = combine(list(windows.histograms[lo:hi]))
            except MixedSchemas:
                SeriesNotes(notes, windows.labels[row], call.position(0)).mixed_schemas()
                continue
            combined.note(notes, call.position(0))
            answer[row, step] = combined.value
        return grid_from(windows, answer)

    return compute


_OF_HISTOGRAMS: dict[str, Callable[[Invocation, Windows], Grid]] = {
    "avg_over_time": _combined(averaged),
    "delta": extrapolated,
    "idelta": instant_change,
    "increase": extrapolated,
    "irate": instant_change,
    "rate": extrapolated,
    "sum_over_time": _combined(summed),
}
