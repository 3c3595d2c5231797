"""`anchored` and `smoothed` for histograms: values at the very ends of windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace as with_fields

import numpy as np
from msgspec.structs import replace

from watchkeeper.model import Histogram, ResetHint
from watchkeeper.query.promql.histograms import (
    MixedSchemas,
    added,
    compact,
    detect_reset,
    divided,
    is_custom,
    multiplied,
    present_histograms,
    subtracted,
)
from watchkeeper.query.promql.invocation import Invocation
from watchkeeper.query.promql.mixed.grids import Cells, grid_from, window_rows
from watchkeeper.query.promql.mixed.notes import ADDITION, SUBTRACTION, SeriesNotes
from watchkeeper.query.promql.run import Frame
from watchkeeper.query.promql.types import I64, Grid, SeriesBlock
from watchkeeper.query.promql.windows import Windows


def interpolated(
    before: tuple[int, Histogram],
    behind: tuple[int, Histogram],
    at_ms: int,
    notes: SeriesNotes,
    *,
    is_counter: bool,
) -> Histogram:
    """The histogram at a moment between two; a counter that was reset began at nothing.

    Raises MixedSchemas.
    """
    (before_ms, first), (behind_ms, second) = before, behind
    if at_ms in (before_ms, behind_ms):
        return first if at_ms == before_ms else second
    part = (at_ms - before_ms) / (behind_ms - before_ms)
    if is_counter and detect_reset(second, first):
        return multiplied(second, part)
    difference = subtracted(second, first)
    if difference.reconciled:
        notes.reconciled(SUBTRACTION)
    total = added(multiplied(difference.total(), part), first)
    if total.reconciled:
        notes.reconciled(ADDITION)
    return total.total()


def extended_change(call: Invocation, windows: Windows) -> Grid:
    """rate, increase or delta of anchored or smoothed windows of histograms; names are kept."""
    answer = Cells(call.frame.run.budget, windows.shape)
    if windows.histograms is None:
        return grid_from(windows, answer.done())
    for row, step, lo, hi in window_rows(windows, at_least=1):
        notes = SeriesNotes(call.frame.run.notes, windows.labels[row], call.position(0))
        end_ms = int(windows.ends[step])
        window = _Window(
            samples=list(windows.histograms[lo:hi]),
            ts=windows.ts[lo:hi].tolist(),
            start_ms=end_ms - windows.range_ms,
            end_ms=end_ms,
            smoothed=windows.extended is not None and windows.extended.smoothed,
            is_counter=call.node.func != "delta",
            notes=notes,
        )
        try:
            found = window.change()
        except MixedSchemas:
            notes.mixed_schemas()
            continue
        if found is not None and call.node.func == "rate":
            found = divided(found, windows.range_ms / 1000)
        answer.put(row, step, found)
    return grid_from(windows, answer.done())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    """Samples of a window and of the lookback around it. Times: Unix ms."""

    samples: Sequence[Histogram]
    ts: Sequence[int]
    start_ms: int
    end_ms: int
    smoothed: bool
    is_counter: bool
    notes: SeriesNotes

    def change(self) -> Histogram | None:
        """From the start of the window to its end. Raises MixedSchemas."""
        first, last = self._ends()
        if self.ts[last] <= self.start_ms or (self.smoothed and self.ts[first] > self.end_ms):
            return None
        inside = self.samples[first : last + 1]
        if any(is_custom(sample) is not is_custom(inside[0]) for sample in inside):
            raise MixedSchemas
        if self.is_counter and any(s.reset_hint is ResetHint.GAUGE for s in inside):
            self.notes.not_a_counter()
        left, right = self._left(first), self._right(last)
        if not self.is_counter and {left.reset_hint, right.reset_hint} != {ResetHint.GAUGE}:
            self.notes.not_a_gauge()
        total = subtracted(right, left)
        if total.reconciled:
            self.notes.reconciled(SUBTRACTION)
        if self.is_counter:
            total.reconciled = False
            for sample in self._lost(first, last, left, right):
                total.add(sample)
            if total.reconciled:
                self.notes.reconciled(ADDITION)
        return replace(compact(total.total()), reset_hint=ResetHint.GAUGE)

    def _ends(self) -> tuple[int, int]:
        """Positions of the samples that stand for the ends of the window."""
        last = len(self.ts) - 1
        first = max(int(np.searchsorted(self.ts[:last], self.start_ms, side="right")) - 1, 0)
        if self.smoothed:
            last = int(np.searchsorted(self.ts[:last], self.end_ms, side="left"))
        return first, last

    def _left(self, first: int) -> Histogram:
        if self.smoothed and self.ts[first] < self.start_ms:
            return self._between(first, self.start_ms)
        return self.samples[first]

    def _right(self, last: int) -> Histogram:
        if self.smoothed and last > 0 and self.ts[last] > self.end_ms:
            return self._between(last - 1, self.end_ms)
        return self.samples[last]

    def _between(self, place: int, at_ms: int) -> Histogram:
        pairs = list(zip(self.ts, self.samples, strict=True))
        return interpolated(
            pairs[place], pairs[place + 1], at_ms, self.notes, is_counter=self.is_counter
        )

    def _lost(self, first: int, last: int, left: Histogram, right: Histogram) -> list[Histogram]:
        """What the counter had reached before each reset from one end to the other.

        A reset that the left end was interpolated across is accounted for already.
        """
        following, previous = first + 1, left
        if self.smoothed and self.ts[first] < self.start_ms:
            behind = self.samples[first + 1]
            if detect_reset(behind, self.samples[first]):
                following, previous = first + 2, behind
        if following > last:
            return []
        lost: list[Histogram] = []
        for sample in [*self.samples[following:last], right]:
            if detect_reset(sample, previous):
                lost.append(previous)
            previous = sample
        return lost


def smoothed_histograms(
    frame: Frame, block: SeriesBlock, reach: Reach, floats: Grid, position: int
) -> Grid:
    """`floats`, a smoothed selector's values, set right where histograms are within reach.

    Where floats are, too, nothing stands, and a warning says so.
    """
    if block.histograms is None:
        return floats
    answer = Cells(frame.run.budget, floats.present.shape)
    present = floats.present.copy()
    there = np.concatenate(([0], np.cumsum(present_histograms(block.histograms))))
    some = there[reach.hi] - there[reach.lo]
    for row, step in np.argwhere(some > 0).tolist():
        notes = SeriesNotes(frame.run.notes, block.labels[row], position)
        lo, until, hi = (int(side[row, step]) for side in (reach.lo, reach.until, reach.hi))
        found: Histogram | None = None
        if int(some[row, step]) < hi - lo:
            notes.floats_and_histograms()
        elif until > lo:
            found = _smoothed(block, until, hi, int(reach.ends[step]), notes)
        answer.put(row, step, found)
        present[row, step] = found is not None
    return with_fields(floats, present=present, histograms=answer.done())


@dataclass(frozen=True, slots=True)
class Reach:
    """Samples around each step. lo, until, hi: first, past the last at or before it, past all."""

    ends: I64
    lo: I64
    until: I64
    hi: I64


def _smoothed(
    block: SeriesBlock, until: int, hi: int, at_ms: int, notes: SeriesNotes
) -> Histogram | None:
    if block.histograms is None:
        return None
    first: Histogram = block.histograms[until - 1]
    if int(block.ts[until - 1]) == at_ms:
        return first
    if until == hi:
        return replace(first, reset_hint=ResetHint.UNKNOWN)
    second: Histogram = block.histograms[until]
    is_counter = {first.reset_hint, second.reset_hint} != {ResetHint.GAUGE}
    before, behind = (int(block.ts[until - 1]), first), (int(block.ts[until]), second)
    try:
        return interpolated(before, behind, at_ms, notes, is_counter=is_counter)
    except MixedSchemas:
        notes.mixed_schemas()
        return None
