"""Native histograms and exemplars: rows that belong to a series and come one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from watchkeeper.ingest.digest import DeadLetter, Insert
from watchkeeper.ingest.rows import (
    ExemplarRow,
    HistogramRow,
    decode_exemplars,
    decode_histograms,
    encode_one,
)
from watchkeeper.lib.clock import DAY_MS
from watchkeeper.model import Kind, Record
from watchkeeper.store.columns import EXEMPLARS, HISTOGRAMS, Table, encode_rows, split_by_day

LATEST_MS = 4_102_444_800_000
"""2100-01-01; a later timestamp is a unit mistake and would not fit the day column."""

Row = HistogramRow | ExemplarRow


@dataclass(frozen=True, slots=True, kw_only=True)
class RowKind:
    """How one kind of record becomes rows of one table: project_id, then the row's own fields."""

    table: Table
    columns: tuple[str, ...]
    decode: Callable[[bytes], Sequence[Row]]


ROW_KINDS: Mapping[Kind, RowKind] = {
    Kind.HISTOGRAMS: RowKind(
        table=HISTOGRAMS,
        columns=("project_id", "series_id", "ts", "histogram"),
        decode=decode_histograms,
    ),
    Kind.EXEMPLARS: RowKind(
        table=EXEMPLARS,
        columns=("project_id", "series_id", "ts", "value", "labels"),
        decode=decode_exemplars,
    ),
}


@dataclass(frozen=True, slots=True)
class SeriesRows:
    """Rows of one kind in a cut, in order, and the record that each came with."""

    kind: RowKind
    rows: Sequence[Row]
    origins: Sequence[Record]

    def inserts(self) -> Iterator[Insert]:
        """One insert for each group of days that the store takes at once."""
        days = np.array([row.ts_ms // DAY_MS for row in self.rows], np.int64)
        first_row = 0
        for number, group in enumerate(split_by_day(days)):
            part = self._part(group.tolist())
            yield Insert(
                table=self.kind.table.name,
                columns=self.kind.columns,
                rows=len(part.rows),
                encode=part.block,
                record_of=part.record_of,
                part=number,
                first_row=first_row,
            )
            first_row += len(part.rows)

    def block(self, start: int, end: int) -> bytes:
        """RowBinary of rows [start, end)."""
        pairs = zip(self.origins[start:end], self.rows[start:end], strict=True)
        rows = [(origin.project_id, *msgspec.structs.astuple(row)) for origin, row in pairs]
        return encode_rows(self.kind.table, self.kind.columns, rows)

    def record_of(self, row: int) -> Record:
        """A record that holds this row only."""
        origin = self.origins[row]
        payload = encode_one(self.rows[row])
        return Record(origin.kind, origin.project_id, origin.received_ms, payload)

    def late_days(self) -> Iterator[tuple[int, int, int]]:
        """(project_id, series_id, day) of rows of another day than that of their arrival."""
        for row, origin in zip(self.rows, self.origins, strict=True):
            if row.ts_ms // DAY_MS != origin.received_ms // DAY_MS:
                yield origin.project_id, row.series_id, row.ts_ms // DAY_MS

    def _part(self, chosen: Sequence[int]) -> SeriesRows:
        rows = [self.rows[at] for at in chosen]
        return SeriesRows(self.kind, rows, [self.origins[at] for at in chosen])


def series_rows(records: Iterable[Record], dead: list[DeadLetter]) -> list[SeriesRows]:
    """The histograms and exemplars among these records; what cannot be stored becomes a letter."""
    by_kind: dict[Kind, tuple[list[Row], list[Record]]] = {}
    for record in records:
        if record.kind not in ROW_KINDS:
            continue
        rows, origins = by_kind.setdefault(record.kind, ([], []))
        for row in _storable(record, ROW_KINDS[record.kind], dead):
            rows.append(row)
            origins.append(record)
    return [SeriesRows(ROW_KINDS[kind], *found) for kind, found in by_kind.items() if found[0]]


def _storable(record: Record, kind: RowKind, dead: list[DeadLetter]) -> Iterator[Row]:
    try:
        rows = kind.decode(record.payload)
    except msgspec.MsgspecError as error:
        dead.append(DeadLetter(record, "unreadable", str(error)))
        return
    for row in rows:
        if 0 <= row.ts_ms < LATEST_MS:
            yield row
        else:
            letter = SeriesRows(kind, [row], [record]).record_of(0)
            dead.append(DeadLetter(letter, "time_out_of_range", f"{row.ts_ms} ms"))
