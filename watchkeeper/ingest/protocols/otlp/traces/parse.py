"""Bytes of an ExportTraceServiceRequest to messages. Pure."""

from __future__ import annotations

from typing import cast

import msgspec

from watchkeeper.ingest.protocols.otlp import reading
from watchkeeper.ingest.protocols.otlp.traces.messages import ExportRequest

_WIRE = reading.Wire(
    modules=("trace.v1.trace", "collector.trace.v1.trace_service"),
    request="ExportTraceServiceRequest",
    nesting=((1, 2, 2, 11), (1, 2, 2, 13)),
)

_decode = msgspec.json.Decoder(ExportRequest, strict=False).decode


def read_json(body: bytes) -> ExportRequest:
    """Raises MalformedOtlp, TooManyParts."""
    return cast(ExportRequest, reading.read_json(body, _decode))


def read_protobuf(body: bytes) -> ExportRequest:
    """Raises MalformedOtlp, TooManyParts."""
    return cast(ExportRequest, reading.read_protobuf(body, _WIRE))
