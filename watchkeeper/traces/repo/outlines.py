"""Reads for the small pictures of traces in a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from watchkeeper.model import Scope
from watchkeeper.store.columns import Columns
from watchkeeper.traces.repo.search import Window


@dataclass(frozen=True, slots=True)
class LongSpan:
    """One of the longest spans of a trace. at_ns: its start, Unix ns."""

    trace_id: str
    at_ns: int
    duration_ns: int
    service: str
    status: str


def longest(
    columns: Columns, scope: Scope, trace_ids: Sequence[str], window: Window, *, most: int
) -> list[LongSpan]:
    """Of each trace the `most` longest spans that began in the window, by start."""
    sql = """
    SELECT trace_id, at, duration_ns, service, status FROM (
        SELECT trace_id, toUnixTimestamp64Nano(ts) AS at, duration_ns, service, status
        FROM spans PREWHERE trace_id IN {ids:Array(String)}
        WHERE project_id IN {projects:Array(UInt32)}
          AND ts >= fromUnixTimestamp64Nano({start:Int64})
          AND ts < fromUnixTimestamp64Nano({end:Int64})
        ORDER BY duration_ns DESC LIMIT {most:UInt32} BY trace_id
    ) ORDER BY trace_id, at, duration_ns DESC
    """
    params = {
        "ids": list(trace_ids),
        "projects": list(scope.project_ids),
        "start": window.start_ns,
        "end": window.end_ns,
        "most": most,
    }
    return [LongSpan(*row) for row in columns.rows(sql, params)]
