"""The relational table `latency_budgets`."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import Connection, select

from watchkeeper.store.meta import insert_into, tables
from watchkeeper.traces.performance_types import LatencyBudget

_FIELDS = ("preset", "stat", "limit_ms", "for_minutes", "satisfied_ms", "slow_query_ms")


def budget(conn: Connection, project_id: int) -> LatencyBudget | None:
    """What was chosen for the project."""
    t = tables.latency_budgets
    row = conn.execute(
        select(*(t.c[name] for name in _FIELDS)).where(t.c.project_id == project_id)
    ).one_or_none()
    return LatencyBudget(**row._mapping) if row else None


def put_budget(conn: Connection, project_id: int, chosen: LatencyBudget, *, now_ms: int) -> None:
    """Keep what was chosen."""
    values = asdict(chosen) | {"changed_ms": now_ms}
    conn.execute(
        insert_into(conn, tables.latency_budgets)
        .values(project_id=project_id, **values)
        .on_conflict_do_update(index_elements=[tables.latency_budgets.c.project_id], set_=values)
    )
