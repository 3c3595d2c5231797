"""The steps that accepted rows pass before the spool."""

from watchkeeper.ingest.pipeline import conventions
from watchkeeper.ingest.pipeline.conventions import TELLING
from watchkeeper.ingest.pipeline.errors import (
    Arrival,
    PreparedEvent,
    instant_ms,
    prepare_event,
    timestamp_s,
)
from watchkeeper.ingest.pipeline.log_objects import flat, instant_ns, read_line, read_object
from watchkeeper.ingest.pipeline.logs import LogLimits, SentLog, finish_log
from watchkeeper.ingest.pipeline.otel_errors import Raised, error_events, tells_exception
from watchkeeper.ingest.pipeline.routes import path_of_url, template_of
from watchkeeper.ingest.pipeline.severities import (
    SEVERITIES,
    number_of_level,
    number_of_python_level,
    number_of_syslog,
    number_of_word,
    severity_name,
)
from watchkeeper.ingest.pipeline.spans import (
    MAX_ATTRIBUTES,
    MAX_KEY,
    MAX_NAME,
    MAX_TEXT,
    SentSpan,
    SpanEvent,
    SpanLink,
    SpanOrigin,
    bounded,
    finish_span,
    origin_of_resource,
    shortened,
)
from watchkeeper.ingest.pipeline.statements import sanitised
from watchkeeper.ingest.pipeline.trace_ids import span_id_of, trace_id_of

__all__ = [
    "MAX_ATTRIBUTES",
    "MAX_KEY",
    "MAX_NAME",
    "MAX_TEXT",
    "SEVERITIES",
    "TELLING",
    "Arrival",
    "LogLimits",
    "PreparedEvent",
    "Raised",
    "SentLog",
    "SentSpan",
    "SpanEvent",
    "SpanLink",
    "SpanOrigin",
    "bounded",
    "conventions",
    "error_events",
    "finish_log",
    "finish_span",
    "flat",
    "instant_ms",
    "instant_ns",
    "number_of_level",
    "number_of_python_level",
    "number_of_syslog",
    "number_of_word",
    "origin_of_resource",
    "path_of_url",
    "prepare_event",
    "read_line",
    "read_object",
    "sanitised",
    "severity_name",
    "shortened",
    "span_id_of",
    "tells_exception",
    "template_of",
    "timestamp_s",
    "trace_id_of",
]
