"""The ingest keys as the edge needs them: in memory, never older than a second."""

from __future__ import annotations

from contextlib import suppress
from threading import Lock

from watchkeeper.access.repo import keys
from watchkeeper.access.types import IngestKey
from watchkeeper.lib.clock import Clock
from watchkeeper.store.meta import Meta, StoreUnavailable

LOOK_AGAIN_MS = 100


class KeyRing:
    """A snapshot of every key, swapped whole when the revision `keys` moves. Thread-safe."""

    def __init__(self, meta: Meta, clock: Clock) -> None:
        """Reads the keys at once; the schema must be up to date."""
        self._meta = meta
        self._clock = clock
        self._revision = -1
        self._looked_ms = 0
        self._ring: dict[str, IngestKey] = {}
        self._used_ms: dict[int, int] = {}
        self._used_lock = Lock()
        self.refresh_if_changed()

    def lookup(self, key: str) -> IngestKey | None:
        """The key with these 32 hex digits, also when it is switched off; None if unknown.

        A key made a moment ago is known at its first use: before an answer of None the store is
        looked at, at most once in LOOK_AGAIN_MS however many unknown keys are tried.
        """
        found = self._ring.get(key)
        now_ms = self._clock()
        if found is not None or now_ms - self._looked_ms < LOOK_AGAIN_MS:
            return found
        self._looked_ms = now_ms
        with suppress(StoreUnavailable):
            self.refresh_if_changed()
        return self._ring.get(key)

    def refresh_if_changed(self) -> bool:
        """Read the keys again if any was changed since; one cheap read otherwise.

        Call it every 500 ms at most. Raises StoreUnavailable; the old snapshot stays in use.
        """
        revision = self._meta.revision(keys.REVISION)
        if revision == self._revision:
            return False
        # A change that lands between the two reads is loaded now and once more at the next call.
        with self._meta.read() as conn:
            ring = keys.ring(conn)
        self._ring, self._revision = ring, revision
        return True

    def touch(self, key_id: int) -> None:
        """Remember that the key was used now; `flush_touched` writes it."""
        with self._used_lock:
            self._used_ms[key_id] = self._clock()

    def flush_touched(self) -> int:
        """Write when keys were last used; returns for how many. Call it once a minute or so.

        Raises StoreUnavailable; then the times wait for the next call.
        """
        with self._used_lock:
            used_ms, self._used_ms = self._used_ms, {}
        if not used_ms:
            return 0
        try:
            with self._meta.write() as conn:
                keys.set_last_used(conn, used_ms)
        except BaseException:
            with self._used_lock:
                self._used_ms = used_ms | self._used_ms
            raise
        return len(used_ms)
