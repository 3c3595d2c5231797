"""OTLP over gRPC, called by grpc's own client."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from google.protobuf.message import Message
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from tests.fakes.faults import FaultySpool
from tests.unit.edge.otlp_spans import SignalEdge, logs, record, span, traces
from tests.unit.edge.otlp_world import gauge, request
from tests.unit.edge.world import DISABLED, PUBLIC, SERVER
from watchkeeper.store.spool import SpoolFull

PACKAGE = "/opentelemetry.proto.collector"
TRACES = f"{PACKAGE}.trace.v1.TraceService/Export"
LOGS = f"{PACKAGE}.logs.v1.LogsService/Export"
METRICS = f"{PACKAGE}.metrics.v1.MetricsService/Export"


class GrpcEdge(SignalEdge):
    """An edge with a port of gRPC."""

    port: int

    async def export(
        self, method: str, made: Message | bytes, key: str = SERVER, **metadata: str
    ) -> bytes:
        told = {"authorization": f"Bearer {key}", **metadata}
        body = made if isinstance(made, bytes) else made.SerializeToString()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{self.port}") as channel:
            call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(method)
            answer: bytes = await call(
                body,
                metadata=tuple((k.replace("_", "-"), v) for k, v in told.items() if v),
                compression=grpc.Compression.Gzip,
                timeout=20,
            )
            return answer

    async def refused(
        self, method: str, made: Message | bytes, **told: str
    ) -> grpc.aio.AioRpcError:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await self.export(method, made, **told)
        return caught.value


@pytest.fixture
async def edge(tmp_path: Path) -> AsyncIterator[GrpcEdge]:
    listener = socket.create_server(("127.0.0.1", 0))
    made = GrpcEdge(tmp_path, grpc_listener=listener)
    made.port = listener.getsockname()[1]
    await made.app.start()
    yield made
    await made.app.stop()


async def test_all_signals_are_kept(edge: GrpcEdge) -> None:
    assert await edge.export(TRACES, traces(span(), span(span_id="11" * 8))) == b""
    assert await edge.export(LOGS, logs(record())) == b""
    assert await edge.export(METRICS, request(gauge("g", 1.5))) == b""

    assert len(edge.spans()) == 2
    assert [line.body for line in edge.lines()] == ["cart is empty"]
    assert edge.values() == {"g": 1.5}


async def test_a_partial_success_is_told(edge: GrpcEdge) -> None:
    answer = await edge.export(TRACES, traces(span(), span(trace_id="00" * 16)))

    assert ExportTraceServiceResponse.FromString(answer).partial_success.rejected_spans == 1


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"key": ""}, grpc.StatusCode.UNAUTHENTICATED),
        ({"key": "nobody"}, grpc.StatusCode.UNAUTHENTICATED),
        ({"key": DISABLED}, grpc.StatusCode.UNAUTHENTICATED),
        ({"x_watchkeeper_project": "7"}, grpc.StatusCode.PERMISSION_DENIED),
    ],
)
async def test_a_wrong_key_is_refused_for_good(
    edge: GrpcEdge, told: dict[str, str], code: grpc.StatusCode
) -> None:
    refused = await edge.refused(TRACES, traces(span()), **told)

    assert refused.code() is code
    assert edge.spans() == []


async def test_a_public_key_writes_spans_and_no_metrics(edge: GrpcEdge) -> None:
    await edge.export(TRACES, traces(span()), key=PUBLIC)
    refused = await edge.refused(METRICS, request(gauge("g", 1)), key=PUBLIC)

    assert refused.code() is grpc.StatusCode.PERMISSION_DENIED
    assert edge.world.dropped("wrong_key_kind") == 1


async def test_the_key_may_stand_in_its_own_metadata(edge: GrpcEdge) -> None:
    await edge.export(TRACES, traces(span()), key="nobody", x_watchkeeper_key=SERVER)

    assert len(edge.spans()) == 1


async def test_what_cannot_be_read_is_an_invalid_argument(edge: GrpcEdge) -> None:
    refused = await edge.refused(TRACES, b"\xff\xff\xff")

    assert refused.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "not an export request" in (refused.details() or "")


async def test_overload_says_when_to_come_back(edge: GrpcEdge) -> None:
    spool = edge.world.spool
    edge.world.acceptor._spool = FaultySpool(spool, at=1, error=SpoolFull("full", retry_after_s=7))

    refused = await edge.refused(TRACES, traces(span()))

    assert refused.code() is grpc.StatusCode.UNAVAILABLE
    trailing = dict(refused.trailing_metadata())
    assert b"google.rpc.RetryInfo\x12\x04\n\x02\x08\x07" in trailing["grpc-status-details-bin"]
    await edge.export(TRACES, traces(span()))
    assert len(edge.spans()) == 1


async def test_too_large_a_message_is_refused(edge: GrpcEdge) -> None:
    refused = await edge.refused(TRACES, bytes(21 * 2**20))

    assert refused.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_an_unknown_method_is_unimplemented(edge: GrpcEdge) -> None:
    refused = await edge.refused(TRACES.replace("Export", "Import"), b"")

    assert refused.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_bytes_that_are_no_grpc_do_no_harm(edge: GrpcEdge) -> None:
    with socket.create_connection(("127.0.0.1", edge.port)) as stranger:
        stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")

        await edge.export(TRACES, traces(span()))

    assert len(edge.spans()) == 1
