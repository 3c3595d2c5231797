"""Instants as text: `2026-11-21T09:34:00.000Z`."""

from __future__ import annotations

from datetime import UTC, datetime

from watchkeeper.lib.clock import SECOND_MS

NEVER = "0001-01-01T00:00:00Z"
"""What Go's programs write of an instant that is not known."""


def rfc3339(at_ms: int, *, timespec: str = "milliseconds") -> str:
    """UTC. at_ms: Unix ms; timespec: as `datetime.isoformat` takes it."""
    moment = datetime.fromtimestamp(at_ms / SECOND_MS, UTC)
    return moment.isoformat(timespec=timespec).replace("+00:00", "Z")
