"""Releases make themselves: the first record that names one is enough."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, case, func, or_, update

from watchkeeper.store.meta import insert_into, tables

_LONGEST = 250


@dataclass(frozen=True, slots=True)
class Sighting:
    """A record of a release at an instant, Unix ms."""

    project_id: int
    release: str
    at_ms: int


def note_releases(conn: Connection, sightings: Iterable[Sighting], *, now_ms: int) -> None:
    """Widen the time in which releases were seen; add those that are new. A write a release.

    Part of the transaction that stores the records: a replay changes nothing more.
    """
    spans: dict[tuple[int, str], tuple[int, int]] = {}
    for one in sightings:
        if one.release:
            key = (one.project_id, one.release[:_LONGEST])
            first, last = spans.get(key, (one.at_ms, one.at_ms))
            spans[key] = (min(first, one.at_ms), max(last, one.at_ms))
    for (project_id, version), (first_ms, last_ms) in sorted(spans.items()):
        _note(conn, project_id, version, first_ms=first_ms, last_ms=last_ms, now_ms=now_ms)


def _note(
    conn: Connection, project_id: int, version: str, *, first_ms: int, last_ms: int, now_ms: int
) -> None:
    t = tables.releases
    known = (
        update(t)
        .where(t.c.project_id == project_id, t.c.version == version)
        .where(
            or_(
                t.c.first_seen_ms.is_(None),
                t.c.first_seen_ms > first_ms,
                t.c.last_seen_ms < last_ms,
            )
        )
        .values(
            first_seen_ms=case(
                (func.coalesce(t.c.first_seen_ms, first_ms) < first_ms, t.c.first_seen_ms),
                else_=first_ms,
            ),
            last_seen_ms=case(
                (func.coalesce(t.c.last_seen_ms, last_ms) > last_ms, t.c.last_seen_ms),
                else_=last_ms,
            ),
        )
    )
    if conn.execute(known).rowcount:
        return
    row = insert_into(conn, t).values(
        project_id=project_id,
        version=version,
        created_ms=now_ms,
        first_seen_ms=first_ms,
        last_seen_ms=last_ms,
        url="",
        ref="",
        commits=0,
    )
    conn.execute(row.on_conflict_do_nothing())
