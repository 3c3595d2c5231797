"""SQL of pushed groups."""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, delete, select

from watchkeeper.ingest.pushgateway.types import Group, decode_families, encode_families
from watchkeeper.model import Labels, labels_of
from watchkeeper.store.meta import tables

_groups = tables.pushed_groups


def key_of(labels: Labels) -> str:
    """What stands for a grouping key in the table."""
    parts = [part.encode() for pair in labels for part in pair]
    return hashlib.blake2b(b"\xff".join(parts), digest_size=16).hexdigest()


def all_groups(conn: Connection) -> list[tuple[int, Group]]:
    """Every group with its project, by age."""
    found = conn.execute(select(_groups).order_by(_groups.c.id))
    return [
        (
            row.project_id,
            Group(
                labels=labels_of(row.labels),
                families=decode_families(row.families),
                pushed_ms=row.pushed_ms,
                failed_ms=row.failed_ms,
            ),
        )
        for row in found
    ]


def put(conn: Connection, project_id: int, group: Group) -> None:
    """Write a group, replacing what stood under its key."""
    key = key_of(group.labels)
    row = {
        "labels": dict(group.labels),
        "families": encode_families(group.families),
        "pushed_ms": group.pushed_ms,
        "failed_ms": group.failed_ms,
    }
    where = (_groups.c.project_id == project_id) & (_groups.c.grouping_key == key)
    if not conn.execute(_groups.update().where(where).values(row)).rowcount:
        conn.execute(_groups.insert().values(project_id=project_id, grouping_key=key, **row))


def remove(conn: Connection, project_id: int, labels: Labels | None = None) -> None:
    """Delete one group, or all of the project."""
    where = _groups.c.project_id == project_id
    if labels is not None:
        where &= _groups.c.grouping_key == key_of(labels)
    conn.execute(delete(_groups).where(where))
