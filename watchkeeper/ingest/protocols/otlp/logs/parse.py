"""Bytes of an ExportLogsServiceRequest to messages. Pure."""

from __future__ import annotations

from typing import cast

import msgspec

from watchkeeper.ingest.protocols.otlp import reading
from watchkeeper.ingest.protocols.otlp.logs.messages import ExportRequest

_WIRE = reading.Wire(
    modules=("logs.v1.logs", "collector.logs.v1.logs_service"),
    request="ExportLogsServiceRequest",
    nesting=((1, 2, 2, 5, 5, 1, 2), (1, 2, 2, 5, 6, 1, 2)),
)

_decode = msgspec.json.Decoder(ExportRequest, strict=False).decode


def read_json(body: bytes) -> ExportRequest:
    """Raises MalformedOtlp, TooManyParts."""
    return cast(ExportRequest, reading.read_json(body, _decode))


def read_protobuf(body: bytes) -> ExportRequest:
    """Raises MalformedOtlp, TooManyParts."""
    return cast(ExportRequest, reading.read_protobuf(body, _WIRE))
