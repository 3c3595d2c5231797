"""Builds every room of the engine by hand, in the order in which they need each other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from watchkeeper.access import Access
from watchkeeper.alerting import Alerts, Channels, Deliverer, Evaluator, Rules
from watchkeeper.api import ApiOptions, Rooms
from watchkeeper.app.backup import Step, back_up
from watchkeeper.app.config import Config
from watchkeeper.app.datadir import DataDir
from watchkeeper.app.homes import HomeProjects
from watchkeeper.app.own_sink import OwnRoad
from watchkeeper.app.people import build_access
from watchkeeper.app.stores import cache_store, column_store, meta_store
from watchkeeper.ingest import Acceptor, IngestMetrics, SeriesRegistry
from watchkeeper.ingest.digest import Digest, DigestMetrics
from watchkeeper.ingest.scrape import ConfigFile, ScrapeConfigs, Scraper
from watchkeeper.ingest.sinks import LogSink, MetadataSink, SampleSink
from watchkeeper.issues import DerivedSeries, ErrorSink, IssueMetrics, Issues
from watchkeeper.lib.clock import Clock
from watchkeeper.lib.live import LiveHub
from watchkeeper.lib.outbound import Outbound, OutboundOptions
from watchkeeper.lib.telemetry import SelfWatch, Telemetry
from watchkeeper.limits import Limiter
from watchkeeper.model import Role, Scope
from watchkeeper.privacy import Scrubber
from watchkeeper.query.promql import ColumnsSource, Engine
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta
from watchkeeper.store.spool import SegmentReader, SegmentWriter

LANE = "engine"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineRooms:
    """Everything of the engine process, built and not yet running."""

    config: Config
    data_dir: DataDir
    clock: Clock
    telemetry: Telemetry
    meta: Meta
    columns: Columns
    access: Access
    spool: SegmentWriter
    acceptor: Acceptor
    digest: Digest
    digest_gate: threading.Lock
    derived: DerivedSeries
    evaluator: Evaluator
    deliverer: Deliverer
    scraper: Scraper
    homes: HomeProjects
    self_watch: SelfWatch
    api: Rooms

    def back_up(self, target: Path) -> Iterator[Step]:
        """Copy everything, with the digest paused while the stores are copied."""
        return back_up(
            self.meta,
            self.columns,
            self.data_dir,
            target,
            clock=self.clock,
            digest_paused=self.digest_gate,
        )

    def close(self) -> None:
        """Close the stores; nothing runs any more."""
        self.spool.close()
        self.columns.close()
        self.meta.close()


def build_engine(
    config: Config, data_dir: DataDir, clock: Clock, telemetry: Telemetry
) -> EngineRooms:
    """Open the stores and build every room. Raises WatchkeeperError if a store refuses."""
    meta = meta_store(config, data_dir)
    meta.upgrade()
    columns = column_store(config, data_dir)
    columns.migrate()
    return _Builder(config, data_dir, clock, telemetry, meta, columns).build()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
    """What most rooms are built on."""

    config: Config
    data_dir: DataDir
    clock: Clock
    telemetry: Telemetry
    meta: Meta
    columns: Columns
    live: LiveHub
    spool: SegmentWriter
    acceptor: Acceptor
    outbound: Outbound


def _ground(
    config: Config, data_dir: DataDir, clock: Clock, telemetry: Telemetry, meta: Meta
) -> _Ground:
    columns = column_store(config, data_dir)
    columns.migrate()
    spool = SegmentWriter(data_dir.spool, LANE, clock=clock, options=config.spool)
    metrics = IngestMetrics(telemetry.registry)
    return _Ground(
        config=config,
        data_dir=data_dir,
        clock=clock,
        telemetry=telemetry,
        meta=meta,
        columns=columns,
        live=LiveHub(clock=clock),
        spool=spool,
        acceptor=Acceptor(spool=spool, series=SeriesRegistry(), clock=clock, metrics=metrics),
        outbound=Outbound(OutboundOptions(allow=config.outbound.allow)),
    )
