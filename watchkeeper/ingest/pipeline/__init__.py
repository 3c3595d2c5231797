"""The steps that accepted rows pass before the spool."""

from watchkeeper.ingest.pipeline.errors import (
    Arrival,
    PreparedEvent,
    instant_ms,
    prepare_event,
)

__all__ = ["Arrival", "PreparedEvent", "instant_ms", "prepare_event"]
