"""The steps that accepted rows pass before the spool."""

from watchkeeper.ingest.pipeline.errors import (
    Arrival,
    PreparedEvent,
    instant_ms,
    prepare_event,
)
from watchkeeper.ingest.pipeline.routes import template_of
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
    "Arrival",
    "Cut",
    "PreparedEvent",
    "SentSpan",
    "SpanEvent",
    "SpanLink",
    "SpanOrigin",
    "bounded",
    "finish_span",
    "instant_ms",
    "origin_of_resource",
    "prepare_event",
    "sanitised",
    "shortened",
    "template_of",
]
