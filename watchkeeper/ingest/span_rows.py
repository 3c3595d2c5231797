"""Spans between protocol and store: what OpenTelemetry and Sentry send, in one form.

In the spool a span already stands as the row that the column store takes (RowBinary), but for the
project and the time of receipt, which the record tells: so the digest joins bytes and reads none.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import msgspec
import numpy as np
from numpy.typing import NDArray

from watchkeeper.lib.varint import varint


class SpanRow(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """One span, scrubbed. New fields go to the end: old records lie in spools.

    trace_id: 32 hex digits; span_id, parent_id: 16 (parent_id empty for a root).
    ts_ns: start, Unix ns UTC. kind: internal, server, client, producer, consumer.
    status: unset, ok, error. is_entry: it is where work enters a service (a root, a server or
    consumer span, Sentry's transaction). op: what sort of work, in Sentry's words (`http.server`,
    `db`, `cache.get`, `queue.process`); empty if nothing tells.
    route: the templated endpoint (`/api/users/{id}`). transaction: name of the entry span it
    belongs to, where the sender tells. statement: sanitised query text.
    events, links: JSON lists as `[{"ts_ns", "name", "attributes"}]` and
    `[{"trace_id", "span_id", "attributes"}]`; empty for none. source: otlp, sentry.
    """

    trace_id: str
    span_id: str
    parent_id: str
    ts_ns: int
    duration_ns: int
    name: str
    kind: str
    op: str
    status: str
    status_message: str
    service: str
    environment: str
    release: str
    host: str
    is_entry: bool
    route: str
    transaction: str
    http_method: str
    http_status: int
    db_system: str
    statement: str
    user_key: str
    session_id: str
    attributes: dict[str, str]
    events: str
    links: str
    source: str


IDENTITY = ("trace_id", "span_id", "parent_id", "user_key", "session_id")
"""Texts that differ from span to span."""
SHAPE = (
    "name", "kind", "op", "status", "status_message", "service", "environment", "release", "host",
    "is_entry", "route", "transaction", "http_method", "http_status", "db_system", "statement",
    "source",
)  # fmt: skip
"""What many spans share, so that its bytes are worth remembering."""
SPAN_COLUMNS = (
    "project_id", "ts", "duration_ns", "received", *IDENTITY, *SHAPE,
    "attributes", "events", "links",
)  # fmt: skip
"""The columns of a row, in order. A change of it is a new version of the record."""

_VERSION = b"\x01"
"""No msgpack list begins with it, and before there were versions a record was one."""
_HEAD = struct.Struct("<IqQq")
_COUNT = struct.Struct("<I")
_RECEIVED_AT = 20
_EARLIEST_NS, _LATEST_NS = -(2**63), 2**63 - 1
_LONGEST_NS = 2**64 - 1
_SHORT = tuple(bytes((length,)) for length in range(128))


def row_head(ts_ns: int, duration_ns: int) -> bytes:
    """The beginning of a row; what the record tells is filled in by the digest."""
    ts_ns = min(max(ts_ns, _EARLIEST_NS), _LATEST_NS)
    return _HEAD.pack(0, ts_ns, min(max(duration_ns, 0), _LONGEST_NS), 0)


def row_text(text: str) -> bytes:
    """A text of a row; half of a surrogate pair, which JSON may hold, becomes a question mark."""
    raw = text.encode("utf-8", "replace")
    size = len(raw)
    return _SHORT[size] + raw if size < 128 else varint(size) + raw


def row_identity(row: SpanRow) -> bytes:
    """The columns of IDENTITY."""
    return b"".join(
        map(row_text, (row.trace_id, row.span_id, row.parent_id, row.user_key, row.session_id))
    )


def row_shape(row: SpanRow) -> bytes:
    """The columns of SHAPE."""
    before = (
        row.name, row.kind, row.op, row.status, row.status_message, row.service, row.environment,
        row.release, row.host,
    )  # fmt: skip
    return b"".join((
        *map(row_text, before),
        _SHORT[bool(row.is_entry)],
        *map(row_text, (row.route, row.transaction, row.http_method)),
        min(max(row.http_status, 0), 65_535).to_bytes(2, "little"),
        *map(row_text, (row.db_system, row.statement, row.source)),
    ))  # fmt: skip


def row_attributes(attributes: Mapping[str, str]) -> bytes:
    """The column `attributes`."""
    pairs = map(row_text, chain.from_iterable(attributes.items()))
    return varint(len(attributes)) + b"".join(pairs)


def row_of(row: SpanRow) -> bytes:
    """A whole row."""
    return b"".join((
        row_head(row.ts_ns, row.duration_ns),
        row_identity(row),
        row_shape(row),
        row_attributes(row.attributes),
        row_text(row.events),
        row_text(row.links),
    ))  # fmt: skip


def encode_spans(rows: Iterable[SpanRow]) -> bytes:
    """Kind.SPANS."""
    return encode_span_rows([row_of(row) for row in rows])


def encode_span_rows(rows: Sequence[bytes]) -> bytes:
    """Kind.SPANS of rows that are made already."""
    sizes = np.fromiter(map(len, rows), dtype="<u4", count=len(rows))
    return b"".join((_VERSION, _COUNT.pack(len(rows)), sizes.tobytes(), *rows))


@dataclass(frozen=True, slots=True)
class SpanBlock:
    """The rows of one record. ends: where each row ends in `content`. ts_ns: of each row."""

    content: bytes
    ends: NDArray[np.int64]
    ts_ns: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ends)


def span_block(payload: bytes, *, project_id: int, received_ms: int, latest_ms: int) -> SpanBlock:
    """Kind.SPANS as rows of SPAN_COLUMNS. Raises ValueError, msgspec.DecodeError.

    A start before 1970 or from `latest_ms` on becomes the time of receipt.
    """
    if payload[:1] != _VERSION:
        payload = encode_spans(_decode_list(payload))
    sizes, content = _parts(payload)
    ends = np.cumsum(sizes, dtype=np.int64)
    starts = ends - sizes
    raw = np.frombuffer(bytearray(content), dtype=np.uint8)
    _put(raw, starts, np.array([project_id], dtype="<u4"))
    _put(raw, starts + _RECEIVED_AT, np.array([received_ms], dtype="<i8"))
    at = starts + _COUNT.size
    ts_ns = raw[at[:, None] + np.arange(8)].view("<i8").reshape(-1)
    wrong = (ts_ns < 0) | (ts_ns >= latest_ms * 1_000_000)
    if wrong.any():
        ts_ns = np.where(wrong, received_ms * 1_000_000, ts_ns)
        _put(raw, at[wrong], np.array([received_ms * 1_000_000], dtype="<i8"))
    return SpanBlock(raw.tobytes(), ends, ts_ns)


def _parts(payload: bytes) -> tuple[NDArray[np.int64], bytes]:
    """Sizes of the rows, and the rows."""
    try:
        (count,) = _COUNT.unpack_from(payload, 1)
        start = 1 + _COUNT.size + 4 * count
        sizes = np.frombuffer(payload, dtype="<u4", count=count, offset=1 + _COUNT.size)
    except struct.error as error:
        raise ValueError("a record of spans is cut off") from error
    if len(payload) - start != int(sizes.sum()) or (count and int(sizes.min()) < _HEAD.size):
        raise ValueError("the sizes of a record of spans do not add up")
    return sizes.astype(np.int64), payload[start:]


def _put(raw: NDArray[np.uint8], at: NDArray[np.int64], number: NDArray[np.generic]) -> None:
    """Write one little-endian number at each of these places."""
    told = number.view(np.uint8)
    raw[at[:, None] + np.arange(len(told))] = told


_decode_list = msgspec.msgpack.Decoder(list[SpanRow]).decode


def decode_spans(payload: bytes) -> list[SpanRow]:
    """Kind.SPANS. Raises msgspec.DecodeError, ValueError."""
    if payload[:1] != _VERSION:
        return _decode_list(payload)
    sizes, content = _parts(payload)
    starts = np.cumsum(sizes) - sizes
    return [_read_row(content, int(start)) for start in starts]


def _read_row(content: bytes, at: int) -> SpanRow:
    _project, ts_ns, duration_ns, _received = _HEAD.unpack_from(content, at)
    found: dict[str, object] = {"ts_ns": ts_ns, "duration_ns": duration_ns}
    at += _HEAD.size
    for name in SPAN_COLUMNS[4:]:
        if name == "is_entry":
            found[name], at = bool(content[at]), at + 1
        elif name == "http_status":
            found[name], at = int.from_bytes(content[at : at + 2], "little"), at + 2
        elif name == "attributes":
            found[name], at = _read_map(content, at)
        else:
            found[name], at = _read_text(content, at)
    return SpanRow(**found)  # type: ignore[arg-type]


def _read_map(content: bytes, at: int) -> tuple[dict[str, str], int]:
    count, at = _read_varint(content, at)
    found = {}
    for _ in range(count):
        key, at = _read_text(content, at)
        found[key], at = _read_text(content, at)
    return found, at


def _read_text(content: bytes, at: int) -> tuple[str, int]:
    size, at = _read_varint(content, at)
    if at + size > len(content):
        raise ValueError("a text of a span is cut off")
    return content[at : at + size].decode("utf-8", "replace"), at + size


def _read_varint(content: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while at < len(content) and shift < 35:
        byte = content[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at
    raise ValueError("a length in a span is cut off")
