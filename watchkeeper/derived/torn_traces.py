"""Repeated statements whose spans came in several inserts.

Those of one insert are found while it is stored. A part of a trace that lacks the span above its
statements is marked as torn; such traces are looked at again when the rest has had time to come.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from prometheus_client import CollectorRegistry, Counter

from watchkeeper.ingest.digest import set_watermark, watermark
from watchkeeper.lib.clock import HOUR_MS, MINUTE_MS, SECOND_MS
from watchkeeper.model import MayHold, anything_may_be_there
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta
from watchkeeper.traces import REPEATED_COLUMNS, TornTrace, repeated_across, torn_traces

WAITS_MS = (30 * SECOND_MS, 15 * MINUTE_MS)
"""How long after a torn part was received its trace is looked at: soon, and once more."""
LOOK_BACK_MS = 6 * HOUR_MS
"""Of a trace what began that long before the part was received."""
MOST_TRACES = 20_000
"""Looked at in one run."""
_AT_ONCE = 1_000
_LONGEST_MS = HOUR_MS
_FEWEST_MS = 10 * SECOND_MS
_NOTED_MS = 5 * MINUTE_MS
"""How often it is noted that nothing came."""


class TornTraceMetrics:
    """How many torn traces were looked at, and how many were too many."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.looked_at = Counter(
            "watchkeeper_torn_traces_looked_at_total",
            "Traces that came in several inserts, as looked at for repeated statements.",
            registry=registry,
        )
        self.passed_over = Counter(
            "watchkeeper_torn_traces_passed_over_total",
            "Traces that came in several inserts and were too many to look at in one run.",
            registry=registry,
        )


class TornTraces:
    """Adds what torn traces repeat to `repeated_queries`. One thread runs it.

    To look at a trace twice adds nothing: the list of problems takes the row with most calls.
    passed_ms: up to when every received record is stored (`Digest.passed_ms`).
    """

    def __init__(
        self,
        *,
        columns: Columns,
        meta: Meta,
        passed_ms: Callable[[], int | None],
        metrics: TornTraceMetrics,
        may_hold: MayHold = anything_may_be_there,
        most_traces: int = MOST_TRACES,
    ) -> None:
        self._columns = columns
        self._meta = meta
        self._passed_ms, self._may_hold = passed_ms, may_hold
        self._metrics = metrics
        self._most_traces = most_traces

    def run_once(self) -> int:
        """Look at what is due; returns how many traces. Raises StoreUnavailable."""
        passed_ms = self._passed_ms()
        if passed_ms is None:
            return 0
        return sum(self._look(wait_ms, passed_ms - wait_ms) for wait_ms in WAITS_MS)

    def _look(self, wait_ms: int, due_ms: int) -> int:
        """The traces whose torn parts were received since the last look of this wait."""
        name = f"torn-traces:{wait_ms // SECOND_MS}"
        with self._meta.read() as conn:
            start_ms = watermark(conn, name) or due_ms - _LONGEST_MS
        if due_ms - start_ms < _FEWEST_MS:
            return 0
        end_ms = min(due_ms, start_ms + _LONGEST_MS)
        if not self._may_hold("spans", start_ms, end_ms):
            if end_ms - start_ms >= _NOTED_MS:
                self._note(name, end_ms)
            return 0
        torn, total = torn_traces(
            self._columns,
            start_ms=start_ms,
            end_ms=end_ms,
            since_ms=start_ms - LOOK_BACK_MS,
            limit=self._most_traces,
        )
        for first in range(0, len(torn), _AT_ONCE):
            self._keep(torn[first : first + _AT_ONCE])
        self._note(name, end_ms)
        self._metrics.looked_at.inc(len(torn))
        self._metrics.passed_over.inc(total - len(torn))
        return len(torn)

    def _note(self, name: str, end_ms: int) -> None:
        with self._meta.write() as conn:
            set_watermark(conn, name, end_ms)

    def _keep(self, torn: Sequence[TornTrace]) -> None:
        rows = repeated_across(self._columns, torn)
        if rows:
            self._columns.insert("repeated_queries", REPEATED_COLUMNS, rows, token=None)
