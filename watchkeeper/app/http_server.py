"""An HTTP server that ends when told, and leaves it to its caller what comes after."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator

import uvicorn

TICKS_A_SECOND = 10
"""In which the library counts: each tenth tick renews the Date header."""


class HttpServer(uvicorn.Server):
    """Stops on SIGTERM or SIGINT, then returns.

    The library's own server sends itself the signal again once it has stopped, which would end the
    process before its stores are closed.
    """

    _told: asyncio.Event | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(each, self.stop)
        try:
            yield
        finally:
            for each in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(each, lambda: None)

    async def main_loop(self) -> None:
        """Look once a second for what has to be done, rather than ten times as the library does."""
        self._told = asyncio.Event()
        seconds = 0
        while not await self.on_tick(seconds * TICKS_A_SECOND):
            seconds += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), 1.0)

    def stop(self) -> None:
        """End after the open requests; a second call does not wait for them."""
        self.force_exit = self.should_exit
        self.should_exit = True
        if self._told is not None:
            self._told.set()
