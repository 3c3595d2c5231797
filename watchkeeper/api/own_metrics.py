"""This process's own metrics in Prometheus's text form: /metrics."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

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


def client_address(request: Request) -> str:
    """The caller's address as the edge saw it: the last one in X-Forwarded-For, else the peer's.

    The edge appends the address that connected to it, so what a caller writes there itself never
    comes last. Empty when the peer has none (a Unix socket without an edge before it).
    """
    forwarded = request.headers.get("x-forwarded-for", "")
    last = forwarded.rpartition(",")[2].strip()
    return last or (request.client.host if request.client else "")


def is_loopback(address: str) -> bool:
    """True for 127.0.0.0/8 and ::1; False for what is no address."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
