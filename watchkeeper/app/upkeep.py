"""Keeps the roll-ups in step with the samples: closed hours and days, and what came late."""

from __future__ import annotations

from collections.abc import Callable

from watchkeeper.ingest.digest import move_watermark, watermark
from watchkeeper.ingest.sinks import ROLLED_UP
from watchkeeper.lib.clock import DAY_MS, HOUR_MS
from watchkeeper.store.columns import Columns, Resolution, rollup_range
from watchkeeper.store.meta import Meta


class Rollups:
    """Recomputes every closed hour, and its day, whose samples may have changed.

    passed_ms: up to when everything that was received is stored; None while that is not known.
    """

    def __init__(
        self, meta: Meta, columns: Columns, *, passed_ms: Callable[[], int | None]
    ) -> None:
        self._meta = meta
        self._columns = columns
        self._passed_ms = passed_ms

    def run_once(self) -> int:
        """Roll up what is due; returns the number of hours."""
        passed_ms = self._passed_ms()
        if passed_ms is None:
            return 0
        closed_ms = passed_ms // HOUR_MS * HOUR_MS
        with self._meta.read() as conn:
            marked_ms = watermark(conn, ROLLED_UP)
        start_ms = marked_ms or self._oldest_ms(closed_ms)
        if start_ms < closed_ms:
            rollup_range(self._columns, start_ms, closed_ms, Resolution.HOUR)
            first_day_ms = start_ms // DAY_MS * DAY_MS
            rollup_range(self._columns, first_day_ms, closed_ms, Resolution.DAY)
        with self._meta.write() as conn:
            move_watermark(conn, ROLLED_UP, expected_ms=marked_ms, at_ms=closed_ms)
        return max(0, closed_ms - start_ms) // HOUR_MS

    def _oldest_ms(self, closed_ms: int) -> int:
        """The hour of the oldest sample."""
        sql = "SELECT count(), toUnixTimestamp64Milli(min(ts)) FROM samples"
        count, oldest_ms = self._columns.rows(sql)[0]
        return (int(oldest_ms) - 1) // HOUR_MS * HOUR_MS if count else closed_ms
