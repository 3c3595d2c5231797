"""Keeps the engine process alive: starts it, notices its death, starts it again."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Sequence

from watchkeeper.lib.errors import WatchkeeperError

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0
STEADY_S = 30.0
STOP_WITHIN_S = 15.0
REFUSED_TO_START = 78
"""Exit status (EX_CONFIG) with which the engine says: starting me again will not help."""


class EngineRefused(WatchkeeperError):
    """The engine will not start; it has printed why."""

    code = "engine_refused"


class EngineProcess:
    """The engine as a child of this process.

    on_restart: told each time a dead engine is about to be started again.
    """

    def __init__(self, arguments: Sequence[str], *, on_restart: Callable[[], None]) -> None:
        self._arguments = [sys.executable, "-m", "watchkeeper.app.roles.engine", *arguments]
        self._on_restart = on_restart
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False
        self.restarts = 0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def keep_running(self) -> None:
        """Run until `stop`. Raises EngineRefused when the engine says that it cannot start."""
        pause_s = FIRST_PAUSE_S
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            self._process = await asyncio.create_subprocess_exec(*self._arguments)
            status = await self._process.wait()
            if self._stopping:
                return
            if status == REFUSED_TO_START:
                raise EngineRefused("The engine could not start; its reason is printed above.")
            self.restarts += 1
            self._on_restart()
            steady = loop.time() - started > STEADY_S
            pause_s = FIRST_PAUSE_S if steady else min(pause_s * 2, LONGEST_PAUSE_S)
            await asyncio.sleep(pause_s)

    async def stop(self) -> None:
        """Ask the engine to end, and end it if it does not within STOP_WITHIN_S."""
        self._stopping = True
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), STOP_WITHIN_S)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def die_with_parent(parent_pid: int) -> None:
    """Make the kernel end this process when its parent ends, however that happens (Linux)."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None, use_errno=True).prctl(pr_set_pdeathsig, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:
        os._exit(0)
