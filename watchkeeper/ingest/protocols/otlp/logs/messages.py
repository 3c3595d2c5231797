"""The messages of OTLP logs 1.5, as their JSON is read. Times are Unix nanoseconds."""

from __future__ import annotations

import msgspec

from watchkeeper.ingest.protocols.otlp.attributes import JsonValue
from watchkeeper.ingest.protocols.otlp.messages import (
    NO_ATTRIBUTES,
    Int64,
    Message,
    Resource,
    Scope,
    Unsigned,
)


class LogRecord(Message):
    """One record. severity_number: 1 to 24, or the enum's name in JSON."""

    time_unix_nano: Unsigned = 0
    observed_time_unix_nano: Unsigned = 0
    severity_number: Int64 | str = 0
    severity_text: str = ""
    body: JsonValue | None = None
    attributes: msgspec.Raw = NO_ATTRIBUTES
    dropped_attributes_count: Unsigned = 0
    trace_id: str = ""
    span_id: str = ""
    event_name: str = ""


class ScopeLogs(Message):
    """Records of one scope."""

    scope: Scope = msgspec.field(default_factory=Scope)
    log_records: list[LogRecord] = msgspec.field(default_factory=list)


class ResourceLogs(Message):
    """Records of one resource."""

    resource: Resource = msgspec.field(default_factory=Resource)
    scope_logs: list[ScopeLogs] = msgspec.field(default_factory=list)


class ExportRequest(Message):
    """A whole request."""

    resource_logs: list[ResourceLogs] = msgspec.field(default_factory=list)
