"""Spans."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection

from watchkeeper.artifacts import Sighting, note_releases
from watchkeeper.ingest.digest import DeadLetter, Plan, Refused
from watchkeeper.ingest.sinks.by_day import Row, inserts_by_day
from watchkeeper.ingest.sinks.series_rows import LATEST_MS
from watchkeeper.ingest.span_rows import SpanRow, decode_spans
from watchkeeper.lib.clock import DAY_MS
from watchkeeper.model import Cut, Kind, LiveEvent, LiveTopic, Record
from watchkeeper.store.columns import SPANS

_NS_A_MS = 1_000_000
_COLUMNS = (
    "project_id",
    "ts",
    "duration_ns",
    "received",
    "trace_id",
    "span_id",
    "parent_id",
    "name",
    "kind",
    "op",
    "status",
    "status_message",
    "service",
    "environment",
    "release",
    "host",
    "is_entry",
    "route",
    "transaction",
    "http_method",
    "http_status",
    "db_system",
    "statement",
    "user_key",
    "session_id",
    "attributes",
    "events",
    "links",
    "source",
)

_RELEASE = _COLUMNS.index("release")


class SpanSink:
    """Kind SPANS into the table `spans`."""

    kinds = frozenset({Kind.SPANS})

    def plan(self, cut: Cut, records: Sequence[Record], conn: Connection) -> Plan:
        rows: list[tuple[Row, Record]] = []
        dead: list[DeadLetter] = []
        for record in records:
            try:
                rows += [(_row(record, span), record) for span in decode_spans(record.payload)]
            except msgspec.MsgspecError as error:
                dead.append(DeadLetter(record, "unreadable", str(error)))
        inserts = inserts_by_day(SPANS, _COLUMNS, rows, _day)
        counts = Counter(record.project_id for _row, record in rows)
        announcing = _Announcing(counts, _sightings(rows))
        return Plan(inserts=list(inserts), apply=announcing, dead=dead)


def _day(row: Row) -> int:
    at_ns = row[1]
    assert isinstance(at_ns, int)
    return at_ns // (DAY_MS * _NS_A_MS)


def _row(record: Record, span: SpanRow) -> Row:
    is_credible = 0 <= span.ts_ns < LATEST_MS * _NS_A_MS
    return (
        record.project_id,
        span.ts_ns if is_credible else record.received_ms * _NS_A_MS,
        max(0, span.duration_ns),
        record.received_ms,
        span.trace_id,
        span.span_id,
        span.parent_id,
        span.name,
        span.kind,
        span.op,
        span.status,
        span.status_message,
        span.service,
        span.environment,
        span.release,
        span.host,
        int(span.is_entry),
        span.route,
        span.transaction,
        span.http_method,
        min(max(0, span.http_status), 65_535),
        span.db_system,
        span.statement,
        span.user_key,
        span.session_id,
        span.attributes,
        span.events,
        span.links,
        span.source,
    )


def _sightings(rows: Iterable[tuple[Row, Record]]) -> list[Sighting]:
    """One a release of the cut: records of one cut are of about one time."""
    seen = {(record.project_id, row[_RELEASE]): record.received_ms for row, record in rows}
    return [
        Sighting(project_id, release, at_ms)
        for (project_id, release), at_ms in seen.items()
        if isinstance(release, str)
    ]


@dataclass(frozen=True, slots=True)
class _Announcing:
    """Notes which releases were seen; tells open pages how many spans came to which project."""

    counts: Counter[int]
    sightings: Sequence[Sighting]

    def __call__(self, conn: Connection, _refused: Refused) -> Sequence[LiveEvent]:
        if self.sightings:
            note_releases(conn, self.sightings, now_ms=max(s.at_ms for s in self.sightings))
        return [LiveEvent(p, LiveTopic.SPANS, {"spans": n}) for p, n in self.counts.items()]
