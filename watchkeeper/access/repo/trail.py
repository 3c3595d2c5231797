"""SQL of the audit log."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, insert, select

from watchkeeper.access.types import AuditEntry
from watchkeeper.store.meta import tables

audit_log = tables.audit_log


def add(
    conn: Connection,
    *,
    org_id: int | None,
    at_ms: int,
    actor: str,
    action: str,
    target: str = "",
    facts: Mapping[str, object] | None = None,
) -> None:
    """Write one line into the audit log, in the transaction of the change.

    org_id: None for what belongs to the whole server. action: `<thing>.<past verb>`, ≤ 64
    characters. facts: JSON-ready, without secrets.
    """
    row = {
        "org_id": org_id,
        "at_ms": at_ms,
        "actor": actor[:254],
        "action": action,
        "target": target[:300],
        "facts": dict(facts or {}),
    }
    conn.execute(insert(audit_log).values(row))


def newest(
    conn: Connection, org_id: int | None, *, before_id: int | None, limit: int
) -> list[AuditEntry]:
    """Lines of one organisation (None: of the whole server), newest first."""
    query = select(audit_log).where(audit_log.c.org_id == org_id)
    if before_id is not None:
        query = query.where(audit_log.c.id < before_id)
    rows = conn.execute(query.order_by(audit_log.c.id.desc()).limit(limit))
    return [
        AuditEntry(
            id=row.id,
            at_ms=row.at_ms,
            actor=row.actor,
            action=row.action,
            target=row.target,
            facts=row.facts,
        )
        for row in rows
    ]
