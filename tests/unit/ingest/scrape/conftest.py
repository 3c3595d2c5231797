"""A scraper over the real spool and the real meta store, and a target on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import insert

from tests.fakes.clock import HandClock
from tests.fakes.http_peer import HttpPeer, http_peer
from watchkeeper.ingest import (
    Acceptor,
    IngestMetrics,
    SeriesRegistry,
    decode_exemplars,
    decode_histograms,
    decode_metadata,
    decode_samples,
    decode_series,
)
from watchkeeper.ingest.scrape import ConfigFile, ScrapeConfigs, Scraper
from watchkeeper.lib.outbound import Outbound, OutboundOptions
from watchkeeper.model import Histogram, Kind, Labels, Record, Role, Scope, decode_histogram
from watchkeeper.store.meta import Meta, tables
from watchkeeper.store.spool import Position, SegmentReader, SegmentWriter, SpoolOptions

SCOPE = Scope(org_id=1, project_ids=(1,), role=Role.OWNER)


@dataclass
class Written:
    """What is in the spool, as (labels, ts_ms, value)."""

    directory: Path

    def records(self) -> Iterator[Record]:
        reader, position = SegmentReader(self.directory), Position(0, 0)
        while (batch := reader.read("engine", position, max_bytes=2**20)) is not None:
            yield from batch.records
            position = Position(batch.cut.segment, batch.cut.end)

    def samples(self) -> list[tuple[Labels, int, float]]:
        names: dict[int, Labels] = {}
        found: list[tuple[Labels, int, float]] = []
        for record in self.records():
            if record.kind is Kind.SERIES:
                names |= {
                    row.series_id: tuple((n, v) for n, v in row.labels)
                    for row in decode_series(record.payload)
                }
            if record.kind is Kind.SAMPLES:
                ids, times, values = decode_samples(record.payload)
                rows = zip(ids.tolist(), times.tolist(), values.tolist(), strict=True)
                found += [(names[number], ts, value) for number, ts, value in rows]
        return found

    def names(self) -> dict[int, str]:
        """Series id to metric name."""
        return {
            row.series_id: dict(row.labels)["__name__"]
            for record in self.records()
            if record.kind is Kind.SERIES
            for row in decode_series(record.payload)
        }

    def histograms(self) -> list[tuple[str, int, Histogram]]:
        """Metric name, ts_ms and histogram."""
        names = self.names()
        return [
            (names[row.series_id], row.ts_ms, decode_histogram(row.histogram))
            for record in self.records()
            if record.kind is Kind.HISTOGRAMS
            for row in decode_histograms(record.payload)
        ]

    def exemplars(self) -> list[tuple[str, int, float, dict[str, str]]]:
        """Metric name, ts_ms, value and the exemplar's labels."""
        names = self.names()
        return [
            (names[row.series_id], row.ts_ms, row.value, row.labels)
            for record in self.records()
            if record.kind is Kind.EXEMPLARS
            for row in decode_exemplars(record.payload)
        ]

    def of(self, metric: str) -> list[tuple[int, float]]:
        return [(ts, v) for labels, ts, v in self.samples() if dict(labels)["__name__"] == metric]

    def metadata(self) -> list[tuple[str, str, str]]:
        return [
            (row.metric, row.type, row.help)
            for record in self.records()
            if record.kind is Kind.METADATA
            for row in decode_metadata(record.payload)
        ]


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def meta(sqlite_meta: Meta) -> Meta:
    with sqlite_meta.write() as connection:
        connection.execute(
            insert(tables.organisations).values(id=1, slug="o", name="O", created_ms=0)
        )
        connection.execute(
            insert(tables.projects),
            [{"id": n, "org_id": 1, "slug": f"p{n}", "name": "P", "created_ms": 0} for n in (1, 2)],
        )
    return sqlite_meta


@pytest.fixture
def written(tmp_path: Path) -> Written:
    return Written(tmp_path / "spool")


@pytest.fixture
def acceptor(written: Written, clock: HandClock) -> Iterator[Acceptor]:
    spool = SegmentWriter(written.directory, "engine", clock=clock, options=SpoolOptions())
    yield Acceptor(
        spool=spool,
        series=SeriesRegistry(),
        clock=clock,
        metrics=IngestMetrics(CollectorRegistry()),
    )
    spool.close()


@pytest.fixture
async def peer() -> AsyncIterator[HttpPeer]:
    async with http_peer() as peer:
        yield peer


@pytest.fixture
async def outbound() -> AsyncIterator[Outbound]:
    outbound = Outbound(OutboundOptions())
    yield outbound
    await outbound.aclose()


NewScraper = Callable[[str], Scraper]


@pytest.fixture
def new_scraper(
    tmp_path: Path, meta: Meta, clock: HandClock, acceptor: Acceptor, outbound: Outbound
) -> NewScraper:
    """A scraper whose config stands on disk as prometheus.yml, for project 1."""

    def make(source: str) -> Scraper:
        path = tmp_path / "prometheus.yml"
        path.write_text(source)
        configs = ScrapeConfigs(meta, clock, lambda: [ConfigFile(path=str(path), project_id=1)])
        return Scraper(configs, outbound, acceptor, clock)

    return make
