"""Fields of protobuf messages as bytes, for messages so few in form that no library is loaded."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from watchkeeper.lib.varint import varint, zigzag_varint

_FIXED64 = 1
_LENGTH_DELIMITED = 2
_UINT64 = (1 << 64) - 1


def int64(number: int) -> bytes:
    """A number of type int64: a negative one as its two's complement."""
    return varint(number & _UINT64)


def number_field(field: int, value: int) -> bytes:
    """A field of type int64; nothing for 0, its default."""
    return varint(field << 3) + int64(value) if value else b""


def signed_field(field: int, value: int) -> bytes:
    """A field of type sint32 or sint64, 0 or not."""
    return varint(field << 3) + zigzag_varint(value)


def double_field(field: int, value: float) -> bytes:
    """A field of type double, 0 or not."""
    return varint(field << 3 | _FIXED64) + struct.pack("<d", value)


def doubles_field(field: int, values: Sequence[float]) -> bytes:
    """A repeated, packed field of type double; nothing if there are none."""
    return bytes_field(field, struct.pack(f"<{len(values)}d", *values)) if values else b""


def bytes_field(field: int, content: bytes) -> bytes:
    """A field of type bytes, or an embedded message."""
    return varint(field << 3 | _LENGTH_DELIMITED) + varint(len(content)) + content


def text_field(field: int, text: str) -> bytes:
    """A field of type string; nothing for an empty one, its default."""
    return bytes_field(field, text.encode()) if text else b""
