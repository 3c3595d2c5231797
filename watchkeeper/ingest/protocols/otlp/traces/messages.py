"""The messages of OTLP traces 1.5, as their JSON is read. Times are Unix nanoseconds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from watchkeeper.ingest.protocols.otlp.messages import (
    NO_ATTRIBUTES,
    Int64,
    Message,
    Resource,
    Scope,
    Unsigned,
)


class Event(Message):
    """Something that happened within a span."""

    time_unix_nano: Unsigned = 0
    name: str = ""
    attributes: msgspec.Raw = NO_ATTRIBUTES


class Link(Message):
    """Another span that this one is about. Ids are hex digits, of protobuf bytes."""

    trace_id: str = ""
    span_id: str = ""
    attributes: msgspec.Raw = NO_ATTRIBUTES


class Status(Message):
    """code: 0 unset, 1 ok, 2 error, or the enum's name in JSON."""

    message: str = ""
    code: Int64 | str = 0


class Span(Message):
    """One span. kind: 1 internal … 5 consumer, or the enum's name in JSON."""

    trace_id: str = ""
    span_id: str = ""
    parent_span_id: str = ""
    flags: Unsigned = 0
    name: str = ""
    kind: Int64 | str = 0
    start_time_unix_nano: Unsigned = 0
    end_time_unix_nano: Unsigned = 0
    attributes: msgspec.Raw = NO_ATTRIBUTES
    dropped_attributes_count: Unsigned = 0
    events: list[Event] = msgspec.field(default_factory=list)
    dropped_events_count: Unsigned = 0
    links: list[Link] = msgspec.field(default_factory=list)
    dropped_links_count: Unsigned = 0
    status: Status = msgspec.field(default_factory=Status)
    trace_state: str = ""


class WireSpan(Protocol):
    """A span of protobuf, as far as it is read otherwise than one of JSON: its ids and attributes
    are bytes.
    """

    @property
    def trace_id(self) -> bytes: ...
    @property
    def span_id(self) -> bytes: ...
    @property
    def parent_span_id(self) -> bytes: ...
    @property
    def attributes(self) -> Sequence[bytes]: ...
    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> int: ...
    @property
    def status(self) -> Status: ...
    @property
    def flags(self) -> int: ...
    @property
    def start_time_unix_nano(self) -> int: ...
    @property
    def end_time_unix_nano(self) -> int: ...
    @property
    def events(self) -> Sequence[object]: ...
    @property
    def links(self) -> Sequence[object]: ...
    @property
    def trace_state(self) -> str: ...


class ScopeSpans(Message):
    """Spans of one scope."""

    scope: Scope = msgspec.field(default_factory=Scope)
    spans: list[Span] = msgspec.field(default_factory=list)


class ResourceSpans(Message):
    """Spans of one resource."""

    resource: Resource = msgspec.field(default_factory=Resource)
    scope_spans: list[ScopeSpans] = msgspec.field(default_factory=list)


class ExportRequest(Message):
    """A whole request."""

    resource_spans: list[ResourceSpans] = msgspec.field(default_factory=list)
