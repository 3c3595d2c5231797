"""Inputs made of other inputs: bytes, tokens, numbers, halves, lines, protobuf fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from tests.fuzz import wire
from tests.fuzz.target import Target

LONGEST = 4096
"""Bytes; a mutation that grows an input beyond is cut."""

_NUMBERS = (
    b"0", b"-0", b"-1", b"1", b"1e308", b"1e309", b"-1e-400", b"NaN", b"nan", b"Inf", b"-inf",
    b"+Inf", b"0x1p-2", b"1_000", b"9223372036854775807", b"9223372036854775808",
    b"-9223372036854775809", b"18446744073709551616", b"99999999999999999999999", b"4294967296",
    b"2147483648", b"1e", b".", b"1.5.5", b"\xd9\xa3", b"\xc2\xb2",
)  # fmt: skip
_TEXTS = (
    b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x80\xa8", b"\xef\xbb\xbf",
    b"\x00", b"\r", b"\n", b"\r\n", b"\x0b", b"\x85", b"\xc2\xa0", b"\\", b"\\n", b'"', b"'", b"`",
    b"\xf0\x9f\x94\xa5", b"\xcc\x81", b"{", b"}", b"__name__", b"%s", b"\x1b[0m",
)  # fmt: skip

Change = Callable[[Random, bytearray, Sequence[bytes], tuple[bytes, ...]], None]


def mutated(rng: Random, target: Target, corpus: Sequence[bytes]) -> bytes:
    """A new input from an old one: mostly one change, at times a dozen."""
    base = corpus[int(rng.random() * len(corpus))]
    if target.is_wire and rng.random() < 0.6:
        base = wire.mutated(rng, base)
        if rng.random() < 0.7:
            return base[:LONGEST]
    data = bytearray(base)
    changes = 1 if rng.random() < 0.6 else 1 + int(rng.random() ** 3 * 12)
    for _ in range(changes):
        _CHANGES[int(rng.random() * len(_CHANGES))](rng, data, corpus, target.tokens)
    return bytes(data[:LONGEST])


def _at(rng: Random, data: bytearray) -> int:
    return int(rng.random() * (len(data) + 1))


def _span(rng: Random, data: bytearray) -> tuple[int, int]:
    start = _at(rng, data)
    return start, start + 1 + int(rng.random() ** 4 * 64)


def _flip(rng: Random, data: bytearray, _c: Sequence[bytes], _t: tuple[bytes, ...]) -> None:
    if data:
        data[int(rng.random() * len(data))] ^= 1 << int(rng.random() * 8)


def _set(rng: Random, data: bytearray, _c: Sequence[bytes], _t: tuple[bytes, ...]) -> None:
    if data:
        data[int(rng.random() * len(data))] = int(rng.random() * 256)


def _delete(rng: Random, data: bytearray, _c: Sequence[bytes], _t: tuple[bytes, ...]) -> None:
    start, end = _span(rng, data)
    del data[start:end]


def _insert(rng: Random, data: bytearray, _c: Sequence[bytes], _t: tuple[bytes, ...]) -> None:
    at = _at(rng, data)
    data[at:at] = rng.randbytes(1 + int(rng.random() ** 3 * 8))


def _repeat(rng: Random, data: bytearray, _c: Sequence[bytes], _t: tuple[bytes, ...]) -> None:
    start, end = _span(rng, data)
    data[start:start] = bytes(data[start:end]) * (1 + int(rng.random() ** 6 * 200))


def _token(rng: Random, data: bytearray, _c: Sequence[bytes], tokens: tuple[bytes, ...]) -> None:
    if tokens:
        start, end = _span(rng, data)
        end = start if rng.random() < 0.5 else end
        data[start:end] = tokens[int(rng.random() * len(tokens))]


def _text(rng: Random, data: bytearray, _c: Sequence[bytes], _t: tuple[bytes, ...]) -> None:
    start, end = _span(rng, data)
    pool = _TEXTS if rng.random() < 0.5 else _NUMBERS
    data[start : (start if rng.random() < 0.5 else end)] = pool[int(rng.random() * len(pool))]


def _number(rng: Random, data: bytearray, _c: Sequence[bytes], _t: tuple[bytes, ...]) -> None:
    """Put another number where one stands."""
    start = _at(rng, data)
    while start < len(data) and not 48 <= data[start] <= 57:
        start += 1
    end = start
    while end < len(data) and 48 <= data[end] <= 57:
        end += 1
    if start < end:
        data[start:end] = _NUMBERS[int(rng.random() * len(_NUMBERS))]


def _splice(rng: Random, data: bytearray, corpus: Sequence[bytes], _t: tuple[bytes, ...]) -> None:
    other = corpus[int(rng.random() * len(corpus))]
    data[_at(rng, data) :] = other[int(rng.random() * (len(other) + 1)) :]


def _graft(rng: Random, data: bytearray, corpus: Sequence[bytes], _t: tuple[bytes, ...]) -> None:
    other = corpus[int(rng.random() * len(corpus))]
    start = int(rng.random() * (len(other) + 1))
    at = _at(rng, data)
    data[at:at] = other[start : start + 1 + int(rng.random() ** 2 * 64)]


def _swap_lines(rng: Random, data: bytearray, _c: Sequence[bytes], _t: tuple[bytes, ...]) -> None:
    lines = data.split(b"\n")
    one, other = int(rng.random() * len(lines)), int(rng.random() * len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    data[:] = b"\n".join(lines)


def _double_line(rng: Random, data: bytearray, _c: Sequence[bytes], _t: tuple[bytes, ...]) -> None:
    lines = data.split(b"\n")
    lines.insert(int(rng.random() * len(lines)), lines[int(rng.random() * len(lines))])
    data[:] = b"\n".join(lines)


_CHANGES: tuple[Change, ...] = (
    _flip, _set, _delete, _delete, _insert, _repeat, _token, _token, _token, _text, _text, _number,
    _number, _splice, _graft, _swap_lines, _double_line,
)  # fmt: skip
