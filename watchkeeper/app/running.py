"""What runs in the engine beside the requests: one row a loop."""

from __future__ import annotations

import asyncio
import glob
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from watchkeeper import __version__
from watchkeeper.app.loops import Loop
from watchkeeper.app.own_sink import OwnRoad
from watchkeeper.app.upkeep import Upkeep
from watchkeeper.app.wiring import EngineRooms
from watchkeeper.ingest.scrape import HostMetrics
from watchkeeper.lib.telemetry import SelfWatch
from watchkeeper.privacy import Scrubber

LOOK_FOR_HOME_S = 2.0


@dataclass(frozen=True, slots=True)
class Task:
    """An asyncio body that runs for as long as the engine."""

    name: str
    run: Callable[[], Awaitable[None]]


def engine_loops(rooms: EngineRooms) -> list[Loop]:
    """Every loop that blocks, each in a thread of its own."""
    watch = SelfWatch(
        registry=rooms.ground.telemetry.registry,
        logs=rooms.ground.telemetry.logs,
        sink=OwnRoad(rooms.ground.acceptor, Scrubber(), project_id=rooms.built_in_id),
        clock=rooms.ground.clock,
        process="engine",
        release=__version__,
    )
    upkeep = Upkeep(rooms.ground.meta, rooms.ground.columns, rooms.ground.clock)
    return [
        Loop(name="rules", period_s=5.0, run=lambda: _evaluate(rooms)),
        Loop(name="deliveries", period_s=5.0, run=lambda: _deliver(rooms)),
        Loop(name="derived-series", period_s=5.0, run=lambda: _derive(rooms)),
        Loop(name="self-watch", period_s=15.0, run=lambda: _ignored(watch.run_once())),
        Loop(name="rule-files", period_s=5.0, run=lambda: _load_rule_files(rooms)),
        Loop(name="rollups", period_s=300.0, run=lambda: _ignored(upkeep.roll_up())),
        Loop(name="forgetting", period_s=3600.0, run=lambda: _ignored(upkeep.forget())),
    ]


def engine_tasks(rooms: EngineRooms) -> list[Task]:
    """Every body that lives on the event loop."""
    tasks = [Task("scrape", rooms.scraper.run)]
    if rooms.ground.config.scrape.host_metrics:
        tasks.append(Task("host-metrics", lambda: _measure_host(rooms)))
    return tasks


async def _measure_host(rooms: EngineRooms) -> None:
    """Measure this machine, once there is a project to put that into."""
    options = rooms.ground.config.scrape
    while True:
        project_id = await asyncio.to_thread(rooms.homes.find, options.project)
        if project_id is not None:
            break
        await asyncio.sleep(LOOK_FOR_HOME_S)
    host = HostMetrics(
        rooms.ground.acceptor,
        rooms.ground.clock,
        project_id=project_id,
        interval_ms=round(options.host_metrics_interval_s * 1000),
    )
    await host.run()
