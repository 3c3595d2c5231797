"""Saved queries, in meta."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from watchkeeper.model import Scope
from watchkeeper.store.meta import Meta, tables

_saved = tables.log_queries


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedRow:
    """One saved query and where its counter stands. told_ms: its newest sample."""

    id: int
    project_id: int
    name: str
    query: str
    created_ms: int
    created_by: str
    matches: int
    told_ms: int
    counted_ms: int
    error: str


class SavedRows:
    """Reads and writes them."""

    def __init__(self, meta: Meta) -> None:
        self._meta = meta

    def of(self, scope: Scope) -> list[SavedRow]:
        """The scope's saved queries by name."""
        query = select(_saved).where(_saved.c.project_id.in_(scope.project_ids))
        with self._meta.read() as conn:
            return [SavedRow(**row._mapping) for row in conn.execute(query.order_by(_saved.c.name))]

    def every(self) -> list[SavedRow]:
        """Those of all projects, for the server's own loop."""
        with self._meta.read() as conn:
            return [SavedRow(**row._mapping) for row in conn.execute(select(_saved))]

    def add(
        self, conn: Connection, scope: Scope, *, name: str, query: str, by: str, now_ms: int
    ) -> int:
        """Add one in the caller's transaction; returns its id."""
        row = {
            "project_id": scope.project_id,
            "name": name,
            "query": query,
            "created_ms": now_ms,
            "created_by": by,
            "matches": 0,
            "told_ms": 0,
            "counted_ms": now_ms,
            "error": "",
        }
        done = conn.execute(insert(_saved).values(**row))
        key = done.inserted_primary_key
        assert key is not None
        return int(key[0])

    def count(self, conn: Connection, scope: Scope) -> int:
        """How many the project has."""
        query = select(func.count()).where(_saved.c.project_id == scope.project_id)
        return int(conn.execute(query).scalar_one())

    def is_taken(self, conn: Connection, scope: Scope, name: str) -> bool:
        """True if the project has one of this name."""
        query = select(_saved.c.id).where(
            _saved.c.project_id == scope.project_id, _saved.c.name == name
        )
        return conn.execute(query).first() is not None

    def remove(self, conn: Connection, scope: Scope, query_id: int) -> bool:
        """Forget one; False if the project has none of this id."""
        done = conn.execute(
            delete(_saved).where(_saved.c.project_id == scope.project_id, _saved.c.id == query_id)
        )
        return bool(done.rowcount)

    def advance(
        self, query_id: int, *, matches: int, told_ms: int, counted_ms: int, error: str
    ) -> None:
        """Note how far one is counted."""
        with self._meta.write() as conn:
            conn.execute(
                update(_saved)
                .where(_saved.c.id == query_id)
                .values(matches=matches, told_ms=told_ms, counted_ms=counted_ms, error=error)
            )
