"""Protobuf as trees of fields: written from a description, mutated without breaking lengths."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from random import Random

Shape = Mapping[int, "str | Shape"]
"""Field number to kind: "text", one of `_KINDS`, or a message. Each may come several times."""

Field = tuple[int, int, int | bytes]
"""Number, wire type, and the number or the bytes."""

_EDGES = (0, 1, 2, 3, 127, 128, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1)
_DOUBLES = (0.0, -0.0, 1.0, -1.5, 0.1, 1e300, 5e-324, float("inf"), float("-inf"), float("nan"))
_STALE = struct.unpack("<d", struct.pack("<Q", 0x7FF0_0000_0000_0002))[0]
_DEEPEST = 12
_NOW_MS = 1_795_224_000_000


def varint(number: int) -> bytes:
    """Base 128, low bits first; of the two's complement if it is negative."""
    number &= 2**64 - 1
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def encoded(fields: Sequence[Field]) -> bytes:
    """The bytes of a message."""
    out = bytearray()
    for number, kind, content in fields:
        out += varint(number << 3 | kind)
        if isinstance(content, int):
            out += varint(content)
        else:
            out += (varint(len(content)) if kind == 2 else b"") + content
    return bytes(out)


def read(data: bytes) -> list[Field] | None:
    """The fields of a message, None if it is none."""
    found: list[Field] = []
    at = 0
    try:
        while at < len(data):
            tag, at = _varint(data, at)
            number, kind = tag >> 3, tag & 7
            if kind == 0:
                value, at = _varint(data, at)
                found.append((number, 0, value))
                continue
            size, at = _varint(data, at) if kind == 2 else ({1: 8, 5: 4}[kind], at)
            if at + size > len(data):
                return None
            found.append((number, kind, data[at : at + size]))
            at += size
    except (IndexError, KeyError):
        return None
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while shift < 70:
        byte = data[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at
    raise IndexError


def mutated(rng: Random, data: bytes, depth: int = 0) -> bytes:
    """The message with one field somewhere in it changed; every length fits again."""
    fields = read(data)
    if not fields:
        return data
    at = int(rng.random() * len(fields))
    number, kind, content = fields[at]
    chance = rng.random()
    if kind == 2 and isinstance(content, bytes) and depth < _DEEPEST and chance < 0.75:
        inner = mutated(rng, content, depth + 1)
        fields[at] = (number, 2, inner if inner != content else _changed(rng, content))
    elif chance < 0.3 or (kind != 2 and chance < 0.75):
        fields[at] = (number, kind, _other(rng, kind, content))
    else:
        _restructure(rng, fields, at)
    return encoded(fields)


def _restructure(rng: Random, fields: list[Field], at: int) -> None:
    number, _, content = fields[at]
    chance = rng.random()
    if chance < 0.25:
        del fields[at]
    elif chance < 0.5:
        fields.insert(int(rng.random() * len(fields)), fields[at])
    elif chance < 0.7:
        other = int(rng.random() * len(fields))
        fields[at], fields[other] = fields[other], fields[at]
    elif chance < 0.85:
        fields[at] = (1 + int(rng.random() * 20), fields[at][1], content)
    else:
        fields[at] = (number, 0, int(rng.random() * 200))


def _other(rng: Random, kind: int, content: int | bytes) -> int | bytes:
    if kind == 0:
        return (
            _EDGES[int(rng.random() * len(_EDGES))] if rng.random() < 0.7 else rng.getrandbits(64)
        )
    if kind == 1:
        return struct.pack("<d", _double(rng)) if rng.random() < 0.8 else rng.randbytes(8)
    if kind == 5:
        return rng.randbytes(4)
    return _changed(rng, content) if isinstance(content, bytes) else content


def _changed(rng: Random, content: bytes) -> bytes:
    at = int(rng.random() * (len(content) + 1))
    chance = rng.random()
    if chance < 0.3:
        return content[:at]
    if chance < 0.6:
        return content[:at] + rng.randbytes(1) + content[at + 1 :]
    return content[:at] + _TEXTS[int(rng.random() * len(_TEXTS))] + content[at:]


_TEXTS = (
    b"\xff",
    b"\xed\xa0\x80",
    b"\x00",
    b"__name__",
    b"le",
    b"quantile",
    b"+Inf",
    b"\n",
    b"e\xcc\x81",
)


def _double(rng: Random) -> float:
    chance = rng.random()
    if chance < 0.5:
        return _DOUBLES[int(rng.random() * len(_DOUBLES))]
    return _STALE if chance < 0.55 else rng.uniform(-1e3, 1e3)


def generated(rng: Random, shape: Shape, words: Sequence[bytes]) -> bytes:
    """A message of that shape; texts come from `words`."""
    fields: list[Field] = []
    for number, kind in shape.items():
        times = 0 if rng.random() < 0.3 else 1 + int(rng.random() ** 4 * 4)
        for _ in range(times):
            fields.append(_field(rng, number, kind, words))
    return encoded(fields)


def _field(rng: Random, number: int, kind: str | Shape, words: Sequence[bytes]) -> Field:
    if not isinstance(kind, str):
        return number, 2, generated(rng, kind, words)
    if kind == "text":
        return number, 2, words[int(rng.random() * len(words))]
    wire_type, make = _KINDS[kind]
    return number, wire_type, make(rng)


def _several(rng: Random, make: Callable[[Random], bytes]) -> bytes:
    return b"".join(make(rng) for _ in range(int(rng.random() * 6)))


def _bounds(rng: Random) -> bytes:
    count = int(rng.random() * 6)
    return struct.pack(f"<{count}d", *sorted(_double(rng) for _ in range(count)))


def _fixed(rng: Random) -> bytes:
    return struct.pack("<Q", _small(rng))


def _small(rng: Random) -> int:
    chance = rng.random()
    if chance < 0.8:
        return int(rng.random() * 12)
    return _EDGES[int(rng.random() * len(_EDGES))] if chance < 0.95 else rng.getrandbits(40)


_KINDS: dict[str, tuple[int, Callable[[Random], int | bytes]]] = {
    "uint": (0, _small),
    "sint": (0, lambda rng: (_small(rng) << 1) ^ int(rng.random() * 2)),
    "ms": (0, lambda rng: _NOW_MS + int(rng.uniform(-1e6, 1e6))),
    "ns": (1, lambda rng: struct.pack("<Q", _NOW_MS * 1_000_000 + rng.getrandbits(36))),
    "double": (1, lambda rng: struct.pack("<d", _double(rng))),
    "fixed64": (1, _fixed),
    "doubles": (2, _bounds),
    "fixed64s": (2, lambda rng: _several(rng, _fixed)),
    "packed": (2, lambda rng: _several(rng, lambda each: varint(_small(each)))),
}
