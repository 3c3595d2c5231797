"""Which versions of grouping a project uses, and which hashes have an issue."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from watchkeeper.access import GROUPED_BEFORE
from watchkeeper.issues.repo.settle import hash_text
from watchkeeper.store.meta import tables

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """own: the version that opens issues. before: versions whose issues take their events on."""

    own: int
    before: tuple[int, ...] = ()

    @property
    def oldest_first(self) -> tuple[int, ...]:
        """Every version, the oldest first: in this order its hashes are looked for."""
        return tuple(sorted({self.own, *self.before}))


def choices(conn: Connection, project_ids: Collection[int]) -> dict[int, Choice]:
    """What each project chose, of those projects that exist."""
    t = tables.projects
    query = select(t.c.id, t.c.grouping_version, t.c.settings).where(t.c.id.in_(project_ids))
    rows = conn.execute(query) if project_ids else ()
    return {
        row.id: Choice(
            own=row.grouping_version,
            before=tuple(one for one in row.settings.get(GROUPED_BEFORE, ()) if one),
        )
        for row in rows
    }


def known(conn: Connection, hashes: Mapping[int, Iterable[int]]) -> set[tuple[int, int]]:
    """(project, hash) of those hashes that have an issue."""
    t = tables.issue_hashes
    query = select(t.c.grouping_hash).where(
        t.c.project_id == bindparam("project"),
        t.c.grouping_hash.in_(bindparam("hashes", expanding=True)),
    )
    found: set[tuple[int, int]] = set()
    for project_id, of_project in hashes.items():
        texts = sorted({hash_text(one) for one in of_project})
        for start in range(0, len(texts), _AT_ONCE):
            some = texts[start : start + _AT_ONCE]
            rows = conn.execute(query, {"project": project_id, "hashes": some})
            found.update((project_id, int(row.grouping_hash, 16)) for row in rows)
    return found
