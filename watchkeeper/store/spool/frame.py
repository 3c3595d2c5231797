"""One record as bytes in a segment. Pure. Format: docs/spec/spool.md."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

from watchkeeper.model import Kind, Record

_HEAD = struct.Struct("<IIBIQ")  # payload bytes, checksum, kind, project_id, received_ms
_CHECKED = struct.Struct("<IBIQ")  # what the checksum covers of the head
_PLACE = struct.Struct(
    "<QQ"
)  # segment, offset: also covered, so a frame is valid in one place only
HEAD_BYTES = _HEAD.size
MAX_PAYLOAD_BYTES = 64 * 2**20
MAX_FRAME_BYTES = HEAD_BYTES + MAX_PAYLOAD_BYTES

_KINDS = {int(kind): kind for kind in Kind}
# The end of a plausible head: a known kind, any project, and a time whose two high bytes are zero.
_PLAUSIBLE = re.compile(
    b"(?s)(?=.{8}[" + b"".join(re.escape(bytes([kind])) for kind in _KINDS) + b"].{10}\x00\x00)"
)


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole, checked record and its place: byte offsets in the segment, half-open."""

    record: Record
    start: int
    end: int


def encoded_bytes(record: Record) -> int:
    """Bytes that a record takes in a segment."""
    return HEAD_BYTES + len(record.payload)


def encode(record: Record, *, segment: int, offset: int) -> bytes:
    """A record's bytes for one place; at most `MAX_FRAME_BYTES`, which the caller has checked."""
    size = len(record.payload)
    facts = (int(record.kind), record.project_id, record.received_ms)
    checksum = _checksum(segment, offset, _CHECKED.pack(size, *facts), record.payload)
    return _HEAD.pack(size, checksum, *facts) + record.payload


def frames(buffer: bytes, *, segment: int, offset: int) -> Iterator[Frame]:
    """Every whole record in a stretch of a segment that begins at `offset`, in order.

    Bytes that are no valid record are passed over: the next valid one is found by its checksum,
    which a copy of a record in another place (in another record's payload, say) cannot have.
    """
    at: int | None = 0
    while at is not None and at < len(buffer):
        frame = _frame_at(buffer, at, segment=segment, base=offset)
        if frame is None:
            at = _next_plausible(buffer, at + 1)
        else:
            yield frame
            at = frame.end - offset


def _frame_at(buffer: bytes, at: int, *, segment: int, base: int) -> Frame | None:
    if at + HEAD_BYTES > len(buffer):
        return None
    size, checksum, kind, project_id, received_ms = _HEAD.unpack_from(buffer, at)
    end = at + HEAD_BYTES + size
    if size > MAX_PAYLOAD_BYTES or end > len(buffer) or kind not in _KINDS:
        return None
    payload = buffer[at + HEAD_BYTES : end]
    checked = _CHECKED.pack(size, kind, project_id, received_ms)
    if checksum != _checksum(segment, base + at, checked, payload):
        return None
    record = Record(_KINDS[kind], project_id, received_ms, payload)
    return Frame(record, base + at, base + end)


def _checksum(segment: int, offset: int, checked: bytes, payload: bytes) -> int:
    return crc32(payload, crc32(checked, crc32(_PLACE.pack(segment, offset))))


def _next_plausible(buffer: bytes, at: int) -> int | None:
    found = _PLAUSIBLE.search(buffer, at)
    return found.start() if found else None
