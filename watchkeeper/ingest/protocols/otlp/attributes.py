"""Attributes of OTLP: bytes as they came to pairs of text. Pure.

Attributes are not read with the rest of a body: the same ones come again and again, so that their
bytes serve as a key, and only a new key is read.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from watchkeeper.ingest.protocols.otlp.errors import MalformedOtlp

if TYPE_CHECKING:
    from opentelemetry.proto.common.v1 import common_pb2

Key = tuple[bytes, ...] | bytes
"""Attributes as they came: each a protobuf KeyValue, or the whole JSON array."""

Plain = str | bool | int | float | None | list["Plain"] | dict[str, "Plain"]

_SHORT_EXPONENT = re.compile(r"e([-+])0(\d)$")


class _Array(msgspec.Struct):
    values: list[JsonValue] = []


class _Map(msgspec.Struct):
    values: list[_KeyValue] = []


class JsonValue(msgspec.Struct, rename="camel"):
    """An AnyValue in JSON."""

    string_value: str | None = None
    bool_value: bool | None = None
    int_value: int | None = None
    double_value: float | None = None
    array_value: _Array | None = None
    kvlist_value: _Map | None = None
    bytes_value: str | None = None


class _KeyValue(msgspec.Struct):
    key: str = ""
    value: JsonValue | None = None


_read_json = msgspec.json.Decoder(list[_KeyValue], strict=False).decode


def read_attributes(key: Key) -> list[tuple[str, str]]:
    """Names and values as text, in the order sent. Raises MalformedOtlp.

    Numbers, lists and maps are written as OpenTelemetry's collector writes them.
    """
    if isinstance(key, bytes):
        return [(pair.key, text_of(_plain_json(pair.value))) for pair in _json_pairs(key)]
    return [(pair.key, text_of(_plain_protobuf(pair.value))) for pair in _protobuf_pairs(key)]


def plain_of(value: JsonValue | common_pb2.AnyValue | None) -> Plain:
    """An AnyValue of either format as Python has it."""
    if value is None or isinstance(value, JsonValue):
        return _plain_json(value)
    return _plain_protobuf(value)


def text_of(value: Plain) -> str:
    """A value as a label has it."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return float_text(value)
        case _:
            return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def float_text(value: float) -> str:
    """The shortest text of a number; an exponent only beyond 1e21 and below 1e-6."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value == 0 or 1e-6 <= abs(value) < 1e21:
        return bound_text(value)
    return _SHORT_EXPONENT.sub(r"e\1\2", repr(value))


def bound_text(value: float) -> str:
    """The shortest text without an exponent, as labels `le` and `quantile` have it."""
    if not math.isfinite(value):
        return float_text(value)
    return format(Decimal(repr(value)), "f").removesuffix(".0")


def _json_pairs(raw: bytes) -> Sequence[_KeyValue]:
    if not raw or raw == b"null":
        return ()
    try:
        return _read_json(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedOtlp(f"Attributes cannot be read: {str(error)[:200]}.") from error


def _protobuf_pairs(parts: tuple[bytes, ...]) -> Sequence[common_pb2.KeyValue]:
    from google.protobuf.message import DecodeError
    from opentelemetry.proto.common.v1.common_pb2 import KeyValue

    try:
        return [KeyValue.FromString(part) for part in parts]
    except DecodeError as error:
        raise MalformedOtlp("An attribute is not a KeyValue.") from error


def _plain_json(value: JsonValue | None) -> Plain:
    if value is None:
        return None
    if value.array_value is not None:
        return [_plain_json(each) for each in value.array_value.values]
    if value.kvlist_value is not None:
        return {pair.key: _plain_json(pair.value) for pair in value.kvlist_value.values}
    for told in (value.string_value, value.bool_value, value.int_value, value.double_value):
        if told is not None:
            return told
    return value.bytes_value


def _plain_protobuf(value: common_pb2.AnyValue) -> Plain:
    match value.WhichOneof("value"):
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case "int_value":
            return value.int_value
        case "double_value":
            return value.double_value
        case "array_value":
            return [_plain_protobuf(each) for each in value.array_value.values]
        case "kvlist_value":
            return {pair.key: _plain_protobuf(pair.value) for pair in value.kvlist_value.values}
        case "bytes_value":
            return base64.b64encode(value.bytes_value).decode()
        case _:
            return None
