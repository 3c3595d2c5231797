"""Spans between protocol and store: what OpenTelemetry and Sentry send, in one form."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


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


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[SpanRow]).decode


def encode_spans(rows: Sequence[SpanRow]) -> bytes:
    """Kind.SPANS."""
    return _encode(rows)


def decode_spans(payload: bytes) -> list[SpanRow]:
    """Kind.SPANS. Raises msgspec.DecodeError."""
    return _decode(payload)
