"""The steps that accepted rows pass before the spool."""

from watchkeeper.ingest.pipeline.errors import (
    Arrival,
    PreparedEvent,
    instant_ms,
    prepare_event,
)
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
    "instant_ms",
    "number_of_level",
    "number_of_python_level",
    "number_of_syslog",
    "number_of_word",
    "prepare_event",
    "severity_name",
]
