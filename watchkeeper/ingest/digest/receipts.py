"""Which tables got rows of which time, so that no time in which none came is asked about.

Loops that make something of stored rows look at each stretch of time of arrival once it has passed.
On most servers most of the time there is nothing in it, and to ask the store costs a thousand times
what it costs to know that.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

from watchkeeper.ingest.digest import repo
from watchkeeper.lib.clock import HOUR_MS, SECOND_MS
from watchkeeper.store.columns import Columns

SLOT_MS = 5 * SECOND_MS
KEPT_MS = HOUR_MS
_KEPT_SLOTS = KEPT_MS // SLOT_MS


class Receipts:
    """Times of arrival by table, in slots of 5 s, of the last hour and more.

    What was stored before the start is asked for once, when a table is first asked about. One
    thread notes, any may ask.
    """

    def __init__(self, columns: Columns, *, now_ms: int) -> None:
        self._columns = columns
        self._known_from_ms = now_ms - KEPT_MS
        self._slots: dict[str, set[int]] = {}
        self._recalled: set[str] = set()
        self._lock = threading.Lock()

    def note(self, tables: Iterable[str], received_ms: Iterable[int]) -> None:
        """Rows received at these times are about to be added to these tables."""
        slots = {at_ms // SLOT_MS for at_ms in received_ms}
        with self._lock:
            for table in tables:
                self._add(table, slots)

    def may_hold(self, table: str, start_ms: int, end_ms: int) -> bool:
        """Whether the table may hold rows received in [start_ms, end_ms). Raises StoreUnavailable.

        True where that is not known, of long ago.
        """
        if table not in self._recalled:
            self._recall(table)
        with self._lock:
            if start_ms < self._known_from_ms:
                return True
            slots = self._slots.get(table, set())
            last = (end_ms - 1) // SLOT_MS
            return any(slot in slots for slot in range(start_ms // SLOT_MS, last + 1))

    def _recall(self, table: str) -> None:
        """Take over what a life before this one stored."""
        slots = repo.slots_received(
            self._columns, table, since_ms=self._known_from_ms, slot_ms=SLOT_MS
        )
        with self._lock:
            self._add(table, slots)
            self._recalled.add(table)

    def _add(self, table: str, slots: Iterable[int]) -> None:
        known = self._slots.setdefault(table, set())
        known.update(slots)
        if len(known) > 2 * _KEPT_SLOTS:
            oldest = sorted(known)[-_KEPT_SLOTS]
            self._known_from_ms = max(self._known_from_ms, oldest * SLOT_MS)
            self._slots[table] = {slot for slot in known if slot >= oldest}
