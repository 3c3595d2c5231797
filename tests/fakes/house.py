"""A whole store in one directory: real SQLite, real chDB, real spool, and a digest over them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry
from sqlalchemy import insert

from tests.fakes.clock import HandClock
from tests.servers.columns import open_embedded_copy
from watchkeeper.artifacts import Symbolicator
from watchkeeper.ingest import Acceptor, IngestMetrics, SeriesRegistry
from watchkeeper.ingest.digest import Digest, DigestMetrics, DigestOptions
from watchkeeper.ingest.sinks import (
    DeploySink,
    EnvelopeSink,
    LogSink,
    MetadataSink,
    SampleSink,
    SpanSink,
)
from watchkeeper.issues import ErrorSink, IssueMetrics, Issues
from watchkeeper.model import Kind, LiveEvent, Record, Role, Scope
from watchkeeper.store.blobs.directory import DirectoryBlobs
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta, open_meta, tables
from watchkeeper.store.spool import SegmentReader, SegmentWriter, SpoolWriter

PROJECT = 1
SCOPE = Scope(org_id=1, project_ids=(PROJECT,), role=Role.MEMBER)


def event_json(number: int, **fields: Any) -> bytes:
    """A small error event with the id `number`."""
    event: dict[str, Any] = {
        "event_id": f"{number:032x}",
        "timestamp": 1_795_224_000.0,
        "platform": "python",
        "exception": {
            "values": [
                {
                    "type": "ValueError",
                    "value": "bad input",
                    "stacktrace": {
                        "frames": [{"module": "app.views", "function": "show", "in_app": True}]
                    },
                }
            ]
        },
    }
    return json.dumps(event | fields).encode()


class House:
    """What the engine process holds, with a clock under the test's hand."""

    def __init__(
        self, directory: Path, meta: Meta | None = None, columns: Columns | None = None
    ) -> None:
        """meta, columns: empty ones with their schema; in the directory where none is given.

        The fixture `sqlite_meta` costs a tenth of a new one.
        """
        self.directory = directory
        self.clock = HandClock()
        self.meta: Meta = meta or open_meta(f"sqlite:///{directory / 'meta.db'}")
        self.meta.upgrade()
        self._owns_columns = columns is None
        self.columns: Columns = columns or open_embedded_copy(directory / "columns")
        self.edge = SegmentWriter(directory / "spool", "edge", clock=self.clock)
        self.engine = SegmentWriter(directory / "spool", "engine", clock=self.clock)
        self.blobs = DirectoryBlobs(directory / "blobs")
        self.told: list[LiveEvent] = []
        self.registry = CollectorRegistry()
        self.issues = Issues(meta=self.meta, columns=self.columns, clock=self.clock)
        self.symbolicator: Symbolicator | None = None
        self._add_tenant()

    def _add_tenant(self) -> None:
        with self.meta.write() as conn:
            conn.execute(
                insert(tables.organisations).values(id=1, slug="acme", name="Acme", created_ms=0)
            )
            for project_id, slug in ((PROJECT, "web"), (2, "api")):
                conn.execute(
                    insert(tables.projects).values(
                        id=project_id, org_id=1, slug=slug, name=slug, created_ms=0
                    )
                )

    def digest(
        self,
        *,
        meta: Meta | None = None,
        columns: Columns | None = None,
        options: DigestOptions | None = None,
    ) -> Digest:
        """A digest as a newly started engine has it, with metrics of its own."""
        self.registry = CollectorRegistry()
        columns = columns or self.columns
        return Digest(
            reader=SegmentReader(self.directory / "spool"),
            meta=meta or self.meta,
            columns=columns,
            sinks=[
                SampleSink(columns),
                MetadataSink(),
                LogSink(),
                SpanSink(),
                EnvelopeSink(self.blobs),
                DeploySink(),
                ErrorSink(metrics=IssueMetrics(self.registry), symbolicator=self.symbolicator),
            ],
            clock=self.clock,
            live=self.told.append,
            metrics=DigestMetrics(self.registry),
            options=options,
        )

    def acceptor(self, spool: SpoolWriter | None = None) -> Acceptor:
        """An acceptor on the engine's lane that remembers nothing yet."""
        return Acceptor(
            spool=spool or self.engine,
            series=SeriesRegistry(),
            clock=self.clock,
            metrics=IngestMetrics(CollectorRegistry()),
        )

    def receive(self, payloads: Sequence[bytes], kind: Kind = Kind.ERROR_EVENT) -> None:
        """Put payloads into the edge's lane, received now."""
        now_ms = self.clock()
        self.edge.append_blocking([Record(kind, PROJECT, now_ms, p) for p in payloads])

    def count(self, table: str, what: str = "count()") -> int:
        """An aggregate of one column table."""
        return int(self.columns.rows(f"SELECT {what} FROM {table}")[0][0])

    def metric(self, name: str, **labels: str) -> float:
        """The value of a metric of the newest digest."""
        return self.registry.get_sample_value(name, labels) or 0.0

    def close(self) -> None:
        self.edge.close()
        self.engine.close()
        if self._owns_columns:
            self.columns.close()
        self.meta.close()


@contextmanager
def open_house(
    directory: Path, meta: Meta | None = None, columns: Columns | None = None
) -> Iterator[House]:
    house = House(directory, meta, columns)
    try:
        yield house
    finally:
        house.close()
