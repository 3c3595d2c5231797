"""Bytes of an export request to messages, for every signal. Pure, bounded, lazy about protobuf.

What a signal reads is told as data: see `Wire`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, cast

import msgspec

from watchkeeper.ingest.protocols.otlp.errors import MalformedOtlp, TooManyParts

if TYPE_CHECKING:
    from google.protobuf.descriptor_pb2 import DescriptorProto

MAX_PARTS = 2_000_000
"""Messages and numbers in one body: empty ones of two bytes would take a hundred in memory."""
_NAMED_WITHIN = 200
"""Bytes of a body in which its first field is named."""
_CHECKED_FROM_BYTES = 4 * 2**20
_COMMON = ("common.v1.common", "resource.v1.resource")
_NULL_IS_NAN = frozenset({"asDouble", "value", "sum", "min", "max"})

Nesting = dict[int, "Nesting"]
"""Fields of a message that are messages, by number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """How the requests of one signal are read.

    modules: of OpenTelemetry's schema, the one with the request last, without `_pb2`. request: the
    message's name. nesting: down to the messages that a body may hold most of. whole: fields that
    stay bytes besides all that are called attributes, as `Message.field`.
    """

    modules: tuple[str, ...]
    request: str
    nesting: tuple[tuple[int, ...], ...]
    whole: tuple[str, ...] = ()


def read_json(body: bytes, decode: Callable[[bytes], object]) -> object:
    """decode: of a msgspec decoder. Raises MalformedOtlp, TooManyParts."""
    if body.count(b"{") + body.count(b",") > MAX_PARTS:
        raise _too_many()
    try:
        return _decoded(body, decode)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        reason = str(error)[:200].rstrip(".")
        raise MalformedOtlp(f"The body is not an export request in JSON: {reason}.") from error


def _decoded(body: bytes, decode: Callable[[bytes], object]) -> object:
    if b'"resource_' in body[:_NAMED_WITHIN] or b'_unix_nano"' in body:
        body = msgspec.json.encode(_in_camel_case(msgspec.json.decode(body)))
    try:
        return decode(body)
    except msgspec.ValidationError:
        if b"null" not in body:
            raise
        plain = _without_nulls(msgspec.json.decode(body))
        return decode(msgspec.json.encode(plain))


def _in_camel_case(tree: object) -> object:
    """The same with names as OTLP has them: some senders use those of the schema instead.

    Names of attributes are values in OTLP, so that none of them changes.
    """
    if isinstance(tree, dict):
        return {_camel(name): _in_camel_case(value) for name, value in tree.items()}
    return [_in_camel_case(each) for each in tree] if isinstance(tree, list) else tree


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _without_nulls(tree: object) -> object:
    """A field that is null counts as not sent, as in all JSON of protobuf; numbers aside, for
    which JavaScript writes null where it means NaN.
    """
    if isinstance(tree, dict):
        return {
            name: _without_nulls(value)
            for name, value in tree.items()
            if value is not None or name in _NULL_IS_NAN
        }
    return [_without_nulls(each) for each in tree] if isinstance(tree, list) else tree


def read_protobuf(body: bytes, wire: Wire) -> object:
    """The request, its attributes still bytes. Raises MalformedOtlp, TooManyParts."""
    from google.protobuf.message import DecodeError

    if len(body) > _CHECKED_FROM_BYTES:
        _check_parts(body, _nesting(wire.nesting))
    try:
        return _message_reader(wire)(body)
    except DecodeError as error:
        raise MalformedOtlp("The body is not an export request in protobuf.") from error


def _too_many() -> TooManyParts:
    return TooManyParts(f"The body holds more than {MAX_PARTS:,} parts; send smaller batches.")


@cache
def _message_reader(wire: Wire) -> Callable[[bytes], object]:
    """Reads OpenTelemetry's own schema, but for attributes, which stay bytes."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    pool = descriptor_pool.DescriptorPool()
    package = ""
    for name in (*_COMMON, *wire.modules):
        module = import_module(f"opentelemetry.proto.{name}_pb2")
        file = descriptor_pb2.FileDescriptorProto()
        module.DESCRIPTOR.CopyToProto(file)
        package = file.package
        _leave_attributes(file.message_type, wire)
        pool.AddSerializedFile(file.SerializeToString())
    found = message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{wire.request}"))
    return cast(Callable[[bytes], object], found.FromString)


def _leave_attributes(messages: Iterable[DescriptorProto], wire: Wire) -> None:
    """Declare attributes as the bytes that they are on the wire."""
    for message in messages:
        for field in message.field:
            if field.name.endswith("attributes") or f"{message.name}.{field.name}" in wire.whole:
                field.type = field.TYPE_BYTES
                field.ClearField("type_name")
        _leave_attributes(message.nested_type, wire)


@cache
def _nesting(paths: tuple[tuple[int, ...], ...]) -> Nesting:
    root: Nesting = {}
    for path in paths:
        at = root
        for number in path:
            at = at.setdefault(number, {})
    return root


def _check_parts(body: bytes, nesting: Nesting) -> None:
    """Raises TooManyParts before the messages of a large body are made."""
    parts = 0
    waiting: list[tuple[int, int, Nesting]] = [(0, len(body), nesting)]
    while waiting:
        start, end, inside = waiting.pop()
        for number, inner_start, inner_end in _fields(body, start, end):
            parts += 1
            if parts > MAX_PARTS:
                raise _too_many()
            inner = inside.get(number)
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
