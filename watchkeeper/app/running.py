"""What runs in the engine beside the requests: one row a loop."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from watchkeeper import __version__
from watchkeeper.app.blob_upkeep import drop_expired_blobs
from watchkeeper.app.clean_pages import CleanPages
from watchkeeper.app.loops import Loop
from watchkeeper.app.own_sink import OwnRoad, self_watch_loop
from watchkeeper.app.series import cardinality_loop
from watchkeeper.app.stores import release_store_pages, retention_days
from watchkeeper.app.upkeep import Rollups
from watchkeeper.app.wiring import LANE, EngineRooms
from watchkeeper.artifacts import UnreadReleases
from watchkeeper.derived import INTERVAL_MS
from watchkeeper.ingest.scrape import HostMetrics
from watchkeeper.lib.clock import DAY_MS, SECOND_MS
from watchkeeper.lib.telemetry import SelfWatch
from watchkeeper.privacy import Scrubber

log = structlog.get_logger(__name__)

LOOK_FOR_HOME_S = 2.0
CLOSES_WITHIN_S = 4.0
LOOK_FOR_DELIVERIES_S = 1.0
LOOK_FOR_CALLS_S = 15.0
BETWEEN_SLICES_S = 0.2


@dataclass(frozen=True, slots=True)
class Task:
    """An asyncio body that runs for as long as the engine."""

    name: str
    run: Callable[[], Awaitable[None]]


def engine_loops(rooms: EngineRooms) -> list[Loop]:
    """Every body that blocks, each in a thread of its own."""
    ground = rooms.ground
    watch = SelfWatch(
        registry=ground.telemetry.registry,
        logs=ground.telemetry.logs,
        sink=OwnRoad(ground.acceptor, Scrubber(), project_id=rooms.built_in_id),
        clock=ground.clock,
        process="engine",
        release=__version__,
    )
    releases = UnreadReleases(ground.columns, ground.meta, ground.clock, rooms.may_hold)
    rollups = Rollups(ground.meta, ground.columns, passed_ms=rooms.digest.passed_ms)
    pages = CleanPages(lambda: release_store_pages(ground.config))
    return [
        Loop(name="rules", period_s=5.0, run=lambda: _evaluate(rooms)),
        Loop(name="rule-files", period_s=5.0, run=lambda: read_rule_files(rooms)),
        Loop(name="pushgateway", period_s=15.0, run=rooms.api.pushgateway.show_due),
        Loop(name="derived-series", period_s=15.0, run=lambda: _derive(rooms)),
        Loop(name="monitors", period_s=5.0, run=lambda: _kept(rooms.monitor_watch.run_once())),
        Loop(name="ignored-issues", period_s=15.0, run=lambda: _wake_issues(rooms)),
        Loop(name="log-matches", period_s=15.0, run=lambda: _count_matches(rooms)),
        Loop(name="service-calls", period_s=15.0, run=lambda: _count_calls(rooms)),
        Loop(name="torn-traces", period_s=30.0, run=lambda: _kept(rooms.torn_traces.run_once())),
        self_watch_loop(watch, ground.clock),
        cardinality_loop(ground.acceptor, ground.meta, ground.clock, lane=LANE),
        Loop(name="retention", period_s=3600.0, run=lambda: _drop_expired(rooms)),
        Loop(name="span-releases", period_s=30.0, run=lambda: _kept(releases.run_once())),
        Loop(name="artifacts", period_s=3600.0, run=lambda: _kept(_expire_artifacts(rooms))),
        Loop(name="blobs", period_s=6 * 3600.0, run=lambda: _drop_expired_blobs(rooms)),
        Loop(name="rollups", period_s=300.0, run=lambda: _kept(rollups.run_once())),
        Loop(name="clean-pages", period_s=300.0, run=pages.run_once),
    ]


def engine_tasks(rooms: EngineRooms) -> list[Task]:
    """Every body that lives on the event loop."""
    tasks = [Task("scrape", rooms.scraper.run), Task("deliveries", lambda: _deliver(rooms))]
    if rooms.ground.config.scrape.host_metrics:
        tasks.append(Task("host-metrics", lambda: _measure_host(rooms)))
    return tasks


def _kept(_done: object) -> None:
    """A loop that keeps its period, whatever it did."""


def _drop_expired(rooms: EngineRooms) -> None:
    """Drop the days whose time is over."""
    retention, now_ms = rooms.retention, rooms.ground.clock()
    retention.set_ttls()
    for dropped in (*retention.drop_expired(now_ms), *retention.delete_expired(now_ms)):
        log.info("retention_dropped", table=dropped.table, day=dropped.day)
        rooms.hot.forget()
    days = rooms.ground.config.retention.alert_history_days
    rooms.api.alerts.forget_before(now_ms - days * DAY_MS)


def _expire_artifacts(rooms: EngineRooms) -> int:
    """Delete source maps that nothing is resolved with any more."""
    days = rooms.ground.config.retention.artifacts_days
    used = rooms.ground.symbolicator.take_used()
    return rooms.api.uploads.expire(keep_ms=days * DAY_MS, used=used)


def _wake_issues(rooms: EngineRooms) -> None:
    """Open issues that were ignored until now, and tell open pages."""
    for event in rooms.api.issues.wake():
        rooms.ground.live.publish(event)


def _drop_expired_blobs(rooms: EngineRooms) -> None:
    """Delete files whose rows are over."""
    ground = rooms.ground
    dropped = drop_expired_blobs(ground.blobs, retention_days(ground.config), ground.clock())
    if dropped:
        log.info("blobs_dropped", blobs=dropped)


def _derive(rooms: EngineRooms) -> float:
    """Derive series of closed intervals; returns the seconds until one may close again.

    An interval closes once the digest has passed it: a second or two after its end when the digest
    keeps up, and then it is looked for each second.
    """
    for derived in rooms.derived:
        derived.run_once()
    return _until_closed_s(rooms)


def _until_closed_s(rooms: EngineRooms) -> float:
    into_s = rooms.ground.clock() % INTERVAL_MS / SECOND_MS
    return 1.0 if into_s < CLOSES_WITHIN_S else INTERVAL_MS / SECOND_MS - into_s + 1.0


def _count_matches(rooms: EngineRooms) -> float:
    """Count what matches saved searches of logs; returns the seconds until the next interval."""
    rooms.log_matches.run_once()
    return _until_closed_s(rooms)


def _count_calls(rooms: EngineRooms) -> float:
    """Count calls between services; returns the seconds until the next slice."""
    return BETWEEN_SLICES_S if rooms.service_calls.run_once() else LOOK_FOR_CALLS_S


def _evaluate(rooms: EngineRooms) -> float:
    """Evaluate the rule groups that are due; returns the seconds until the next."""
    rooms.evaluator.run_due(rooms.ground.clock())
    return max(0.0, (rooms.evaluator.next_due_ms() - rooms.ground.clock()) / 1000)


def read_rule_files(rooms: EngineRooms) -> None:
    """Take over the operator's rule files as they are on disk now."""
    options = rooms.ground.config.rules
    project_id = rooms.homes.find(options.project)
    globs = list(rooms.configs.rule_globs())
    if project_id is not None:
        globs += [(project_id, os.path.abspath(pattern)) for pattern in options.files]
    rooms.rules.sync_disk(globs)


async def _deliver(rooms: EngineRooms) -> None:
    """Send what waits to be sent."""
    clock = rooms.ground.clock
    while True:
        if not rooms.deliverer.may_be_due():
            await asyncio.sleep(LOOK_FOR_DELIVERIES_S)
            continue
        due_ms = await asyncio.to_thread(rooms.deliverer.next_due_ms)
        if due_ms is None or due_ms > clock() or not await rooms.deliverer.run_due():
            await asyncio.sleep(LOOK_FOR_DELIVERIES_S)


async def _measure_host(rooms: EngineRooms) -> None:
    """Measure this machine, once there is a project to put that into."""
    ground, options = rooms.ground, rooms.ground.config.scrape
    while (project_id := await asyncio.to_thread(rooms.homes.find, options.project)) is None:
        await asyncio.sleep(LOOK_FOR_HOME_S)
    host = HostMetrics(
        ground.acceptor,
        ground.clock,
        project_id=project_id,
        interval_ms=round(options.host_metrics_interval_s * 1000),
    )
    await host.run()
