"""A native histogram as remote write has it, byte by byte."""

from __future__ import annotations

import struct


def histogram_request(start_ms: int) -> bytes:
    """A native histogram of schema 0, four times, as remote write has it."""
    labels = b"".join(
        b"\x0a" + bytes([len(name) + len(value) + 4, 0x0A, len(name)]) + name
        + b"\x12" + bytes([len(value)]) + value
        for name, value in ((b"__name__", b"latency"), (b"job", b"app"))
    )  # fmt: skip
    series = labels
    for number in range(4):
        histogram = b"\x08" + bytes([3 * number + 1])  # count
        histogram += b"\x19" + struct.pack("<d", 1.5 * number)  # sum
        histogram += b"\x30\x01"  # zero count
        if number:
            # One span of two buckets from index 1; counts as differences, zigzag.
            histogram += b"\x5a\x04\x08\x02\x10\x02" + b"\x62\x02" + bytes([2 * number, 2 * number])
        ts_ms, varint = start_ms + number * 15_000, b""
        while ts_ms >= 0x80:
            varint, ts_ms = varint + bytes([ts_ms & 0x7F | 0x80]), ts_ms >> 7
        histogram += b"\x78" + varint + bytes([ts_ms])
        series += b"\x22" + bytes([len(histogram)]) + histogram
    return b"\x0a" + bytes([0x80 | len(series) & 0x7F, len(series) >> 7]) + series
