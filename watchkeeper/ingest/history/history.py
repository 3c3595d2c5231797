"""Takes in samples of any age and order, each once, however often it is sent."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchkeeper.ingest.accept import Acceptor, HistoryBatch
from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.history.messages import MalformedHistory, Past, PastSeries, decode
from watchkeeper.ingest.history.repo import stored_times
from watchkeeper.ingest.rows import HistogramRow, Ids, SeriesRow, Times, Values
from watchkeeper.ingest.series import is_own, metric_of
from watchkeeper.lib import snappy
from watchkeeper.lib.clock import DAY_MS, MINUTE_MS, Clock
from watchkeeper.lib.errors import Overloaded
from watchkeeper.model import Histogram, encode_histogram, series_id
from watchkeeper.store.columns import Columns

MAX_UNPACKED_BYTES = 64 * 2**20
_AHEAD_MS = 10 * MINUTE_MS
_LOOK_AGAIN_S = 0.05
_LONGEST_WAIT_S = 20.0
_TIME_BITS = 43
_MOST_SERIES = 1 << (63 - _TIME_BITS)
_MAX_ANNOUNCED = 1_000_000

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryAnswer:
    """What became of one request. repeated: rows that were stored already."""

    kept: int
    repeated: int
    refused: Mapping[Drop, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Underway:
    """Rows that were accepted and may not be stored yet."""

    project_id: int
    ids: Ids
    first_ms: int
    last_ms: int
    accepted_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """The rows of a request in columns; row i belongs to `of_series[i]`.

    of_histogram: place in `histograms`, -1 where a row is a float.
    """

    series: Sequence[PastSeries]
    ids: Ids
    of_series: NDArray[np.int64]
    ts_ms: Times
    values: Values
    of_histogram: NDArray[np.int64]
    histograms: Sequence[Histogram]


class History:
    """What `watchkeeper import` writes to. One request at a time: it is a bulk job.

    A row whose series has a sample of that instant already is passed over, so that sending twice
    changes nothing. passed_ms: up to when everything that was received is stored.
    max_age_days: how long samples are kept; 0: for ever.
    """

    def __init__(
        self,
        *,
        columns: Columns,
        acceptor: Acceptor,
        clock: Clock,
        passed_ms: Callable[[], int | None],
        max_age_days: int = 0,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._columns, self._acceptor, self._clock = columns, acceptor, clock
        self._passed_ms, self._wait = passed_ms, wait
        self._max_age_ms = max_age_days * DAY_MS
        self._began_ms = clock()
        self._underway: list[_Underway] = []
        self._announced: set[tuple[int, int]] = set()
        self._announced_day = -1
        self._lock = threading.Lock()

    def take(self, project_id: int, packed: bytes, *, may_write_reserved: bool) -> HistoryAnswer:
        """Keep what is new of a snappy block with a WriteRequest; it is on disk afterwards.

        may_write_reserved: `watchkeeper_*` is taken too. Blocks.
        Raises MalformedHistory; Overloaded: nothing was kept, send it again.
        """
        past = decode(_unpacked(packed))
        refused = past.refused
        kept_series = []
        for series in past.series:
            if is_own(metric_of(series.labels)) and not may_write_reserved:
                refused[Drop.RESERVED_NAME] += len(series.ts_ms) + len(series.histograms)
            else:
                kept_series.append(series)
        if len(kept_series) > _MOST_SERIES:
            raise MalformedHistory(f"Send at most {_MOST_SERIES:,} series at once.")
        rows = _in_order(_rows(project_id, kept_series))
        with self._lock:
            keep, repeated = self._new(project_id, rows, refused)
            self._append(project_id, rows, keep, past)
        for reason, count in refused.items():
            self._acceptor.metrics.drop(reason, count)
        return HistoryAnswer(kept=int(keep.sum()), repeated=repeated, refused=dict(refused))

    def _new(self, project_id: int, rows: _Rows, refused: Counter[Drop]) -> tuple[Bools, int]:
        """Which rows are to be kept, and how many are stored already."""
        now_ms = self._clock()
        is_old = rows.ts_ms < (now_ms - self._max_age_ms if self._max_age_ms else 0)
        is_ahead = rows.ts_ms > now_ms + _AHEAD_MS
        for reason, which in ((Drop.TOO_OLD, is_old), (Drop.TOO_FAR_FUTURE, is_ahead)):
            if which.any():
                refused[reason] += int(which.sum())
        keep = ~is_old & ~is_ahead
        if not keep.any():
            return keep, 0
        ids = np.unique(rows.ids[keep])
        first_ms, last_ms = int(rows.ts_ms[keep].min()), int(rows.ts_ms[keep].max())
        self._settle(project_id, ids, first_ms, last_ms)
        found = stored_times(self._columns, project_id, ids, first_ms, last_ms)
        keys = _keys(ids, first_ms, rows.ids, rows.ts_ms)
        is_known = _twice(rows.ids, rows.ts_ms) | np.isin(keys, _keys(ids, first_ms, *found))
        return keep & ~is_known, int((keep & is_known).sum())

    def _settle(self, project_id: int, ids: Ids, first_ms: int, last_ms: int) -> None:
        """Wait until what may hold the same samples is stored. Raises Overloaded."""
        needed_ms = self._began_ms
        passed_ms = self._passed_ms() or 0
        if last_ms >= passed_ms:
            needed_ms = self._clock()
        self._underway = [one for one in self._underway if one.accepted_ms >= passed_ms]
        for one in self._underway:
            is_apart = one.last_ms < first_ms or one.first_ms > last_ms
            if one.project_id != project_id or is_apart:
                continue
            if np.isin(ids, one.ids, assume_unique=True).any():
                needed_ms = max(needed_ms, one.accepted_ms + 1)
        waited_s = 0.0
        while (self._passed_ms() or 0) < needed_ms:
            if waited_s >= _LONGEST_WAIT_S:
                raise Overloaded("What came before is still being stored; send this again.")
            self._wait(_LOOK_AGAIN_S)
            waited_s += _LOOK_AGAIN_S

    def _append(self, project_id: int, rows: _Rows, keep: Bools, past: Past) -> None:
        at = np.flatnonzero(keep)
        is_float = rows.of_histogram[at] < 0
        floats, others = at[is_float], at[~is_float]
        used = np.unique(rows.of_series[at])
        batch = HistoryBatch(
            series=self._unannounced(project_id, rows, used.tolist()),
            ids=rows.ids[floats],
            ts_ms=rows.ts_ms[floats],
            values=rows.values[floats],
            histograms=[_histogram_row(rows, row) for row in others.tolist()],
            metadata=past.metadata,
        )
        self._acceptor.accept_history_blocking(project_id, batch)
        self._announced.update((project_id, row.series_id) for row in batch.series)
        if len(at):
            self._underway.append(
                _Underway(
                    project_id=project_id,
                    ids=np.unique(rows.ids[at]),
                    first_ms=int(rows.ts_ms[at].min()),
                    last_ms=int(rows.ts_ms[at].max()),
                    accepted_ms=self._clock(),
                )
            )

    def _unannounced(self, project_id: int, rows: _Rows, used: Sequence[int]) -> list[SeriesRow]:
        """Those whose labels were not told yet today."""
        day = self._clock() // DAY_MS
        if day != self._announced_day or len(self._announced) > _MAX_ANNOUNCED:
            self._announced, self._announced_day = set(), day
        told = []
        for place in used:
            labels = rows.series[place].labels
            identity = series_id(project_id, labels)
            if (project_id, identity) not in self._announced:
                told.append(SeriesRow(identity, labels))
        return told


def _unpacked(packed: bytes) -> bytes:
    try:
        return snappy.unpack_block(packed, limit_bytes=MAX_UNPACKED_BYTES)
    except snappy.TooLong as error:
        reason = f"Send at most {MAX_UNPACKED_BYTES:,} bytes, unpacked, at once."
        raise MalformedHistory(reason) from error
    except snappy.NotSnappy as error:
        raise MalformedHistory("The body is not a snappy block.") from error


def _rows(project_id: int, series: Sequence[PastSeries]) -> _Rows:
    ids = np.array([series_id(project_id, one.labels) for one in series], np.uint64)
    counts = np.array([len(one.ts_ms) + len(one.histograms) for one in series], np.int64)
    of_series = np.repeat(np.arange(len(series)), counts)
    none = np.zeros(0, np.int64)
    times: list[Times] = [none]
    values: list[Values] = [none.astype(np.float64)]
    places: list[Times] = [none]
    histograms: list[Histogram] = []
    for one in series:
        count = len(one.histograms)
        times += [one.ts_ms, np.array([at for at, _ in one.histograms], np.int64)]
        values += [one.values, np.zeros(count)]
        places += [np.full(len(one.ts_ms), -1), np.arange(count) + len(histograms)]
        histograms += [histogram for _, histogram in one.histograms]
    return _Rows(
        series=series,
        ids=ids[of_series],
        of_series=of_series,
        ts_ms=np.concatenate(times),
        values=np.concatenate(values),
        of_histogram=np.concatenate(places),
        histograms=histograms,
    )


def _histogram_row(rows: _Rows, row: int) -> HistogramRow:
    stored = encode_histogram(rows.histograms[rows.of_histogram[row]])
    return HistogramRow(int(rows.ids[row]), int(rows.ts_ms[row]), stored)


def _in_order(rows: _Rows) -> _Rows:
    """By series and time; of equal ones the first sent is the first."""
    order = np.lexsort((rows.ts_ms, rows.ids))
    return _Rows(
        series=rows.series,
        ids=rows.ids[order],
        of_series=rows.of_series[order],
        ts_ms=rows.ts_ms[order],
        values=rows.values[order],
        of_histogram=rows.of_histogram[order],
        histograms=rows.histograms,
    )


def _twice(ids: Ids, ts_ms: Times) -> Bools:
    """True where the row before has the same series and time."""
    again = np.zeros(len(ids), bool)
    again[1:] = (ids[1:] == ids[:-1]) & (ts_ms[1:] == ts_ms[:-1])
    return again


def _keys(known: Ids, first_ms: int, ids: Ids, ts_ms: Times) -> Times:
    """One number for each series and time: rows from before `first_ms` share one of no row."""
    places = np.searchsorted(known, ids).astype(np.int64)
    after_ms = ts_ms.astype(np.int64) - first_ms
    is_within = (after_ms >= 0) & (after_ms < 1 << _TIME_BITS)
    return np.where(is_within, places << _TIME_BITS | after_ms, -1)
