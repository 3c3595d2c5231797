"""Errors as a series, `watchkeeper_errors_total`, so that one rule engine alerts on everything.

Rule: docs/spec/derived-series.md.
"""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper.derived import OTHER, Burst, Growth, SourceTable, group_of
from watchkeeper.issues.event import severity_of
from watchkeeper.issues.repo import errors_total as repo
from watchkeeper.model import Scope
from watchkeeper.store.columns import Columns

ERRORS_TOTAL = "watchkeeper_errors_total"
SERIES_A_PROJECT = 200


class ErrorsSource:
    """Stored errors by type, severity, release and environment."""

    name = "errors"
    table: SourceTable = "errors"
    metrics: tuple[str, ...] = (ERRORS_TOTAL,)
    max_groups = SERIES_A_PROJECT

    def bursts(
        self, columns: Columns, scope: Scope, *, start_ms: int, end_ms: int, step_ms: int
    ) -> Iterator[Burst]:
        """One burst for each kind of error."""
        found = repo.errors_received(
            columns, scope, start_ms=start_ms, end_ms=end_ms, step_ms=step_ms
        )
        for errors in found:
            by_level = severity_of(errors.level, is_handled=errors.is_handled)
            severity = errors.severity or by_level.value
            told = {
                "type": errors.type,
                "severity": severity,
                "release": errors.release,
                "environment": errors.environment,
            }
            yield Burst(
                project_id=errors.project_id,
                interval_ms=errors.interval_ms,
                group=group_of(told),
                other=group_of({"type": OTHER, "severity": severity}),
                growth=(Growth(ERRORS_TOTAL, errors.events),),
            )
