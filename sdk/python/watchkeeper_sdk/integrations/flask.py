"""Flask: `install(app)`."""

from __future__ import annotations

import time
from contextlib import ExitStack

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from watchkeeper_sdk.access_log import log_request
from watchkeeper_sdk.error_answer import answer_error, refusal_body
from watchkeeper_sdk.request_context import (
    REQUEST_ID_HEADER,
    answering,
    current_request,
    new_request,
)


def install(app: Flask, *, is_production: bool = True, trusts_proxy: bool = False) -> None:
    """Request ids, access log and the standard error answer for every route of the app."""

    def begin() -> None:
        now = new_request(
            method=request.method,
            path=request.path,
            sent_id=request.headers.get(REQUEST_ID_HEADER),
            peer=request.remote_addr or "",
            forwarded=request.headers.get("X-Forwarded-For", "") if trusts_proxy else "",
        )
        g.watchkeeper_start_s = time.perf_counter()
        g.watchkeeper_request = ExitStack()
        g.watchkeeper_request.enter_context(answering(now))

    def told(error: Exception) -> Response | HTTPException:
        if isinstance(error, HTTPException):
            return _http_error(error)
        answer = answer_error(error, is_production=is_production)
        response = jsonify(dict(answer.body))
        response.status_code = answer.status
        response.headers.update(answer.headers)
        return response

    app.before_request(begin)
    app.after_request(_end)
    app.teardown_request(_leave)
    app.register_error_handler(Exception, told)


def _end(response: Response) -> Response:
    now = current_request()
    if now is not None:
        response.headers[REQUEST_ID_HEADER] = now.request_id
        route = request.url_rule.rule if request.url_rule else ""
        start_s = g.watchkeeper_start_s
        log_request(now, status=response.status_code, route=route, start_s=start_s)
    return response


def _leave(_error: BaseException | None) -> None:
    stack = g.pop("watchkeeper_request", None)
    if stack is not None:
        stack.close()


def _http_error(error: HTTPException) -> Response | HTTPException:
    """The framework's own refusals, in the standard form; redirects as they are."""
    if error.code is None or error.code < 400:
        return error
    body = refusal_body(error.code, error.description or error.name)
    response = jsonify(body)
    response.status_code = error.code
    kept = {name: value for name, value in error.get_headers() if name != "Content-Type"}
    response.headers.update(kept)
    return response
