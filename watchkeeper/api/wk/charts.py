"""From PromQL answers to what a page draws."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from watchkeeper.lib.clock import SECOND_MS
from watchkeeper.model import Labels, Scope, TimeRange
from watchkeeper.query.promql import Engine, Matrix, Vector

MOST_POINTS = 120
"""Points of one chart on Home."""
FINEST_STEP_MS = 15 * SECOND_MS


@dataclass(frozen=True, slots=True)
class Line:
    """One series on a grid of times; None where nothing is known."""

    labels: Labels
    values: list[float | None]


@dataclass(frozen=True, slots=True)
class Lines:
    """times_ms: start, start + step, … up to the end; every line has a value for each."""

    times_ms: list[int]
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Grid:
    """The steps of a chart, aligned to the step, so that a refresh moves no bucket."""

    start_ms: int
    end_ms: int
    step_ms: int

    @classmethod
    def over(cls, range_: TimeRange, *, points: int = MOST_POINTS) -> Grid:
        """At most `points` steps that end with the range."""
        wanted = max(math.ceil(range_.length_ms / points), FINEST_STEP_MS)
        step_ms = math.ceil(wanted / SECOND_MS) * SECOND_MS
        end_ms = range_.end_ms // step_ms * step_ms
        steps = max(range_.length_ms // step_ms, 1)
        return cls(end_ms - (steps - 1) * step_ms, end_ms, step_ms)

    @property
    def times_ms(self) -> list[int]:
        return list(range(self.start_ms, self.end_ms + 1, self.step_ms))


def lines(engine: Engine, scope: Scope, query: str, grid: Grid) -> Lines:
    """Every series of a query on the grid, in the engine's order."""
    value = engine.range(scope, query, grid.start_ms, grid.end_ms, grid.step_ms).value
    times_ms = grid.times_ms
    if not isinstance(value, Matrix):
        return Lines(times_ms, [])
    return Lines(
        times_ms,
        [_line(value, index, grid, len(times_ms)) for index in range(len(value.labels))],
    )


def instant(
    engine: Engine, scope: Scope, query: str, at_ms: int
) -> list[tuple[dict[str, str], float]]:
    """Labels and value of each series of an instant vector; NaN and infinities are left out."""
    value = engine.instant(scope, query, at_ms).value
    if not isinstance(value, Vector):
        return []
    return [
        (dict(labels), float(number))
        for labels, number in zip(value.labels, value.values, strict=True)
        if math.isfinite(number)
    ]


def by_label(engine: Engine, scope: Scope, query: str, at_ms: int, name: str) -> dict[str, float]:
    """The values of an instant vector by one label."""
    return {labels.get(name, ""): value for labels, value in instant(engine, scope, query, at_ms)}


def latest(values: Sequence[float | None]) -> float | None:
    """The last value that is known."""
    return next((value for value in reversed(values) if value is not None), None)


def change(values: Sequence[float | None]) -> float | None:
    """Mean of the last quarter against that of the first, 0.1 = 10 % more; None without a base."""
    quarter = max(len(values) // 4, 1)
    before, after = _mean(values[:quarter]), _mean(values[-quarter:])
    if before is None or after is None or before == 0:
        return None
    return (after - before) / abs(before)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _line(matrix: Matrix, index: int, grid: Grid, length: int) -> Line:
    start, end = int(matrix.offsets[index]), int(matrix.offsets[index + 1])
    values: list[float | None] = [None] * length
    places = (matrix.ts[start:end] - grid.start_ms) // grid.step_ms
    for place, value in zip(places.tolist(), matrix.values[start:end].tolist(), strict=True):
        if math.isfinite(value):
            values[place] = value
    return Line(matrix.labels[index], values)
