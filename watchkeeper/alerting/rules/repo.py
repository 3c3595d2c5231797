"""The SQL of the rules room: rule files, states of alerts and their history."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, select

from watchkeeper.alerting.rules.state import AlertState, Phase
from watchkeeper.lib.fingerprint import fingerprint
from watchkeeper.model import Labels, TimeRange, labels_of
from watchkeeper.store.meta import insert_into
from watchkeeper.store.meta.tables import alert_history, alert_states, projects, rule_files

_NAN = -1.7976931348623157e308
"""Stands for NaN in REAL columns: SQLite reads a NaN as NULL."""


def number_in(value: float) -> float:
    """A float as it is stored."""
    return _NAN if math.isnan(value) else value


def number_out(stored: float) -> float:
    """A float as it was before it was stored."""
    return math.nan if stored == _NAN else stored


def project_orgs(conn: Connection) -> dict[int, int]:
    """The organisation of each project."""
    rows = conn.execute(select(projects.c.id, projects.c.org_id))
    return {row.id: row.org_id for row in rows}


# Rule files


def all_rule_files(conn: Connection) -> Sequence[Row[Any]]:
    """Every rule file, by project and name."""
    return conn.execute(
        select(rule_files).order_by(rule_files.c.project_id, rule_files.c.name)
    ).all()


def rule_file_origin(conn: Connection, project_id: int, name: str) -> str | None:
    """Where a rule file comes from; None if there is none of that name."""
    query = select(rule_files.c.origin).where(_named(project_id, name))
    return conn.execute(query).scalar_one_or_none()


def put_rule_file(
    conn: Connection, project_id: int, name: str, *, source: str, origin: str, now_ms: int
) -> None:
    """Write or replace one rule file."""
    facts = {"source": source, "origin": origin, "changed_ms": now_ms}
    new = insert_into(conn, rule_files).values(project_id=project_id, name=name, **facts)
    conn.execute(new.on_conflict_do_update(index_elements=["project_id", "name"], set_=facts))


def delete_rule_file(conn: Connection, project_id: int, name: str) -> bool:
    """True if there was one."""
    return bool(conn.execute(delete(rule_files).where(_named(project_id, name))).rowcount)


def _named(project_id: int, name: str) -> Any:
    return and_(rule_files.c.project_id == project_id, rule_files.c.name == name)


# States and history


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAlert:
    """An alert as it was last written."""

    project_id: int
    rule_key: str
    state: AlertState
    updated_ms: int


def load_states(conn: Connection, project_ids: Iterable[int] | None = None) -> list[StoredAlert]:
    """Stored alerts of these projects, or of all."""
    query = select(alert_states)
    if project_ids is not None:
        query = query.where(alert_states.c.project_id.in_(list(project_ids)))
    return [_stored(row) for row in conn.execute(query)]


def _stored(row: Row[Any]) -> StoredAlert:
    state = AlertState(
        labels=labels_of(row.labels),
        annotations=row.annotations,
        phase=Phase(row.phase),
        value=number_out(row.value),
        active_ms=row.active_ms,
        fired_ms=row.fired_ms,
        resolved_ms=row.resolved_ms,
        keep_firing_ms=row.keep_firing_ms,
    )
    return StoredAlert(
        project_id=row.project_id, rule_key=row.rule_key, state=state, updated_ms=row.updated_ms
    )


def put_state(
    conn: Connection, project_id: int, rule_key: str, state: AlertState, now_ms: int
) -> None:
    """Write one alert."""
    facts = {
        "labels": dict(state.labels),
        "annotations": dict(state.annotations),
        "phase": state.phase.value,
        "value": number_in(state.value),
        "active_ms": state.active_ms,
        "fired_ms": state.fired_ms,
        "resolved_ms": state.resolved_ms,
        "keep_firing_ms": state.keep_firing_ms,
        "updated_ms": now_ms,
    }
    new = insert_into(conn, alert_states).values(
        project_id=project_id, rule_key=rule_key, fingerprint=fingerprint(state.labels), **facts
    )
    index = ["project_id", "rule_key", "fingerprint"]
    conn.execute(new.on_conflict_do_update(index_elements=index, set_=facts))


def delete_state(conn: Connection, project_id: int, rule_key: str, labels: Labels) -> None:
    """Forget one alert."""
    conn.execute(
        delete(alert_states).where(
            alert_states.c.project_id == project_id,
            alert_states.c.rule_key == rule_key,
            alert_states.c.fingerprint == fingerprint(labels),
        )
    )


def add_history(
    conn: Connection, project_id: int, *, rule_name: str, phase: str, state: AlertState, now_ms: int
) -> None:
    """Remember that an alert changed."""
    conn.execute(
        alert_history.insert().values(
            project_id=project_id,
            at_ms=now_ms,
            rule_name=rule_name,
            fingerprint=fingerprint(state.labels),
            labels=dict(state.labels),
            phase=phase,
            value=number_in(state.value),
        )
    )


def history(
    conn: Connection, project_ids: Sequence[int], span: TimeRange, limit: int
) -> Sequence[Row[Any]]:
    """Changes of alerts in a range, newest first."""
    table = alert_history.c
    query = (
        select(alert_history)
        .where(table.project_id.in_(project_ids))
        .where(table.at_ms >= span.start_ms, table.at_ms < span.end_ms)
        .order_by(table.at_ms.desc(), table.id.desc())
        .limit(limit)
    )
    return conn.execute(query).all()


def forget_history(conn: Connection, before_ms: int) -> int:
    """Remove history older than `before_ms`; returns how many rows."""
    return conn.execute(delete(alert_history).where(alert_history.c.at_ms < before_ms)).rowcount
