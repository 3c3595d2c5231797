"""From errors to answers: one table, one body."""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from watchkeeper.lib.errors import Overloaded, RateLimited, WatchkeeperError

INTERNAL = ("internal", "Internal server error")
_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}
_SENTENCES = {404: "There is nothing at this address.", 405: "This address has other methods."}

_log = structlog.get_logger("watchkeeper.api")


def refusal(
    status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None,
    field: str | None = None, line: int | None = None, position: int | None = None,
) -> JSONResponse:  # fmt: skip
    """The answer of every 4xx and 5xx; `field`, `line`, `position` say where, if it is known."""
    facts: dict[str, str | int] = {"code": code, "message": message}
    if field is not None:
        facts["field"] = field
    if line is not None:
        facts["line"] = line
    if position is not None:
        facts["position"] = position
    return JSONResponse({"error": facts}, status, dict(headers or {}))


def refusal_of(error: WatchkeeperError) -> JSONResponse:
    """The answer to a deliberate error. One that is our own fault (500) tells nothing of itself."""
    if error.http_status == 500:
        _log.error("deliberate error answered as 500", code=error.code, exc_info=error)
        return refusal(500, *INTERNAL)
    return refusal(
        error.http_status, error.code, str(error), headers=_headers(error),
        field=_text(error, "field"), line=_number(error, "line"),
        position=_place(error),
    )  # fmt: skip


def install_refusals(app: FastAPI) -> None:
    """Make the app answer its own, the framework's and our errors with the same body."""
    app.add_exception_handler(WatchkeeperError, _on_ours)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)


async def _on_ours(_request: Request, error: Exception) -> Response:
    assert isinstance(error, WatchkeeperError)
    return refusal_of(error)


async def _on_invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"][1:])
    where = f"`{field}`" if field else "The body"
    return refusal(400, "invalid", f"{where}: {first['msg']}.", field=field or None)


async def _on_http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return refusal_of_http(error)


def refusal_of_http(error: HTTPException) -> JSONResponse:
    """The answer to an error of the framework."""
    code = _CODES.get(error.status_code, "refused")
    message = _SENTENCES.get(error.status_code, str(error.detail))
    return refusal(error.status_code, code, message, headers=error.headers)


def _headers(error: WatchkeeperError) -> dict[str, str]:
    if isinstance(error, Overloaded | RateLimited):
        return {"Retry-After": str(error.retry_after_s)}
    if error.http_status == 401:
        return {"WWW-Authenticate": 'Bearer realm="watchkeeper"'}
    return {}


def _text(error: WatchkeeperError, name: str) -> str | None:
    value = getattr(error, name, None)
    return value if isinstance(value, str) else None


def _place(error: WatchkeeperError) -> int | None:
    """A place in a text, from 0."""
    value = getattr(error, "position", None)
    return value if isinstance(value, int) else None


def _number(error: WatchkeeperError, name: str) -> int | None:
    value = getattr(error, name, None)
    return value if isinstance(value, int) and value > 0 else None
