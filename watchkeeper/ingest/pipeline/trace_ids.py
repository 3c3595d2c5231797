"""Ids of traces and spans as senders write them: one reading for every protocol. Pure."""

from __future__ import annotations

import re

_TRACE_ID = re.compile(r"[0-9a-f]{32}")
_SPAN_ID = re.compile(r"[0-9a-f]{16}")


def trace_id_of(sent: object) -> str:
    """32 lower-case hex digits; empty for anything else, and for zeros, which mean none.

    Any case; hyphens are left out: older SDKs write a UUID.
    """
    return _digits(sent, _TRACE_ID)


def span_id_of(sent: object) -> str:
    """16 lower-case hex digits, or empty; read as those of a trace."""
    return _digits(sent, _SPAN_ID)


def _digits(sent: object, shape: re.Pattern[str]) -> str:
    plain = sent.replace("-", "").lower() if isinstance(sent, str) else ""
    return plain if shape.fullmatch(plain) and plain.strip("0") else ""
