"""The edge at work on the public address, with the engine as its child."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass

import uvicorn
import uvloop
from prometheus_client import Counter

from watchkeeper import __version__
from watchkeeper.access import Access, KeyRing
from watchkeeper.app.config import Config, ConfigError
from watchkeeper.app.datadir import DataDir
from watchkeeper.app.edge_metrics import MergedMetrics
from watchkeeper.app.homes import HomeProjects, NamedProjects
from watchkeeper.app.http_server import HttpServer
from watchkeeper.app.loops import Loop, Loops
from watchkeeper.app.options import SentrySettings
from watchkeeper.app.otlp import open_grpc_listener, otlp_options
from watchkeeper.app.own_sink import OwnRoad, self_watch_loop
from watchkeeper.app.people import build_access
from watchkeeper.app.proxy import EngineProxy, ProxyOptions
from watchkeeper.app.roles.edge import EdgeApp, EdgeHooks, EdgeOptions
from watchkeeper.app.series import cardinality_loop, series_options
from watchkeeper.app.statsd import build_statsd
from watchkeeper.app.stores import cache_store, meta_store
from watchkeeper.app.supervise import EngineProcess
from watchkeeper.app.syslog import build_syslog, log_limits
from watchkeeper.app.tls import Certificates
from watchkeeper.app.words import said_again
from watchkeeper.ingest import (
    Acceptor,
    BodyLimits,
    IngestMetrics,
    RejectionRows,
    remembered_series,
)
from watchkeeper.ingest.protocols.sentry import SentryOptions, limited_as
from watchkeeper.ingest.protocols.statsd import StatsdService
from watchkeeper.ingest.protocols.syslog import SyslogService
from watchkeeper.lib.clock import SECOND_MS, system_clock
from watchkeeper.lib.collector import spare_what_stays
from watchkeeper.lib.telemetry import SelfWatch, Telemetry, start_telemetry
from watchkeeper.privacy import PolicyWatch, Scrubber, ScrubRules
from watchkeeper.store.meta import Meta
from watchkeeper.store.spool import SegmentWriter

LANE = "edge"
BACKLOG = 1024
GRACE_S = 5
TOUCH_S = 30.0
LOOK_AGAIN_S = 10.0
POLICIES_S = 0.8
LONGEST_STATSD_PAUSE_S = 10.0


def serve_public(
    config: Config, data_dir: DataDir, listener: socket.socket, engine: EngineProcess
) -> int:
    """Run the edge until told to stop. Returns the exit status. Raises WatchkeeperError.

    engine: started, and waiting to be let go once the relational store is up to date.
    """
    telemetry = start_telemetry(
        process="edge",
        version=__version__,
        level=config.log.level,
        log_format=config.log.format,
    )
    meta = _open_meta(config, data_dir)
    engine.let_go()
    try:
        with data_dir.in_use():
            edge = _build(config, data_dir, meta, telemetry, engine)
            _announce(config, data_dir, edge.access)
        spare_what_stays()
        return uvloop.run(_run(edge, listener))
    finally:
        meta.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edge:
    """What runs in this process."""

    app: EdgeApp
    access: Access
    certificates: Certificates
    engine: EngineProcess
    loops: Loops
    spool: SegmentWriter
    statsd: StatsdService
    syslog: SyslogService
    telemetry: Telemetry


def _build(
    config: Config, data_dir: DataDir, meta: Meta, telemetry: Telemetry, engine: EngineProcess
) -> _Edge:
    clock = system_clock
    access = build_access(meta, cache_store(config, clock), data_dir, clock)
    keys = KeyRing(meta, clock)
    scrubber = Scrubber(ScrubRules(salt=data_dir.salt()))
    policies = PolicyWatch(meta, scrubber)
    metrics = IngestMetrics(telemetry.registry)
    certificates = Certificates(config, metrics)
    spool = SegmentWriter(data_dir.spool, LANE, clock=clock, options=config.spool)
    acceptor = _acceptor(config, data_dir, spool, metrics)
    reserved = NamedProjects(HomeProjects(access), config.remote_write.reserved_names)
    app = EdgeApp(
        acceptor,
        keys,
        scrubber,
        EngineProxy(
            data_dir.control_socket, ProxyOptions(max_body_bytes=config.server.max_body_bytes)
        ),
        clock,
        metrics,
        _edge_options(config, certificates),
        hooks=EdgeHooks(
            write_rejections=RejectionRows(meta).add,
            token_project=access.project_of_token,
            may_write_reserved=reserved.__contains__,
        ),
    )
    _count_restarts(engine, telemetry)
    watch = SelfWatch(
        registry=telemetry.registry,
        logs=telemetry.logs,
        sink=OwnRoad(acceptor, scrubber, project_id=access.ensure_built_in().id),
        clock=clock,
        process="edge",
        release=__version__,
    )
    syslog = build_syslog(config, access, acceptor, scrubber, certificates.syslog)
    statsd = build_statsd(config, data_dir, access, acceptor, scrubber, telemetry.registry)
    loops = [
        self_watch_loop(watch, clock),
        cardinality_loop(acceptor, meta, clock, lane=LANE),
        Loop(name="reserved-names", period_s=LOOK_AGAIN_S, run=reserved.refresh),
        Loop(name="privacy", period_s=POLICIES_S, run=policies.refresh_if_changed),
        Loop(name="statsd", period_s=LONGEST_STATSD_PAUSE_S, run=statsd.run_once),
        Loop(name="keys-used", period_s=TOUCH_S, run=lambda: _nothing(keys.flush_touched())),
        *certificates.loops,
    ]
    return _Edge(
        app=app,
        access=access,
        certificates=certificates,
        engine=engine,
        loops=Loops(telemetry.loops, loops),
        spool=spool,
        statsd=statsd,
        syslog=syslog,
        telemetry=telemetry,
    )


def _edge_options(config: Config, certificates: Certificates) -> EdgeOptions:
    return EdgeOptions(
        version=__version__,
        otlp=otlp_options(config.otlp),
        grpc_listener=open_grpc_listener(config),
        grpc_tls=certificates.grpc.context if certificates.grpc else None,
        sentry=_sentry(config.sentry),
        logs=log_limits(config),
    )


def _acceptor(
    config: Config, data_dir: DataDir, spool: SegmentWriter, metrics: IngestMetrics
) -> Acceptor:
    """The road into the edge's lane of the spool."""
    window_ms = round(config.remote_write.out_of_order_s * SECOND_MS)
    options = series_options(config, data_dir, LANE, is_pushed=True, out_of_order_ms=window_ms)
    series = remembered_series(data_dir.spool, LANE, options)
    return Acceptor(spool=spool, series=series, clock=system_clock, metrics=metrics)


