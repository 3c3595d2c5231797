"""Runs of scheduled jobs as series: what became of them and how long they took."""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper.derived import OTHER, Burst, Growth, SourceTable, group_of
from watchkeeper.lib.clock import SECOND_MS
from watchkeeper.model import Scope
from watchkeeper.monitors import repo
from watchkeeper.store.columns import Columns

CHECK_INS_TOTAL = "watchkeeper_check_ins_total"
DURATION = "watchkeeper_check_in_duration_seconds"


class CheckInsSource:
    """`watchkeeper_check_ins_total` by status, and the durations of those that told one."""

    name = "check_ins"
    table: SourceTable = "check_ins"
    metrics: tuple[str, ...] = (CHECK_INS_TOTAL, f"{DURATION}_sum", f"{DURATION}_count")
    max_groups = 500

    def bursts(
        self, columns: Columns, scope: Scope, *, start_ms: int, end_ms: int, step_ms: int
    ) -> Iterator[Burst]:
        """One burst for each job, environment and status, one for the durations."""
        rows = repo.check_in_counts(
            columns, scope, start_ms=start_ms, end_ms=end_ms, step_ms=step_ms
        )
        for project_id, slot, monitor, environment, status, runs, timed, took_ms in rows:
            place = {"monitor": monitor, "environment": environment}
            at = {"project_id": int(project_id), "interval_ms": int(slot) * step_ms}
            yield Burst(
                **at,
                group=group_of(place | {"status": status}),
                other=group_of({"monitor": OTHER, "status": status}),
                growth=(Growth(CHECK_INS_TOTAL, int(runs)),),
            )
            if int(timed):
                yield Burst(
                    **at,
                    group=group_of(place),
                    other=group_of({"monitor": OTHER}),
                    growth=(
                        Growth(f"{DURATION}_sum", int(took_ms) / SECOND_MS),
                        Growth(f"{DURATION}_count", int(timed)),
                    ),
                )
