"""What an issue was put together of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from watchkeeper.issues.listing import row_short_id
from watchkeeper.issues.repo import acts, counts, rows
from watchkeeper.issues.repo.settle import hash_text
from watchkeeper.issues.types import IssueRef
from watchkeeper.model import Scope
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """An issue that was merged. events: stored ones of its fingerprints; times to the hour."""

    short_id: str
    title: str
    type: str
    culprit: str
    merged_ms: int
    events: int
    first_seen_ms: int
    last_seen_ms: int
    hashes: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """own_hashes: fingerprints that were the issue's from the start."""

    own_hashes: Sequence[str]
    merged: Sequence[Part]


def parts_of(meta: Meta, columns: Columns, scope: Scope, issue: IssueRef) -> Parts:
    """Raises NotFound for an issue of another project."""
    with meta.read() as conn:
        row = rows.known(rows.find(conn, scope, issue))
        sources = acts.merged_into(conn, scope, row.id)
        homes = acts.hashes_by_home(conn, scope, row.id)
        found = rows.by_ids(conn, scope, [source.id for source in sources])
    named = {one.id: row_short_id(one) for one in found}
    lives = counts.lives(columns, scope, [one for group in homes.values() for one in group])
    parts = []
    for source in sources:
        hashes = homes.get(source.id, [])
        seen = [lives[one] for one in hashes if one in lives]
        parts.append(
            Part(
                short_id=named[source.id],
                title=source.title,
                type=source.type,
                culprit=source.culprit,
                merged_ms=source.merged_ms,
                events=sum(one.events for one in seen),
                first_seen_ms=min((one.first_ms for one in seen), default=source.first_seen_ms),
                last_seen_ms=max((one.last_ms for one in seen), default=source.last_seen_ms),
                hashes=[hash_text(one) for one in hashes],
            )
        )
    return Parts(own_hashes=[hash_text(one) for one in homes.get(row.id, [])], merged=parts)
