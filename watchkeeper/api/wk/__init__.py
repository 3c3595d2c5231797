"""The JSON API of the web UI under /api/wk: a room a subject, a file a part of a page.

Each file parses, calls a room of the product, and serialises its answer.
"""

from __future__ import annotations

from watchkeeper.api.wk import (
    alerts,
    home,
    issues,
    live,
    logs,
    metrics,
    people,
    projects,
    releases,
    traces,
)
from watchkeeper.api.wk.late import PREFIX, LateRoute

_ROOMS = (people, projects, home, issues, releases, alerts, metrics, logs, traces)
_ROUTERS = (*(router for room in _ROOMS for router in room.ROUTERS), live.router)


def wk_routes() -> list[LateRoute]:
    """Every route of the JSON API, in the order in which they are tried."""
    return [route for router in _ROUTERS for route in router.routes]


__all__ = ["PREFIX", "LateRoute", "wk_routes"]
