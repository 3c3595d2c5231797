"""What a project is set to: keys, privacy, retention, erasures, the health of its data."""

from __future__ import annotations

from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.projects import data_health, erasures, keys, privacy, projects, retention

ROUTERS: tuple[LateRouter, ...] = (
    projects.router,
    keys.router,
    privacy.router,
    retention.router,
    erasures.router,
    data_health.router,
)

__all__ = ["ROUTERS"]
