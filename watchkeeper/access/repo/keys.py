"""SQL of ingest keys. Every change of what the edge must know bumps the revision `keys`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from watchkeeper.access.types import IngestKey, KeyKind, KeyRecord
from watchkeeper.store.meta import bump, tables

ingest_keys = tables.ingest_keys
projects = tables.projects

REVISION = "keys"


def as_record(row: Row[Any]) -> KeyRecord:
    """One row of ingest_keys."""
    return KeyRecord(
        id=row.id,
        project_id=row.project_id,
        kind=KeyKind(row.kind),
        key=row.key,
        label=row.label,
        enabled=row.enabled,
        allowed_origins=tuple(row.allowed_origins),
        created_ms=row.created_ms,
        last_used_ms=row.last_used_ms,
    )


def add(
    conn: Connection, *, project_id: int, kind: KeyKind, key: str, label: str, now_ms: int
) -> KeyRecord:
    """Add a key that is switched on and takes any origin."""
    row = {
        "project_id": project_id,
        "kind": str(kind),
        "key": key,
        "label": label,
        "created_ms": now_ms,
    }
    added = conn.execute(insert(ingest_keys).values(row).returning(ingest_keys)).one()
    bump(conn, REVISION)
    return as_record(added)


def of_project(conn: Connection, project_id: int) -> list[KeyRecord]:
    """Keys of one project, oldest first."""
    query = select(ingest_keys).where(ingest_keys.c.project_id == project_id)
    return [as_record(row) for row in conn.execute(query.order_by(ingest_keys.c.id))]


def one(conn: Connection, project_id: int, key_id: int) -> KeyRecord | None:
    """The key, if it belongs to the project."""
    query = select(ingest_keys).where(
        ingest_keys.c.project_id == project_id, ingest_keys.c.id == key_id
    )
    row = conn.execute(query).one_or_none()
    return None if row is None else as_record(row)


def change(conn: Connection, key_id: int, changes: dict[str, str | bool | list[str]]) -> None:
    """Set columns of one key."""
    conn.execute(update(ingest_keys).where(ingest_keys.c.id == key_id).values(changes))
    bump(conn, REVISION)


def ring(conn: Connection) -> dict[str, IngestKey]:
    """Every key, enabled or not, by its 32 hex digits."""
    query = select(
        ingest_keys.c.id,
        ingest_keys.c.project_id,
        ingest_keys.c.kind,
        ingest_keys.c.key,
        ingest_keys.c.enabled,
        ingest_keys.c.allowed_origins,
        projects.c.org_id,
    ).join(projects, projects.c.id == ingest_keys.c.project_id)
    return {
        row.key: IngestKey(
            id=row.id,
            project_id=row.project_id,
            org_id=row.org_id,
            kind=KeyKind(row.kind),
            enabled=row.enabled,
            allowed_origins=tuple(row.allowed_origins),
        )
        for row in conn.execute(query)
    }


def set_last_used(conn: Connection, used_ms: Mapping[int, int]) -> None:
    """Write when keys were last used, by key id; the edge need not know, so no bump."""
    statement = (
        update(ingest_keys)
        .where(ingest_keys.c.id == bindparam("key_id"))
        .values(last_used_ms=bindparam("used_ms"))
    )
    conn.execute(statement, [{"key_id": id_, "used_ms": at} for id_, at in used_ms.items()])
