"""Reads a metric out of the columns into sheets, a slice of its series at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from watchkeeper.query.hot.block import Ids
from watchkeeper.query.hot.growing import GrowingSheet
from watchkeeper.query.hot.repo import has_histograms, in_slices, samples_of, samples_since
from watchkeeper.query.promql import F64, I64, SeriesBlock
from watchkeeper.query.promql.lattice import Slots
from watchkeeper.store.columns import Columns

_SLICE = 500
"""Series a read: with some thousand samples each, a read is a few dozen MB."""

_COUNTED = 50
"""Series that an estimate looks at."""

_ODD = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)


class Unheld(Exception):
    """The metric has more samples than may be held, or native histograms."""


def load_sheets(
    columns: Columns, project_id: int, ids: Ids, start_ms: int, *, most: int
) -> list[GrowingSheet]:
    """All samples of these series since a time. Raises Unheld, beyond `most` samples too."""
    if _estimated(columns, project_id, ids, start_ms) > most:
        raise Unheld
    pieces: dict[tuple[int, int], list[tuple[Slots, I64, F64]]] = {}
    slot_of = {series: slot for slot, series in enumerate(ids.tolist())}
    left = most
    for some in in_slices(ids, _SLICE):
        if has_histograms(columns, project_id, some, start_ms):
            raise Unheld
        series, ts, values = samples_of(columns, project_id, some, start_ms, most=left + 1)
        left -= len(ts)
        if left < 0:
            raise Unheld
        for key, slots, times, matrix in _together(series, ts, values, slot_of):
            pieces.setdefault(key, []).append((slots, times, matrix))
    return [sheet for same in pieces.values() for sheet in _joined(same)]


def _estimated(columns: Columns, project_id: int, ids: Ids, start_ms: int) -> float:
    """About how many samples these series have, from some of them."""
    some = ids[:: max(1, len(ids) // _COUNTED)].tolist()
    return samples_since(columns, project_id, some, start_ms) / max(len(some), 1) * len(ids)


def sheets_of(block: SeriesBlock) -> list[GrowingSheet]:
    """The samples of a block as sheets; series i has slot i."""
    count = len(block.labels)
    series = np.repeat(np.arange(count, dtype=np.uint64), np.diff(block.offsets))
    together = _together(series, block.ts, block.values, {n: n for n in range(count)})
    return [sheet for piece in together for sheet in _joined([piece[1:]])]


def _together(
    series: Ids, ts: I64, values: F64, slot_of: dict[int, int]
) -> Iterator[tuple[tuple[int, int], Slots, I64, F64]]:
    """Samples sorted by series and time, the series with the same times put side by side.

    Of samples with equal time one stands.
    """
    if not len(ts):
        return
    starts_series = np.concatenate(([True], series[1:] != series[:-1]))
    repeated = ~starts_series & np.concatenate(([False], ts[1:] == ts[:-1]))
    if repeated.any():
        keep = ~repeated
        series, ts, values, starts_series = (
            series[keep],
            ts[keep],
            values[keep],
            starts_series[keep],
        )
    starts = np.flatnonzero(starts_series)
    counts = np.diff(np.append(starts, len(ts)))
    marks = np.add.reduceat(_mixed(ts), starts)
    kinds = np.unique(np.stack((counts.astype(np.uint64), marks)), axis=1, return_inverse=True)
    slots = np.array([slot_of[s] for s in series[starts].tolist()], np.int64)
    for index, (count, mark) in enumerate(kinds[0].T.tolist()):
        members = np.flatnonzero(kinds[1].reshape(-1) == index)
        members = members[np.argsort(slots[members])]
        rows = starts[members][:, None] + np.arange(count)
        times = ts[rows[0]]
        same = (ts[rows] == times).all(axis=1)
        yield (count, mark), slots[members[same]], times, values[rows[same].T]
        for place in np.flatnonzero(~same).tolist():  # another one has the same mark by chance
            one = rows[place]
            yield (
                (count, -1 - int(slots[members[place]])),
                slots[members[[place]]],
                ts[one],
                values[one, None],
            )


def _mixed(ts: I64) -> npt.NDArray[np.uint64]:
    """A number for each time, so that sums of them hardly ever agree by chance."""
    mixed = ts.view(np.uint64) * _ODD
    mixed ^= mixed >> _SHIFT
    mixed *= _ODD
    return mixed ^ (mixed >> _SHIFT)


def _joined(pieces: list[tuple[Slots, I64, F64]]) -> Iterator[GrowingSheet]:
    """Series of equal times from all slices, as one sheet."""
    left = pieces
    while left:
        times = left[0][1]
        same = [piece for piece in left if np.array_equal(piece[1], times)]
        left = [piece for piece in left if not np.array_equal(piece[1], times)]
        slots = np.concatenate([piece[0] for piece in same])
        yield GrowingSheet(slots, times, np.concatenate([piece[2] for piece in same], axis=1))
