"""Keeps the engine process alive: starts it, notices its death, starts it again."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence

from watchkeeper.lib.errors import WatchkeeperError

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0
STEADY_S = 30.0
STOP_WITHIN_S = 15.0
REFUSED_TO_START = 78
"""Exit status (EX_CONFIG) with which the engine says: starting me again will not help."""


GO = b"go\n"


class EngineRefused(WatchkeeperError):
    """The engine will not start; it has printed why."""

    code = "engine_refused"


class EngineProcess:
    """The engine as a child of this process. Used by the main thread alone.

    on_restart: told each time a dead engine is about to be started again.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        self._arguments = [sys.executable, "-m", "watchkeeper.app.roles.engine", *arguments]
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = False
        self.on_restart: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Start it now, because it takes long to load; it opens no store before `let_go`."""
        self._process = subprocess.Popen(self._arguments, stdin=subprocess.PIPE)

    def let_go(self) -> None:
        """Let the started engine open the stores."""
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.write(GO)
                self._process.stdin.flush()

    async def keep_running(self) -> None:
        """Run until `stop`. Raises EngineRefused when the engine says that it cannot start."""
        pause_s = FIRST_PAUSE_S
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            if self._process is None:
                self.start()
                self.let_go()
            status = await self._ended()
            if self._stopping:
                return
            if status == REFUSED_TO_START:
                raise EngineRefused("The engine could not start; its reason is printed above.")
            self.on_restart()
            steady = loop.time() - started > STEADY_S
            pause_s = FIRST_PAUSE_S if steady else min(pause_s * 2, LONGEST_PAUSE_S)
            await asyncio.sleep(pause_s)

    def reload(self) -> None:
        """Have the engine read its files anew; one that is not running does so when it starts."""
        if self._process is not None:
            self._process.send_signal(signal.SIGHUP)

    async def stop(self) -> None:
        """Ask the engine to end, and end it if it does not within STOP_WITHIN_S."""
        self._stopping = True
        process = self._process
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._ended(), STOP_WITHIN_S)
        except TimeoutError:
            process.kill()
            await self._ended()

    async def _ended(self) -> int:
        """Wait, without a thread of the pool, for the process to end; returns its status."""
        process = self._process
        if process is None:
            return 0
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[int] = loop.create_future()

        def wait() -> None:
            status = process.wait()
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(_settle, ended, status)

        threading.Thread(target=wait, name="engine-wait", daemon=True).start()
        status = await ended
        if self._process is process:
            self._process = None
        return status


def _settle(ended: asyncio.Future[int], status: int) -> None:
    if not ended.done():
        ended.set_result(status)


def wait_for_go() -> bool:
    """In the engine: True once the edge lets it open the stores, False if the edge has given up."""
    return sys.stdin.buffer.readline() == GO


def die_with_parent(parent_pid: int) -> None:
    """Make the kernel end this process when its parent ends, however that happens (Linux)."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None, use_errno=True).prctl(pr_set_pdeathsig, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:
        os._exit(0)
