"""What /api/health looks at."""

from __future__ import annotations

import shutil

from watchkeeper.api import repo
from watchkeeper.api.health import HealthChecks, Unhealthy
from watchkeeper.api.rooms import Rooms
from watchkeeper.api.spool_state import spool_state
from watchkeeper.ingest.scrape import Health as TargetHealth
from watchkeeper.lib.clock import HOUR_MS, MINUTE_MS

LEAST_FREE_BYTES = 256 * 1024 * 1024
"""Below this much free disk the stores may soon refuse to write."""

MOST_LAG_MS = 5 * MINUTE_MS
"""A record that waits longer than this for the store means that the digest is stuck."""


def health_checks(rooms: Rooms) -> HealthChecks:
    """The checks of this server's rooms."""
    return HealthChecks(
        quick={
            "columns": lambda: _columns(rooms),
            "meta": rooms.meta.ping,
            "spool": lambda: _spool(rooms),
            "digest": lambda: _digest(rooms),
            "disk": lambda: _disk(rooms),
        },
        slow={
            "targets": lambda: _targets(rooms),
            "channels": lambda: _channels(rooms),
        },
    )


def _columns(rooms: Rooms) -> None:
    health = rooms.columns.health()
    if not health.ok:
        raise Unhealthy(health.detail or "The column store does not answer.")


def _spool(rooms: Rooms) -> None:
    state = spool_state(rooms)
    if state.depth_bytes >= rooms.options.spool_limit_bytes > 0:
        raise Unhealthy("The spool is full: records are refused until the store catches up.")


def _digest(rooms: Rooms) -> None:
    lag_ms = rooms.digest.lag_ms()
    if lag_ms > MOST_LAG_MS:
        raise Unhealthy(f"Accepted records have waited {lag_ms // 1000} s for the store.")


def _disk(rooms: Rooms) -> None:
    free = shutil.disk_usage(rooms.options.data_dir).free
    if free < LEAST_FREE_BYTES:
        raise Unhealthy(f"Only {free // 1024**2} MiB are free in the data directory.")


def _targets(rooms: Rooms) -> None:
    with rooms.meta.read() as conn:
        scopes = repo.every_scope(conn)
    down = sum(
        target.health is TargetHealth.DOWN
        for scope in scopes
        for target in rooms.scraper.targets(scope)
    )
    if down:
        raise Unhealthy(f"{down} scrape targets are down.")


def _channels(rooms: Rooms) -> None:
    with rooms.meta.read() as conn:
        failed = repo.failed_deliveries(conn, since_ms=rooms.clock() - HOUR_MS)
    if failed:
        raise Unhealthy(f"{failed} deliveries to channels failed in the last hour.")
