"""Log lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from sqlalchemy import Connection

from watchkeeper.ingest.digest import DeadLetter, Insert, Plan, Refused
from watchkeeper.ingest.rows import LogRow, decode_logs
from watchkeeper.ingest.sinks.samples import DAYS_AN_INSERT
from watchkeeper.ingest.sinks.series_rows import LATEST_MS
from watchkeeper.lib.clock import DAY_MS
from watchkeeper.model import Cut, Kind, LiveEvent, LiveTopic, Record
from watchkeeper.store.columns import LOGS, encode_rows

_COLUMNS = ("project_id", "ts", "severity", "service", "body", "attributes", "trace_id", "span_id")

Row = tuple[int, int, str, str, str, dict[str, str], str, str]


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
        return Plan(inserts=list(_inserts(rows)), apply=_Announcing(rows), dead=dead)


def _row(record: Record, line: LogRow) -> Row:
    ts_ms = line.ts_ms if 0 <= line.ts_ms < LATEST_MS else record.received_ms
    return (
        record.project_id,
        ts_ms,
        line.severity,
        line.service,
        line.body,
        line.attributes,
        line.trace_id,
        line.span_id,
    )


def _inserts(rows: list[tuple[Row, Record]]) -> Iterator[Insert]:
    """One insert for each 50 days; lines keep their order within it."""
    days = sorted({row[1] // DAY_MS for row, _record in rows})
    first_row = 0
    for part, first in enumerate(range(0, len(days), DAYS_AN_INSERT)):
        group = days[first : first + DAYS_AN_INSERT]
        chosen = [pair for pair in rows if group[0] <= pair[0][1] // DAY_MS <= group[-1]]
        yield _insert(chosen, part=part, first_row=first_row)
        first_row += len(chosen)


def _insert(chosen: list[tuple[Row, Record]], *, part: int, first_row: int) -> Insert:
    return Insert(
        table=LOGS.name,
        columns=_COLUMNS,
        rows=len(chosen),
        encode=lambda start, end: encode_rows(
            LOGS, _COLUMNS, [row for row, _record in chosen[start:end]]
        ),
        record_of=lambda row: chosen[row][1],
        part=part,
        first_row=first_row,
    )


class _Announcing:
    """Tells open pages how many lines came to which project."""

    def __init__(self, rows: list[tuple[Row, Record]]) -> None:
        self._rows = rows

    def __call__(self, _conn: Connection, _refused: Refused) -> Sequence[LiveEvent]:
        counts: dict[int, int] = {}
        for row, _record in self._rows:
            counts[row[0]] = counts.get(row[0], 0) + 1
        return [LiveEvent(p, LiveTopic.LOGS, {"lines": n}) for p, n in counts.items()]
