"""Messages of OTLP traces to spans as they are stored. Pure.

Rule: docs/wire/otlp.md, "Traces".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import msgspec

from watchkeeper.ingest.drops import Cut
from watchkeeper.ingest.pipeline import (
    MAX_NAME,
    MAX_TEXT,
    Raised,
    SentSpan,
    SpanEvent,
    SpanLink,
    SpanOrigin,
    finish_span,
    origin_of_resource,
    tells_exception,
)
from watchkeeper.ingest.protocols.otlp.attributes import Key, read_attributes
from watchkeeper.ingest.protocols.otlp.ids import SPAN_DIGITS, TRACE_DIGITS, hex_id
from watchkeeper.ingest.protocols.otlp.messages import Resource, Scope, key_of_json
from watchkeeper.ingest.protocols.otlp.traces.fast import layout_of, parts_of, rare_of, shape_key
from watchkeeper.ingest.protocols.otlp.traces.known import (
    UNSEEN,
    Attribute,
    FastOrigin,
    Known,
    Layout,
    ShapeKey,
)
from watchkeeper.ingest.protocols.otlp.traces.messages import (
    Event,
    ExportRequest,
    Link,
    Span,
    WireSpan,
)
from watchkeeper.ingest.span_columns import SpanBatch
from watchkeeper.ingest.span_rows import SpanRow, row_shape
from watchkeeper.privacy import Scrubber

_KINDS = ("internal", "internal", "server", "client", "producer", "consumer")
_STATUSES = ("unset", "ok", "error")
_KIND_PREFIX, _STATUS_PREFIX = "SPAN_KIND_", "STATUS_CODE_"
_REMOTE_PARENT = 0x300
"""Both bits of `Span.flags` that say: it is known where the parent is, and it is elsewhere."""
_LATEST_NS = 2**63 - 1
_NO_TRACE, _NO_SPAN = bytes(TRACE_DIGITS // 2), bytes(SPAN_DIGITS // 2)


@dataclass(slots=True)
class Spans:
    """What a request holds. batch: on its way into the spool. raised: exceptions.

    invalid: spans without ids. cuts: what exceeded its bounds.
    """

    batch: SpanBatch = field(default_factory=SpanBatch)
    raised: list[Raised] = field(default_factory=list)
    invalid: int = 0
    cuts: Counter[Cut] = field(default_factory=Counter)


class Translator:
    """Reads requests of one project. now_ns: stands in where a span has no time."""

    def __init__(
        self,
        *,
        scrubber: Scrubber,
        known: Known,
        key_of: Callable[[msgspec.Raw], Key],
        now_ns: int,
    ) -> None:
        self._scrubber, self._known, self._key_of = scrubber, known, key_of
        self._now_ns = now_ns

    def translate(self, request: ExportRequest) -> Spans:
        """The spans, in the order sent. Raises MalformedOtlp."""
        spans = Spans()
        self._known.begin()
        is_json = self._key_of is key_of_json
        for of_resource in request.resource_spans:
            for of_scope in of_resource.scope_spans:
                origin = self._origin(of_resource.resource, of_scope.scope)
                if is_json:
                    self._translate_json(of_scope.spans, origin, spans)
                else:
                    sent = cast(Sequence[WireSpan], of_scope.spans)
                    self._translate_protobuf(sent, origin, spans)
        return spans

    def _translate_json(self, sent: Sequence[Span], origin: FastOrigin, spans: Spans) -> None:
        for span in sent:
            trace_id = hex_id(span.trace_id, TRACE_DIGITS)
            span_id = hex_id(span.span_id, SPAN_DIGITS)
            if trace_id and span_id:
                spans.batch.add(self._finished(span, trace_id, span_id, origin, spans))
            else:
                spans.invalid += 1

    def _translate_protobuf(
        self, sent: Sequence[WireSpan], origin: FastOrigin, spans: Spans
    ) -> None:
        """As above, but spans that are like earlier ones are not read in full."""
        shapes, put = self._known.shapes, spans.batch.put
        for span, read in zip(sent, self._read_attributes(sent), strict=True):
            layout = None if _is_rich(span) else self._layout(read, origin)
            key = shape_key(span, layout, read) if layout else None
            shape = shapes.get(key) if key else None
            if not layout or not shape or not _has_ids(span):
                self._translate_full(cast(Span, span), key, origin, spans)
                continue
            made = parts_of(span, shape, layout, read, start_ns=self._start_ns(span))
            if layout.has_rare:
                put(made, rare_of(layout, read))
            else:
                put(made)

    def _read_attributes(self, sent: Sequence[WireSpan]) -> list[list[Attribute]]:
        """The attributes of each span; those that are not known are learnt all together."""
        known = self._known.attributes
        parts = [span.attributes[:] for span in sent]
        found = [[*map(known.get, of_span)] for of_span in parts]
        short = [at for at, read in enumerate(found) if not all(read)]
        missing = [
            part
            for at in short
            for part, each in zip(parts[at], found[at], strict=True)
            if each is None
        ]
        fresh = iter(self._known.learn(missing))
        for at in short:
            found[at] = [each or next(fresh) for each in found[at]]
        return cast(list[list[Attribute]], found)

    def _layout(self, read: Sequence[Attribute], origin: FastOrigin) -> Layout | None:
        sorts = tuple([each[0] for each in read])
        found = origin.layouts.get(sorts, UNSEEN)
        if found is UNSEEN:
            known = self._known
            found = layout_of([known.sorts[at] for at in sorts], origin, known.next_layout())
            known.keep_layout(origin, sorts, found)
        return found

    def _translate_full(
        self, span: Span, key: ShapeKey | None, origin: FastOrigin, spans: Spans
    ) -> None:
        """Read a span in full, and remember its shape."""
        trace_id = hex_id(span.trace_id, TRACE_DIGITS)
        span_id = hex_id(span.span_id, SPAN_DIGITS)
        if not trace_id or not span_id:
            spans.invalid += 1
            return
        row = self._finished(span, trace_id, span_id, origin, spans)
        spans.batch.add(row)
        if key and len(span.name) <= MAX_NAME and len(span.status.message) <= MAX_TEXT:
            self._known.keep_shape(key, row_shape(row))

    def _finished(
        self, span: Span, trace_id: str, span_id: str, origin: FastOrigin, spans: Spans
    ) -> SpanRow:
        """The row of a span that is read in full."""
        read = self._read(span, trace_id, span_id)
        row = finish_span(read, origin.origin, scrubber=self._scrubber, cuts=spans.cuts)
        if read.events:
            spans.raised += _raised(row, read.events)
        return row

    def _start_ns(self, span: Span | WireSpan) -> int:
        return span.start_time_unix_nano or span.end_time_unix_nano or self._now_ns

    def _read(self, span: Span, trace_id: str, span_id: str) -> SentSpan:
        start_ns = self._start_ns(span)
        attributes = self._attributes(span)
        if span.trace_state:
            attributes["w3c.tracestate"] = span.trace_state
        return SentSpan(
            trace_id=trace_id,
            span_id=span_id,
            parent_id=hex_id(span.parent_span_id, SPAN_DIGITS),
            ts_ns=min(start_ns, _LATEST_NS),
            duration_ns=max(0, span.end_time_unix_nano - start_ns),
            name=span.name,
            kind=_named(span.kind, _KINDS, _KIND_PREFIX),
            status=_named(span.status.code, _STATUSES, _STATUS_PREFIX),
            status_message=span.status.message,
            is_entry=True if span.flags & _REMOTE_PARENT == _REMOTE_PARENT else None,
            attributes=attributes,
            events=[*self._events(span.events)] if span.events else (),
            links=[*self._links(span.links)] if span.links else (),
        )

    def _events(self, sent: Sequence[Event]) -> Iterator[SpanEvent]:
        for each in sent:
            yield SpanEvent(
                ts_ns=min(each.time_unix_nano, _LATEST_NS),
                name=each.name,
                attributes=self._attributes(each),
            )

    def _links(self, sent: Sequence[Link]) -> Iterator[SpanLink]:
        for each in sent:
            yield SpanLink(
                trace_id=hex_id(each.trace_id, TRACE_DIGITS),
                span_id=hex_id(each.span_id, SPAN_DIGITS),
                attributes=self._attributes(each),
            )

    def _attributes(self, of: Span | Event | Link | Resource | Scope) -> dict[str, str]:
        return dict(read_attributes(self._key_of(of.attributes)))

    def _origin(self, resource: Resource, scope: Scope) -> FastOrigin:
        of_resource, of_scope = self._key_of(resource.attributes), self._key_of(scope.attributes)
        key = (of_resource, scope.name, scope.version, of_scope)
        known = self._known.origins.get(key)
        if known is None:
            origin = self._read_origin(resource, scope)
            known = FastOrigin.of(origin)
            self._known.keep_origin(key, known)
        return known

    def _read_origin(self, resource: Resource, scope: Scope) -> SpanOrigin:
        attributes = self._attributes(resource)
        origin = origin_of_resource(attributes, scrubber=self._scrubber, source="otlp")
        told = {"otel.scope.name": scope.name, "otel.scope.version": scope.version}
        told |= self._attributes(scope)
        clean = self._scrubber.scrub_attributes({k: v for k, v in told.items() if v})
        return replace(origin, attributes={**origin.attributes, **clean}) if clean else origin


def _has_ids(span: WireSpan) -> bool:
    """True for a span of protobuf with valid ids."""
    trace_id, span_id = span.trace_id, span.span_id
    is_whole = len(trace_id) == len(_NO_TRACE) and len(span_id) == len(_NO_SPAN)
    return is_whole and trace_id != _NO_TRACE and span_id != _NO_SPAN


def _is_rich(span: WireSpan) -> bool:
    """True for a span with parts that are its own."""
    parent = span.parent_span_id
    return bool(
        span.events
        or span.links
        or span.trace_state
        or (parent and (len(parent) != SPAN_DIGITS // 2 or parent == _NO_SPAN))
    )


def _raised(row: SpanRow, events: Sequence[SpanEvent]) -> Iterator[Raised]:
    """The exceptions that were recorded within a span."""
    for event in events:
        if tells_exception(event.attributes):
            yield Raised(
                ts_ns=event.ts_ns or row.ts_ns,
                attributes=event.attributes,
                level="error",
                trace_id=row.trace_id,
                span_id=row.span_id,
                service=row.service,
                environment=row.environment,
                release=row.release,
                host=row.host,
                transaction=row.transaction or row.name,
                user_key=row.user_key,
                language=row.attributes.get("telemetry.sdk.language", ""),
                around=row.attributes,
            )


def _named(sent: int | str, names: Sequence[str], prefix: str) -> str:
    """The name of an enum's value, sent as its number or its name; the first if unknown."""
    if isinstance(sent, int):
        return names[sent] if 0 <= sent < len(names) else names[0]
    word = sent.removeprefix(prefix).lower()
    if word.isdecimal():
        return _named(int(word), names, prefix)
    return word if word in names else names[0]
