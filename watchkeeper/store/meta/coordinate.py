"""What several processes share through rows: revision numbers and leases."""

from __future__ import annotations

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from watchkeeper.store.meta.tables import leases, revisions


def insert_into(conn: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that has `on_conflict_do_update` and `on_conflict_do_nothing` on both databases."""
    if conn.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def bump(conn: Connection, name: str) -> int:
    """Add 1 to the revision `name` and return it. Others see it once this transaction commits."""
    first = insert_into(conn, revisions).values(name=name, number=1)
    statement = first.on_conflict_do_update(
        index_elements=[revisions.c.name], set_={"number": revisions.c.number + 1}
    ).returning(revisions.c.number)
    return int(conn.execute(statement).scalar_one())


def lease(conn: Connection, name: str, holder: str, ttl_ms: int, now_ms: int) -> bool:
    """Take or renew the lease `name` until now_ms + ttl_ms; False while another holds it.

    holder: names one process or loop for its life, such as host:pid:start.
    """
    mine = insert_into(conn, leases).values(name=name, holder=holder, expires_ms=now_ms + ttl_ms)
    statement = mine.on_conflict_do_update(
        index_elements=[leases.c.name],
        set_={"holder": holder, "expires_ms": now_ms + ttl_ms},
        where=(leases.c.holder == holder) | (leases.c.expires_ms <= now_ms),
    ).returning(leases.c.name)
    return conn.execute(statement).scalar_one_or_none() is not None
