"""OTLP over gRPC: `/opentelemetry.proto.collector.<signal>.v1.<Signal>Service/Export`.

Messages stay bytes here; what is kept of them is what HTTP keeps. grpc is only imported when the
first connection comes: see `grpc_port.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NoReturn

import structlog

from watchkeeper.ingest.cardinality import current_sender
from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.http import AsgiMessage, InFlight, Refusal, Reply, Request, overload_of
from watchkeeper.ingest.metrics import IngestMetrics
from watchkeeper.ingest.protocols.otlp import answers
from watchkeeper.ingest.protocols.otlp.endpoint import Signal
from watchkeeper.ingest.protocols.otlp.errors import MalformedOtlp, TooManyParts
from watchkeeper.ingest.writers import Writers
from watchkeeper.lib.errors import Overloaded
from watchkeeper.lib.protobuf_wire import bytes_field, number_field, text_field

if TYPE_CHECKING:
    import grpc

PROTOCOL = "otlp_grpc"
_SERVICES = {"traces": "trace.v1.Trace", "metrics": "metrics.v1.Metrics", "logs": "logs.v1.Logs"}
_PACKAGE = "opentelemetry.proto.collector"
_STREAMS_A_CONNECTION = 32
_SENDER_CHARACTERS = 100
_DETAILS = "grpc-status-details-bin"
_RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo"
_PROJECT = b"x-watchkeeper-project"
_log = structlog.get_logger("watchkeeper.otlp")


class OtlpGrpc:
    """Answers Export calls. note_refused: told of each refusal, for the setup page."""

    def __init__(
        self,
        signals: Sequence[Signal],
        *,
        writers: Writers,
        in_flight: InFlight,
        metrics: IngestMetrics,
        max_body_bytes: int,
        note_refused: Callable[[Request, Reply], None],
    ) -> None:
        self._signals, self._writers = signals, writers
        self._in_flight, self._metrics = in_flight, metrics
        self._max_body_bytes, self._note_refused = max_body_bytes, note_refused

    async def serve(self, address: str) -> grpc.aio.Server:
        """A running server on one of gRPC's addresses, `unix:/path`."""
        import grpc

        server = grpc.aio.server(
            options=(
                ("grpc.max_receive_message_length", self._max_body_bytes),
                ("grpc.max_concurrent_streams", _STREAMS_A_CONNECTION),
                ("grpc.so_reuseport", 0),
            )
        )
        server.add_generic_rpc_handlers([self._handlers(signal) for signal in self._signals])
        server.add_insecure_port(address)
        await server.start()
        return server

    def _handlers(self, signal: Signal) -> grpc.GenericRpcHandler:
        import grpc

        name = f"{_PACKAGE}.{_SERVICES[signal.name]}Service"

        async def export(body: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
            request = _request(f"/{name}/Export", context)
            start = time.perf_counter()
            current_sender.set(request.header(b"user-agent")[:_SENDER_CHARACTERS])
            try:
                return await self._export(signal, request, body)
            except Refusal as refusal:
                self._count(request, refusal)
                await _abort(context, refusal)
            finally:
                self._metrics.request_seconds(PROTOCOL, time.perf_counter() - start)

        handler: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(export)
        return grpc.method_handlers_generic_handler(name, {"Export": handler})

    async def _export(self, signal: Signal, request: Request, body: bytes) -> bytes:
        """The response's bytes. Raises Refusal."""
        needs_server = signal.needs_server
        project_id = await self._writers.project(request, needs_server=needs_server)
        self._in_flight.take(len(body))
        try:
            outcome = await signal.take(project_id, body, is_json=False)
        except MalformedOtlp as error:
            raise Refusal(400, Drop.MALFORMED, str(error)) from error
        except TooManyParts as error:
            raise Refusal(413, Drop.TOO_LARGE, str(error)) from error
        except Overloaded as error:
            raise overload_of(error) from error
        except Refusal:
            raise
        except Exception as error:  # the edge: the sender is told to come back, we are told why
            _log.exception("ingest request failed", path=request.path)
            self._metrics.failed("ingest")
            text = "Something went wrong here; send again."
            raise Refusal(503, Drop.SPOOL_FULL, text, retry_after_s=5) from error
        finally:
            self._in_flight.give(len(body))
        return answers.success_body(outcome, is_json=False, rejected_name=signal.rejected_name)

    def _count(self, request: Request, refusal: Refusal) -> None:
        if not isinstance(refusal.__cause__, Overloaded):  # else the acceptor counted it
            self._metrics.drop(refusal.drop)
        reply = Reply(refusal.status, drop=refusal.drop, project_id=refusal.project_id)
        self._note_refused(request, reply)


def _request(path: str, context: grpc.aio.ServicerContext[bytes, bytes]) -> Request:
    """Metadata as the headers that HTTP would have."""
    headers = {
        name.lower().encode(): value if isinstance(value, bytes) else value.encode()
        for name, value in context.invocation_metadata() or ()
    }
    project = headers.get(_PROJECT, b"").decode("latin-1")
    project_id = int(project) if project.isascii() and project.isdigit() else None
    return Request("POST", path, b"", headers, _no_more, project_id)


async def _no_more() -> AsgiMessage:
    return {"type": "http.disconnect"}


async def _abort(context: grpc.aio.ServicerContext[bytes, bytes], refusal: Refusal) -> NoReturn:
    """End the call; with RetryInfo where the same request may succeed later."""
    import grpc

    code = _code(refusal)
    text = f"{refusal.drop.value}: {refusal.reason}"
    trailing: tuple[tuple[str, bytes], ...] = ()
    if refusal.retry_after_s is not None:
        trailing = ((_DETAILS, _status(code, text, refusal.retry_after_s)),)
    status = next(each for each in grpc.StatusCode if each.value[0] == code)
    await context.abort(status, text, trailing)
    raise AssertionError("abort does not return")


def _code(refusal: Refusal) -> int:
    """A number of google.rpc.Code."""
    if refusal.drop in {Drop.UNKNOWN_KEY, Drop.DISABLED_KEY}:
        return answers.UNAUTHENTICATED
    if refusal.status == 413:
        return answers.INVALID_ARGUMENT
    return answers.rpc_code(refusal.status)


def _status(code: int, text: str, retry_after_s: int) -> bytes:
    """A google.rpc.Status that says when to come back."""
    delay = bytes_field(1, number_field(1, retry_after_s))
    detail = text_field(1, _RETRY_INFO) + bytes_field(2, delay)
    return number_field(1, code) + text_field(2, text) + bytes_field(3, detail)
