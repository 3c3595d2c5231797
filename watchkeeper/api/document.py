"""The OpenAPI document of /api/wk."""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute
from starlette.types import Lifespan

from watchkeeper import __version__
from watchkeeper.api.wk import PREFIX, wk_routers

DESCRIPTION = """The JSON API of Watchkeeper's own web UI.

Send the cookie `wk_session` (and `X-CSRF-Token` on every call that is not a GET), or
`Authorization: Bearer` with an API token or JWT. Times are Unix ms UTC.
Every 4xx and 5xx has the body `{"error": {"code", "message"}}`."""


def operation_id(route: APIRoute) -> str:
    """The handler's name: the name of the function in generated clients."""
    return route.name


def wk_app(lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    """A FastAPI app with every route of the JSON API and its document, and nothing else."""
    app = FastAPI(
        title="Watchkeeper",
        version=__version__,
        description=DESCRIPTION,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        generate_unique_id_function=operation_id,
    )
    app.router.routes.extend(_routes())
    return app


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """Made once a process: they hold nothing of an app, and to make them takes most of a second."""
    made = FastAPI(openapi_url=None, generate_unique_id_function=operation_id)
    for router in wk_routers():
        made.include_router(router, prefix=PREFIX)
    return tuple(made.routes)


def openapi_document() -> dict[str, Any]:
    """The document as JSON-ready values."""
    return wk_app().openapi()
