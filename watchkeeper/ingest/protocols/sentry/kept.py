"""What is taken out of one envelope: rows by kind, and what was refused of it and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from watchkeeper.ingest.accept import EncodedRows
from watchkeeper.ingest.drops import Cut, Drop
from watchkeeper.ingest.envelope_rows import (
    BlobRow,
    EnvelopeRow,
    encode_blob_rows,
    encode_envelope_rows,
)
from watchkeeper.ingest.http import Refusal
from watchkeeper.ingest.pipeline import Arrival
from watchkeeper.ingest.protocols.sentry.categories import Category
from watchkeeper.ingest.protocols.sentry.parse import EnvelopeHeader
from watchkeeper.ingest.protocols.sentry.people import People
from watchkeeper.ingest.rows import LogRow, encode_logs
from watchkeeper.ingest.span_columns import encode_spans
from watchkeeper.ingest.span_rows import SpanRow
from watchkeeper.model import Kind
from watchkeeper.privacy import Scrubber


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known while the items of one envelope are read. sender: the client's IP address."""

    header: EnvelopeHeader
    arrival: Arrival
    scrubber: Scrubber
    people: People
    new_id: Callable[[], UUID]
    sender: Callable[[], str] = str


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One measurement of a `trace_metric`: counter, gauge or distribution."""

    name: str
    type: str
    unit: str
    value: float
    labels: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RefusedItems:
    """Items that are not kept, of one category, and why."""

    category: Category
    refusal: Refusal
    count: int = 1


@dataclass(slots=True)
class Kept:
    """Everything of one envelope that goes to the spool; handlers of items add to it.

    drops: rows within an item that could not be read. cuts: what of spans was shortened.
    event_id, user: of the first event or transaction.
    """

    events: list[bytes] = field(default_factory=list)
    spans: list[SpanRow] = field(default_factory=list)
    logs: list[LogRow] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    rows: dict[Kind, list[EnvelopeRow]] = field(default_factory=dict)
    blobs: dict[Kind, list[tuple[BlobRow, bytes]]] = field(default_factory=dict)
    refused: list[RefusedItems] = field(default_factory=list)
    drops: Counter[Drop] = field(default_factory=Counter)
    cuts: Counter[Cut] = field(default_factory=Counter)
    event_id: str = ""
    user: object = None

    def add(self, kind: Kind, row: EnvelopeRow) -> None:
        """Keep a row."""
        self.rows.setdefault(kind, []).append(row)

    def add_blob(self, kind: Kind, row: BlobRow, content: bytes) -> None:
        """Keep a row whose content becomes a blob."""
        self.blobs.setdefault(kind, []).append((row, content))

    def encoded(self) -> Iterator[EncodedRows]:
        """The records: one an event and one a blob, else one a kind."""
        for event in self.events:
            yield EncodedRows(Kind.ERROR_EVENT, event)
        if self.spans:
            yield EncodedRows(Kind.SPANS, encode_spans(self.spans), len(self.spans))
        if self.logs:
            yield EncodedRows(Kind.LOGS, encode_logs(self.logs), len(self.logs))
        for kind, rows in self.rows.items():
            yield EncodedRows(kind, encode_envelope_rows(rows), len(rows))
        for kind, blobs in self.blobs.items():
            for blob in blobs:
                yield EncodedRows(kind, encode_blob_rows([blob]))
