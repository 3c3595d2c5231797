"""Home: what needs someone, charts, services, new issues."""

from __future__ import annotations

from watchkeeper.api.wk.home import page
from watchkeeper.api.wk.late import LateRouter

ROUTERS: tuple[LateRouter, ...] = (page.router,)

__all__ = ["ROUTERS"]
