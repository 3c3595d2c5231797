"""From an exception to what the sender is told, the log line and the report."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

import sentry_sdk
from sentry_sdk.integrations.logging import ignore_logger

from watchkeeper_sdk.app_errors import AppError
from watchkeeper_sdk.request_context import REQUEST_ID_HEADER, current_request

_log = logging.getLogger("watchkeeper_sdk.errors")
ignore_logger(_log.name)  # the error itself is reported, with its stack
_HIDDEN = "Internal server error"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorAnswer:
    """status, headers and JSON body: {"error", "code", "request_id", "details"?}."""

    status: int
    body: Mapping[str, object]
    headers: Mapping[str, str] = field(default_factory=dict)


def answer_error(error: BaseException, *, is_production: bool) -> ErrorAnswer:
    """Log the error, report it if the app is at fault, and say what to answer."""
    known = error if isinstance(error, AppError) else None
    status = known.status if known else 500
    _log_error(error, status)
    if status >= 500:
        sentry_sdk.capture_exception(error)
    return ErrorAnswer(
        status=status,
        body=_body(error, known, is_hidden=is_production and status >= 500),
        headers=_headers(known),
    )


def refusal_body(status: int, text: str) -> dict[str, object]:
    """The body of a refusal that the framework makes by itself, such as a 404."""
    return {"error": text, "code": f"http_{status}", **_request_id()}


def _log_error(error: BaseException, status: int) -> None:
    level = logging.ERROR if status >= 500 else logging.WARNING
    extra = {"status": status, "error_type": type(error).__name__}
    _log.log(level, "%s", error, extra=extra, exc_info=error if status >= 500 else None)


def _body(error: BaseException, known: AppError | None, *, is_hidden: bool) -> dict[str, object]:
    if known is None:
        text, code = f"{type(error).__name__}: {error}", AppError.code
    else:
        text, code = str(known), known.code
    body: dict[str, object] = {"error": _HIDDEN if is_hidden else text, "code": code}
    body |= _request_id()
    if known is not None and known.details and not is_hidden:
        body["details"] = known.details
    return body


def _request_id() -> dict[str, str]:
    request = current_request()
    return {} if request is None else {"request_id": request.request_id}


def _headers(known: AppError | None) -> dict[str, str]:
    headers: dict[str, str] = {}
    request = current_request()
    if request is not None:
        headers[REQUEST_ID_HEADER] = request.request_id
    if known is not None and known.retry_after_s is not None:
        headers["Retry-After"] = str(known.retry_after_s)
    return headers
