"""Log lines: search, counts, live tail, searches that become counters."""

from __future__ import annotations

from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.logs import logs, queries, streams

ROUTERS: tuple[LateRouter, ...] = (
    queries.router,
    streams.router,
    logs.router,
)

__all__ = ["ROUTERS"]
