"""What passes through the spool: a record is anything that was accepted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Kind(IntEnum):
    """What a record's payload holds. Numbers are on disk: never reuse one."""

    SERIES = 1
    """msgpack list of [series_id, [[name, value], ...], metric_type]: series first seen today."""
    SAMPLES = 2
    """Columnar block: u32 n, then u64 series_id[n], i64 ts_ms[n], f64 value[n], little-endian.
    With bit 31 of n set all samples have one time: i64 ts_ms[1]."""
    ERROR_EVENT = 3
    """One scrubbed Sentry event as JSON; always has event_id (32 hex digits) and timestamp."""
    LOGS = 4
    """msgpack list of LogRow (see ingest.rows)."""
    METADATA = 5
    """msgpack list of [metric_name, type, help, unit]."""
    HISTOGRAMS = 6
    """msgpack list of [series_id, ts_ms, encode_histogram(…)]."""
    EXEMPLARS = 7
    """msgpack list of [series_id, ts_ms, value, {name: value}]."""
    SPANS = 8
    """Spans as columns (see ingest.span_columns); of older versions rows (ingest.span_rows)."""
    SESSIONS = 9
    """msgpack list of SessionRow; this and the next five: see ingest.envelope_rows."""
    CHECK_INS = 10
    """msgpack list of CheckInRow."""
    FEEDBACK = 11
    """msgpack list of FeedbackRow."""
    ATTACHMENTS = 12
    """msgpack list of [AttachmentRow, content]."""
    REPLAYS = 13
    """msgpack list of [ReplayRow, content]."""
    PROFILES = 14
    """msgpack list of ProfileRow."""
    DEPLOYS = 16
    """msgpack list of DeployRow (see ingest.deploy_rows)."""


@dataclass(frozen=True, slots=True)
class Record:
    """One accepted payload of one project.

    received_ms: when the edge accepted it, Unix ms UTC.
    """

    kind: Kind
    project_id: int
    received_ms: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Cut:
    """A stretch of one spool segment, replayed as a whole: same bytes, same order, same token.

    start, end: byte offsets in the segment, half-open.
    """

    lane: str
    segment: int
    start: int
    end: int

    def token(self, table: str) -> str:
        """Deduplication token of this cut's insert into one table."""
        return f"{table}:{self.lane}:{self.segment}:{self.start}:{self.end}"
