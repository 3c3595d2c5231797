"""The Prometheus query API over our engine. For its users: docs/use/prometheus-api.md."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from watchkeeper.api.compat.prometheus_json import encode, failure, success, success_pieces
from watchkeeper.api.compat.prometheus_params import BadParameter, Params
from watchkeeper.api.compat.prometheus_reads import READS, Answer, Backend, Call
from watchkeeper.lib.clock import Clock, system_clock
from watchkeeper.lib.errors import Overloaded, WatchkeeperError
from watchkeeper.model import Scope
from watchkeeper.query import Cancellation
from watchkeeper.query.exemplars import ExemplarSource
from watchkeeper.query.promql import BadQuery, Engine, ParseError, PromQLError, SeriesSource

_GZIP_FROM_BYTES = 1400
_GZIP_LEVEL = 1
_GZIP_FORMAT = 31
_MAX_BODY_BYTES = 1024 * 1024
_UNAUTHORIZED = 401


@dataclass(frozen=True, slots=True, kw_only=True)
class PrometheusViews:
    """What other rooms show through this API, as JSON-ready data of one scope.

    rules: the `groups`, and `groupNextToken` if there are more; alerts: the `alerts`; targets:
    `activeTargets` and `droppedTargets`; target_metadata: what targets tell of metrics;
    scrape_pools: names of jobs.
    configured_ms: when the scrape configuration in force was read, None before the first.
    """

    rules: Callable[[Scope, Params], Mapping[str, object]] = lambda scope, params: {"groups": []}
    alerts: Callable[[Scope], list[object]] = lambda scope: []
    targets: Callable[[Scope, Params], Mapping[str, object]] = lambda scope, params: {
        "activeTargets": [],
        "droppedTargets": [],
    }
    target_metadata: Callable[[Scope, Params], Sequence[object]] = lambda scope, params: []
    scrape_pools: Callable[[Scope], Sequence[str]] = lambda scope: []
    is_config_good: Callable[[], bool] = lambda: True
    flags: Mapping[str, str] | None = None
    config_yaml: Callable[[Scope], str] = lambda scope: ""
    configured_ms: Callable[[], int | None] = lambda: None


def prometheus_routes(
    engine: Engine,
    source: SeriesSource,
    exemplars: ExemplarSource,
    authenticate: Callable[[Request], Scope],
    *,
    views: PrometheusViews | None = None,
    clock: Clock = system_clock,
    threads: int = 8,
) -> list[BaseRoute]:
    """Routes of /api/v1/* and /p/<project_id>/api/v1/*.

    authenticate: blocking; narrows the scope to path_params["project_id"] if there is one;
    raises WatchkeeperError. threads: how many requests do blocking work at once.
    """
    views = views or PrometheusViews()
    backend = Backend(
        engine=engine,
        source=source,
        exemplars=exemplars,
        clock=clock,
        rules=views.rules,
        alerts=views.alerts,
        targets=views.targets,
        target_metadata=views.target_metadata,
        scrape_pools=views.scrape_pools,
        is_config_good=views.is_config_good,
        flags=views.flags or {},
        config_yaml=views.config_yaml,
        configured_ms=views.configured_ms,
        started_ms=clock(),
    )
    pool = ThreadPoolExecutor(threads, thread_name_prefix="promql")
    routes: list[BaseRoute] = []
    for prefix in ("", "/p/{project_id:int}"):
        for path, (read, methods) in READS.items():
            endpoint = _Endpoint(read, backend, authenticate, pool)
            routes.append(Route(f"{prefix}/api/v1/{path}", endpoint.answer, methods=methods))
            routes.append(Route(f"{prefix}/api/v1/{path}", _preflight, methods=["OPTIONS"]))
            others = [method for method in _ANY if method not in methods]
            routes.append(Route(f"{prefix}/api/v1/{path}", _not_this_method, methods=others))
        routes.append(Route(f"{prefix}/api/v1/{{rest:path}}", _unknown, methods=_ANY))
        for path in ("/-/healthy", "/-/ready"):
            routes.append(Route(f"{prefix}{path}", _well, methods=["GET", "HEAD"]))
    for path in ("", "/"):
        routes.append(Route(f"/p/{{project_id:int}}{path}", _base, methods=["GET", "HEAD"]))
    return routes


_CORS = {
    "access-control-allow-headers": "Accept, Authorization, Content-Type, Origin",
    "access-control-allow-methods": "GET, POST, OPTIONS",
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "Date",
}
"""As Prometheus has it: any page may ask, with a token of its own. Cookies are not sent along."""

_ANY = ["GET", "POST", "PUT", "DELETE", "PATCH"]


async def _base(request: Request) -> Response:
    """The address that a client was given: some ask it before anything else."""
    return PlainTextResponse(
        "Watchkeeper speaks the APIs of Prometheus and others below this address.\n"
        f"Try {request.url.path.rstrip('/')}/api/v1/query?query=up\n"
    )


async def _well(request: Request) -> Response:
    """What balancers and promtool ask: whoever answers takes queries. See /api/health for more."""
    del request
    return PlainTextResponse("Watchkeeper is healthy.\n")


async def _preflight(request: Request) -> Response:
    del request
    return Response(status_code=204, headers=_CORS)


async def _not_this_method(request: Request) -> Response:
    del request
    return PlainTextResponse("Method Not Allowed\n", status_code=405)


async def _unknown(request: Request) -> Response:
    del request
    return PlainTextResponse("404 page not found\n", status_code=404)


class _Endpoint:
    """One path: reads parameters, works in a thread, stops when the client goes away."""

    def __init__(
        self,
        read: Callable[[Backend, Call], Answer],
        backend: Backend,
        authenticate: Callable[[Request], Scope],
        pool: ThreadPoolExecutor,
    ) -> None:
        self._read = read
        self._backend = backend
        self._authenticate = authenticate
        self._pool = pool

    async def answer(self, request: Request) -> Response:
        params = await _params(request)
        if params is None:
            return _refusal(413, "bad_data", "request body too large")
        cancellation = Cancellation()
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(self._pool, self._work, request, params, cancellation)
        gone = asyncio.ensure_future(_disconnected(request))
        try:
            await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                cancellation.cancel()
            response = await work
            if "origin" in request.headers:
                response.headers.update(_CORS)
            return response
        finally:
            cancellation.cancel()
            gone.cancel()

    def _work(self, request: Request, params: Params, cancellation: Cancellation) -> Response:
        """Blocking: authenticate, read, encode."""
        try:
            scope = self._authenticate(request)
            fresh = "no-store" in request.headers.get("cache-control", "")
            call = Call(scope, params, request.path_params, cancellation, fresh)
            answer = self._read(self._backend, call)
        except (BadParameter, WatchkeeperError) as problem:
            return refused(problem)
        if isinstance(answer.data, bytes):
            return _packed(
                request, success(answer.data, warnings=answer.warnings, infos=answer.infos)
            )
        pieces = success_pieces(answer.data, warnings=answer.warnings, infos=answer.infos)
        return _streamed(request, pieces)


async def _params(request: Request) -> Params | None:
    """The parameters; None if the body is too large."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > _MAX_BODY_BYTES:
            return None
        chunks.append(chunk)
    form = b"".join(chunks).decode("utf-8", "replace")
    is_form = request.headers.get("content-type", "").startswith(
        "application/x-www-form-urlencoded"
    )
    return Params.of(request.url.query, form if is_form else "")


async def _disconnected(request: Request) -> None:
    """Returns when the client has gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _takes_gzip(request: Request) -> bool:
    return "gzip" in request.headers.get("accept-encoding", "")


def _streamed(request: Request, pieces: Iterator[bytes]) -> Response:
    """A long answer: each piece is written, by another thread, when the one before is sent."""
    headers = {"vary": "accept-encoding"}
    if _takes_gzip(request):
        headers["content-encoding"] = "gzip"
        pieces = _gzipped(pieces)
    return StreamingResponse(pieces, media_type="application/json", headers=headers)


def _gzipped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(_GZIP_LEVEL, wbits=_GZIP_FORMAT)
    for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()


def _packed(request: Request, body: bytes) -> Response:
    headers = {"vary": "accept-encoding"}
    if len(body) >= _GZIP_FROM_BYTES and _takes_gzip(request):
        body = gzip.compress(body, compresslevel=_GZIP_LEVEL)
        headers["content-encoding"] = "gzip"
    return Response(body, media_type="application/json", headers=headers)


def _refusal(
    status: int, error_type: str, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(
        failure(error_type, message),
        status_code=status,
        media_type="application/json",
        headers=dict(headers or {}),
    )


def refused(problem: BadParameter | WatchkeeperError) -> Response:
    """A refusal in Prometheus's envelope."""
    if isinstance(problem, BadParameter):
        return _refusal(400, "bad_data", str(problem))
    if isinstance(problem, ParseError):
        return _refusal(400, "bad_data", f'invalid parameter "query": {problem}')
    if isinstance(problem, BadQuery) and problem.parameter:
        return _refusal(400, "bad_data", f'invalid parameter "{problem.parameter}": {problem}')
    if isinstance(problem, PromQLError):
        return _refusal(problem.http_status, problem.error_type, str(problem))
    headers: dict[str, str] = {}
    if isinstance(problem, Overloaded):
        headers["retry-after"] = str(problem.retry_after_s)
    if problem.http_status == _UNAUTHORIZED:
        headers["www-authenticate"] = 'Basic realm="watchkeeper"'
    word = _ERROR_TYPES.get(problem.http_status, "internal")
    return _refusal(problem.http_status, word, str(problem), headers)


_ERROR_TYPES = {
    400: "bad_data",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    422: "execution",
    429: "unavailable",
    503: "unavailable",
}

__all__ = ["Params", "PrometheusViews", "encode", "prometheus_routes", "refused"]
