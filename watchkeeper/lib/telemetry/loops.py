"""Background loops that are started again when they crash, counted and logged."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable

import structlog
from prometheus_client import CollectorRegistry, Counter

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0


class LoopGuard:
    """Runs loop bodies for ever. A body that raises is logged, counted and run again.

    The pause before a restart doubles from `first_pause_s` to LONGEST_PAUSE_S.
    """

    def __init__(
        self, registry: CollectorRegistry, *, first_pause_s: float = FIRST_PAUSE_S
    ) -> None:
        self._first_pause_s = first_pause_s
        self._restarts = Counter(
            "watchkeeper_loop_restarts_total",
            "Background loops that crashed and were started again.",
            ["loop"],
            registry=registry,
        )
        self._log = structlog.get_logger("watchkeeper.loops")

    async def run(self, name: str, body: Callable[[], Awaitable[None]]) -> None:
        """Await `body` until it returns by itself; cancel the task to stop it."""
        pause_s = self._first_pause_s
        while True:
            try:
                return await body()
            except Exception:
                self._crashed(name)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    def run_blocking(self, name: str, body: Callable[[], None], stopping: threading.Event) -> None:
        """Call `body` in this thread until it returns by itself or `stopping` is set."""
        pause_s = self._first_pause_s
        while not stopping.is_set():
            try:
                return body()
            except Exception:
                self._crashed(name)
            stopping.wait(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    def _crashed(self, name: str) -> None:
        self._restarts.labels(name).inc()
        self._log.exception("loop crashed; starting it again", loop=name)
