"""Builds every room of the engine by hand, in the order in which they need each other."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from watchkeeper.access import Access
from watchkeeper.alerting import (
    Alerts,
    Channels,
    Deliverer,
    Evaluator,
    EvaluatorOptions,
    Rules,
    new_announce,
    new_line,
)
from watchkeeper.api import ApiOptions, Rooms
from watchkeeper.app.addresses import addresses_of
from watchkeeper.app.backup import Step, back_up
from watchkeeper.app.config import Config
from watchkeeper.app.datadir import DataDir
from watchkeeper.app.erase import Stores
from watchkeeper.app.eraser import Eraser
from watchkeeper.app.homes import HomeProjects
from watchkeeper.app.log_matches import log_matches
from watchkeeper.app.people import build_access
from watchkeeper.app.series import series_options
from watchkeeper.app.stores import (
    SIGNAL_TABLES,
    blob_store,
    cache_store,
    column_store,
    meta_store,
    project_tables,
    retention_days,
    signal_days,
)
from watchkeeper.artifacts import Releases, SessionHealth, Symbolicator, Uploads
from watchkeeper.derived import (
    Derived,
    LogsSource,
    ServiceCalls,
    SessionsSource,
    Source,
    SpansSource,
    TornTraceMetrics,
    TornTraces,
)
from watchkeeper.ingest import Acceptor, IngestMetrics, remembered_series
from watchkeeper.ingest.digest import Digest, DigestMetrics, Sink, watermark
from watchkeeper.ingest.history import History
from watchkeeper.ingest.pushgateway import Pushgateway
from watchkeeper.ingest.scrape import ConfigFile, ReloadMetrics, ScrapeConfigs, Scraper
from watchkeeper.ingest.sinks import (
    ROLLED_UP,
    DeploySink,
    EnvelopeSink,
    LogSink,
    MetadataSink,
    SampleSink,
    SpanSink,
    TellingSink,
)
from watchkeeper.issues import (
    ErrorSink,
    ErrorsSource,
    FeedbackReads,
    IssueMetrics,
    Issues,
    IssuesByEvent,
)
from watchkeeper.lib.clock import DAY_MS, Clock
from watchkeeper.lib.live import LiveHub
from watchkeeper.lib.outbound import Outbound, OutboundOptions
from watchkeeper.lib.telemetry import Telemetry
from watchkeeper.limits import Limiter
from watchkeeper.logs import LogMatches
from watchkeeper.model import MayHold, Role, Scope, anything_may_be_there
from watchkeeper.monitors import CheckInsSource, Monitors, MonitorWatch
from watchkeeper.privacy import Erasures
from watchkeeper.query import EngineOptions, QueryLimits, QueryOptions
from watchkeeper.query.attachments import Attachments
from watchkeeper.query.exemplars import ColumnsExemplars
from watchkeeper.query.hot import HotMetrics, HotSource, HotStore
from watchkeeper.query.promql import (
    Answers,
    ColumnsRollups,
    ColumnsSource,
    Engine,
    RollupOptions,
    SeriesSource,
)
from watchkeeper.store.blobs import Blobs
from watchkeeper.store.columns import Columns, Kept, Retention
from watchkeeper.store.meta import Meta
from watchkeeper.store.spool import SegmentReader, SegmentWriter
from watchkeeper.traces import Budgets, Performance, Profiles, Traces

LANE = "engine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What most rooms are built on."""

    config: Config
    data_dir: DataDir
    clock: Clock
    telemetry: Telemetry
    meta: Meta
    columns: Columns
    blobs: Blobs
    symbolicator: Symbolicator
    live: LiveHub
    spool: SegmentWriter
    acceptor: Acceptor
    outbound: Outbound


