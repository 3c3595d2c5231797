"""The engine process: every room that stores and answers, and what runs beside them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from watchkeeper.app.config import Config
from watchkeeper.app.datadir import DataDir
from watchkeeper.app.loops import Loops
from watchkeeper.app.rooms import EngineRooms

GRACE_S = 3
"""How long open requests may go on when the engine is told to stop."""


@dataclass(frozen=True, slots=True)
class Task:
    """An asyncio body that runs for as long as the engine."""

    name: str
    run: Callable[[], Awaitable[None]]


async def serve_engine(rooms: EngineRooms, config: Config, data_dir: DataDir) -> None:
    """Answer on the control socket and run every loop until SIGTERM."""
    loops = Loops(rooms.telemetry.loops, rooms.loops())
    digest_stop = threading.Event()
    digest = threading.Thread(
        target=rooms.telemetry.loops.run_blocking,
        args=("digest", lambda: rooms.digest.run(digest_stop), digest_stop),
        name="loop-digest",
        daemon=True,
    )
    tasks = [
        asyncio.create_task(rooms.telemetry.loops.run(task.name, task.run), name=task.name)
        for task in rooms.tasks()
    ]
    digest.start()
    loops.start()
    try:
        await _serve(rooms.app(), data_dir.control_socket)
    finally:
        await _end(tasks)
        await asyncio.to_thread(loops.stop)
        digest_stop.set()
        await asyncio.to_thread(digest.join, 10.0)


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _serve(app: ASGIApp, path: Path) -> None:
    path.unlink(missing_ok=True)
    listener = _private_socket(path)
    settings = uvicorn.Config(
        app,
        http="httptools",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=75,
    )
    await uvicorn.Server(settings).serve(sockets=[listener])


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
