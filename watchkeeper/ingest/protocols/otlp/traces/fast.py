"""Rows of spans that are like earlier ones, put together of bytes that are known. Pure.

A span is read in full (`finish_span`) once for each shape: name, kind, status, origin and the
attributes that decide fields. The spans after it differ in ids, times and the other attributes.
A test holds that both ways give the same row.
"""

from __future__ import annotations

from binascii import hexlify
from collections.abc import Sequence
from dataclasses import dataclass

from watchkeeper.ingest.pipeline import (
    MAX_ATTRIBUTES,
    MAX_NAME,
    MAX_TEXT,
    conventions,
    sanitised,
    template_of,
)
from watchkeeper.ingest.protocols.otlp.traces.known import Attribute, FastOrigin, Part
from watchkeeper.ingest.protocols.otlp.traces.messages import Span
from watchkeeper.ingest.span_rows import row_head, row_text
from watchkeeper.lib.varint import varint

_NO_TEXT = b"\x00"
_NO_TEXTS = b"\x00\x00"
_SPAN_ID, _TRACE_ID = b"\x10", b"\x20"
_SHORT = tuple(varint(number) for number in range(512))
_MAX_ORIGIN = 256
_TELLS, _PATH, _STATEMENT = int(Part.TELLS), int(Part.PATH), int(Part.STATEMENT)
_USER, _SESSION = int(Part.USER), int(Part.SESSION)


@dataclass(frozen=True, slots=True)
class Like:
    """A span that may be like earlier ones. key: of its shape. rest: its row after the shape."""

    key: tuple[object, ...]
    user: str
    session: str
    rest: bytes


def likeness(span: Span, attributes: Sequence[Attribute], origin: FastOrigin) -> Like | None:
    """What tells the shape of a span; None for one that has to be read in full."""
    name, status = span.name, span.status
    keys = {each[0] for each in attributes}
    count = len(keys)
    is_usual = (
        count == len(attributes)
        and count <= MAX_ATTRIBUTES
        and len(origin.keys) <= _MAX_ORIGIN
        and len(name) <= MAX_NAME
        and len(status.message) <= MAX_TEXT
        and origin.keys.isdisjoint(keys)
    )
    if not is_usual:
        return None
    telling: list[object] = [
        origin.number, name, span.kind, status.code, status.message, span.flags & 0x300,
        not span.parent_span_id,
    ]  # fmt: skip
    user: str | None = None
    session = ""
    for key, value, _pair, part, text in attributes:
        if not part:
            continue
        if part == _TELLS:
            telling += (key, value)
        elif part == _PATH:
            telling += (key, _path_told(text, name, keys))
        elif part == _STATEMENT and value != name:
            telling += (key, _statement_told(value, attributes))
            count -= 1
        elif part == _USER and user is None:
            user = text
        elif part == _SESSION:
            session = text
            count -= 1
        else:
            return None
    pairs = b"".join([attribute[2] for attribute in attributes])
    rest = b"".join((_SHORT[len(origin.keys) + count], origin.pairs, pairs, _NO_TEXTS))
    return Like(tuple(telling), user or "", session, rest)


def _path_told(path: str, name: str, keys: set[str]) -> str:
    """What a path decides: the name where it stands in it, else the route if none was sent."""
    if path in name:
        return path
    return "" if "http.route" in keys else template_of(path)


def _statement_told(statement: str, attributes: Sequence[Attribute]) -> str:
    told = {each[0]: each[1] for each in attributes if each[0] in conventions.DB_SYSTEM}
    return sanitised(statement, conventions.first(told, conventions.DB_SYSTEM).lower())


def joined(span: Span, like: Like, shape: bytes, *, start_ns: int) -> bytes:
    """The row of a span of a known shape."""
    parent = span.parent_span_id
    return b"".join((
        row_head(start_ns, span.end_time_unix_nano - start_ns),
        _TRACE_ID, hexlify(span.trace_id),  # type: ignore[arg-type]
        _SPAN_ID, hexlify(span.span_id),  # type: ignore[arg-type]
        _SPAN_ID + hexlify(parent) if parent else _NO_TEXT,  # type: ignore[arg-type]
        row_text(like.user) if like.user else _NO_TEXT,
        row_text(like.session) if like.session else _NO_TEXT,
        shape,
        like.rest,
    ))  # fmt: skip
