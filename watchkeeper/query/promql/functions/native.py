"""Functions of native histograms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from watchkeeper.model import METRIC_NAME, Histogram, Labels
from watchkeeper.query.promql.histograms import Estimate, quotient, variance
from watchkeeper.query.promql.invocation import Invocation, Value
from watchkeeper.query.promql.literals import quote
from watchkeeper.query.promql.mixed import histogram_cells, merged
from watchkeeper.query.promql.naming import drop_names
from watchkeeper.query.promql.types import Grid, value_of

NativeValue = Estimate
NativeEstimate = Callable[[Histogram, int], NativeValue]
"""(histogram, step) → value."""


def for_metric(call: Invocation, labels: Labels) -> str:
    """How a note names a metric: not at all if names are gone by then."""
    name = value_of(labels, METRIC_NAME)
    if not call.frame.run.options.delayed_name_removal or not name:
        return ""
    return f" for metric name {quote(name)}"


def _of_each(compute: Callable[[Histogram], float]) -> Callable[[Invocation], Grid]:
    """A number for each histogram; floats have none."""

    def body(call: Invocation) -> Grid:
        grid = call.grid()
        numbers = _numbers(call, grid, lambda histogram, _: compute(histogram), call.position(0))
        return drop_names(call.frame.run, numbers.without_absent())

    return body


def _numbers(
    call: Invocation,
    grid: Grid,
    compute: Callable[[Histogram, int], float | NativeValue],
    position: int,
) -> Grid:
    cells = histogram_cells(grid)
    values = np.zeros(grid.present.shape)
    for row in np.flatnonzero(cells.any(axis=1)).tolist():
        call.frame.run.budget.check()
        for step in np.flatnonzero(cells[row]).tolist():
            if grid.histograms is None:
                break
            value = compute(grid.histograms[row, step], step)
            if isinstance(value, NativeValue):
                if value.note:
                    about = for_metric(call, grid.labels[row])
                    call.frame.run.notes.inform(value.note + about, position)
                value = value.value
            values[row, step] = value
    return Grid(grid.labels, values, cells, grid.drop_name)


def with_native(call: Invocation, argument: int, classic: Grid, estimate: NativeEstimate) -> Grid:
    """The estimates of classic histograms, and those of the native ones among an argument.

    Where both are there under the same labels neither has a value, and a warning says so.
    """
    grid = call.grid(argument)
    cells = histogram_cells(grid)
    rows = {labels: row for row, labels in enumerate(classic.labels)}
    usable, kept = cells.copy(), classic.present.copy()
    for row, labels in enumerate(grid.labels):
        other = rows.get(labels)
        if other is None:
            continue
        both = cells[row] & classic.present[other]
        if both.any():
            call.frame.run.notes.warn(
                "vector contains a mix of classic and native histograms" + for_metric(call, labels),
                call.position(argument),
            )
        usable[row] &= ~both
        kept[other] &= ~both
    native = _numbers(call, replace(grid, present=usable), estimate, call.position(argument))
    classic = replace(classic, present=kept).without_absent()
    return merged(classic, replace(native, present=usable).without_absent())


NATIVE: dict[str, Callable[[Invocation], Value]] = {
    "histogram_avg": _of_each(lambda histogram: quotient(histogram.sum, histogram.count)),
    "histogram_count": _of_each(lambda histogram: histogram.count),
    "histogram_stddev": _of_each(lambda histogram: float(np.sqrt(variance(histogram)))),
    "histogram_stdvar": _of_each(variance),
    "histogram_sum": _of_each(lambda histogram: histogram.sum),
}
