"""Protobuf's wire format, as far as remote write needs it. Every step is checked."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_DOUBLE = struct.Struct("<d")


class MalformedWrite(Exception):
    """position: byte offset in the unpacked body at which it stops making sense."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(reason)
        self.position, self.reason = position, reason


def fields(body: bytes, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """(number, wire type, first, last) of each field; half-open bounds of its content."""
    while at < end:
        tag, first = body[at], at + 1
        if tag >= 0x80:
            tag, first = varint(body, at)
        first, after = _content(body, at, tag & 7, first)
        if after > end or tag < 8:
            raise MalformedWrite(at, "A field goes past the end of its message.")
        yield tag >> 3, tag & 7, first, after
        at = after


def after_field(body: bytes, at: int, end: int) -> int:
    """Where the field that begins at `at` ends. Raises MalformedWrite if that is past `end`."""
    tag, first = varint(body, at)
    _, after = _content(body, at, tag & 7, first)
    if after > end or tag < 8:
        raise MalformedWrite(at, "A field goes past the end of its message.")
    return after


def _content(body: bytes, at: int, wire: int, first: int) -> tuple[int, int]:
    """Bounds of the content of the field at `at`, whose tag ends at `first`."""
    if wire == 2:
        length = body[first]
        if length < 0x80:
            return first + 1, first + 1 + length
        length, first = varint(body, first)
        return first, first + length
    if wire == 0:
        return first, varint(body, first)[1]
    if wire == 1:
        return first, first + 8
    if wire == 5:
        return first, first + 4
    raise MalformedWrite(at, f"Wire type {wire} is not part of this message.")


def varint(body: bytes, at: int) -> tuple[int, int]:
    """The number at `at`, and where it ends. Raises MalformedWrite beyond ten bytes.

    Raises IndexError where the body ends in the middle of it.
    """
    value = shift = 0
    for place in range(at, at + 10):
        byte = body[place]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & (2**64 - 1), place + 1
        shift += 7
    raise MalformedWrite(at, "A number has more than ten bytes.")


def varints(body: bytes, start: int, end: int) -> list[int]:
    """Packed numbers."""
    found: list[int] = []
    while start < end:
        number, start = varint(body, start)
        found.append(number)
    if start != end:
        raise MalformedWrite(end, "A number goes past the end of its list.")
    return found


def doubles(body: bytes, start: int, end: int) -> list[float]:
    """Packed doubles."""
    if (end - start) % 8:
        raise MalformedWrite(start, "A list of doubles has no whole number of them.")
    return [double(body, at) for at in range(start, end, 8)]


def double(body: bytes, at: int) -> float:
    """Eight bytes as a number."""
    value: float = _DOUBLE.unpack_from(body, at)[0]
    return value


def signed(number: int) -> int:
    """An int64 as it stands in a varint."""
    return number - 2**64 if number >= 2**63 else number


def zigzag(number: int) -> int:
    """A sint32 or sint64."""
    return (number >> 1) ^ -(number & 1)


def text(body: bytes, start: int, end: int) -> str:
    """UTF-8 text. Raises MalformedWrite."""
    try:
        return body[start:end].decode()
    except UnicodeDecodeError as error:
        raise MalformedWrite(start + error.start, "A text is not UTF-8.") from error
