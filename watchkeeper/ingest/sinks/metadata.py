"""What a metric means: type, help and unit."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection

from watchkeeper.ingest.digest import DeadLetter, Insert, Plan
from watchkeeper.ingest.rows import decode_metadata
from watchkeeper.model import Cut, Kind, Record
from watchkeeper.store.columns import METADATA, encode_rows

_COLUMNS = ("project_id", "metric", "type", "help", "unit", "seen")

Row = tuple[int, str, str, str, str, int]


class MetadataSink:
    """Kind METADATA into the table `metric_metadata`."""

    kinds = frozenset({Kind.METADATA})

    def plan(self, cut: Cut, records: Sequence[Record], conn: Connection) -> Plan:
        rows: list[Row] = []
        origins: list[Record] = []
        dead: list[DeadLetter] = []
        for record in records:
            try:
                entries = decode_metadata(record.payload)
            except msgspec.MsgspecError as error:
                dead.append(DeadLetter(record, "unreadable", str(error)))
                continue
            rows += [
                (record.project_id, e.metric, e.type, e.help, e.unit, record.received_ms)
                for e in entries
            ]
            origins += [record] * len(entries)
        return Plan(inserts=[_insert(rows, origins)] if rows else [], dead=dead)


def _insert(rows: list[Row], origins: list[Record]) -> Insert:
    return Insert(
        table=METADATA.name,
        columns=_COLUMNS,
        rows=len(rows),
        encode=lambda start, end: encode_rows(METADATA, _COLUMNS, rows[start:end]),
        record_of=origins.__getitem__,
    )
