"""Bytes of an ExportMetricsServiceRequest to messages. Pure."""

from __future__ import annotations

from typing import cast

import msgspec

from watchkeeper.ingest.protocols.otlp import reading
from watchkeeper.ingest.protocols.otlp.metrics.messages import ExportRequest

_POINTS = (5, 7, 9, 10, 11)
_WIRE = reading.Wire(
    modules=("metrics.v1.metrics", "collector.metrics.v1.metrics_service"),
    request="ExportMetricsServiceRequest",
    nesting=tuple((1, 2, 2, kind, 1) for kind in _POINTS),
)

_decode = msgspec.json.Decoder(ExportRequest, strict=False).decode


def read_json(body: bytes) -> ExportRequest:
    """Raises MalformedOtlp, TooManyParts."""
    return cast(ExportRequest, reading.read_json(body, _decode))


def read_protobuf(body: bytes) -> ExportRequest:
    """Raises MalformedOtlp, TooManyParts."""
    return cast(ExportRequest, reading.read_protobuf(body, _WIRE))
