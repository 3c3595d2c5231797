"""Nouns that three rooms share. Frozen, no I/O."""

from watchkeeper.model.arrival import MayHold, anything_may_be_there
from watchkeeper.model.histogram import (
    CUSTOM_BUCKETS,
    Buckets,
    Histogram,
    ResetHint,
    decode_histogram,
    encode_histogram,
)
from watchkeeper.model.labels import METRIC_NAME, Labels, labels_of, series_id
from watchkeeper.model.live import LiveEvent, LiveTopic
from watchkeeper.model.person import KNOWN_BY, key_forms, person_hash, person_id, person_key
from watchkeeper.model.record import Cut, Kind, Record
from watchkeeper.model.scope import Role, Scope
from watchkeeper.model.severity import Severity
from watchkeeper.model.timerange import TimeRange

__all__ = [
    "CUSTOM_BUCKETS",
    "KNOWN_BY",
    "METRIC_NAME",
    "Buckets",
    "Cut",
    "Histogram",
    "Kind",
    "Labels",
    "LiveEvent",
    "LiveTopic",
    "MayHold",
    "Record",
    "ResetHint",
    "Role",
    "Scope",
    "Severity",
    "TimeRange",
    "anything_may_be_there",
    "decode_histogram",
    "encode_histogram",
    "key_forms",
    "labels_of",
    "person_hash",
    "person_id",
    "person_key",
    "series_id",
]
