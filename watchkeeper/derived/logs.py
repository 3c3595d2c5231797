"""Log lines as a series."""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper.derived import repo
from watchkeeper.derived.counters import OTHER, Burst, Growth, group_of
from watchkeeper.model import Scope
from watchkeeper.store.columns import Columns

LOGS_TOTAL = "watchkeeper_logs_total"


class LogsSource:
    """`watchkeeper_logs_total`."""

    name = "logs"
    table: repo.SourceTable = "logs"
    metrics: tuple[str, ...] = (LOGS_TOTAL,)
    max_groups = 500

    def bursts(
        self, columns: Columns, scope: Scope, *, start_ms: int, end_ms: int, step_ms: int
    ) -> Iterator[Burst]:
        """One burst for each service, environment and severity."""
        rows = repo.log_counts(columns, scope, start_ms=start_ms, end_ms=end_ms, step_ms=step_ms)
        for project_id, slot, service, environment, is_told, severity, lines in rows:
            place = {"service": service if is_told else OTHER, "environment": environment}
            yield Burst(
                project_id=int(project_id),
                interval_ms=int(slot) * step_ms,
                group=group_of(place | {"severity": severity}),
                other=group_of({"service": OTHER, "severity": severity}),
                growth=(Growth(LOGS_TOTAL, int(lines)),),
            )
