"""Spans."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection

from watchkeeper.ingest.digest import DeadLetter, Insert, Plan, Refused
from watchkeeper.ingest.sinks.by_day import DAYS_AN_INSERT
from watchkeeper.ingest.sinks.series_rows import LATEST_MS
from watchkeeper.ingest.sinks.span_blocks import SPAN_COLUMNS, SpanBlock
from watchkeeper.ingest.span_columns import SpanColumns, read_spans
from watchkeeper.lib.clock import DAY_MS, NS_A_MS
from watchkeeper.model import Cut, Kind, LiveEvent, LiveTopic, Record
from watchkeeper.store.columns import SPANS, split_by_day

_DAY_NS = DAY_MS * NS_A_MS


class SpanSink:
    """Kind SPANS into the table `spans`."""

    kinds = frozenset({Kind.SPANS})

    def plan(self, cut: Cut, records: Sequence[Record], conn: Connection) -> Plan:
        blocks: list[tuple[SpanColumns, Record]] = []
        dead: list[DeadLetter] = []
        for record in records:
            try:
                blocks.append((read_spans(record.payload), record))
            except (msgspec.MsgspecError, ValueError) as error:
                dead.append(DeadLetter(record, "unreadable", str(error)))
        counts: Counter[int] = Counter()
        for block, record in blocks:
            counts[record.project_id] += len(block)
        return Plan(inserts=list(_inserts(blocks)), apply=_Announcing(counts), dead=dead)


def _inserts(blocks: Sequence[tuple[SpanColumns, Record]]) -> Iterator[Insert]:
    """One insert for each 50 days; rows keep their order within it."""
    blocks = [(block, record) for block, record in blocks if len(block)]
    if not blocks:
        return
    whole = SpanBlock.of(blocks, latest_ms=LATEST_MS)
    groups = split_by_day(whole.ts_ns // _DAY_NS, limit=DAYS_AN_INSERT)
    first_row = 0
    for part, chosen in enumerate(groups):
        rows = whole if len(groups) == 1 else whole.chosen(chosen)
        yield Insert(
            table=SPANS.name,
            columns=SPAN_COLUMNS,
            rows=len(rows),
            encode=rows.encoded,
            record_of=rows.record_of,
            part=part,
            first_row=first_row,
            fmt="Native",
        )
        first_row += len(rows)


@dataclass(frozen=True, slots=True)
class _Announcing:
    """Tells open pages how many spans came to which project."""

    counts: Counter[int]

    def __call__(self, _conn: Connection, _refused: Refused) -> Sequence[LiveEvent]:
        return [LiveEvent(p, LiveTopic.SPANS, {"spans": n}) for p, n in self.counts.items()]
