"""Spans of one cut as blocks of the store's own columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchkeeper.ingest.span_columns import TEXTS, Indexes, Shared, SpanColumns
from watchkeeper.ingest.span_rows import SHAPE, ShapeValue, read_shape, read_texts, row_text
from watchkeeper.lib.clock import NS_A_MS
from watchkeeper.model import Record
from watchkeeper.store.columns import (
    SPANS,
    Content,
    fixed,
    low_cardinality,
    native_block,
    string_map,
)

SPAN_COLUMNS = ("project_id", "ts", "duration_ns", "received", *TEXTS, *SHAPE, "attributes")
_LOW = {each.name for each in SPANS.columns if each.type.startswith("LowCardinality")}
_NUMBERS = {"is_entry": "<u1", "http_status": "<u2"}


@dataclass(frozen=True, slots=True)
class SpanBlock:
    """Spans, and of each the number of its record in `records`. ts_ns: start; the time of receipt
    where the sender's clock shows one that is no time.
    """

    spans: SpanColumns
    ts_ns: NDArray[np.int64]
    owners: Indexes
    records: Sequence[Record]

    def __len__(self) -> int:
        return len(self.spans)

    @classmethod
    def of(cls, found: Sequence[tuple[SpanColumns, Record]], *, latest_ms: int) -> SpanBlock:
        """The spans of at least one record."""
        spans = SpanColumns.joined([columns for columns, _record in found])
        owners = np.repeat(np.arange(len(found)), [len(columns) for columns, _record in found])
        received = np.array([record.received_ms for _columns, record in found], dtype=np.int64)
        is_wrong = (spans.starts < 0) | (spans.starts >= latest_ms * NS_A_MS)
        ts_ns = np.where(is_wrong, received[owners] * NS_A_MS, spans.starts)
        return cls(spans, ts_ns, owners, [record for _columns, record in found])

    def chosen(self, rows: Indexes) -> SpanBlock:
        """Only these spans, in this order."""
        spans = self.spans.chosen(rows)
        return SpanBlock(spans, self.ts_ns[rows], self.owners[rows], self.records)

    def record_of(self, row: int) -> Record:
        """The record that a span came in."""
        return self.records[int(self.owners[row])]

    def encoded(self, start: int, end: int) -> bytes:
        """Rows [start, end) of SPAN_COLUMNS as Native."""
        if (start, end) != (0, len(self)):
            return self.chosen(np.arange(start, end)).encoded(0, max(0, end - start))
        projects = np.array([record.project_id for record in self.records], dtype=np.uint32)
        received = np.array([record.received_ms for record in self.records], dtype=np.int64)
        spans = self.spans
        columns: dict[str, Content] = {
            "project_id": fixed(projects[self.owners], "<u4"),
            "ts": fixed(self.ts_ns, "<i8"),
            "duration_ns": fixed(spans.durations, "<u8"),
            "received": fixed(received[self.owners], "<i8"),
            **{name: [each.content] for name, each in zip(TEXTS, spans.texts, strict=True)},
            **_shape_columns(spans.shapes),
            "attributes": _attributes(spans),
        }
        return native_block(SPANS, len(self), columns)


def _shape_columns(shapes: Shared) -> dict[str, Content]:
    values = [read_shape(shape) for shape in shapes.values]
    return {
        name: _shape_column(name, [each[at] for each in values], shapes.numbers)
        for at, name in enumerate(SHAPE)
    }


def _shape_column(name: str, of_shapes: Sequence[ShapeValue], numbers: Indexes) -> Content:
    if name in _NUMBERS:
        return fixed(np.array(of_shapes, dtype=np.int64)[numbers], _NUMBERS[name])
    texts = [row_text(str(value)) for value in of_shapes]
    if name in _LOW:
        places, distinct = _distinct(texts)
        return low_cardinality(places[numbers], distinct)
    return [b"".join(map(texts.__getitem__, numbers.tolist()))]


def _distinct(texts: Sequence[bytes]) -> tuple[Indexes, list[bytes]]:
    """The texts without repetitions, and the place of each among them."""
    seen: dict[bytes, int] = {}
    places = [seen.setdefault(text, len(seen)) for text in texts]
    return np.array(places, dtype=np.int64), list(seen)


def _attributes(spans: SpanColumns) -> Content:
    key_sets = [[row_text(key) for key in read_texts(each)] for each in spans.key_sets.values]
    places, keys = _distinct([key for each in key_sets for key in each])
    sizes = np.array([len(each) for each in key_sets], dtype=np.int64)
    begins = np.cumsum(sizes) - sizes
    of_span = spans.key_sets.numbers
    ends = np.cumsum(sizes[of_span])
    # Each span's pairs have the numbers of its key set: where that begins, and on.
    firsts = np.repeat(begins[of_span] - (ends - sizes[of_span]), sizes[of_span])
    numbers = places[firsts + np.arange(len(firsts))]
    return string_map(ends, numbers, keys, spans.values.content)
