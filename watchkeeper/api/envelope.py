"""What is around every request: its id, its bounds, its headers, its count, its last resort."""

from __future__ import annotations

import re
import secrets
import time

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from watchkeeper.api.refusals import INTERNAL, refusal, refusal_of_http
from watchkeeper.api.security import ANSWER_POLICY, security_headers

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}\Z")
_BUCKETS_S = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class BodyTooLarge(HTTPException):
    """The request's body is longer than the bound.

    The framework passes its own exceptions on while it reads a body; others become a 400.
    """

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(413, f"The body is longer than the limit of {limit_bytes:,} bytes.")


class HttpMetrics:
    """What the API counts of its answers."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.seconds = Histogram(
            "watchkeeper_http_request_seconds",
            "Time to the end of an answer, in seconds.",
            ["route", "method"],
            buckets=_BUCKETS_S,
            registry=registry,
        )
        self.answers = Counter(
            "watchkeeper_http_answers_total",
            "Answers by status.",
            ["route", "method", "status"],
            registry=registry,
        )
        self.unhandled = Counter(
            "watchkeeper_http_unhandled_total",
            "Exceptions that nobody expected, answered as 500.",
            registry=registry,
        )


class Envelope:
    """ASGI middleware inside the framework's last resort, so that what nobody caught ends here.

    max_body_bytes: longest request body, else 413. https: whether people reach us by https.
    """

    def __init__(
        self, app: ASGIApp, *, metrics: HttpMetrics, max_body_bytes: int, https: bool
    ) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._headers = security_headers(https=https)
        self._log = structlog.get_logger("watchkeeper.api")
        self._metrics = metrics

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
            await self._inner(scope)(scope, self._bounded(receive), answer.send)
        except Exception:
            self._metrics.unhandled.inc()
            self._log.exception("unhandled exception", path=scope["path"], method=scope["method"])
            if answer.has_begun:
                raise  # the server breaks the connection, so that the answer does not look whole
            await refusal(500, *INTERNAL)(scope, receive, answer.send)
        finally:
            self._count(scope, answer.status, time.perf_counter() - started_s)

    def _inner(self, scope: Scope) -> ASGIApp:
        """What answers: the API, or a refusal of a body that says itself that it is too long."""
        length = Headers(scope=scope).get("content-length", "0")
        if length.isdigit() and int(length) > self._max_body_bytes:
            return refusal_of_http(BodyTooLarge(self._max_body_bytes))
        return self._app

    def _bounded(self, receive: Receive) -> Receive:
        taken = 0

        async def bounded() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._max_body_bytes:
                raise BodyTooLarge(self._max_body_bytes)
            return message

        return bounded

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route = _route_of(scope)
        self._metrics.seconds.labels(route, scope["method"]).observe(seconds)
        self._metrics.answers.labels(route, scope["method"], status).inc()


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
    """The address with its parts named instead of filled in, so that the label has few values.

    "other" when no route matched. From the parts, because the framework does not say the pattern.
    """
    if "endpoint" not in scope:
        return "other"
    path: str = scope["path"]
    segments = path.split("/")
    for name, value in reversed(scope.get("path_params", {}).items()):
        parts = str(value).split("/")
        for start in range(len(segments) - len(parts), -1, -1):
            if segments[start : start + len(parts)] == parts:
                segments[start : start + len(parts)] = [f"{{{name}}}"]
                break
    return "/".join(segments)
