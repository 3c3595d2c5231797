"""The OpenAPI document of /api/wk."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.types import Lifespan

from watchkeeper import __version__
from watchkeeper.api.wk import PREFIX, wk_routes

DESCRIPTION = """The JSON API of Watchkeeper's own web UI.

Send the cookie `wk_session` (and `X-CSRF-Token` on every call that is not a GET), or
`Authorization: Bearer` with an API token or JWT. Times are Unix ms UTC.
Every 4xx and 5xx has the body `{"error": {"code", "message"}}`."""


class WkApp(FastAPI):
    """Every route of the JSON API, made when first asked, and their document."""

    def openapi(self) -> dict[str, Any]:
        """The document as JSON-ready values. Makes every route: takes half a second, once."""
        if self.openapi_schema is None:
            self.openapi_schema = get_openapi(
                title=self.title,
                version=self.version,
                description=self.description,
                routes=[route.made for route in wk_routes()],
            )
        return self.openapi_schema


def wk_app(lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    """A FastAPI app with every route of the JSON API and its document, and nothing else."""
    app = WkApp(
        title="Watchkeeper",
        version=__version__,
        description=DESCRIPTION,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.router.routes.extend(wk_routes())
    return app


def openapi_document() -> dict[str, Any]:
    """The document as JSON-ready values."""
    return wk_app().openapi()
