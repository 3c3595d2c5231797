"""Sessions as series: how many began, and how many of them went how wrong."""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper.derived import repo
from watchkeeper.derived.counters import OTHER, Burst, Growth, group_of
from watchkeeper.model import Scope
from watchkeeper.store.columns import Columns

SESSIONS_TOTAL = "watchkeeper_sessions_total"
ERRORED_TOTAL = "watchkeeper_sessions_errored_total"
ABNORMAL_TOTAL = "watchkeeper_sessions_abnormal_total"
CRASHED_TOTAL = "watchkeeper_sessions_crashed_total"


class SessionsSource:
    """A session counts once in each series: in the interval that first heard so of it."""

    name = "sessions"
    table: repo.SourceTable = "session_states"
    metrics: tuple[str, ...] = (SESSIONS_TOTAL, ERRORED_TOTAL, ABNORMAL_TOTAL, CRASHED_TOTAL)
    max_groups = 200

    def bursts(
        self, columns: Columns, scope: Scope, *, start_ms: int, end_ms: int, step_ms: int
    ) -> Iterator[Burst]:
        """One burst for each release and environment; the series that stand still are in it."""
        rows = repo.session_counts(
            columns, scope, start_ms=start_ms, end_ms=end_ms, step_ms=step_ms
        )
        for project_id, slot, release, environment, *counts in rows:
            yield Burst(
                project_id=int(project_id),
                interval_ms=int(slot) * step_ms,
                group=group_of({"release": release, "environment": environment}),
                other=group_of({"release": OTHER}),
                growth=tuple(
                    Growth(metric, int(count))
                    for metric, count in zip(self.metrics, counts, strict=True)
                ),
            )
