"""Addresses of protocols which are not built, or not spoken: a clear answer, not a page."""

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

_BY_COLLECTOR = "an OpenTelemetry Collector takes it and sends OTLP, which is taken"
FOREIGN = {
    "/api/v2/spans": f"Zipkin's protocol is not spoken; {_BY_COLLECTOR} at /v1/traces.",
    "/api/traces": f"Jaeger's protocol is not spoken; {_BY_COLLECTOR} at /v1/traces.",
    "/v0.3/traces": f"Datadog's traces are not taken; {_BY_COLLECTOR} at /v1/traces.",
    "/v0.4/traces": f"Datadog's traces are not taken; {_BY_COLLECTOR} at /v1/traces.",
    "/v0.5/traces": f"Datadog's traces are not taken; {_BY_COLLECTOR} at /v1/traces.",
    "/write": f"InfluxDB's line protocol is not spoken; {_BY_COLLECTOR} at /v1/metrics.",
    "/api/v2/write": f"InfluxDB's line protocol is not spoken; {_BY_COLLECTOR} at /v1/metrics.",
    "/_bulk": "Elasticsearch's bulk API is not spoken; send JSON lines to /v1/logs/json.",
    "/gelf": "GELF over HTTP is taken at /v1/logs/json, with a server key.",
    "/services/collector/event": "Splunk's collector is not spoken; send JSON to /v1/logs/json.",
}
"""Address of a protocol that many clients speak and this server does not: what to do instead."""


def reserved_routes() -> list[Route]:
    """A 404 `not_built` for every reserved prefix and all below it, also under /p/{project}."""
    foreign = [
        Route(path, refusal(404, "not_built", sentence), methods=METHODS, name=f"foreign {path}")
        for path, sentence in FOREIGN.items()
    ]
    return foreign + [
        Route(path, _refusal(purpose), methods=METHODS, name=f"reserved {path}")
        for prefix, purpose in RESERVED.items()
        for base in (prefix, f"/p/{{project_id:int}}{prefix}")
        for path in (base, f"{base}/{{rest:path}}")
    ]


def _refusal(purpose: str) -> ASGIApp:
    return refusal(
        404, "not_built", f"This address is for {purpose}, which this version does not have yet."
    )
