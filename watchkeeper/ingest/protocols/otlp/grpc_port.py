"""The port of OTLP over gRPC, held by a plain socket until somebody calls.

Importing grpc takes memory and time that most servers never need. So connections are accepted here
and their bytes passed on to a server in this process that starts with the first of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    import grpc

MAX_CONNECTIONS = 256
"""Further ones are closed at once; their senders come back."""
_CHUNK_BYTES = 2**17
_GRACE_S = 2.0
_HANDSHAKE_S = 10.0
_log = structlog.get_logger("watchkeeper.otlp")

Serve = Callable[[str], Awaitable["grpc.aio.Server"]]


class GrpcPort:
    """A listening socket and, from the first connection on, the server behind it.

    tls: what connections are made with, offering "h2" by ALPN; None: without TLS. It ends here, so
    that a new certificate needs no new server.
    """

    def __init__(
        self, listener: socket.socket, serve: Serve, *, tls: ssl.SSLContext | None = None
    ) -> None:
        self._listener, self._serve, self._tls = listener, serve, tls
        self._directory = ""
        self._starting: asyncio.Task[grpc.aio.Server] | None = None
        self._server: asyncio.Server | None = None
        self._relays: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Accept connections."""
        self._server = await asyncio.start_server(
            self._accepted,
            sock=self._listener,
            ssl=self._tls,
            ssl_handshake_timeout=_HANDSHAKE_S if self._tls else None,
        )

    async def stop(self) -> None:
        """Close the port; calls that are being answered have two seconds to end."""
        if self._server is not None:
            self._server.close()
        if self._starting is not None:
            with contextlib.suppress(Exception):
                await (await self._starting).stop(_GRACE_S)
        for relay in self._relays:
            relay.cancel()
        await asyncio.gather(*self._relays, return_exceptions=True)
        if self._directory:
            rmtree(self._directory, ignore_errors=True)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._relays) >= MAX_CONNECTIONS:
            writer.close()
            return
        self._relays.add(task)
        try:
            await self._relay(reader, writer)
        except (OSError, EOFError):
            _log.debug("grpc connection ended")
        except Exception:  # a connection's top: others go on
            _log.exception("grpc connection failed")
        finally:
            self._relays.discard(task)
            writer.close()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._starting is None:
            self._starting = asyncio.create_task(self._start_server())
        try:
            await asyncio.shield(self._starting)
        except Exception:
            self._starting = None  # the next connection tries again
            raise
        inner_reader, inner_writer = await asyncio.open_unix_connection(self._path)
        try:
            back = asyncio.create_task(_copy(inner_reader, writer))
            await _copy(reader, inner_writer)
            await back
        finally:
            back.cancel()
            inner_writer.close()

    async def _start_server(self) -> grpc.aio.Server:
        if not self._directory:
            self._directory = mkdtemp(prefix="watchkeeper-")
        await asyncio.to_thread(__import__, "grpc.aio")
        return await self._serve(f"unix:{self._path}")

    @property
    def _path(self) -> str:
        return str(Path(self._directory) / "otlp.sock")


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass bytes on until the sender ends; waits while the receiver is slow."""
    while chunk := await reader.read(_CHUNK_BYTES):
        writer.write(chunk)
        await writer.drain()
    with contextlib.suppress(OSError):
        if writer.can_write_eof():
            writer.write_eof()