def _ground(
    config: Config, data_dir: DataDir, clock: Clock, telemetry: Telemetry, meta: Meta
) -> Ground:
    columns = column_store(config, data_dir, meta)
    columns.migrate()
    spool = SegmentWriter(data_dir.spool, LANE, clock=clock, options=config.spool)
    metrics = IngestMetrics(telemetry.registry)
    blobs = blob_store(config, data_dir)
    return Ground(
        config=config,
        data_dir=data_dir,
        clock=clock,
        telemetry=telemetry,
        meta=meta,
        columns=columns,
        blobs=blobs,
        symbolicator=Symbolicator(meta, blobs),
        live=LiveHub(clock=clock),
        spool=spool,
        acceptor=Acceptor(
            spool=spool,
            series=remembered_series(data_dir.spool, LANE, series_options(config, data_dir, LANE)),
            clock=clock,
            metrics=metrics,
        ),
        outbound=Outbound(
            OutboundOptions(allow=config.outbound.allow, environment=dict(os.environ))
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineRooms:
    """Everything of the engine process, built and not yet running."""

    ground: Ground
    access: Access
    digest: Digest
    digest_gate: threading.Lock
    erase: Eraser
    may_hold: MayHold
    derived: Sequence[Derived]
    service_calls: ServiceCalls
    torn_traces: TornTraces
    log_matches: LogMatches
    monitor_watch: MonitorWatch
    evaluator: Evaluator
    deliverer: Deliverer
    rules: Rules
    hot: HotStore
    scraper: Scraper
    configs: ScrapeConfigs
    homes: HomeProjects
    built_in_id: int
    api: Rooms

    def back_up(self, target: Path) -> Iterator[Step]:
        """Copy everything, with the digest paused while the stores are copied."""
        return back_up(
            self.ground.meta,
            self.ground.columns,
            self.ground.data_dir,
            target,
            clock=self.ground.clock,
            digest_paused=self.digest_gate,
        )

    @property
    def retention(self) -> Retention:
        """For how long each table keeps its rows."""
        own = project_tables(self.ground.meta)
        return Retention(self.ground.columns, retention_days(self.ground.config), own)

    def verify_retention(self) -> list[Kept]:
        """What each project has in each table, beside the policy."""
        return self.retention.verify(self.ground.clock())

    def close(self) -> None:
        """Close the stores; nothing runs any more."""
        self.api.uploads.close()
        self.ground.spool.close()
        self.ground.columns.close()
        self.ground.meta.close()


def build_engine(
    config: Config, data_dir: DataDir, clock: Clock, telemetry: Telemetry
) -> EngineRooms:
    """Open the stores and build every room. Raises WatchkeeperError if a store refuses."""
    meta = meta_store(config, data_dir)
    meta.upgrade()
    ground = _ground(config, data_dir, clock, telemetry, meta)
    cache = cache_store(config, clock)
    access = build_access(meta, cache, data_dir, clock)
    homes = HomeProjects(access)
    hot = _hot(ground)
    digest = _digest(ground, hot)
    files = partial(_config_files, config, homes)
    configs = ScrapeConfigs(meta, clock, files, environment=os.environ)
    source = HotSource(ColumnsSource(ground.columns), hot)
    gate = threading.Lock()
    eraser = _eraser(ground, gate, hot)
    # Another engine on the same servers stores rows that this digest knows nothing of.
    may_hold = digest.may_hold if _is_alone(ground) else anything_may_be_there
    calls = ServiceCalls(
        columns=ground.columns,
        meta=meta,
        passed_ms=digest.passed_ms,
        lag_ms=digest.lag_ms,
        may_hold=may_hold,
    )
    api = _api(ground, access, Limiter(cache, clock), digest, configs, source, eraser, calls)
    return EngineRooms(
        ground=ground,
        access=access,
        digest=digest,
        digest_gate=gate,
        erase=eraser,
        may_hold=may_hold,
        derived=_derived(ground, digest, may_hold),
        service_calls=calls,
        torn_traces=_torn_traces(ground, digest, may_hold),
        log_matches=log_matches(ground.columns, meta, ground.acceptor, digest.passed_ms, may_hold),
        monitor_watch=MonitorWatch(
            ground.columns,
            meta,
            ground.acceptor,
            passed_ms=digest.passed_ms,
            issues=IssuesByEvent(meta, ground.columns, api.issues.acts, actor="cron monitors"),
            may_hold=may_hold,
        ),
        evaluator=api.evaluator,
        deliverer=Deliverer(meta, new_line(ground.outbound, clock), clock),
        rules=api.rules,
        hot=hot,
        scraper=api.scraper,
        configs=configs,
        homes=homes,
        built_in_id=api.built_in.project_id,
        api=api,
    )


def _eraser(ground: Ground, gate: threading.Lock, hot: HotStore) -> Eraser:
    stores = Stores(
        meta=ground.meta, columns=ground.columns, blobs=ground.blobs, data_dir=ground.data_dir
    )
    return Eraser(stores=stores, digest_gate=gate, forget=hot.forget)


def _query_engine(ground: Ground, source: SeriesSource) -> Engine:
    """The engine as the settings [promql] and [query] want it."""
    query = ground.config.query
    limits = QueryLimits(
        max_samples=query.max_samples,
        max_points=query.max_points,
        timeout_s=query.timeout_s,
        max_concurrent=query.max_concurrent,
        max_queued=query.max_queued,
        queue_timeout_s=query.queue_timeout_s,
    )
    return Engine(
        source,
        EngineOptions(**asdict(ground.config.promql)),
        limits=limits,
        answers=Answers(query.answers_bytes),
        rollups=_rollups(ground),
    )


def _api(
    ground: Ground,
    access: Access,
    limiter: Limiter,
    digest: Digest,
    configs: ScrapeConfigs,
    source: SeriesSource,
    eraser: Eraser,
    calls: ServiceCalls,
) -> Rooms:
    clock, meta, public_url = ground.clock, ground.meta, ground.config.server.base_url
    rules, engine = Rules(meta, clock), _query_engine(ground, source)
    built_in, budgets = access.ensure_built_in(), Budgets(meta)
    health = SessionHealth(ground.columns, meta, clock)
    return Rooms(
        access=access,
        limiter=limiter,
        meta=meta,
        columns=ground.columns,
        spool=SegmentReader(ground.data_dir.spool),
        acceptor=ground.acceptor,
        digest=digest,
        issues=Issues(
            meta=meta, columns=ground.columns, clock=clock, symbolicator=ground.symbolicator
        ),
        feedback=FeedbackReads(meta, ground.columns),
        monitors=Monitors(meta, ground.columns, clock),
        uploads=Uploads(meta, ground.blobs, clock, told=ground.symbolicator.forget),
        releases=Releases(meta, ground.columns, clock, health=health),
        session_health=health,
        traces=Traces(ground.columns, budgets),
        performance=Performance(ground.columns, budgets, counted_ms=calls.counted_ms),
        profiles=Profiles(ground.columns),
        engine=engine,
        source=source,
        exemplars=ColumnsExemplars(ground.columns),
        attachments=Attachments(ground.columns, ground.blobs),
        erasures=Erasures(eraser.of_project, clock),
        rules=rules,
        alerts=Alerts(meta),
        channels=Channels(meta, ground.outbound, clock, external_url=public_url),
        evaluator=_evaluator(ground, rules, engine, configs),
        scraper=Scraper(
            configs,
            ground.outbound,
            ground.acceptor,
            clock,
            publish=ground.live.publish,
            metrics=ReloadMetrics(ground.telemetry.registry),
        ),
        scrape_configs=configs,
        pushgateway=Pushgateway(meta, ground.acceptor, clock),
        history=_history(ground, digest),
        live=ground.live,
        telemetry=ground.telemetry,
        built_in=Scope(org_id=built_in.org_id, project_ids=(built_in.id,), role=Role.VIEWER),
        addresses=partial(addresses_of, statsd=ground.config.statsd),
        clock=clock,
        options=_api_options(ground),
    )


def _api_options(ground: Ground) -> ApiOptions:
    return ApiOptions(
        public_url=ground.config.server.base_url,
        data_dir=ground.data_dir.root,
        max_body_bytes=ground.config.server.max_body_bytes,
        spool_limit_bytes=ground.config.spool.max_bytes,
        salt=ground.data_dir.salt(),
        signal_days=signal_days(ground.config),
        signal_tables=SIGNAL_TABLES,
        longest_days=ground.config.retention.longest_project_days,
    )


def _history(ground: Ground, digest: Digest) -> History:
    return History(
        columns=ground.columns,
        acceptor=ground.acceptor,
        clock=ground.clock,
        passed_ms=digest.passed_ms,
        max_age_days=ground.config.retention.samples_days,
    )


def _rollups(ground: Ground) -> ColumnsRollups:
    def rolled_up_ms() -> int:
        with ground.meta.read() as conn:
            return watermark(conn, ROLLED_UP)

    options = RollupOptions(long_ms=ground.config.query.rollup_days * DAY_MS)
    return ColumnsRollups(ground.columns, ground.clock, rolled_up_ms=rolled_up_ms, options=options)


def _evaluator(ground: Ground, rules: Rules, engine: Engine, configs: ScrapeConfigs) -> Evaluator:
    public_url = ground.config.server.base_url
    return Evaluator(
        rules,
        engine,
        ground.acceptor,
        ground.meta,
        announce=new_announce(ground.clock, external_url=public_url),
        interval_ms_of=configs.evaluation_interval_ms,
        publish=ground.live.publish,
        options=EvaluatorOptions(external_url=public_url),
    )


def _derived(ground: Ground, digest: Digest, may_hold: MayHold) -> tuple[Derived, ...]:
    """The series that are made of stored rows, a source each."""
    sources: tuple[Source, ...] = (
        ErrorsSource(),
        SpansSource(),
        LogsSource(),
        SessionsSource(),
        CheckInsSource(),
    )
    return tuple(
        Derived(
            source,
            columns=ground.columns,
            meta=ground.meta,
            acceptor=ground.acceptor,
            clock=ground.clock,
            passed_ms=digest.passed_ms,
            may_hold=may_hold,
        )
        for source in sources
    )


def _torn_traces(ground: Ground, digest: Digest, may_hold: MayHold) -> TornTraces:
    return TornTraces(
        columns=ground.columns,
        meta=ground.meta,
        passed_ms=digest.passed_ms,
        metrics=TornTraceMetrics(ground.telemetry.registry),
        may_hold=may_hold,
    )


def _is_alone(ground: Ground) -> bool:
    """Whether nobody else stores rows where this engine does."""
    return not ground.config.store.columns_url


def _hot(ground: Ground) -> HotStore:
    """Decoded samples, where this engine is the only one that stores any."""
    is_alone = _is_alone(ground)
    return HotStore(
        ground.columns,
        QueryOptions(hot_bytes=ground.config.query.hot_bytes if is_alone else 0),
        ground.clock,
        HotMetrics(ground.telemetry.registry),
    )


def _digest(ground: Ground, hot: HotStore) -> Digest:
    registry = ground.telemetry.registry
    sinks: list[Sink] = [
        TellingSink(SampleSink(ground.columns), hot),
        MetadataSink(),
        LogSink(),
        SpanSink(),
        EnvelopeSink(ground.blobs),
        DeploySink(),
        ErrorSink(metrics=IssueMetrics(registry), symbolicator=ground.symbolicator),
    ]
    return Digest(
        reader=SegmentReader(ground.data_dir.spool),
        meta=ground.meta,
        columns=ground.columns,
        sinks=sinks,
        clock=ground.clock,
        live=ground.live.publish,
        metrics=DigestMetrics(registry),
    )


def _config_files(config: Config, homes: HomeProjects) -> list[ConfigFile]:
    """The operator's prometheus.yml, once its project is there."""
    if not config.scrape.file:
        return []
    project_id = homes.find(config.scrape.project)
    return (
        [] if project_id is None else [ConfigFile(path=config.scrape.file, project_id=project_id)]
    )
