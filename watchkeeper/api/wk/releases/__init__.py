"""Releases, their commits and deploys, and how sessions of them ended."""

from __future__ import annotations

from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.releases import health, releases

ROUTERS: tuple[LateRouter, ...] = (
    health.router,
    releases.router,
)

__all__ = ["ROUTERS"]
