"""The edge: takes in what is sent, and hands every other request to the engine. Raw ASGI."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

import msgspec
import structlog

from watchkeeper.app.proxy import BodyTooLarge, EngineDown, EngineProxy
from watchkeeper.ingest import (
    Acceptor,
    AsgiMessage,
    BodyLimits,
    Endpoint,
    InFlight,
    IngestMetrics,
    Keys,
    Receive,
    Rejection,
    RejectionLog,
    Reply,
    Request,
    Send,
    Writers,
)
from watchkeeper.ingest.cardinality import current_sender
from watchkeeper.ingest.pipeline import LogLimits
from watchkeeper.ingest.protocols import RemoteWriteEndpoint, SentryEndpoint, SentryOptions
from watchkeeper.ingest.protocols.json_lines import JsonLinesEndpoint
from watchkeeper.ingest.protocols.loki import LokiEndpoint
from watchkeeper.ingest.protocols.otlp import (
    GrpcPort,
    LogsSignal,
    MetricsSignal,
    OtlpEndpoint,
    OtlpGrpc,
    OtlpOptions,
    Signal,
    TracesSignal,
)
from watchkeeper.ingest.protocols.platform import PlatformEndpoint
from watchkeeper.lib.clock import Clock
from watchkeeper.lib.errors import Overloaded, WatchkeeperError
from watchkeeper.privacy import Scrubber

_PREFIX = re.compile(r"/p/(?P<project>[1-9][0-9]{0,8})(?P<path>/.*)")
_SENDER_CHARACTERS = 100
_log = structlog.get_logger("watchkeeper.edge")


class RefreshingKeys(Keys, Protocol):
    """A key ring that notices changes made by other processes."""

    def refresh_if_changed(self) -> object:
        """Load what changed. Blocks for a moment; cheap if nothing did."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeOptions:
    """Bounds of what the public port takes in. Section [ingest]."""

    sentry: SentryOptions = field(default_factory=SentryOptions)
    remote_write: BodyLimits = field(default_factory=BodyLimits)
    otlp: OtlpOptions = field(default_factory=OtlpOptions)
    grpc_listener: socket.socket | None = None
    """Bound, for OTLP over gRPC; None: not served."""
    grpc_tls: ssl.SSLContext | None = None
    """None: gRPC without TLS."""
    logs: LogLimits = field(default_factory=LogLimits)
    in_flight_bytes: int = 256 * 2**20
    """Bodies held in memory at once, over all connections."""
    refresh_keys_s: float = 0.8
    """How often new and revoked keys are looked for."""
    version: str = ""
    environment: str = ""
    """Told by /api/health while the engine is down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeHooks:
    """What the edge asks of rooms that keep things in meta. Each may block; called in a thread."""

    write_rejections: Callable[[Sequence[Rejection]], None] | None = None
    """Takes what was refused, about once a second."""
    token_project: Callable[[str, int | None], int | None] | None = None
    """The project that an API token may write metrics to, given the one in the path, if any."""
    may_write_reserved: Callable[[int], bool] | None = None
    """True if remote write may use names that only this server writes elsewhere. Never blocks."""


class EdgeApp:
    """The ASGI application of the public port."""

    def __init__(
        self,
        acceptor: Acceptor,
        keys: RefreshingKeys,
        scrubber: Scrubber,
        proxy: EngineProxy,
        clock: Clock,
        metrics: IngestMetrics,
        options: EdgeOptions | None = None,
        *,
        hooks: EdgeHooks | None = None,
    ) -> None:
        hooks = hooks or EdgeHooks()
        self._options = options or EdgeOptions()
        self._keys, self._proxy, self._clock, self._metrics = keys, proxy, clock, metrics
        self._write_rejections = hooks.write_rejections
        self._rejections = RejectionLog(clock)
        self._tasks: list[asyncio.Task[None]] = []
        in_flight = InFlight(self._options.in_flight_bytes)
        writers = Writers(keys, clock, token_project=hooks.token_project)
        self._sentry = SentryEndpoint(
            acceptor=acceptor,
            keys=keys,
            scrubber=scrubber,
            clock=clock,
            in_flight=in_flight,
            options=self._options.sentry,
        )
        self._remote_write = RemoteWriteEndpoint(
            acceptor=acceptor,
            writers=writers,
            clock=clock,
            in_flight=in_flight,
            limits=self._options.remote_write,
            may_write_reserved=hooks.may_write_reserved,
        )
        self._logs = _push_endpoints(
            acceptor, writers, scrubber, clock, in_flight, self._options.logs
        )
        otlp = self._options.otlp
        signals: list[Signal] = [
            MetricsSignal(acceptor, scrubber, clock, otlp),
            TracesSignal(acceptor, scrubber, clock),
            LogsSignal(acceptor, scrubber, clock),
        ]
        self._otlp = OtlpEndpoint(
            signals, writers=writers, in_flight=in_flight, metrics=metrics, limits=otlp.limits
        )
        grpc = OtlpGrpc(
            signals,
            writers=writers,
            in_flight=in_flight,
            metrics=metrics,
            max_body_bytes=otlp.max_body_bytes,
            note_refused=self._rejections.note,
        )
        listener = self._options.grpc_listener
        self._grpc = (
            GrpcPort(listener, grpc.serve, tls=self._options.grpc_tls) if listener else None
        )

    async def __call__(self, scope: AsgiMessage, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            endpoint, path, project_id = self._route(scope["path"])
            if endpoint is None:
                await self._pass_on(scope, receive, send)
            else:
                sender = partial(self._sender, scope)
                request = Request.of(scope, receive, path, project_id, sender)
                await self._take(endpoint, request, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    def _sender(self, scope: AsgiMessage) -> str:
        """The client's address, as trusted proxies tell it."""
        return self._proxy.sender(scope)[0]

    def _route(self, path: str) -> tuple[Endpoint | None, str, int | None]:
        """Who answers a path: an ingest endpoint, the path it sees and the project of a prefix."""
        project_id = None
        if path.startswith("/p/") and (match := _PREFIX.fullmatch(path)) is not None:
            path, project_id = match["path"], int(match["project"])
        endpoints: tuple[Endpoint, ...] = (
            self._sentry,
            self._remote_write,
            self._otlp,
            *self._logs,
        )
        for endpoint in endpoints:
            if endpoint.owns(path):
                return endpoint, path, project_id
        return None, path, project_id

    async def _take(self, endpoint: Endpoint, request: Request, send: Send) -> None:
        start = time.perf_counter()
        current_sender.set(request.header(b"user-agent")[:_SENDER_CHARACTERS])
        try:
            reply = await endpoint(request)
        except Exception:  # the HTTP edge: the sender is told to come back, we are told why
            _log.exception("ingest request failed", path=request.path)
            self._metrics.failed("ingest")
            reply = _json_reply(503, "internal", "Something went wrong here; send again.", 5)
        if reply.drop is not None:
            self._rejections.note(request, reply)
        self._metrics.request_seconds(endpoint.name, time.perf_counter() - start)
        await reply.send(send)

    async def _pass_on(self, scope: AsgiMessage, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: AsgiMessage) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._proxy(scope, receive, watched)
        except (EngineDown, BodyTooLarge) as error:
            if started:
                raise ConnectionAbortedError("the answer was cut short") from error
            await self._apology(scope["path"], error).send(send)

    def _apology(self, path: str, error: WatchkeeperError) -> Reply:
        if isinstance(error, EngineDown) and path.rstrip("/") == "/api/health":
            return _json_reply(503, body=self._unhealthy(error), retry_after_s=1)
        retry_after_s = error.retry_after_s if isinstance(error, Overloaded) else None
        body = _in_prometheus_words(error) if _OF_PROMETHEUS.match(path) else None
        return _json_reply(error.http_status, error.code, str(error), retry_after_s, body=body)

    def _unhealthy(self, error: EngineDown) -> dict[str, object]:
        now = datetime.fromtimestamp(self._clock() / 1000, UTC)
        return {
            "status": "unhealthy",
            "timestamp": now.isoformat(timespec="milliseconds"),
            "version": self._options.version,
            "environment": self._options.environment,
            "checks": {
                "ingest": {"status": "healthy"},
                "engine": {"status": "unhealthy", "error": str(error)},
            },
        }

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def start(self) -> None:
        """Begin to look for changed keys and to write rejections; open the port of gRPC."""
        if self._grpc is not None:
            await self._grpc.start()
        self._tasks = [
            asyncio.create_task(self._repeat("keys", self._options.refresh_keys_s, self._refresh)),
            asyncio.create_task(self._repeat("rejections", 1.0, self._flush)),
        ]

    async def stop(self) -> None:
        """End the background work; what was refused last is still written."""
        if self._grpc is not None:
            await self._grpc.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._flush()
        self._proxy.close()

    async def _repeat(self, name: str, every_s: float, step: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(every_s)
            try:
                await step()
            except Exception:  # a background loop's top
                _log.exception("background step failed", loop=name)
                self._metrics.failed(name)

    async def _refresh(self) -> None:
        await asyncio.to_thread(self._keys.refresh_if_changed)

    async def _flush(self) -> None:
        waiting = self._rejections.take()
        if waiting and self._write_rejections is not None:
            await asyncio.to_thread(self._write_rejections, waiting)


def _push_endpoints(
    acceptor: Acceptor,
    writers: Writers,
    scrubber: Scrubber,
    clock: Clock,
    in_flight: InFlight,
    limits: LogLimits,
) -> tuple[Endpoint, ...]:
    """Who answers log lines and a platform's events that come over HTTP, but for OTLP's."""
    kinds: tuple[type[JsonLinesEndpoint] | type[LokiEndpoint] | type[PlatformEndpoint], ...]
    kinds = (JsonLinesEndpoint, LokiEndpoint, PlatformEndpoint)
    return tuple(
        kind(
            acceptor=acceptor,
            writers=writers,
            scrubber=scrubber,
            clock=clock,
            in_flight=in_flight,
            limits=limits,
        )
        for kind in kinds
    )


_OF_PROMETHEUS = re.compile(r"(?:/p/\d+)?/api/v1/")


def _in_prometheus_words(error: WatchkeeperError) -> dict[str, object]:
    """As its clients read refusals: Grafana and promtool show `error` alone."""
    kind = "unavailable" if isinstance(error, Overloaded) else "bad_data"
    return {"status": "error", "errorType": kind, "error": str(error)}


def _json_reply(
    status: int,
    code: str = "",
    message: str = "",
    retry_after_s: int | None = None,
    *,
    body: dict[str, object] | None = None,
) -> Reply:
    content = body if body is not None else {"error": {"code": code, "message": message}}
    headers = [(b"content-type", b"application/json")]
    if retry_after_s is not None:
        headers.append((b"retry-after", str(retry_after_s).encode()))
    return Reply(status, msgspec.json.encode(content), tuple(headers))
