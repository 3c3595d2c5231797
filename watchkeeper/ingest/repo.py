"""What ingest keeps in meta."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import delete, func, insert, select

from watchkeeper.ingest.rejections import Rejection
from watchkeeper.lib.clock import DAY_MS
from watchkeeper.store.meta import Meta, tables

_KEPT_ROWS = 5_000
_KEPT_MS = 7 * DAY_MS


class RejectionRows:
    """Rejections for the setup page: the newest few thousand of a week."""

    def __init__(self, meta: Meta) -> None:
        self._meta = meta

    def add(self, rejections: Sequence[Rejection]) -> None:
        """Write rejections and forget the oldest. Blocks."""
        if not rejections:
            return
        rows = tables.rejections
        with self._meta.write() as conn:
            conn.execute(insert(rows), [asdict(rejection) for rejection in rejections])
            newest = conn.execute(select(func.max(rows.c.id))).scalar_one()
            is_old = rows.c.at_ms < rejections[-1].at_ms - _KEPT_MS
            conn.execute(delete(rows).where(is_old | (rows.c.id <= newest - _KEPT_ROWS)))
