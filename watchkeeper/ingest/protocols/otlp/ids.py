"""Ids of traces and spans: of protobuf bytes, of JSON hex digits. Pure."""

from __future__ import annotations

_DIGITS = frozenset("0123456789abcdef")
TRACE_DIGITS, SPAN_DIGITS = 32, 16


def hex_id(sent: bytes | str, digits: int) -> str:
    """Lower-case hex digits; empty for an id of another length, of other characters or of zeros."""
    text = sent.hex() if isinstance(sent, bytes) else sent.lower()
    if len(text) != digits or not text.strip("0"):
        return ""
    return text if isinstance(sent, bytes) or _DIGITS.issuperset(text) else ""
