"""Spans as protocols hand them to the `Acceptor`."""

from __future__ import annotations

import msgspec

from watchkeeper.ingest import SpanRow

_PLAIN = SpanRow(
    trace_id="0af7651916cd43dd8448eb211c80319c",
    span_id="b7ad6b7169203331",
    parent_id="",
    ts_ns=1_795_224_000_000_000_000,
    duration_ns=12_500_000,
    name="GET /cart/{id}",
    kind="server",
    op="http.server",
    status="unset",
    status_message="",
    service="shop",
    environment="production",
    release="shop@1.2.3",
    host="web-1",
    is_entry=True,
    route="/cart/{id}",
    transaction="GET /cart/{id}",
    http_method="GET",
    http_status=200,
    db_system="",
    statement="",
    user_key="",
    session_id="",
    attributes={"url.path": "/cart/7"},
    events="",
    links="",
    source="otlp",
)


def span_row(**fields: object) -> SpanRow:
    """A server span of the service `shop` that took 12.5 ms, with these fields instead."""
    return msgspec.structs.replace(_PLAIN, **fields)
