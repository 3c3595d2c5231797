"""Spans."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from watchkeeper.ingest.digest import DeadLetter, Insert, Plan, Refused
from watchkeeper.ingest.sinks.by_day import DAYS_AN_INSERT
from watchkeeper.ingest.sinks.series_rows import LATEST_MS
from watchkeeper.ingest.span_rows import SPAN_COLUMNS, SpanBlock, span_block
from watchkeeper.lib.clock import DAY_MS, NS_A_MS
from watchkeeper.model import Cut, Kind, LiveEvent, LiveTopic, Record
from watchkeeper.store.columns import SPANS, split_by_day

_DAY_NS = DAY_MS * NS_A_MS


class SpanSink:
    """Kind SPANS into the table `spans`."""

    kinds = frozenset({Kind.SPANS})

    def plan(self, cut: Cut, records: Sequence[Record], conn: Connection) -> Plan:
        blocks: list[tuple[SpanBlock, Record]] = []
        dead: list[DeadLetter] = []
        for record in records:
            try:
                blocks.append((_block(record), record))
            except (msgspec.MsgspecError, ValueError) as error:
                dead.append(DeadLetter(record, "unreadable", str(error)))
        counts: Counter[int] = Counter()
        for block, record in blocks:
            counts[record.project_id] += len(block)
        return Plan(inserts=list(_inserts(blocks)), apply=_Announcing(counts), dead=dead)


def _block(record: Record) -> SpanBlock:
    return span_block(
        record.payload,
        project_id=record.project_id,
        received_ms=record.received_ms,
        latest_ms=LATEST_MS,
    )


def _inserts(blocks: Sequence[tuple[SpanBlock, Record]]) -> Iterator[Insert]:
    """One insert for each 50 days; rows keep their order within it."""
    blocks = [(block, record) for block, record in blocks if len(block)]
    if not blocks:
        return
    days = np.concatenate([block.ts_ns for block, _record in blocks]) // _DAY_NS
    whole = _Rows.of(blocks)
    groups = split_by_day(days, limit=DAYS_AN_INSERT)
    first_row = 0
    for part, chosen in enumerate(groups):
        rows = whole if len(groups) == 1 else whole.chosen(chosen)
        yield Insert(
            table=SPANS.name,
            columns=SPAN_COLUMNS,
            rows=len(rows.ends),
            encode=rows.encoded,
            record_of=rows.record_of,
            part=part,
            first_row=first_row,
        )
        first_row += len(rows.ends)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows one after the other. ends: where each ends. owners: the number of each one's record."""

    content: bytes
    ends: NDArray[np.int64]
    owners: NDArray[np.int64]
    records: Sequence[Record]

    @classmethod
    def of(cls, blocks: Sequence[tuple[SpanBlock, Record]]) -> _Rows:
        sizes = [len(block.content) for block, _record in blocks]
        starts = np.cumsum(sizes) - sizes
        return cls(
            b"".join(block.content for block, _record in blocks),
            np.concatenate([b.ends + at for (b, _r), at in zip(blocks, starts, strict=True)]),
            np.repeat(np.arange(len(blocks)), [len(block) for block, _record in blocks]),
            [record for _block, record in blocks],
        )

    def chosen(self, rows: NDArray[np.intp]) -> _Rows:
        """Only these, in this order."""
        parts = [self.encoded(row, row + 1) for row in rows.tolist()]
        ends = np.cumsum([len(part) for part in parts])
        return _Rows(b"".join(parts), ends, self.owners[rows], self.records)

    def encoded(self, start: int, end: int) -> bytes:
        """Rows [start, end)."""
        if end <= start:
            return b""
        begin = int(self.ends[start - 1]) if start else 0
        return self.content[begin : int(self.ends[end - 1])]

    def record_of(self, row: int) -> Record:
        """The record that a row came in."""
        return self.records[int(self.owners[row])]


@dataclass(frozen=True, slots=True)
class _Announcing:
    """Tells open pages how many spans came to which project."""

    counts: Counter[int]

    def __call__(self, _conn: Connection, _refused: Refused) -> Sequence[LiveEvent]:
        return [LiveEvent(p, LiveTopic.SPANS, {"spans": n}) for p, n in self.counts.items()]
