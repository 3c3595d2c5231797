"""Sessions, check-ins, feedback, profiles; attachments and replays, whose content becomes blobs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
from sqlalchemy import Connection

from watchkeeper.ingest.digest import DeadLetter, Insert, Plan, Refused
from watchkeeper.ingest.envelope_rows import (
    BLOB_ROW_TYPES,
    ROW_TYPES,
    AttachmentRow,
    BlobRow,
    EnvelopeRow,
    decode_blob_rows,
    decode_envelope_rows,
)
from watchkeeper.ingest.sinks.by_day import Row, inserts_by_day
from watchkeeper.ingest.sinks.series_rows import LATEST_MS
from watchkeeper.lib.clock import DAY_MS, SECOND_MS
from watchkeeper.model import Cut, Kind, LiveEvent, LiveTopic, Record
from watchkeeper.store.blobs import Blobs
from watchkeeper.store.columns import (
    ATTACHMENTS,
    CHECK_INS,
    FEEDBACK,
    PROFILES,
    REPLAYS,
    SESSIONS,
    Table,
)

_TABLES = {
    Kind.PROFILES: PROFILES,
    Kind.SESSIONS: SESSIONS,
    Kind.CHECK_INS: CHECK_INS,
    Kind.FEEDBACK: FEEDBACK,
    Kind.ATTACHMENTS: ATTACHMENTS,
    Kind.REPLAYS: REPLAYS,
}
_Found = list[tuple[EnvelopeRow | BlobRow, Record]]


class EnvelopeSink:
    """The kinds of ingest.envelope_rows into their tables.

    A blob is put before its row is; a replay puts the same bytes under the same key.
    """

    kinds = frozenset(_TABLES)

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    def plan(self, cut: Cut, records: Sequence[Record], conn: Connection) -> Plan:
        found: dict[Kind, _Found] = {}
        dead: list[DeadLetter] = []
        for record in records:
            try:
                rows = list(self._rows(record))
            except msgspec.MsgspecError as error:
                dead.append(DeadLetter(record, "unreadable", str(error)))
                continue
            found.setdefault(record.kind, []).extend((row, record) for row in rows)
        inserts = [one for kind, rows in found.items() for one in _inserts(_TABLES[kind], rows)]
        counts = Counter((r.project_id, kind) for kind, rows in found.items() for _, r in rows)
        return Plan(inserts=inserts, apply=_Announcing(counts), dead=dead)

    def _rows(self, record: Record) -> Iterator[EnvelopeRow | BlobRow]:
        if record.kind in ROW_TYPES:
            yield from decode_envelope_rows(record.kind, record.payload)
            return
        assert record.kind in BLOB_ROW_TYPES
        for row, content in decode_blob_rows(record.kind, record.payload):
            yield self._with_blob(row, content, record)

    def _with_blob(self, row: BlobRow, content: bytes, record: Record) -> BlobRow:
        if not content:
            return row
        key = blob_key(row, project_id=record.project_id, received_ms=record.received_ms)
        self._blobs.put(key, content)
        return msgspec.structs.replace(row, blob=key)


def blob_key(row: BlobRow, *, project_id: int, received_ms: int) -> str:
    """Where a row's content lies: by day, so that a day's blobs are found when its time is over."""
    day = datetime.fromtimestamp(received_ms / SECOND_MS, UTC).strftime("%Y%m%d")
    if isinstance(row, AttachmentRow):
        return f"attachments/{day}/{project_id}/{row.attachment_id}"
    name = f"{row.segment_id}-{row.part}"
    return f"replays/{day}/{project_id}/{row.replay_id}/{name}"


def _inserts(table: Table, found: _Found) -> Iterator[Insert]:
    fields = type(found[0][0]).__struct_fields__
    columns = ("project_id", "received", *fields)
    at = columns.index("ts")
    rows = [((record.project_id, record.received_ms, *_values(row, record)), record)
            for row, record in found]  # fmt: skip
    return inserts_by_day(table, columns, rows, _day_of(at))


def _values(row: EnvelopeRow | BlobRow, record: Record) -> Row:
    is_credible = 0 <= row.ts < LATEST_MS
    sound = row if is_credible else msgspec.structs.replace(row, ts=record.received_ms)
    values: Row = msgspec.structs.astuple(sound)
    return values


def _day_of(at: int) -> Callable[[Row], int]:
    def day(row: Row) -> int:
        ts = row[at]
        assert isinstance(ts, int)
        return ts // DAY_MS

    return day


@dataclass(frozen=True, slots=True)
class _Announcing:
    """Tells open pages how many rows of which kind came to which project."""

    counts: Counter[tuple[int, Kind]]

    def __call__(self, _conn: Connection, _refused: Refused) -> Sequence[LiveEvent]:
        return [
            LiveEvent(project_id, LiveTopic.ENVELOPES, {kind.name.lower(): count})
            for (project_id, kind), count in self.counts.items()
        ]
