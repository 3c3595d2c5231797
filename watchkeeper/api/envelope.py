"""What is around every request: its id, its bounds, its headers, its count, its last resort."""

from __future__ import annotations

import re
import secrets
import time

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from watchkeeper.api.refusals import INTERNAL, refusal
from watchkeeper.api.security import ANSWER_POLICY, security_headers

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}\Z")
_BUCKETS_S = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class BodyTooLarge(Exception):
    """The request's body is longer than the bound."""


class Envelope:
    """ASGI app around the API.

    max_body_bytes: longest request body, else 413. https: whether people reach us by https.
    """

    def __init__(
        self, app: ASGIApp, *, registry: CollectorRegistry, max_body_bytes: int, https: bool
    ) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._headers = security_headers(https=https)
        self._log = structlog.get_logger("watchkeeper.api")
        self._seconds = Histogram(
            "watchkeeper_http_request_seconds", "Time to the end of an answer, in seconds.",
            ["route", "method"], buckets=_BUCKETS_S, registry=registry,
        )  # fmt: skip
        self._answers = Counter(
            "watchkeeper_http_answers", "Answers by status.",
            ["route", "method", "status"], registry=registry,
        )  # fmt: skip
        self._unhandled = Counter(
            "watchkeeper_http_unhandled", "Exceptions that nobody expected, answered as 500.",
            registry=registry,
        )  # fmt: skip

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(Headers(scope=scope))
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._answer(scope, receive, _Answer(send, request_id, self._headers))

    async def _answer(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        started_s = time.perf_counter()
        try:
            self._refuse_long(Headers(scope=scope))
            await self._app(scope, self._bounded(receive), answer.send)
        except BodyTooLarge:
            if answer.has_begun:
                raise
            await self._too_large()(scope, receive, answer.send)
        except Exception:
            self._unhandled.inc()
            self._log.exception("unhandled exception", path=scope["path"], method=scope["method"])
            if answer.has_begun:
                raise  # the server breaks the connection, so that the answer does not look whole
            await refusal(500, *INTERNAL)(scope, receive, answer.send)
        finally:
            self._count(scope, answer.status, time.perf_counter() - started_s)

    def _refuse_long(self, headers: Headers) -> None:
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > self._max_body_bytes:
            raise BodyTooLarge

    def _bounded(self, receive: Receive) -> Receive:
        taken = 0

        async def bounded() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._max_body_bytes:
                raise BodyTooLarge
            return message

        return bounded

    def _too_large(self) -> ASGIApp:
        return refusal(
            413,
            "too_large",
            f"The body is longer than the limit of {self._max_body_bytes:,} bytes.",
        )

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route = _route_of(scope)
        self._seconds.labels(route, scope["method"]).observe(seconds)
        self._answers.labels(route, scope["method"], status).inc()


class _Answer:
    """Sends an answer with our headers and remembers whether and how it began."""

    def __init__(self, send: Send, request_id: str, headers: list[tuple[bytes, bytes]]) -> None:
        self._send = send
        self._request_id = request_id
        self._extra = headers
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers.raw.extend(self._extra)
            headers["X-Request-Id"] = self._request_id
            headers.setdefault("Content-Security-Policy", ANSWER_POLICY)
            headers.setdefault("Cache-Control", "no-store")
        await self._send(message)

    @property
    def has_begun(self) -> bool:
        return self.status != 0


def _request_id(headers: Headers) -> str:
    """The id that the edge or a proxy gave, if it is one; else a new one."""
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.match(given) else secrets.token_hex(8)


def _route_of(scope: Scope) -> str:
    """The route's pattern, so that the label has few values; "other" when none matched."""
    path: str = getattr(scope.get("route"), "path", "")
    return path or "other"
