"""Deletes blobs with the rows that name them: they lie under the day on which they came."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from watchkeeper.lib.clock import DAY_MS, SECOND_MS
from watchkeeper.store.blobs import Blobs
from watchkeeper.store.columns import ATTACHMENTS, REPLAYS

_DAY = re.compile(r"[a-z]+/(\d{8})/")
_KEPT_WITH = {"attachments/": ATTACHMENTS, "replays/": REPLAYS}
_GRACE_DAYS = 2
"""A row goes when its whole day is over, and the engine looks for that once in a while."""


def drop_expired_blobs(blobs: Blobs, days: Mapping[str, int], now_ms: int) -> int:
    """Delete what outlived its table's policy; returns how many. days: table → days, if set."""
    dropped = 0
    for prefix, table in _KEPT_WITH.items():
        keep_days = days.get(table.name, table.ttl_days) + _GRACE_DAYS
        first = datetime.fromtimestamp((now_ms - keep_days * DAY_MS) / SECOND_MS, UTC)
        for key in list(blobs.keys(prefix)):
            day = _DAY.match(key)
            if day is not None and day[1] < first.strftime("%Y%m%d"):
                blobs.delete(key)
                dropped += 1
    return dropped
