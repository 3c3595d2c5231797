"""Spans between protocol and store: what OpenTelemetry and Sentry send, in one form.

Also the record of spans of version 1, a list of rows, which may still lie in a spool; since then
records hold columns, see `span_columns`.
"""

from __future__ import annotations

import struct
from functools import lru_cache

import msgspec
import numpy as np

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


SHAPE = (
    "name", "kind", "op", "status", "status_message", "service", "environment", "release", "host",
    "is_entry", "route", "transaction", "http_method", "http_status", "db_system", "statement",
    "source",
)  # fmt: skip
"""What many spans share, so that its bytes are worth remembering."""
_NUMBERS = {"is_entry": 1, "http_status": 2}
"""Bytes of the columns of SHAPE that are no texts."""

_HEAD = struct.Struct("<IqQq")
_COUNT = struct.Struct("<I")
_ROW_TEXTS = ("trace_id", "span_id", "parent_id", "user_key", "session_id")
_SHORT = tuple(bytes((length,)) for length in range(128))

ShapeValue = str | int
"""A text, or of `is_entry` and `http_status` the number."""


def row_text(text: str) -> bytes:
    """A text of a row; half of a surrogate pair, which JSON may hold, becomes a question mark."""
    raw = text.encode("utf-8", "replace")
    size = len(raw)
    return _SHORT[size] + raw if size < 128 else varint(size) + raw


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


@lru_cache(maxsize=1_024)
def read_shape(shape: bytes) -> tuple[ShapeValue, ...]:
    """The values of SHAPE. Raises ValueError for anything but one whole shape."""
    values, at = _read_shape(shape, 0)
    if at != len(shape):
        raise ValueError("the shape of a span has something behind it")
    return values


def read_texts(raw: bytes) -> list[str]:
    """Texts that stand one behind the other. Raises ValueError."""
    found, at = [], 0
    while at < len(raw):
        text, at = _read_text(raw, at)
        found.append(text)
    return found


_decode_list = msgspec.msgpack.Decoder(list[SpanRow]).decode


def decode_rows(payload: bytes) -> list[SpanRow]:
    """A record of version 1, or a list of rows, as records were before there were versions.

    Raises ValueError, msgspec.DecodeError.
    """
    if payload[:1] != b"\x01":
        return _decode_list(payload)
    try:
        (count,) = _COUNT.unpack_from(payload, 1)
        start = 1 + _COUNT.size + 4 * count
        sizes = np.frombuffer(payload, dtype="<u4", count=count, offset=1 + _COUNT.size)
    except struct.error as error:
        raise ValueError("a record of spans is cut off") from error
    if len(payload) - start != int(sizes.sum()) or (count and int(sizes.min()) < _HEAD.size):
        raise ValueError("the sizes of a record of spans do not add up")
    starts = start + np.cumsum(sizes, dtype=np.int64) - sizes
    return [_read_row(payload, int(at)) for at in starts]


def _read_row(content: bytes, at: int) -> SpanRow:
    _project, ts_ns, duration_ns, _received = _HEAD.unpack_from(content, at)
    found: dict[str, object] = {"ts_ns": ts_ns, "duration_ns": duration_ns}
    at += _HEAD.size
    for name in _ROW_TEXTS:
        found[name], at = _read_text(content, at)
    values, at = _read_shape(content, at)
    found |= zip(SHAPE, values, strict=True)
    found["is_entry"] = bool(found["is_entry"])
    found["attributes"], at = _read_map(content, at)
    found["events"], at = _read_text(content, at)
    found["links"], at = _read_text(content, at)
    return SpanRow(**found)  # type: ignore[arg-type]


def _read_shape(content: bytes, at: int) -> tuple[tuple[ShapeValue, ...], int]:
    values: list[ShapeValue] = []
    for name in SHAPE:
        size = _NUMBERS.get(name)
        if size is None:
            text, at = _read_text(content, at)
            values.append(text)
        else:
            values.append(int.from_bytes(content[at : at + size], "little"))
            at += size
    if at > len(content):
        raise ValueError("the shape of a span is cut off")
    return tuple(values), at


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
