"""What OTLP senders are told, as protobuf or JSON. Pure. OTLP 1.5, "OTLP/HTTP response"."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from watchkeeper.ingest.http import Header
from watchkeeper.lib.protobuf_wire import bytes_field, number_field, text_field

PROTOBUF, JSON = "application/x-protobuf", "application/json"

_RPC_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 405: 12, 408: 4, 413: 8, 415: 3, 429: 8, 503: 14}
_UNKNOWN = 2
UNAUTHENTICATED, INVALID_ARGUMENT = _RPC_CODES[401], _RPC_CODES[400]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one export request. rejected: data points, spans or log records."""

    rejected: int = 0
    message: str = ""
    reasons: dict[str, int] = field(default_factory=dict)


def success_body(outcome: Outcome, *, is_json: bool, rejected_name: str) -> bytes:
    """An Export…ServiceResponse. rejected_name: JSON's name of the count, "rejectedSpans"."""
    if is_json:
        if not outcome.message:
            return b"{}"
        told = {rejected_name: str(outcome.rejected), "errorMessage": outcome.message}
        return msgspec.json.encode({"partialSuccess": told})
    if not outcome.message:
        return b""
    return bytes_field(1, number_field(1, outcome.rejected) + text_field(2, outcome.message))


def status_body(http_status: int, message: str, *, is_json: bool) -> bytes:
    """A google.rpc.Status."""
    code = rpc_code(http_status)
    if is_json:
        return msgspec.json.encode({"code": code, "message": message})
    return number_field(1, code) + text_field(2, message)


def rpc_code(http_status: int) -> int:
    """The number of google.rpc.Code that stands for a status of HTTP."""
    return _RPC_CODES.get(http_status, _UNKNOWN)


def content_type(*, is_json: bool) -> Header:
    """The header of an answer: the sender's own format."""
    return (b"content-type", (JSON if is_json else PROTOBUF).encode())
