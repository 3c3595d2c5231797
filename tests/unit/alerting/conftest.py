"""Rules over the real engine (series in memory), the real meta store and the real spool."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import insert

from tests.fakes.clock import HandClock
from tests.fakes.http_peer import HttpPeer, http_peer
from tests.unit.ingest.scrape.conftest import Written
from watchkeeper.alerting import (
    Channels,
    Deliverer,
    Evaluator,
    EvaluatorOptions,
    Rules,
    new_announce,
    new_line,
)
from watchkeeper.ingest import Acceptor, IngestMetrics, SeriesRegistry
from watchkeeper.lib.outbound import Outbound, OutboundOptions
from watchkeeper.model import LiveEvent, Role, Scope, labels_of
from watchkeeper.query.promql import Engine, MemorySource
from watchkeeper.store.meta import Meta, tables
from watchkeeper.store.spool import SegmentWriter, SpoolOptions

SCOPE = Scope(org_id=1, project_ids=(1,), role=Role.OWNER)
OTHER = Scope(org_id=1, project_ids=(2,), role=Role.OWNER)
STALE = struct.pack("<Q", 0x7FF0000000000002)


def is_stale(value: float) -> bool:
    return struct.pack("<d", value) == STALE


@dataclass
class Bench:
    """Everything that alerting needs, and the hands to move it."""

    meta: Meta
    clock: HandClock
    source: MemorySource
    acceptor: Acceptor
    written: Written
    rules: Rules
    outbound: Outbound
    events: list[LiveEvent] = field(default_factory=list)

    def new_evaluator(self) -> Evaluator:
        return Evaluator(
            self.rules,
            Engine(self.source),
            self.acceptor,
            self.meta,
            announce=new_announce(self.clock, external_url="https://wk.example"),
            publish=self.events.append,
            options=EvaluatorOptions(external_url="https://wk.example"),
        )

    def new_deliverer(self) -> Deliverer:
        return Deliverer(self.meta, new_line(self.outbound, self.clock), self.clock)

    def channels(self) -> Channels:
        return Channels(self.meta, self.outbound, self.clock, external_url="https://wk.example")

    def sample(self, name: str, value: float, **labels: str) -> None:
        self.source.append(labels_of({"__name__": name, **labels}), [(self.clock(), value)])

    def put(self, source: str, name: str = "r.yml") -> None:
        self.rules.put(SCOPE, name, source)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def meta(sqlite_meta: Meta) -> Meta:
    with sqlite_meta.write() as connection:
        connection.execute(
            insert(tables.organisations).values(id=1, slug="o", name="O", created_ms=0)
        )
        projects = [
            {"id": n, "org_id": 1, "slug": f"p{n}", "name": "P", "created_ms": 0} for n in (1, 2)
        ]
        connection.execute(insert(tables.projects), projects)
    return sqlite_meta


@pytest.fixture
async def bench(meta: Meta, clock: HandClock, tmp_path: Path) -> AsyncIterator[Bench]:
    written = Written(tmp_path / "spool")
    spool = SegmentWriter(written.directory, "engine", clock=clock, options=SpoolOptions())
    outbound = Outbound(OutboundOptions(allow=("127.0.0.0/8",)))
    acceptor = Acceptor(
        spool=spool,
        series=SeriesRegistry(),
        clock=clock,
        metrics=IngestMetrics(CollectorRegistry()),
    )
    yield Bench(meta, clock, MemorySource(), acceptor, written, Rules(meta, clock), outbound)
    await outbound.aclose()
    spool.close()


@pytest.fixture
async def peer() -> AsyncIterator[HttpPeer]:
    async with http_peer() as peer:
        yield peer
