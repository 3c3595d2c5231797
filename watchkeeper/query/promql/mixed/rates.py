"""Change of histograms over windows: rate, increase, delta, irate, idelta, resets, changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from dataclasses import replace as with_fields

import numpy as np
from msgspec.structs import replace

from watchkeeper.model import Histogram, ResetHint
from watchkeeper.query.promql.histograms import (
    MixedSchemas,
    added,
    at_schema,
    compact,
    detect_reset,
    divided,
    is_custom,
    multiplied,
    nothing_like,
    present_histograms,
    same_histogram,
    subtracted,
)
from watchkeeper.query.promql.invocation import Invocation
from watchkeeper.query.promql.mixed.extended import extended_change
from watchkeeper.query.promql.mixed.grids import Cells, Split, grid_from, split_windows, window_rows
from watchkeeper.query.promql.mixed.notes import ADDITION, SUBTRACTION, SeriesNotes
from watchkeeper.query.promql.mixed.tables import Table, table_of
from watchkeeper.query.promql.starts import begun_inside, note_overlaps, started_anew
from watchkeeper.query.promql.types import F64, I64, Bools, Grid, Histograms
from watchkeeper.query.promql.windows import Windows


def change(call: Invocation, windows: Windows) -> Grid:
    """rate, increase or delta of windows that hold histograms only; names are kept."""
    if windows.extended is not None:
        return extended_change(call, windows)
    return _Change(call, windows).compute()


class _Change:
    """One call of rate, increase or delta. anew: for each sample, whether its counter is reset."""

    def __init__(self, call: Invocation, windows: Windows) -> None:
        self._call = call
        self._windows = windows
        self._samples: list[Histogram] = (
            [] if windows.histograms is None else list(windows.histograms)
        )
        self._is_counter = call.node.func != "delta"
        self._anew = np.zeros(len(self._samples), np.bool_)
        self._begun = np.zeros(windows.shape, np.bool_)
        if self._is_counter and self._samples:
            note_overlaps(call.frame.run.notes, windows, call.position(0))
            self._anew[1:] = resets_between(windows, started_anew(windows))
            self._begun = begun_inside(windows)

    def compute(self) -> Grid:
        windows, budget = self._windows, self._call.frame.run.budget
        answer = Cells(budget, windows.shape)
        usable = (windows.counts >= 2) | self._begun
        factors = self._factors()
        for row in np.flatnonzero(usable.any(axis=1)).tolist():
            budget.check()
            steps = np.flatnonzero(usable[row])
            found = self._of_row(row, steps)
            for step, histogram in zip(steps.tolist(), found, strict=True):
                if histogram is not None:
                    factor = factors.of(row, step, histogram.count)
                    answer.put(row, step, multiplied(histogram, factor))
        return grid_from(windows, answer.done())

    def _factors(self) -> _Factors:
        windows = self._windows
        range_s = windows.range_ms / 1000 if self._call.node.func == "rate" else 1.0
        counts = np.array([sample.count for sample in self._samples])
        return _Factors(windows, counts, self._begun, range_s, is_counter=self._is_counter)

    def _notes(self, row: int) -> SeriesNotes:
        call = self._call
        return SeriesNotes(call.frame.run.notes, self._windows.labels[row], call.position(0))

    def _of_row(self, row: int, steps: np.ndarray) -> list[Histogram | None]:
        """What came between the first and the last sample of each window of a series."""
        lo, hi = self._windows.lo[row, steps], self._windows.hi[row, steps]
        begun = self._begun[row, steps]
        start = int(lo.min())
        samples = self._samples[start : int(hi.max())]
        gauges = sum(sample.reset_hint is ResetHint.GAUGE for sample in samples)
        plain = gauges == (0 if self._is_counter else len(samples))
        table = table_of(samples) if plain else None
        if table is not None:
            return self._at_once(table, start, lo - start, hi - 1 - start, begun)
        notes = self._notes(row)
        return [
            self._one(place, notes)
            for place in zip(lo.tolist(), hi.tolist(), begun.tolist(), strict=True)
        ]

    def _at_once(
        self, table: Table, start: int, first: I64, last: I64, begun: Bools
    ) -> list[Histogram | None]:
        """All windows of one layout. first, last: rows of the table."""
        numbers = table.numbers
        found = numbers[last] - numbers[first]
        places = np.flatnonzero(self._anew[start : start + len(numbers)])
        places = places[places > 0]
        if len(places):
            lost = np.concatenate(
                (np.zeros((1, numbers.shape[1])), np.cumsum(numbers[places - 1], axis=0))
            )
            found += lost[np.searchsorted(places, last + 1)]
            found -= lost[np.searchsorted(places, first + 1)]
        found[begun] += numbers[first[begun]]
        return [table.histogram(row, ResetHint.GAUGE) for row in found.tolist()]

    def _one(self, place: tuple[int, int, bool], notes: SeriesNotes) -> Histogram | None:
        """One window; None if its samples do not go together."""
        lo, hi, begun = place
        samples = self._samples[lo:hi]
        whole = None if hi - lo < 2 else self._between(lo, samples, notes)
        if hi - lo >= 2 and whole is None:
            return None
        if not begun:
            return whole
        if whole is None:
            return replace(compact(samples[0]), reset_hint=ResetHint.GAUGE)
        try:
            total = added(whole, samples[0])
        except MixedSchemas:
            notes.mixed_schemas()
            return None
        if total.reconciled:
            notes.reconciled(ADDITION)
        return total.total()

    def _between(
        self, lo: int, samples: Sequence[Histogram], notes: SeriesNotes
    ) -> Histogram | None:
        first, last = samples[0], samples[-1]
        if self._anew[lo + 1]:
            first = nothing_like(samples[1])
        relevant = [first, *samples[1:]] if self._is_counter else [first, last]
        if any(is_custom(sample) is not is_custom(first) for sample in relevant):
            notes.mixed_schemas()
            return None
        if self._is_counter and any(s.reset_hint is ResetHint.GAUGE for s in samples):
            notes.not_a_counter()
        if not self._is_counter and any(s.reset_hint is not ResetHint.GAUGE for s in relevant):
            notes.not_a_gauge()
        total = subtracted(at_schema(last, min(s.schema for s in relevant)), first)
        if total.reconciled:
            notes.reconciled(SUBTRACTION)
        total.reconciled = False
        for place in np.flatnonzero(self._anew[lo + 2 : lo + len(samples)]).tolist():
            total.add(samples[place + 1])
        if total.reconciled:
            notes.reconciled(ADDITION)
        return replace(compact(total.total()), reset_hint=ResetHint.GAUGE)


@dataclass(frozen=True, slots=True)
class _Factors:
    """From what was sampled to the whole window (and to a second), as for floats.

    counts: observations in each sample. begun: windows whose counter began inside them.
    """

    windows: Windows
    counts: F64
    begun: Bools
    range_s: float
    is_counter: bool

    def of(self, row: int, step: int, change: float) -> float:
        windows = self.windows
        lo, hi = int(windows.lo[row, step]), int(windows.hi[row, step])
        first_ms, last_ms, end_ms = windows.ts[lo], windows.ts[hi - 1], windows.ends[step]
        sampled = float(last_ms - first_ms) / 1000
        gap = sampled / (hi - lo - 1) if hi - lo > 1 else 0.0
        to_end = float(end_ms - last_ms) / 1000
        if to_end >= gap * 1.1:
            to_end = gap / 2
        if self.begun[row, step] and windows.starts is not None:
            sampled = float(last_ms - windows.starts[lo]) / 1000
            return (sampled + to_end) / sampled / self.range_s
        to_start = float(first_ms - (end_ms - windows.range_ms)) / 1000
        if to_start >= gap * 1.1:
            to_start = gap / 2
        first_count = float(self.counts[lo])
        if self.is_counter and change > 0 and first_count >= 0:
            to_start = min(to_start, sampled * (first_count / change))
        return (sampled + to_start + to_end) / sampled / self.range_s


def last_two(windows: Windows) -> tuple[Split, Bools]:
    """The last two samples of each window that has as many, and where they are of two kinds."""
    lo = np.where(windows.counts >= 2, windows.hi - 2, windows.hi)
    split = split_windows(with_fields(windows, lo=lo))
    return split, split.mixed


def instant_change(call: Invocation, windows: Windows) -> Grid:
    """irate or idelta of windows of two histograms; names are kept."""
    answer = Cells(call.frame.run.budget, windows.shape)
    is_rate = call.node.func == "irate"
    samples: list[Histogram] = [] if windows.histograms is None else list(windows.histograms)
    anew = np.zeros(len(samples), np.bool_)
    if is_rate and samples:
        anew[1:] = resets_between(windows, started_anew(windows))
    for row, step, lo, hi in window_rows(windows, at_least=2):
        notes = SeriesNotes(call.frame.run.notes, windows.labels[row], call.position(0))
        before = None if anew[hi - 1] else samples[lo]
        _note_kind((samples[lo], samples[hi - 1]), notes, is_rate=is_rate)
        found = _last_change(before, samples[hi - 1], notes)
        if found is not None and is_rate:
            found = divided(found, int(windows.ts[hi - 1] - windows.ts[lo]) / 1000)
        answer.put(row, step, found)
    return grid_from(windows, answer.done())


def _note_kind(pair: tuple[Histogram, Histogram], notes: SeriesNotes, *, is_rate: bool) -> None:
    gauges = [sample.reset_hint is ResetHint.GAUGE for sample in pair]
    if is_rate and any(gauges):
        notes.not_a_counter()
    if not is_rate and not all(gauges):
        notes.not_a_gauge()


def _last_change(before: Histogram | None, now: Histogram, notes: SeriesNotes) -> Histogram | None:
    """before: None if the counter was reset since."""
    found = now
    if before is not None:
        try:
            difference = subtracted(now, before)
        except MixedSchemas:
            notes.mixed_schemas()
            return None
        if difference.reconciled:
            notes.reconciled(SUBTRACTION)
        found = difference.total()
    return replace(compact(found), reset_hint=ResetHint.GAUGE)


def resets_between(windows: Windows, others: Bools) -> Bools:
    """Whether each sample but the first is a reset; `others` says so of floats, and of some more.

    Between a float and a histogram always.
    """
    return others | _between(windows, others, detect_reset)


def changes_between(windows: Windows, changed: Bools) -> Bools:
    """Whether each sample but the first is a change; `changed` says so of floats."""
    return _between(windows, changed, lambda now, before: not same_histogram(now, before))


def _between(
    windows: Windows, floats: Bools, happened: Callable[[Histogram, Histogram], bool]
) -> Bools:
    if windows.histograms is None:
        return floats
    answer = np.array(floats)
    samples: Histograms = windows.histograms
    there = present_histograms(samples)
    for place in np.flatnonzero(there[1:] | there[:-1]).tolist():
        before: Histogram | None = samples[place]
        now: Histogram | None = samples[place + 1]
        answer[place] = before is None or now is None or happened(now, before)
    return answer