def _count_restarts(engine: EngineProcess, telemetry: Telemetry) -> None:
    restarts = Counter(
        "watchkeeper_engine_restarts_total",
        "Times the engine died and was started again.",
        registry=telemetry.registry,
    )
    engine.on_restart = restarts.inc


def _sentry(settings: SentrySettings) -> SentryOptions:
    """The settings as the protocol takes them. Raises ConfigError for an unknown category."""
    pairs = [rule.partition("=") for rule in settings.per_minute]
    try:
        per_minute = {limited_as(name): int(most) for name, _, most in pairs}
    except ValueError as error:
        raise ConfigError(f"sentry.per_minute: {error}") from error
    return SentryOptions(
        limits=BodyLimits(
            max_bytes=settings.max_body_bytes, max_unpacked_bytes=settings.max_unpacked_bytes
        ),
        max_event_bytes=settings.max_event_bytes,
        per_minute=per_minute,
    )


async def _run(edge: _Edge, listener: socket.socket) -> int:
    """Serve until SIGTERM, or until the engine says that it cannot start."""
    tls = edge.certificates.http
    settings = uvicorn.Config(
        MergedMetrics(edge.app, edge.telemetry.registry),
        http="httptools",
        loop="uvloop",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=75,
        backlog=BACKLOG,
        ssl_context_factory=(lambda _config, _default: tls.context) if tls else None,
    )
    server = HttpServer(settings)
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, edge.engine.reload)
    engine = asyncio.create_task(edge.engine.keep_running())
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    edge.loops.start()
    await asyncio.wait({engine, serving}, return_when=asyncio.FIRST_COMPLETED)
    server.stop()
    await serving
    await edge.engine.stop()
    await asyncio.to_thread(edge.loops.stop)
    await asyncio.to_thread(edge.statsd.close)
    await asyncio.to_thread(edge.syslog.close)
    await asyncio.to_thread(edge.spool.close)
    await engine  # raises EngineRefused
    return 0


def _open_meta(config: Config, data_dir: DataDir) -> Meta:
    """Open the relational store; what brings it up to date runs in a process of its own.

    Migrations load much that the edge, which stays small, never needs again.
    """
    meta = meta_store(config, data_dir)
    if not meta.is_up_to_date():
        words = [sys.executable, "-m", "watchkeeper.app.roles.upgrade", *said_again(config)]
        if subprocess.run(words, check=False).returncode != 0:
            meta.close()
            raise SystemExit(1)
    return meta


def _announce(config: Config, data_dir: DataDir, access: Access) -> None:
    """Print where people find the server; before the first account, the link that makes it."""
    base_url = config.server.base_url
    data_dir.note_running(base_url=base_url, listen=config.server.listen)
    if access.needs_first_run():
        token = access.first_run_link().token
        print(f"Open {base_url}/first-run?token={token}", flush=True)
        print("The link works once, for 15 minutes. A new one: watchkeeper user first-run")
    else:
        print(f"Watchkeeper is on {base_url}")
    sys.stdout.flush()


def _nothing(_count: int) -> None:
    """A loop that keeps its period."""
