"""Calls between services, counted by minute once both sides have come.

A call is a span that enters a service below a span of another one. The two come in different
requests, so they are joined some time after the callee's was received; each is counted once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from watchkeeper.ingest.digest import set_watermark, watermark
from watchkeeper.lib.clock import HOUR_MS, MINUTE_MS, SECOND_MS
from watchkeeper.model import MayHold, TimeRange, anything_may_be_there
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta
from watchkeeper.traces import OPERATION_COLUMNS, arrivals, closed_calls, oldest_arrival_ms

WAIT_MS = 2 * MINUTE_MS
"""How long after a call was received its caller's span is waited for."""
MOST_CALLS = 1_000_000
"""Joined at once: some 100 MB."""
LOOK_BACKS_MS = (HOUR_MS, 10 * MINUTE_MS, 2 * MINUTE_MS, 15 * SECOND_MS)
"""How much earlier the caller's span may have been received: the longest that is not too much."""
MOST_SPANS = 3_000_000
"""Of a look back."""
BUSY_MS = 2 * SECOND_MS
"""While the digest lags by more, it goes first,"""
PATIENCE_MS = HOUR_MS
"""but for no longer than that."""
_GRAIN_MS = SECOND_MS
_DONE, _UNDER_WAY = "service-calls", "service-calls:under-way"


@dataclass(frozen=True, slots=True)
class _Slice:
    """Calls received in [start_ms, end_ms), Unix ms."""

    start_ms: int
    end_ms: int

    @property
    def token(self) -> str:
        return f"service-calls:{self.start_ms}-{self.end_ms}"


class ServiceCalls:
    """Counts them into `operations_1m`, and with it by hour and day. One thread runs it.

    passed_ms: up to when every received record is stored; lag_ms: age of the oldest that is not
    (both of `Digest`).
    """

    def __init__(
        self,
        *,
        columns: Columns,
        meta: Meta,
        passed_ms: Callable[[], int | None],
        lag_ms: Callable[[], int],
        may_hold: MayHold = anything_may_be_there,
    ) -> None:
        self._columns = columns
        self._meta = meta
        self._passed_ms = passed_ms
        self._lag_ms, self._may_hold = lag_ms, may_hold
        self._empty_until_ms = 0

    def counted_ms(self) -> int:
        """Calls whose span was received before this instant are counted; 0: none are."""
        with self._meta.read() as conn:
            return watermark(conn, _DONE)

    def run_once(self) -> bool:
        """Count the next slice; True if another one is due. Raises StoreUnavailable.

        The slice is noted before its rows are added under a token of its own, so that after a
        crash the same rows are added again, which counts them once.
        """
        passed_ms = self._passed_ms()
        if passed_ms is None:
            return False
        due_ms = (passed_ms - WAIT_MS) // _GRAIN_MS * _GRAIN_MS
        with self._meta.read() as conn:
            done_ms, under_way_ms = watermark(conn, _DONE), watermark(conn, _UNDER_WAY)
        if self._lag_ms() > BUSY_MS and due_ms - done_ms < PATIENCE_MS:
            return False
        if under_way_ms <= done_ms:
            chosen = self._next(done_ms, due_ms)
            if chosen is None:
                return False
            if not self._may_hold("spans", chosen.start_ms, chosen.end_ms):
                with self._meta.write() as conn:
                    set_watermark(conn, _DONE, chosen.end_ms)
                return due_ms - chosen.end_ms >= MINUTE_MS
            with self._meta.write() as conn:
                set_watermark(conn, _DONE, chosen.start_ms)
                set_watermark(conn, _UNDER_WAY, chosen.end_ms)
        else:
            chosen = _Slice(done_ms, under_way_ms)
        self._count(chosen)
        with self._meta.write() as conn:
            set_watermark(conn, _DONE, chosen.end_ms)
        return due_ms - chosen.end_ms >= MINUTE_MS

    def _next(self, done_ms: int, due_ms: int) -> _Slice | None:
        """A minute or more, at most an hour, with at most MOST_CALLS; None if none is due."""
        if not done_ms:
            oldest_ms = self._oldest_ms(due_ms)
            if oldest_ms is None:
                return None
            done_ms = oldest_ms // _GRAIN_MS * _GRAIN_MS
        length_ms = min(due_ms - done_ms, HOUR_MS)
        if length_ms < MINUTE_MS:
            return None
        if not self._may_hold("spans", done_ms, done_ms + length_ms):
            return _Slice(done_ms, done_ms + length_ms)
        calls = arrivals(self._columns, done_ms, done_ms + length_ms).calls
        if calls > MOST_CALLS:
            length_ms = max(_GRAIN_MS, length_ms * MOST_CALLS // calls // _GRAIN_MS * _GRAIN_MS)
        return _Slice(done_ms, done_ms + length_ms)

    def _oldest_ms(self, due_ms: int) -> int | None:
        """When the first span of all was received; None while there is none."""
        empty_ms = self._empty_until_ms
        if empty_ms and not self._may_hold("spans", empty_ms, due_ms + WAIT_MS):
            return None
        oldest_ms = oldest_arrival_ms(self._columns)
        if oldest_ms is None:
            self._empty_until_ms = due_ms
        return oldest_ms

    def _count(self, chosen: _Slice) -> None:
        rows = closed_calls(
            self._columns,
            start_ms=chosen.start_ms,
            end_ms=chosen.end_ms,
            around=TimeRange(self._look_back_ms(chosen), chosen.end_ms + WAIT_MS),
        )
        if rows:
            self._columns.insert("operations_1m", OPERATION_COLUMNS, rows, token=chosen.token)

    def _look_back_ms(self, chosen: _Slice) -> int:
        starts = [chosen.start_ms - length_ms for length_ms in LOOK_BACKS_MS]
        few = (
            start_ms
            for start_ms in starts
            if arrivals(self._columns, start_ms, chosen.start_ms).spans <= MOST_SPANS
        )
        return next(few, starts[-1])
