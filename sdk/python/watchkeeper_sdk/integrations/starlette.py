"""Starlette and FastAPI: `install(app)`."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from watchkeeper_sdk.app_errors import AppError, ValidationError
from watchkeeper_sdk.error_answer import answer_error, refusal_body
from watchkeeper_sdk.integrations.asgi import RequestMiddleware


def install(app: Starlette, *, is_production: bool = True, trusts_proxy: bool = False) -> None:
    """Request ids, access log and the standard error answer for every route of the app."""

    async def told(_request: Request, error: Exception) -> Response:
        answer = answer_error(error, is_production=is_production)
        return JSONResponse(dict(answer.body), answer.status, dict(answer.headers))

    app.add_exception_handler(AppError, told)
    app.add_exception_handler(HTTPException, _http_error)
    _install_validation(app, is_production=is_production)
    app.add_middleware(RequestMiddleware, is_production=is_production, trusts_proxy=trusts_proxy)


async def _http_error(_request: Request, error: Exception) -> Response:
    """The framework's own refusals, in the standard form."""
    assert isinstance(error, HTTPException)
    body = refusal_body(error.status_code, error.detail)
    return JSONResponse(body, error.status_code, error.headers)


def _install_validation(app: Starlette, *, is_production: bool) -> None:
    try:
        from fastapi.exceptions import RequestValidationError
    except ImportError:  # plain Starlette
        return

    async def invalid(_request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        fields = [
            {"field": ".".join(str(step) for step in each["loc"]), "message": each["msg"]}
            for each in error.errors()
        ]
        refused = ValidationError("The request is not valid.", details={"fields": fields})
        refused.status = 422
        answer = answer_error(refused, is_production=is_production)
        return JSONResponse(dict(answer.body), answer.status, dict(answer.headers))

    app.add_exception_handler(RequestValidationError, invalid)
