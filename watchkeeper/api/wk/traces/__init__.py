"""Traces, operations and their cost, profiles."""

from __future__ import annotations

from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.traces import performance, profiles, traces

ROUTERS: tuple[LateRouter, ...] = (
    traces.router,
    performance.router,
    profiles.router,
)

__all__ = ["ROUTERS"]
