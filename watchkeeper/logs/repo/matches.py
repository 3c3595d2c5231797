"""How many lines that were received in closed intervals match."""

from __future__ import annotations

from sqlalchemy import select

from watchkeeper.logs.repo.conditions import Condition
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta, tables

_projects = tables.projects


def match_counts(
    columns: Columns,
    project_id: int,
    condition: Condition,
    *,
    start_ms: int,
    end_ms: int,
    step_ms: int,
) -> dict[int, int]:
    """Matching lines received in [start_ms, end_ms), by the start of their interval."""
    rows = columns.rows(
        f"""
        SELECT intDiv(toUnixTimestamp64Milli(received), {{step:Int64}}) AS slot, count() FROM logs
        WHERE project_id = {{project:UInt32}}
          AND received >= fromUnixTimestamp64Milli({{start:Int64}})
          AND received < fromUnixTimestamp64Milli({{end:Int64}}) AND {condition.sql}
        GROUP BY slot
        """,
        {
            **condition.params,
            "project": project_id,
            "start": start_ms,
            "end": end_ms,
            "step": step_ms,
        },
    )
    return {int(slot) * step_ms: int(lines) for slot, lines in rows}


def project_slugs(meta: Meta) -> dict[int, str]:
    """Slugs by project id."""
    with meta.read() as conn:
        return {row.id: row.slug for row in conn.execute(select(_projects.c.id, _projects.c.slug))}
