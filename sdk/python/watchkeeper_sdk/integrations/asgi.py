"""Any ASGI app: request ids, access log, an answer where the app raised."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from watchkeeper_sdk.access_log import log_request
from watchkeeper_sdk.error_answer import ErrorAnswer, answer_error
from watchkeeper_sdk.request_context import (
    REQUEST_ID_HEADER,
    RequestContext,
    answering,
    new_request,
)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

_ID_HEADER = REQUEST_ID_HEADER.lower().encode()


class RequestMiddleware:
    """Wraps an ASGI app.

    is_production: 500s hide what went wrong. trusts_proxy: the address of a person is the first
    of X-Forwarded-For.
    """

    def __init__(self, app: App, *, is_production: bool = True, trusts_proxy: bool = False) -> None:
        self._app = app
        self._is_production, self._trusts_proxy = is_production, trusts_proxy

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with answering(self._request(scope)) as request:
            await self._answer(request, scope, receive, send)

    async def _answer(
        self, request: RequestContext, scope: Message, receive: Receive, send: Send
    ) -> None:
        start_s, status = time.perf_counter(), 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _with_id(message.get("headers", ()), request.request_id)
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            answer = answer_error(error, is_production=self._is_production)
            if status:
                raise  # the answer has begun: the connection has to break
            await _send(answer, watched)
        finally:
            route = getattr(scope.get("route"), "path", "")
            log_request(request, status=status or 500, route=route, start_s=start_s)

    def _request(self, scope: Message) -> RequestContext:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        return new_request(
            method=scope["method"],
            path=scope["path"],
            sent_id=headers.get(_ID_HEADER),
            peer=(scope.get("client") or ("",))[0],
            forwarded=headers.get(b"x-forwarded-for", "") if self._trusts_proxy else "",
        )


def _with_id(headers: Any, request_id: str) -> list[tuple[bytes, bytes]]:
    kept = [pair for pair in headers if pair[0].lower() != _ID_HEADER]
    return [*kept, (_ID_HEADER, request_id.encode())]


async def _send(answer: ErrorAnswer, send: Send) -> None:
    body = json.dumps(answer.body, default=str).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    headers += [(name.lower().encode(), text.encode()) for name, text in answer.headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
