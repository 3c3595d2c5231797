"""Operators of which one side or both are histograms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace

from watchkeeper.model import Histogram, ResetHint
from watchkeeper.query.promql.ast import Binary
from watchkeeper.query.promql.histograms import (
    MixedSchemas,
    added,
    compact,
    divided,
    multiplied,
    present_histograms,
    same_histogram,
    subtracted,
    trimmed,
)
from watchkeeper.query.promql.mixed.grids import Cells, no_histograms
from watchkeeper.query.promql.mixed.notes import (
    ADDITION,
    SUBTRACTION,
    note_collision,
    note_reconciled,
)
from watchkeeper.query.promql.run import Frame, Notes
from watchkeeper.query.promql.types import F64, Bools, Histograms

Operand = float | Histogram


@dataclass(frozen=True, slots=True)
class Side:
    """One operand of each pair of samples, n by s (or what broadcasts to it)."""

    values: F64
    histograms: Histograms | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """values, present: of all pairs; histograms: where the result is one."""

    values: F64
    present: Bools
    histograms: Histograms | None


def pairs_with_histograms(
    frame: Frame, node: Binary, left: Side, right: Side, floats: Outcome, both: Bools
) -> Outcome:
    """`floats`, which is right where both sides are floats, with all other pairs set right.

    both: where both sides have a sample. Of the pairs that do not go together at a step, the last
    is told, as Prometheus does.
    """
    shape = both.shape
    lefts, rights = _grid(left.histograms, shape), _grid(right.histograms, shape)
    cells = both & (present_histograms(lefts) | present_histograms(rights))
    if node.op in TRIMS:
        cells = both
    values, present = floats.values.copy(), floats.present & ~cells
    answer = Cells(frame.run.budget, shape)
    left_values, right_values = (np.broadcast_to(side.values, shape) for side in (left, right))
    for step in np.flatnonzero(cells.any(axis=0)).tolist():
        note: Callable[[], None] | None = None
        for row in np.flatnonzero(cells[:, step]).tolist():
            first: Operand = _operand(lefts[row, step], left_values[row, step])
            second: Operand = _operand(rights[row, step], right_values[row, step])
            result = _Operation(frame.run.notes, node).apply(first, second)
            note = result.note or note
            if result.kept is not None:
                present[row, step] = True
                values[row, step], histogram = _cell(result.kept)
                answer.put(row, step, histogram)
        if note is not None:
            note()
    return Outcome(values, present, answer.done())


TRIMS = frozenset({"</", ">/"})


def _grid(histograms: Histograms | None, shape: tuple[int, ...]) -> Histograms:
    return no_histograms(shape) if histograms is None else np.broadcast_to(histograms, shape)


def _operand(histogram: Histogram | None, value: np.float64) -> Operand:
    return float(value) if histogram is None else histogram


def _cell(operand: Operand) -> tuple[float, Histogram | None]:
    return (np.nan, operand) if isinstance(operand, Histogram) else (operand, None)


@dataclass(frozen=True, slots=True)
class _Result:
    """kept: None if the pair has no result. note: what is to be told, if anything."""

    kept: Operand | None
    note: Callable[[], None] | None = None


class _Operation:
    """One operator of the text, on one pair of samples."""

    def __init__(self, notes: Notes, node: Binary) -> None:
        self._notes = notes
        self._node = node

    def apply(self, left: Operand, right: Operand) -> _Result:
        if isinstance(left, Histogram) and isinstance(right, Histogram):
            return self._of_two(left, right)
        if isinstance(left, Histogram) and not isinstance(right, Histogram):
            return self._with_number(left, right)
        if isinstance(right, Histogram) and not isinstance(left, Histogram):
            if self._node.op == "*":
                return _Result(compact(multiplied(right, left)))
            return self._impossible("float", "histogram")
        return self._impossible("float", "float")

    def _with_number(self, left: Histogram, right: float) -> _Result:
        op = self._node.op
        if op == "*":
            return _Result(compact(multiplied(left, right)))
        if op == "/":
            return _Result(compact(divided(left, right)))
        if op in TRIMS:
            return _Result(trimmed(left, right, below=op == "</"))
        return self._impossible("histogram", "float")

    def _of_two(self, left: Histogram, right: Histogram) -> _Result:
        op = self._node.op
        if op in ("==", "!="):
            holds = same_histogram(left, right) is (op == "==")
            if self._node.bool_modifier:
                return _Result(float(holds))
            return _Result(left if holds else None)
        if op not in ("+", "-"):
            return self._impossible("histogram", "histogram")
        return self._sum(left, right)

    def _sum(self, left: Histogram, right: Histogram) -> _Result:
        is_sum, position = self._node.op == "+", self._node.start
        try:
            total = added(left, right) if is_sum else subtracted(left, right)
        except MixedSchemas:
            return _Result(None, self._incompatible)
        name = ADDITION if is_sum else SUBTRACTION
        if total.collided:
            return _Result(None, lambda: note_collision(self._notes, name, position))
        value = compact(total.total())
        if not is_sum:
            value = replace(value, reset_hint=ResetHint.GAUGE)
        if total.reconciled:
            return _Result(value, lambda: note_reconciled(self._notes, name, position))
        return _Result(value)

    def _incompatible(self) -> None:
        self._notes.warn(
            f"incompatible bucket layout encountered for binary operator {self._node.op}",
            self._node.start,
        )

    def _impossible(self, left: str, right: str) -> _Result:
        op = self._node.op
        return _Result(
            None,
            lambda: self._notes.inform(
                f'incompatible sample types encountered for binary operator "{op}": '
                f"{left} {op} {right}",
                self._node.start,
            ),
        )
