"""The steps that accepted rows pass before the spool."""

from watchkeeper.ingest.pipeline.errors import (
    Arrival,
    PreparedEvent,
    instant_ms,
    prepare_event,
)
from watchkeeper.ingest.pipeline.log_objects import flat, instant_ns, read_line, read_object
from watchkeeper.ingest.pipeline.logs import LogLimits, SentLog, finish_log
from watchkeeper.ingest.pipeline.severities import (
    SEVERITIES,
    number_of_level,
    number_of_python_level,
    number_of_syslog,
    number_of_word,
    severity_name,
)

__all__ = [
    "SEVERITIES",
    "Arrival",
    "LogLimits",
    "PreparedEvent",
    "SentLog",
    "finish_log",
    "flat",
    "instant_ms",
    "instant_ns",
    "number_of_level",
    "number_of_python_level",
    "number_of_syslog",
    "number_of_word",
    "prepare_event",
    "read_line",
    "read_object",
    "severity_name",
]
