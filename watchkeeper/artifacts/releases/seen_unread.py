"""Releases that are named by spans or sessions alone.

The digest does not read those for releases, so they are asked for once they are stored.
"""

from __future__ import annotations

from watchkeeper.artifacts.releases import repo
from watchkeeper.artifacts.releases.seen import Sighting, note_releases
from watchkeeper.lib.clock import DAY_MS, MINUTE_MS, Clock
from watchkeeper.model import MayHold, anything_may_be_there
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta

_OVERLAP_MS = 5 * MINUTE_MS
"""What was received so long before the last look may have been stored after it."""


_TABLES = ("spans", "sessions")


class UnreadReleases:
    """Notes them, look by look. One thread runs it."""

    def __init__(
        self,
        columns: Columns,
        meta: Meta,
        clock: Clock,
        may_hold: MayHold = anything_may_be_there,
    ) -> None:
        self._columns, self._meta, self._clock = columns, meta, clock
        self._may_hold = may_hold
        self._since_ms: int | None = None

    def run_once(self) -> int:
        """Note the releases of what came since the last look; returns how many."""
        now_ms = self._clock()
        since_ms = now_ms - DAY_MS if self._since_ms is None else self._since_ms
        has_rows = any(self._may_hold(table, since_ms, now_ms + 1) for table in _TABLES)
        found = repo.unread_releases(self._columns, since_ms=since_ms) if has_rows else ()
        sightings = [
            Sighting(project_id, release, at_ms)
            for project_id, release, first_ms, last_ms in found
            for at_ms in (first_ms, last_ms)
        ]
        if sightings:
            with self._meta.write() as conn:
                note_releases(conn, sightings, now_ms=now_ms)
        self._since_ms = now_ms - _OVERLAP_MS
        return len(found)
