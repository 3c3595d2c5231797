"""Requests of OTLP traces and logs by OpenTelemetry's schema, and what the spool has of them."""

from __future__ import annotations

import base64
from collections.abc import Mapping

import orjson
from google.protobuf import json_format
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.unit.edge.otlp_world import JSON, NOW, NS, PROTOBUF, OtlpEdge, fill
from tests.unit.edge.world import Answer
from watchkeeper.ingest import LogRow, SpanRow, decode_logs, decode_spans
from watchkeeper.model import Kind

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"
RESOURCE = {
    "service.name": "shop",
    "service.version": "1.2.3",
    "deployment.environment.name": "production",
    "host.name": "web-1",
    "telemetry.sdk.language": "python",
}
TRACES, LOGS = "/v1/traces", "/v1/logs"
_IDS = {"traceId", "spanId", "parentSpanId"}


def span(
    name: str = "GET /cart/{id}",
    *,
    trace_id: str = TRACE,
    span_id: str = SPAN,
    parent_id: str = "",
    kind: int = 2,
    attributes: Mapping[str, object] | None = None,
    **fields: object,
) -> Span:
    made = Span(
        trace_id=bytes.fromhex(trace_id),
        span_id=bytes.fromhex(span_id),
        parent_span_id=bytes.fromhex(parent_id),
        name=name,
        kind=kind,  # type: ignore[arg-type]
        start_time_unix_nano=NOW * NS,
        end_time_unix_nano=NOW * NS + 12_500_000,
        **fields,  # type: ignore[arg-type]
    )
    fill(made.attributes, attributes or {})
    return made


def raised(made: Span, kind: str, message: str, stack: str = "", **more: object) -> Span:
    event = made.events.add(name="exception", time_unix_nano=NOW * NS)
    told = {"exception.type": kind, "exception.message": message, "exception.stacktrace": stack}
    fill(event.attributes, {**told, **more})
    return made


def traces(*spans: Span, scope: str = "", **resource: object) -> ExportTraceServiceRequest:
    made = ExportTraceServiceRequest()
    of_resource = made.resource_spans.add()
    fill(of_resource.resource.attributes, {**RESOURCE, **resource})
    of_scope = of_resource.scope_spans.add()
    of_scope.scope.name = scope
    of_scope.spans.extend(spans)
    return made


def record(
    body: object = "cart is empty",
    *,
    attributes: Mapping[str, object] | None = None,
    **fields: object,
) -> LogRecord:
    made = LogRecord(**{"time_unix_nano": NOW * NS + 7, **fields})  # type: ignore[arg-type]
    fill(made.attributes, attributes or {})
    if body is not None:
        holder = ExportLogsServiceRequest().resource_logs.add().resource
        fill(holder.attributes, {"body": body})
        made.body.CopyFrom(holder.attributes[0].value)
    return made


def logs(*records: LogRecord, scope: str = "") -> ExportLogsServiceRequest:
    made = ExportLogsServiceRequest()
    of_resource = made.resource_logs.add()
    fill(of_resource.resource.attributes, RESOURCE)
    of_scope = of_resource.scope_logs.add()
    of_scope.scope.name = scope
    of_scope.log_records.extend(records)
    return made


def as_json(made: Message) -> bytes:
    """As OTLP has it: ids are hex digits."""
    tree = orjson.loads(json_format.MessageToJson(made))
    _hex(tree)
    return orjson.dumps(tree)


def _hex(tree: object) -> None:
    if isinstance(tree, list):
        for each in tree:
            _hex(each)
    elif isinstance(tree, dict):
        for name, value in tree.items():
            if name in _IDS:
                tree[name] = base64.b64decode(value).hex()
            else:
                _hex(value)


class SignalEdge(OtlpEdge):
    """An edge, and the spans and lines that were sent to it."""

    async def put(self, made: Message, path: str, **headers: str) -> Answer:
        told = {**PROTOBUF, **headers}
        return await self.post(made.SerializeToString(), path=path, headers=told)

    async def put_json(self, made: Message, path: str) -> Answer:
        return await self.post(as_json(made), path=path, headers=JSON)

    def spans(self) -> list[SpanRow]:
        found = self.world.records(Kind.SPANS)
        return [row for each in found for row in decode_spans(each.payload)]

    def lines(self) -> list[LogRow]:
        found = self.world.records(Kind.LOGS)
        return [row for each in found for row in decode_logs(each.payload)]
