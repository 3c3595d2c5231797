"""Log lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection

from watchkeeper.ingest.digest import DeadLetter, Plan, Refused
from watchkeeper.ingest.rows import LogRow, decode_logs
from watchkeeper.ingest.sinks.by_day import Row, inserts_by_day
from watchkeeper.ingest.sinks.series_rows import LATEST_MS
from watchkeeper.lib.clock import DAY_MS
from watchkeeper.model import Cut, Kind, LiveEvent, LiveTopic, Record
from watchkeeper.store.columns import LOGS

_COLUMNS = (
    "project_id",
    "ts",
    "received",
    "nanos",
    "severity_number",
    "severity",
    "service",
    "body",
    "attributes",
    "trace_id",
    "span_id",
    "environment",
    "release",
    "host",
    "request_id",
    "user_key",
    "session_id",
    "source",
)


class LogSink:
    """Kind LOGS into the table `logs`."""

    kinds = frozenset({Kind.LOGS})

    def plan(self, cut: Cut, records: Sequence[Record], conn: Connection) -> Plan:
        rows: list[tuple[Row, Record]] = []
        dead: list[DeadLetter] = []
        for record in records:
            try:
                rows += [(_row(record, line), record) for line in decode_logs(record.payload)]
            except msgspec.MsgspecError as error:
                dead.append(DeadLetter(record, "unreadable", str(error)))
        inserts = inserts_by_day(LOGS, _COLUMNS, rows, _day)
        counts = Counter(record.project_id for _row, record in rows)
        return Plan(inserts=list(inserts), apply=_Announcing(counts), dead=dead)


def _row(record: Record, line: LogRow) -> Row:
    ts_ms = line.ts_ms if 0 <= line.ts_ms < LATEST_MS else record.received_ms
    return (
        record.project_id,
        ts_ms,
        record.received_ms,
        line.nanos,
        line.severity_number,
        line.severity,
        line.service,
        line.body,
        line.attributes,
        line.trace_id,
        line.span_id,
        line.environment,
        line.release,
        line.host,
        line.request_id,
        line.user_key,
        line.session_id,
        line.source,
    )


def _day(row: Row) -> int:
    at_ms = row[1]
    assert isinstance(at_ms, int)
    return at_ms // DAY_MS


@dataclass(frozen=True, slots=True)
class _Announcing:
    """Tells open pages how many lines came to which project."""

    counts: Counter[int]

    def __call__(self, _conn: Connection, _refused: Refused) -> Sequence[LiveEvent]:
        return [LiveEvent(p, LiveTopic.LOGS, {"lines": n}) for p, n in self.counts.items()]
