"""The steps that accepted rows pass before the spool."""

from watchkeeper.ingest.pipeline.errors import (
    Arrival,
    PreparedEvent,
    instant_ms,
    prepare_event,
    timestamp_s,
)
from watchkeeper.ingest.pipeline.logs import LogLimits, SentLog, finish_log
from watchkeeper.ingest.pipeline.routes import template_of
from watchkeeper.ingest.pipeline.severities import (
    SEVERITIES,
    number_of_level,
    number_of_python_level,
    number_of_syslog,
    number_of_word,
    severity_name,
)
from watchkeeper.ingest.pipeline.spans import (
    Cut,
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

__all__ = [
    "SEVERITIES",
    "Arrival",
    "Cut",
    "LogLimits",
    "PreparedEvent",
    "SentLog",
    "SentSpan",
    "SpanEvent",
    "SpanLink",
    "SpanOrigin",
    "bounded",
    "finish_log",
    "finish_span",
    "instant_ms",
    "number_of_level",
    "number_of_python_level",
    "number_of_syslog",
    "number_of_word",
    "origin_of_resource",
    "prepare_event",
    "sanitised",
    "severity_name",
    "shortened",
    "template_of",
    "timestamp_s",
]
