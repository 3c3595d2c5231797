"""Addresses that belong to protocols which are not built yet: a clear answer, not a page."""

from __future__ import annotations

from starlette.routing import Route
from starlette.types import ASGIApp

from watchkeeper.api.refusals import refusal

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]

RESERVED = {
    "/api/v2": "the Alertmanager API",
    "/api/analytics": "analytics beacons",
    "/api/metrics": "metrics sent by browsers",
    "/api/rum": "real-user monitoring",
    "/v1": "OTLP signals other than metrics, traces and logs",
    "/static": "the PostHog library's files",
    "/i": "PostHog events",
    "/e": "PostHog events",
    "/s": "PostHog session recordings",
    "/batch": "PostHog events",
    "/capture": "PostHog events",
    "/flags": "PostHog feature flags",
    "/decide": "PostHog feature flags",
    "/array": "PostHog remote configuration",
    "/loki": "reading logs by Loki's API",
}
"""Prefix of an address: what it is for."""


def reserved_routes() -> list[Route]:
    """A 404 `not_built` for every reserved prefix and all below it, also under /p/{project}."""
    return [
        Route(path, _refusal(purpose), methods=METHODS, name=f"reserved {path}")
        for prefix, purpose in RESERVED.items()
        for base in (prefix, f"/p/{{project_id:int}}{prefix}")
        for path in (base, f"{base}/{{rest:path}}")
    ]


def _refusal(purpose: str) -> ASGIApp:
    return refusal(
        404, "not_built", f"This address is for {purpose}, which this version does not have yet."
    )
