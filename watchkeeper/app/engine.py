"""The engine at work: answers on the control socket while its loops run."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
from functools import partial
from pathlib import Path

import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from watchkeeper import __version__
from watchkeeper.api import engine_app
from watchkeeper.app.config import Config
from watchkeeper.app.control import PREFIX, control_routes
from watchkeeper.app.datadir import DataDir
from watchkeeper.app.http_server import HttpServer
from watchkeeper.app.loops import Loops
from watchkeeper.app.running import engine_loops, engine_tasks, read_rule_files
from watchkeeper.app.supervise import REFUSED_TO_START, wait_for_go
from watchkeeper.app.wiring import EngineRooms, build_engine
from watchkeeper.lib.clock import system_clock
from watchkeeper.lib.collector import spare_what_stays
from watchkeeper.lib.errors import WatchkeeperError
from watchkeeper.lib.telemetry import start_telemetry

DIGEST_NICENESS = 5
GRACE_S = 3
"""How long open requests may go on when the engine is told to stop."""


def run_engine(config: Config, *, waits: bool) -> int:
    """Open the stores and work until told to stop. Returns the exit status.

    waits: open nothing before the edge says so.
    """
    if waits and not wait_for_go():
        return 0
    telemetry = start_telemetry(
        process="engine",
        version=__version__,
        level=config.log.level,
        log_format=config.log.format,
    )
    try:
        rooms = build_engine(config, DataDir(config.server.data_dir), system_clock, telemetry)
    except WatchkeeperError as error:
        print(f"watchkeeper: {error}", file=sys.stderr, flush=True)
        return REFUSED_TO_START if not error.retryable else 1
    spare_what_stays()
    try:
        uvloop.run(serve_engine(rooms))
    finally:
        rooms.close()
    return 0


async def serve_engine(rooms: EngineRooms) -> None:
    """Answer on the control socket and run every loop until SIGTERM."""
    guard = rooms.ground.telemetry.loops
    loops = Loops(guard, engine_loops(rooms))
    stop = threading.Event()
    digest = threading.Thread(
        target=guard.run_blocking,
        args=("digest", lambda: _digest(rooms, stop), stop),
        name="loop-digest",
        daemon=True,
    )
    tasks = [
        asyncio.create_task(guard.run(task.name, task.run), name=task.name)
        for task in engine_tasks(rooms)
    ]
    digest.start()
    loops.start()
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, _Reloads(rooms).start)
    try:
        await _serve(_app(rooms), rooms.ground.data_dir.control_socket)
    finally:
        await _end(tasks)
        await asyncio.to_thread(loops.stop)
        stop.set()
        await asyncio.to_thread(digest.join, 10.0)


class _Reloads:
    """Reloads that a signal began; holds them until they are done."""

    def __init__(self, rooms: EngineRooms) -> None:
        self._rooms = rooms
        self._tasks: set[asyncio.Task[list[str]]] = set()

    def start(self) -> None:
        task = asyncio.create_task(_reload(self._rooms))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _reload(rooms: EngineRooms) -> list[str]:
    """Read prometheus.yml and rule files anew; what is wrong with the former, as sentences."""
    problems = await rooms.scraper.reload()
    await asyncio.to_thread(read_rule_files, rooms)
    return problems


def _digest(rooms: EngineRooms, stop: threading.Event) -> None:
    """Digest, after those who wait for an answer: the spool may grow for a moment, people may not.

    Linux gives each thread a priority of its own; elsewhere it stays the process's.
    """
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), DIGEST_NICENESS)
    rooms.digest.run(stop, rooms.digest_gate)


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _app(rooms: EngineRooms) -> ASGIApp:
    """The API, and beside it what only commands on this machine may ask."""
    api = engine_app(rooms.api)
    routes = control_routes(
        rooms.back_up,
        rooms.verify_retention,
        partial(_reload, rooms),
        partial(rooms.api.history.take, may_write_reserved=True),
        rooms.erase,
    )
    control = Starlette(routes=routes)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        is_control = scope["type"] == "http" and scope["path"].startswith(PREFIX)
        await (control if is_control else api)(scope, receive, send)

    return app


async def _serve(app: ASGIApp, path: Path) -> None:
    path.unlink(missing_ok=True)
    settings = uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=75,
    )
    await HttpServer(settings).serve(sockets=[_private_socket(path)])


def _private_socket(path: Path) -> socket.socket:
    """A listening Unix socket that only the owner of the directory can open."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(mask)
    listener.listen(1024)
    return listener
