"""Nouns that three rooms share. Frozen, no I/O."""

from watchkeeper.model.labels import METRIC_NAME, Labels, labels_of, series_id
from watchkeeper.model.live import LiveEvent, LiveTopic
from watchkeeper.model.record import Cut, Kind, Record
from watchkeeper.model.scope import Role, Scope
from watchkeeper.model.severity import Severity
from watchkeeper.model.timerange import TimeRange

__all__ = [
    "METRIC_NAME",
    "Cut",
    "Kind",
    "Labels",
    "LiveEvent",
    "LiveTopic",
    "Record",
    "Role",
    "Scope",
    "Severity",
    "TimeRange",
    "labels_of",
    "series_id",
]
