"""Messages of OTLP traces to spans as they are stored. Pure.

Rule: docs/wire/otlp.md, "Traces".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from watchkeeper.ingest.drops import Cut
from watchkeeper.ingest.pipeline import (
    Raised,
    SentSpan,
    SpanEvent,
    SpanLink,
    SpanOrigin,
    finish_span,
    origin_of_resource,
    tells_exception,
)
from watchkeeper.ingest.protocols.otlp.attributes import Key
from watchkeeper.ingest.protocols.otlp.ids import SPAN_DIGITS, TRACE_DIGITS, hex_id
from watchkeeper.ingest.protocols.otlp.memory import AttributeMemory
from watchkeeper.ingest.protocols.otlp.messages import Resource, Scope
from watchkeeper.ingest.protocols.otlp.traces.messages import Event, ExportRequest, Link, Span
from watchkeeper.ingest.span_rows import SpanRow
from watchkeeper.privacy import Scrubber

_KINDS = ("internal", "internal", "server", "client", "producer", "consumer")
_STATUSES = ("unset", "ok", "error")
_KIND_PREFIX, _STATUS_PREFIX = "SPAN_KIND_", "STATUS_CODE_"
_REMOTE_PARENT = 0x300
"""Both bits of `Span.flags` that say: it is known where the parent is, and it is elsewhere."""
_LATEST_NS = 2**63 - 1


@dataclass(slots=True)
class Spans:
    """What a request holds. invalid: spans without ids. cuts: what exceeded its bounds."""

    rows: list[SpanRow] = field(default_factory=list)
    raised: list[Raised] = field(default_factory=list)
    invalid: int = 0
    cuts: Counter[Cut] = field(default_factory=Counter)


class Translator:
    """Reads requests of one project. now_ns: stands in where a span has no time."""

    def __init__(
        self,
        *,
        scrubber: Scrubber,
        memory: AttributeMemory,
        key_of: Callable[[msgspec.Raw], Key],
        now_ns: int,
    ) -> None:
        self._scrubber, self._memory, self._key_of = scrubber, memory, key_of
        self._now_ns = now_ns

    def translate(self, request: ExportRequest) -> Spans:
        """The spans, in the order sent. Raises MalformedOtlp."""
        spans = Spans()
        for of_resource in request.resource_spans:
            origin = self._origin(of_resource.resource)
            for of_scope in of_resource.scope_spans:
                self._translate_all(of_scope.spans, self._scoped(origin, of_scope.scope), spans)
        return spans

    def _translate_all(self, sent: Sequence[Span], origin: SpanOrigin, spans: Spans) -> None:
        for each in sent:
            trace_id = hex_id(each.trace_id, TRACE_DIGITS)
            span_id = hex_id(each.span_id, SPAN_DIGITS)
            if not trace_id or not span_id:
                spans.invalid += 1
                continue
            read = self._read(each, trace_id, span_id)
            row = finish_span(read, origin, scrubber=self._scrubber, cuts=spans.cuts)
            spans.rows.append(row)
            if read.events:
                spans.raised += _raised(row, read.events)

    def _read(self, span: Span, trace_id: str, span_id: str) -> SentSpan:
        start_ns = span.start_time_unix_nano or span.end_time_unix_nano or self._now_ns
        attributes = self._memory.read(self._key_of(span.attributes))
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
                attributes=self._memory.read(self._key_of(each.attributes)),
            )

    def _links(self, sent: Sequence[Link]) -> Iterator[SpanLink]:
        for each in sent:
            yield SpanLink(
                trace_id=hex_id(each.trace_id, TRACE_DIGITS),
                span_id=hex_id(each.span_id, SPAN_DIGITS),
                attributes=self._memory.read(self._key_of(each.attributes)),
            )

    def _origin(self, resource: Resource) -> SpanOrigin:
        attributes = self._memory.read(self._key_of(resource.attributes))
        return origin_of_resource(attributes, scrubber=self._scrubber, source="otlp")

    def _scoped(self, origin: SpanOrigin, scope: Scope) -> SpanOrigin:
        told = {"otel.scope.name": scope.name, "otel.scope.version": scope.version}
        told |= self._memory.read(self._key_of(scope.attributes))
        clean = self._scrubber.scrub_attributes({k: v for k, v in told.items() if v})
        return replace(origin, attributes={**origin.attributes, **clean}) if clean else origin


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
