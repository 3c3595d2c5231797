"""Whole numbers in as few bytes as they need: LEB128, as protobuf and ClickHouse write them."""

from __future__ import annotations


def varint(number: int) -> bytes:
    """An unsigned number, lowest seven bits first. ValueError for a negative one."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def zigzag_varint(number: int) -> bytes:
    """A signed number: 0, -1, 1, -2, … are written as 0, 1, 2, 3, …"""
    return varint(~(number << 1) if number < 0 else number << 1)
