"""XOR chunks, Prometheus's compression of one series' samples, written by columns.

All samples of a chunk become bit fields at once: a value always opens a new window of
significant bits, which every reader of the format understands.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchkeeper.lib.varint import varint, zigzag_varint

SAMPLES_PER_CHUNK = 120
"""As Prometheus cuts its own chunks."""

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
U64 = NDArray[np.uint64]

_DELTA_RANGES = ((14, 0b10, 2), (17, 0b110, 3), (20, 0b1110, 4))
"""Bits of a delta of deltas, the prefix that announces them, and the prefix's length."""
_LONGEST_LEAD = 31


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Samples in [start_ms, end_ms], both ends in."""

    start_ms: int
    end_ms: int
    data: bytes


def chunks(ts_ms: I64, values: F64) -> Iterator[Chunk]:
    """One series, times ascending, in chunks of at most SAMPLES_PER_CHUNK."""
    for start in range(0, len(ts_ms), SAMPLES_PER_CHUNK):
        times = ts_ms[start : start + SAMPLES_PER_CHUNK]
        data = encode(times, values[start : start + SAMPLES_PER_CHUNK])
        yield Chunk(start_ms=int(times[0]), end_ms=int(times[-1]), data=data)


def encode(ts_ms: I64, values: F64) -> bytes:
    """1…65,535 samples as one chunk."""
    bits = np.ascontiguousarray(values, dtype=np.float64).view(np.uint64)
    head = (
        len(ts_ms).to_bytes(2, "big")
        + zigzag_varint(int(ts_ms[0]))
        + int(bits[0]).to_bytes(8, "big")
    )
    if len(ts_ms) == 1:
        return head
    deltas = np.diff(ts_ms)
    head += varint(int(deltas[0]))
    numbers, widths = _interleaved(_times(np.diff(deltas)), _values(bits))
    return head + _packed(numbers, widths)


Fields = tuple[U64, I64]
"""Numbers and the bits each takes: samples by fields; a field of 0 bits is left out."""


def _times(change: I64) -> Fields:
    """Prefix and delta of deltas of each sample but the first two."""
    numbers = np.zeros((len(change), 2), np.uint64)
    widths = np.zeros((len(change), 2), np.int64)
    numbers[:, 0], widths[:, 0] = 0b1111, 4
    numbers[:, 1], widths[:, 1] = change.view(np.uint64), 64
    for size, prefix, length in reversed(_DELTA_RANGES):
        fits = (change >= -((1 << (size - 1)) - 1)) & (change <= 1 << (size - 1))
        numbers[fits, 0], widths[fits, 0], widths[fits, 1] = prefix, length, size
    same = change == 0
    numbers[same, 0], widths[same, 0], widths[same, 1] = 0, 1, 0
    return numbers, widths


def _values(bits: U64) -> Fields:
    """Control bits, leading zeros, length and significant bits of each sample but the first."""
    change = bits[1:] ^ bits[:-1]
    lead, trail = np.minimum(_leading_zeros(change), _LONGEST_LEAD), _trailing_zeros(change)
    length = 64 - lead - trail
    numbers = np.zeros((len(change), 4), np.uint64)
    widths = np.tile(np.array([2, 5, 6, 0], np.int64), (len(change), 1))
    numbers[:, 0], numbers[:, 1] = 0b11, lead
    numbers[:, 2] = length & 63
    numbers[:, 3] = change >> trail.astype(np.uint64)
    widths[:, 3] = length
    same = change == 0
    numbers[same, 0] = 0
    widths[same] = (1, 0, 0, 0)
    return numbers, widths


def _interleaved(times: Fields, values: Fields) -> tuple[U64, I64]:
    """The fields in the order of the stream: a sample's time, then its value."""
    count = len(values[0])
    numbers = np.zeros((count, 6), np.uint64)
    widths = np.zeros((count, 6), np.int64)
    numbers[1:, :2], widths[1:, :2] = times
    numbers[:, 2:], widths[:, 2:] = values
    return numbers.ravel(), widths.ravel()


def _packed(numbers: U64, widths: I64) -> bytes:
    """The low `width` bits of each number, one after the other, highest first."""
    ends = np.cumsum(widths)
    owner = np.repeat(np.arange(len(widths)), widths)
    shift = (ends[owner] - 1 - np.arange(int(ends[-1]))).astype(np.uint64)
    return np.packbits(((numbers[owner] >> shift) & np.uint64(1)).astype(np.uint8)).tobytes()


def _leading_zeros(numbers: U64) -> I64:
    """Zero bits above the highest one; 64 for 0."""
    zeros = np.full(len(numbers), 64, np.int64)
    rest = numbers.copy()
    for width in (32, 16, 8, 4, 2, 1):
        high = rest >> np.uint64(width)
        found = high != 0
        zeros[found] -= width
        rest[found] = high[found]
    return np.asarray(zeros - (rest != 0))


def _trailing_zeros(numbers: U64) -> I64:
    """Zero bits below the lowest one; 0 for 0."""
    lowest = numbers & (~numbers + np.uint64(1))
    return np.where(numbers == 0, 0, 63 - _leading_zeros(lowest))
