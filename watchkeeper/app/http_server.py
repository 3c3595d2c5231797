"""An HTTP server that ends when told, and leaves it to its caller what comes after."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator

import uvicorn


class HttpServer(uvicorn.Server):
    """Stops on SIGTERM or SIGINT, then returns.

    The library's own server sends itself the signal again once it has stopped, which would end the
    process before its stores are closed.
    """

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(each, self._stop)
        try:
            yield
        finally:
            for each in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(each, lambda: None)

    def _stop(self) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True
