"""Parts of spans that are like earlier ones, put together of bytes that are known. Pure.

A span is read in full (`finish_span`) once for each shape: name, kind, status, origin and the
attributes that decide fields. The spans after it differ in ids, times and the other attributes.
A test holds that both ways give the same row.
"""

from __future__ import annotations

from collections.abc import Sequence

from watchkeeper.ingest.pipeline import MAX_ATTRIBUTES, conventions, sanitised, template_of
from watchkeeper.ingest.protocols.otlp.traces.known import (
    Attribute,
    FastOrigin,
    Layout,
    Part,
    ShapeKey,
    Sort,
)
from watchkeeper.ingest.protocols.otlp.traces.messages import WireSpan
from watchkeeper.ingest.span_columns import SpanParts
from watchkeeper.ingest.span_rows import row_text

_LATEST_NS = 2**63 - 1
_REMOTE_PARENT = 0x300
_PATH = int(Part.PATH)


def layout_of(sorts: Sequence[Sort], origin: FastOrigin, number: int) -> Layout | None:
    """How spans with such attributes are put together; None if they are read in full.

    number: equal only for equal layouts.
    """
    sent = {each.key for each in sorts}
    names = {each.written for each in sorts} | sent
    count = {part: sum(each.part is part for each in sorts) for part in Part}
    is_usual = (
        len({each.written for each in sorts}) == len(sent) == len(sorts) <= MAX_ATTRIBUTES
        and origin.keys.isdisjoint(names)
        and not count[Part.UNUSUAL]
        and count[Part.USER] <= 1
    )
    if not is_usual:
        return None
    told = {each.key: each.value for each in sorts if each.part is Part.TELLS}
    places = {each.part: at for at, each in enumerate(sorts)}
    written = [each.written for each in sorts if each.is_kept]
    return Layout(
        number=number,
        key_set=origin.key_set + b"".join(map(row_text, written)),
        values=origin.values,
        telling=tuple(
            (at, int(each.part))
            for at, each in enumerate(sorts)
            if each.part in {Part.PATH, Part.STATEMENT}
        ),
        user_at=places.get(Part.USER, -1),
        session_at=places.get(Part.SESSION, -1),
        has_route="http.route" in sent,
        db_system=conventions.first(told, conventions.DB_SYSTEM).lower(),
    )


def shape_key(span: WireSpan, layout: Layout, read: Sequence[Attribute]) -> ShapeKey | None:
    """What decides the shape of a span; None for one that has to be read in full."""
    name, status = span.name, span.status
    key: ShapeKey = (
        layout.number, name, span.kind, status.code, status.message, span.flags & _REMOTE_PARENT,
        not span.parent_span_id,
    )  # fmt: skip
    for at, part in layout.telling:
        text = read[at][2]
        if part == _PATH:
            key += (_path_told(text, name, layout),)
        elif text != name:
            key += (sanitised(text, layout.db_system),)
        else:
            return None
    return key


def _path_told(path: str, name: str, layout: Layout) -> str:
    """What a path decides: the name where it stands in it, else the route if none was sent."""
    if path in name:
        return path
    return "" if layout.has_route else template_of(path)


def parts_of(
    span: WireSpan, shape: bytes, layout: Layout, read: Sequence[Attribute], *, start_ns: int
) -> SpanParts:
    """The parts of a span of a known shape."""
    return (
        start_ns if start_ns <= _LATEST_NS else _LATEST_NS,
        max(0, span.end_time_unix_nano - start_ns),
        span.trace_id,
        span.span_id,
        span.parent_span_id,
        shape,
        layout.key_set,
        layout.values + b"".join([each[1] for each in read]),
    )


def rare_of(layout: Layout, read: Sequence[Attribute]) -> dict[str, str]:
    """User and session of a span, where it has one."""
    found = {}
    if layout.user_at >= 0:
        found["user_key"] = read[layout.user_at][2]
    if layout.session_at >= 0:
        found["session_id"] = read[layout.session_at][2]
    return found
