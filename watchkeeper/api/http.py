"""The whole HTTP surface of the engine as one ASGI app."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio.to_thread
from fastapi import FastAPI, Request
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from watchkeeper import __version__
from watchkeeper.access import KeyRing
from watchkeeper.api.auth import Credentials
from watchkeeper.api.checks import health_checks
from watchkeeper.api.compat import (
    federation_routes,
    history_routes,
    prometheus_routes,
    pushgateway_routes,
    remote_read_routes,
)
from watchkeeper.api.compat.sentry import Desk as SentryDesk
from watchkeeper.api.compat.sentry import sentry_api_routes
from watchkeeper.api.document import wk_app
from watchkeeper.api.envelope import Envelope, HttpMetrics
from watchkeeper.api.health import Health
from watchkeeper.api.own_metrics import metrics_routes
from watchkeeper.api.pages import Pages
from watchkeeper.api.refusals import install_refusals
from watchkeeper.api.reload import reload_routes
from watchkeeper.api.reserved import reserved_routes
from watchkeeper.api.rooms import Rooms
from watchkeeper.api.views import prometheus_views
from watchkeeper.ingest import Writers
from watchkeeper.model import Scope

THREADS = 16
"""Requests that may block at once; others wait for a thread."""


def engine_app(rooms: Rooms) -> ASGIApp:
    """Everything that the engine answers: JSON API, compatible APIs, health, metrics, pages."""
    app = wk_app(lifespan=_lifespan)
    app.state.rooms = rooms
    install_refusals(app)
    others = _other_routes(rooms)
    # Dashboards ask these by the dozen, and passing the JSON API's routes takes a while.
    app.router.routes[:0] = [route for route in others if _is_query(route)]
    app.router.routes.extend(route for route in others if not _is_query(route))
    app.add_middleware(
        Envelope,
        metrics=HttpMetrics(rooms.telemetry.registry),
        max_body_bytes=rooms.options.max_body_bytes,
        https=rooms.options.https,
    )
    return app


def _is_query(route: BaseRoute) -> bool:
    return isinstance(route, Route) and route.path.endswith(
        ("/api/v1/query", "/api/v1/query_range")
    )


def _other_routes(rooms: Rooms) -> list[BaseRoute]:
    """Routes that are not part of /api/wk, in the order in which they are tried."""
    credentials = Credentials(rooms.access)
    health = Health(
        health_checks(rooms),
        clock=rooms.clock,
        version=__version__,
        environment=rooms.options.environment,
    )

    def authenticate(request: Request) -> Scope:
        return _scope_of(credentials, request)

    return [
        *health.routes(),
        *metrics_routes(rooms.telemetry.registry, credentials.require),
        *_history_routes(rooms),
        *remote_read_routes(rooms.source, authenticate),
        *federation_routes(
            rooms.source,
            authenticate,
            rooms.clock,
            lookback_ms=rooms.engine.options.lookback_ms,
        ),
        *prometheus_routes(
            rooms.engine,
            rooms.source,
            rooms.exemplars,
            authenticate,
            views=prometheus_views(rooms),
            clock=rooms.clock,
        ),
        *reload_routes(credentials.require, rooms.scraper.reload),
        *_pushgateway_routes(rooms, credentials),
        *_sentry_api_routes(rooms, credentials),
        *reserved_routes(),
        *Pages(rooms.options.assets).routes(),
    ]


def _pushgateway_routes(rooms: Rooms, credentials: Credentials) -> list[BaseRoute]:
    keys = KeyRing(rooms.meta, rooms.clock)
    return pushgateway_routes(
        rooms.pushgateway,
        keys,
        Writers(keys, rooms.clock, token_project=rooms.access.project_of_token),
        lambda request: _scope_of(credentials, request),
        rooms.clock,
    )


def _sentry_api_routes(rooms: Rooms, credentials: Credentials) -> list[BaseRoute]:
    return sentry_api_routes(
        SentryDesk(
            access=rooms.access,
            issues=rooms.issues,
            monitors=rooms.monitors,
            tell=rooms.live.publish,
            uploads=rooms.uploads,
            releases=rooms.releases,
            caller=credentials.require,
            clock=rooms.clock,
            base_url=rooms.options.public_url,
        )
    )


def _history_routes(rooms: Rooms) -> list[BaseRoute]:
    keys = KeyRing(rooms.meta, rooms.clock)
    writers = Writers(keys, rooms.clock, token_project=rooms.access.project_of_token)
    return history_routes(rooms.history, keys, writers)


def _scope_of(credentials: Credentials, request: Request) -> Scope:
    """The project in the address; without one the only project of the credential."""
    return credentials.require(request).scope(request.path_params.get("project_id"))


@asynccontextmanager
async def _lifespan(_app: FastAPI) -> AsyncIterator[None]:
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
    yield
