"""Change of histograms over windows: rate, increase, delta, irate, idelta, resets, changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace as with_fields
from itertools import pairwise

import numpy as np
from msgspec.structs import replace

from watchkeeper.model import Histogram, ResetHint
from watchkeeper.query.promql.histograms import (
    MixedSchemas,
    Sum,
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
from watchkeeper.query.promql.mixed.grids import (
    Split,
    grid_from,
    no_histograms,
    split_windows,
    window_rows,
)
from watchkeeper.query.promql.mixed.notes import ADDITION, SUBTRACTION, SeriesNotes
from watchkeeper.query.promql.types import Bools, Grid, Histograms
from watchkeeper.query.promql.windows import Windows


def extrapolated(call: Invocation, windows: Windows) -> Grid:
    """rate, increase or delta of windows that hold histograms only; names are kept."""
    answer = no_histograms(windows.shape)
    is_counter = call.node.func != "delta"
    for row, step, lo, hi in window_rows(windows, at_least=2):
        if step == 0:
            call.frame.run.budget.check()
        notes = SeriesNotes(call.frame.run.notes, windows.labels[row], call.position(0))
        samples = _histograms(windows, lo, hi)
        change = _change(samples, notes, is_counter=is_counter)
        if change is None:
            continue
        factor = _extrapolation(
            windows, (step, lo, hi), samples[0].count, change.count, is_counter=is_counter
        )
        if call.node.func == "rate":
            factor /= windows.range_ms / 1000
        answer[row, step] = multiplied(change, factor)
    return grid_from(windows, answer)


def _histograms(windows: Windows, lo: int, hi: int) -> list[Histogram]:
    if windows.histograms is None:
        return []
    return list(windows.histograms[lo:hi])


def _change(
    samples: Sequence[Histogram], notes: SeriesNotes, *, is_counter: bool
) -> Histogram | None:
    """What came between the first and the last sample; None if they do not go together."""
    first, last = samples[0], samples[-1]
    if is_counter and detect_reset(samples[1], first):
        first = nothing_like(samples[1])
    relevant = [first, *samples[1:]] if is_counter else [first, last]
    if any(is_custom(sample) is not is_custom(first) for sample in relevant):
        notes.mixed_schemas()
        return None
    if is_counter and any(s.reset_hint is ResetHint.GAUGE for s in samples):
        notes.not_a_counter()
    total = subtracted(at_schema(last, min(s.schema for s in relevant)), first)
    if total.reconciled:
        notes.reconciled(SUBTRACTION)
    if is_counter:
        _add_what_was_reset(total, relevant, notes)
    elif any(sample.reset_hint is not ResetHint.GAUGE for sample in relevant):
        notes.not_a_gauge()
    return replace(compact(total.total()), reset_hint=ResetHint.GAUGE)


def _add_what_was_reset(total: Sum, samples: Sequence[Histogram], notes: SeriesNotes) -> None:
    total.reconciled = False
    for previous, current in pairwise(samples):
        if detect_reset(current, previous):
            total.add(previous)
    if total.reconciled:
        notes.reconciled(ADDITION)


def _extrapolation(
    windows: Windows,
    place: tuple[int, int, int],
    first_count: float,
    change: float,
    *,
    is_counter: bool,
) -> float:
    """The factor from what was sampled to the whole window, as for floats."""
    step, lo, hi = place
    first_ms, last_ms, end_ms = (
        int(windows.ts[lo]),
        int(windows.ts[hi - 1]),
        int(windows.ends[step]),
    )
    sampled = (last_ms - first_ms) / 1000
    to_start = (first_ms - (end_ms - windows.range_ms)) / 1000
    to_end = (end_ms - last_ms) / 1000
    gap = sampled / (hi - lo - 1)
    if to_start >= gap * 1.1:
        to_start = gap / 2
    if is_counter and change > 0 and first_count >= 0:
        to_start = min(to_start, sampled * (first_count / change))
    if to_end >= gap * 1.1:
        to_end = gap / 2
    return (sampled + to_start + to_end) / sampled


def last_two(windows: Windows) -> tuple[Split, Bools]:
    """The last two samples of each window that has as many, and where they are of two kinds."""
    lo = np.where(windows.counts >= 2, windows.hi - 2, windows.hi)
    split = split_windows(with_fields(windows, lo=lo))
    return split, split.mixed


def instant_change(call: Invocation, windows: Windows) -> Grid:
    """irate or idelta of windows of two histograms; names are kept."""
    answer = no_histograms(windows.shape)
    is_rate = call.node.func == "irate"
    for row, step, lo, hi in window_rows(windows, at_least=2):
        before, now = _histograms(windows, lo, hi)
        notes = SeriesNotes(call.frame.run.notes, windows.labels[row], call.position(0))
        change = _last_change(before, now, notes, is_rate=is_rate)
        if change is not None and is_rate:
            change = divided(change, int(windows.ts[hi - 1] - windows.ts[lo]) / 1000)
        answer[row, step] = change
    return grid_from(windows, answer)


def _last_change(
    before: Histogram, now: Histogram, notes: SeriesNotes, *, is_rate: bool
) -> Histogram | None:
    gauges = [sample.reset_hint is ResetHint.GAUGE for sample in (before, now)]
    if is_rate and any(gauges):
        notes.not_a_counter()
    if not is_rate and not all(gauges):
        notes.not_a_gauge()
    change = now
    if not is_rate or not detect_reset(now, before):
        try:
            difference = subtracted(now, before)
        except MixedSchemas:
            notes.mixed_schemas()
            return None
        if difference.reconciled:
            notes.reconciled(SUBTRACTION)
        change = difference.total()
    return replace(compact(change), reset_hint=ResetHint.GAUGE)


def resets_between(windows: Windows, fell: Bools) -> Bools:
    """`fell` says of neighbouring floats whether the second is a reset; here of any samples."""
    return _between(windows, fell, detect_reset)


def changes_between(windows: Windows, changed: Bools) -> Bools:
    """As `resets_between`, of changes."""
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


__all__ = [
    "changes_between",
    "extrapolated",
    "instant_change",
    "last_two",
    "resets_between",
]
