"""What the derived error series are computed from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from watchkeeper.model import Scope
from watchkeeper.store.columns import Columns


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorsReceived:
    """Errors of one kind received in one interval. interval_ms: its start.

    severity: as it was when they came; empty where an older program stored them.
    """

    project_id: int
    interval_ms: int
    type: str
    level: str
    is_handled: bool
    severity: str
    release: str
    environment: str
    events: int


def errors_received(
    columns: Columns, scope: Scope, *, start_ms: int, end_ms: int, step_ms: int
) -> Iterator[ErrorsReceived]:
    """Errors received in [start_ms, end_ms), by kind and interval, in order of time."""
    rows = columns.rows(
        """
        SELECT project_id, intDiv(toUnixTimestamp64Milli(received), {step:Int64}) AS slot, type,
               level, handled, severity, release, environment, count()
        FROM errors
        WHERE project_id IN {projects:Array(UInt32)}
          AND received >= fromUnixTimestamp64Milli({start:Int64})
          AND received < fromUnixTimestamp64Milli({end:Int64})
        GROUP BY project_id, slot, type, level, handled, severity, release, environment
        ORDER BY slot, project_id, type, level, handled, severity, release, environment
        """,
        {"projects": scope.project_ids, "start": start_ms, "end": end_ms, "step": step_ms},
    )
    for project_id, slot, kind, level, handled, severity, release, environment, events in rows:
        yield ErrorsReceived(
            project_id=int(project_id),
            interval_ms=int(slot) * step_ms,
            type=kind,
            level=level,
            is_handled=bool(handled),
            severity=severity,
            release=release,
            environment=environment,
            events=int(events),
        )
