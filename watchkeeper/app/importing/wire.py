"""The few protobuf messages of a move: what is asked is written, what comes is handed on.

A QueryResult of remote read and a WriteRequest hold series in the same form, so that samples pass
through without being decoded.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence

from watchkeeper.lib.protobuf_wire import bytes_field, int64, number_field, text_field
from watchkeeper.query.promql import Matcher, MatchOp

_OPERATORS = {MatchOp.EQUAL: 0, MatchOp.NOT_EQUAL: 1, MatchOp.REGEX: 2, MatchOp.NOT_REGEX: 3}
_TYPES = (
    "unknown", "counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset",
)  # fmt: skip
_DOUBLE = struct.Struct("<d")
_SERIES, _METADATA = 1, 3
_LABEL_TAG = 0x0A


class Unreadable(ValueError):
    """An answer that is no ReadResponse."""


def read_request(matchers: Sequence[Matcher], start_ms: int, end_ms: int) -> bytes:
    """A ReadRequest for samples in [start_ms, end_ms], unpacked."""
    query = number_field(1, start_ms) + number_field(2, end_ms)
    for one in matchers:
        matcher = (
            number_field(1, _OPERATORS[one.op]) + text_field(2, one.name) + text_field(3, one.value)
        )
        query += bytes_field(3, matcher)
    return bytes_field(1, query)


def series_of(response: bytes) -> list[bytes]:
    """The TimeSeries messages of an unpacked ReadResponse. Raises Unreadable."""
    try:
        results = _fields(response, 0, len(response))
        return [
            response[start:end]
            for first, last in results
            for start, end in _fields(response, first, last)
        ]
    except IndexError as error:
        raise Unreadable("it ends too soon") from error


def is_bare(message: bytes) -> bool:
    """True for a TimeSeries that has labels and nothing else."""
    at = 0
    while at < len(message) and message[at] == _LABEL_TAG:
        length, first = _read_varint(message, at + 1)
        at = first + length
    return at >= len(message)


def series_message(labels: Mapping[str, str], samples: Iterable[tuple[int, float]]) -> bytes:
    """A TimeSeries. samples: (Unix ms, value)."""
    pairs = sorted(labels.items())
    message = [bytes_field(1, text_field(1, name) + text_field(2, value)) for name, value in pairs]
    for ts_ms, value in samples:
        message.append(bytes_field(2, b"\x09" + _DOUBLE.pack(value) + b"\x10" + int64(ts_ms)))
    return b"".join(message)


def metadata_request(metadata: Mapping[str, Sequence[Mapping[str, str]]]) -> bytes:
    """A WriteRequest with what each metric is, as /api/v1/metadata tells it."""
    message = []
    for metric, known in sorted(metadata.items()):
        for one in known[:1]:
            kind = one.get("type", "")
            number = _TYPES.index(kind) if kind in _TYPES else 0
            told = number_field(1, number) + text_field(2, metric)
            told += text_field(4, one.get("help", "")) + text_field(5, one.get("unit", ""))
            message.append(bytes_field(_METADATA, told))
    return b"".join(message)


def write_requests(series: Iterable[bytes], most_bytes: int) -> Iterator[bytes]:
    """WriteRequests of TimeSeries messages, each of at most so many bytes, or of one series."""
    parts: list[bytes] = []
    size = 0
    for one in series:
        field = bytes_field(_SERIES, one)
        if parts and size + len(field) > most_bytes:
            yield b"".join(parts)
            parts, size = [], 0
        parts.append(field)
        size += len(field)
    if parts:
        yield b"".join(parts)


def _fields(body: bytes, at: int, end: int) -> Iterator[tuple[int, int]]:
    """Where the contents of field 1 begin and end. Raises Unreadable for any other field."""
    while at < end:
        if body[at] != 0x0A:
            raise Unreadable(f"byte {at} begins no series")
        length, first = _read_varint(body, at + 1)
        at = first + length
        if at > end:
            raise Unreadable(f"a series at byte {first} goes past the end")
        yield first, at


def _read_varint(body: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = body[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
