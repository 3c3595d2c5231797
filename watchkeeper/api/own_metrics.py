"""This process's own metrics in Prometheus's text form: /metrics."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchkeeper.api.addresses import client_address, is_loopback

PATH = "/metrics"

Authenticate = Callable[[Request], object]
"""Returns who is asking. Raises Unauthorized."""


def metrics_routes(registry: CollectorRegistry, authenticate: Authenticate) -> list[Route]:
    """/metrics: open to callers on this machine, a token is wanted from everywhere else."""

    def metrics(request: Request) -> Response:
        if not is_loopback(client_address(request)):
            authenticate(request)
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return [Route(PATH, metrics, methods=["GET"])]
