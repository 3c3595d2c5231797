"""Bytes of an ExportMetricsServiceRequest to messages. Pure, bounded, lazy about protobuf."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import cast

import msgspec

from watchkeeper.ingest.protocols.otlp.errors import MalformedOtlp, TooManyParts
from watchkeeper.ingest.protocols.otlp.metrics.messages import ExportRequest

MAX_PARTS = 2_000_000
"""Messages and numbers in one body: empty ones of two bytes would take a hundred in memory."""
_CHECKED_FROM_BYTES = 4 * 2**20

_Nesting = dict[int, "_Nesting"]
_POINTS: _Nesting = {}
_DATA: _Nesting = {1: _POINTS}
_NESTING: _Nesting = {1: {2: {2: {5: _DATA, 7: _DATA, 9: _DATA, 10: _DATA, 11: _DATA}}}}
"""Fields of an export request that are messages, down to the fields of a data point."""

_read_json = msgspec.json.Decoder(ExportRequest, strict=False).decode


def read_json(body: bytes) -> ExportRequest:
    """Raises MalformedOtlp, TooManyParts."""
    if body.count(b"{") + body.count(b",") > MAX_PARTS:
        raise _too_many()
    try:
        return _read_json(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        reason = str(error)[:200].rstrip(".")
        raise MalformedOtlp(f"The body is not an export request in JSON: {reason}.") from error


def read_protobuf(body: bytes) -> ExportRequest:
    """Raises MalformedOtlp, TooManyParts."""
    from google.protobuf.message import DecodeError

    if len(body) > _CHECKED_FROM_BYTES:
        _check_parts(body)
    try:
        return cast(ExportRequest, _message_reader()(body))
    except DecodeError as error:
        raise MalformedOtlp("The body is not an export request in protobuf.") from error


def _too_many() -> TooManyParts:
    return TooManyParts(f"The body holds more than {MAX_PARTS:,} parts; send smaller batches.")


@cache
def _message_reader() -> Callable[[bytes], object]:
    """Reads OpenTelemetry's own schema, but for attributes, which stay bytes."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
    from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
    from opentelemetry.proto.common.v1 import common_pb2
    from opentelemetry.proto.metrics.v1 import metrics_pb2
    from opentelemetry.proto.resource.v1 import resource_pb2

    pool = descriptor_pool.DescriptorPool()
    for module in (common_pb2, resource_pb2, metrics_pb2, metrics_service_pb2):
        file = descriptor_pb2.FileDescriptorProto()
        module.DESCRIPTOR.CopyToProto(file)
        for message in file.message_type:
            for field in message.field:
                if field.name.endswith("attributes"):
                    field.type = descriptor_pb2.FieldDescriptorProto.TYPE_BYTES
                    field.ClearField("type_name")
        pool.AddSerializedFile(file.SerializeToString())
    name = metrics_service_pb2.ExportMetricsServiceRequest.DESCRIPTOR.full_name
    found = message_factory.GetMessageClass(pool.FindMessageTypeByName(name))
    return cast(Callable[[bytes], object], found.FromString)


def _check_parts(body: bytes) -> None:
    """Raises TooManyParts before the messages of a large body are made."""
    parts = 0
    waiting: list[tuple[int, int, _Nesting]] = [(0, len(body), _NESTING)]
    while waiting:
        start, end, nesting = waiting.pop()
        for number, inner_start, inner_end in _fields(body, start, end):
            parts += 1
            if parts > MAX_PARTS:
                raise _too_many()
            inner = nesting.get(number)
            if inner is not None:
                waiting.append((inner_start, inner_end, inner))


def _fields(body: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """(number, start, end) of each length-delimited field of one message; stops at nonsense."""
    while at < end:
        tag, at = _varint(body, at, end)
        wire = tag & 7
        if wire == 0:
            _, at = _varint(body, at, end)
        elif wire == 1:
            at += 8
        elif wire == 5:
            at += 4
        elif wire == 2:
            length, at = _varint(body, at, end)
            if at + length > end:
                return
            yield tag >> 3, at, at + length
            at += length
        else:
            return


def _varint(body: bytes, at: int, end: int) -> tuple[int, int]:
    number = shift = 0
    while at < end:
        byte = body[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
        shift += 7
    return number, at
