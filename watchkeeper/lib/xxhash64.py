"""XXH64 with seed 0: the hash by which Prometheus tells label sets apart."""

from __future__ import annotations

import struct

_MASK = 2**64 - 1
_P1 = 0x9E3779B185EBCA87
_P2 = 0xC2B2AE3D27D4EB4F
_P3 = 0x165667B19E3779F9
_P4 = 0x85EBCA77C2B2AE63
_P5 = 0x27D4EB2F165667C5


def xxhash64(data: bytes) -> int:
    """The 64-bit hash. Pure Python: for label sets, not for bulk."""
    position = 0
    if len(data) >= 32:
        value, position = _stripes(data)
    else:
        value = _P5
    value = (value + len(data)) & _MASK
    return _avalanche(_tail(data, position, value))


def _rotated(value: int, bits: int) -> int:
    return ((value << bits) | (value >> (64 - bits))) & _MASK


def _mixed(accumulator: int, lane: int) -> int:
    return (_rotated((accumulator + lane * _P2) & _MASK, 31) * _P1) & _MASK


def _stripes(data: bytes) -> tuple[int, int]:
    """Four lanes over whole stripes of 32 bytes, merged; and where the stripes end."""
    lanes = [(_P1 + _P2) & _MASK, _P2, 0, -_P1 & _MASK]
    end = len(data) // 32 * 32
    for words in struct.iter_unpack("<4Q", data[:end]):
        lanes = [_mixed(lane, word) for lane, word in zip(lanes, words, strict=True)]
    value = sum(_rotated(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18), strict=True))
    value &= _MASK
    for lane in lanes:
        value = ((value ^ _mixed(0, lane)) * _P1 + _P4) & _MASK
    return value, end


def _tail(data: bytes, position: int, value: int) -> int:
    """What is left behind the stripes: eight bytes at a time, four, one."""
    while position + 8 <= len(data):
        word = int.from_bytes(data[position : position + 8], "little")
        value = (_rotated(value ^ _mixed(0, word), 27) * _P1 + _P4) & _MASK
        position += 8
    if position + 4 <= len(data):
        word = int.from_bytes(data[position : position + 4], "little")
        value = (_rotated(value ^ (word * _P1 & _MASK), 23) * _P2 + _P3) & _MASK
        position += 4
    for byte in data[position:]:
        value = (_rotated(value ^ (byte * _P5 & _MASK), 11) * _P1) & _MASK
    return value


def _avalanche(value: int) -> int:
    value = ((value ^ (value >> 33)) * _P2) & _MASK
    value = ((value ^ (value >> 29)) * _P3) & _MASK
    return value ^ (value >> 32)
