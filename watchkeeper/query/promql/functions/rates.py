"""How fast and how often series change. Rules: docs/spec/promql.md, "rates"."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from watchkeeper.model import METRIC_NAME, Labels
from watchkeeper.query.promql.functions.extended import extended_change, from_anchor
from watchkeeper.query.promql.invocation import Invocation
from watchkeeper.query.promql.literals import quote
from watchkeeper.query.promql.mixed import changes_between, resets_between
from watchkeeper.query.promql.run import Frame
from watchkeeper.query.promql.starts import begun_inside, note_overlaps, started_anew
from watchkeeper.query.promql.types import F64, I64, Bools, Grid, value_of
from watchkeeper.query.promql.windows import Windows, window_sum

_COUNTER_SUFFIXES = ("_total", "_sum", "_count", "_bucket")


def _rate(call: Invocation) -> Grid:
    doubt_counters(call.frame, call.windows().labels, call.position(0))
    return _change(call, is_counter=True, is_rate=True)


def _increase(call: Invocation) -> Grid:
    doubt_counters(call.frame, call.windows().labels, call.position(0))
    return _change(call, is_counter=True, is_rate=False)


def _delta(call: Invocation) -> Grid:
    return _change(call, is_counter=False, is_rate=False)


def _change(call: Invocation, *, is_counter: bool, is_rate: bool) -> Grid:
    if call.windows().extended:
        return extended_change(call, is_counter=is_counter, is_rate=is_rate)
    return _extrapolated(call, is_counter=is_counter, is_rate=is_rate)


def doubt_counters(frame: Frame, series: Sequence[Labels], position: int) -> None:
    """Say so where a metric does not look like a counter."""
    if frame.run.options.type_and_unit_labels:
        _doubt_types(frame, series, position)
        return
    names = {value_of(labels, METRIC_NAME) for labels in series} - {""}
    for name in sorted(names):
        if not name.endswith(_COUNTER_SUFFIXES):
            frame.run.notes.inform(
                "metric might not be a counter, name does not end in "
                f"_total/_sum/_count/_bucket: {quote(name)}",
                position,
            )


def _doubt_types(frame: Frame, series: Sequence[Labels], position: int) -> None:
    """As `doubt_counters`, by the type that the series say they have."""
    kinds = {(value_of(labels, METRIC_NAME), value_of(labels, "__type__")) for labels in series}
    for name, kind in sorted(kinds):
        if name and kind not in ("counter", "histogram"):
            frame.run.notes.inform(
                'metric might not be a counter, __type__ label is not set to "counter" or '
                f'"histogram", got {quote(kind)}: {quote(name)}',
                position,
            )


def _extrapolated(call: Invocation, *, is_counter: bool, is_rate: bool) -> Grid:
    windows = call.windows()
    several = windows.counts >= 2
    begun = begun_inside(windows) if is_counter else np.zeros(windows.shape, np.bool_)
    present = several | begun
    if not present.any():
        return call.windowed(np.zeros(windows.shape), present)
    first = np.where(present, windows.lo, 0)
    last = np.where(present, windows.hi - 1, 0)
    change = windows.values[last] - windows.values[first]
    if is_counter:
        note_overlaps(call.frame.run.notes, windows, call.position(0))
        change = change + lost_by_resets(windows, first, last)
    change = _to_window(windows, first, last, change, begun, is_counter=is_counter)
    if is_rate:
        change /= windows.range_ms / 1000
    return call.windowed(change, present)


def lost_by_resets(windows: Windows, first: I64, last: I64) -> F64 | float:
    """What a counter had reached before each reset from one sample to another, summed."""
    values = windows.values
    fell = np.concatenate(([False], (values[1:] < values[:-1]) | started_anew(windows)))
    places = np.flatnonzero(fell)
    if not len(places):
        return 0.0
    before = np.searchsorted(places, np.arange(len(values) + 1))
    return window_sum(values[places - 1], before[first + 1], before[last + 1])


def _to_window(
    windows: Windows, first: I64, last: I64, change: F64, begun: Bools, *, is_counter: bool
) -> F64:
    """What was sampled, extended to the whole window.

    Towards an end that is further than 1.1 average gaps away, half a gap is assumed;
    a counter is not extended below zero. A counter that began inside the window was 0 there.
    """
    ends = windows.ends[None, :]
    sampled = (windows.ts[last] - windows.ts[first]) / 1000
    to_start = (windows.ts[first] - (ends - windows.range_ms)) / 1000
    to_end = (ends - windows.ts[last]) / 1000
    gap = sampled / np.maximum(last - first, 1)
    far = gap * 1.1
    to_start = np.where(to_start >= far, gap / 2, to_start)
    if is_counter:
        start_value = windows.values[first]
        to_zero = np.where(
            (change > 0) & (start_value >= 0), sampled * (start_value / change), np.inf
        )
        to_start = np.minimum(to_start, to_zero)
        if windows.starts is not None:
            change = np.where(begun, change + start_value, change)
            since_start = (windows.ts[last] - windows.starts[first]) / 1000
            sampled = np.where(begun, since_start, sampled)
            to_start = np.where(begun, 0.0, to_start)
    to_end = np.where(to_end >= far, gap / 2, to_end)
    return np.asarray(change * ((sampled + to_start + to_end) / sampled))


def _instant_change(call: Invocation, *, is_rate: bool) -> Grid:
    windows = call.windows()
    present = windows.counts >= 2
    if not present.any():
        return call.windowed(np.zeros(windows.shape), present)
    last = np.where(present, windows.hi - 1, 1)
    value, before = windows.values[last], windows.values[last - 1]
    change = value - before
    if is_rate:
        anew = np.concatenate(([False], started_anew(windows)))[last]
        change = np.where((value < before) | anew, value, change)
        change /= (windows.ts[last] - windows.ts[last - 1]) / 1000
    return call.windowed(change, present)


def _irate(call: Invocation) -> Grid:
    return _instant_change(call, is_rate=True)


def _idelta(call: Invocation) -> Grid:
    return _instant_change(call, is_rate=False)


def _changes(call: Invocation) -> Grid:
    windows = call.windows()
    values = windows.values
    both_nan = np.isnan(values[1:]) & np.isnan(values[:-1])
    changed = (values[1:] != values[:-1]) & ~both_nan
    return _happenings(call, changes_between(windows, changed))


def _resets(call: Invocation) -> Grid:
    windows = call.windows()
    fell = windows.values[1:] < windows.values[:-1]
    fell = fell | started_anew(windows)
    return _happenings(call, resets_between(windows, fell))


def _happenings(call: Invocation, between: np.ndarray) -> Grid:
    """How many of the marked steps from one sample to the next lie inside each window."""
    windows = from_anchor(call.windows())
    present = windows.counts >= 1
    until = np.concatenate(([0, 0], np.cumsum(between)))
    first = np.where(present, windows.lo, 0)
    last = np.where(present, windows.hi, 1)
    return call.windowed((until[last] - until[first + 1]).astype(np.float64), present)


RATES = {
    "rate": _rate,
    "increase": _increase,
    "delta": _delta,
    "irate": _irate,
    "idelta": _idelta,
    "changes": _changes,
    "resets": _resets,
}
