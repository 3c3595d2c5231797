"""One HTTP/1.1 connection to the engine."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import cast

import httptools

_HIGH_WATER_BYTES = 256 * 1024


class UpstreamGone(Exception):
    """The connection ended. has_answered: part of an answer had come before."""

    def __init__(self, *, has_answered: bool) -> None:
        super().__init__("the engine closed the connection")
        self.has_answered = has_answered


class Upstream(asyncio.Protocol):
    """Carries one exchange after another. Bytes that nobody reads yet are bounded by pausing.

    status, headers: of the present answer, once `answered` has returned.
    """

    def __init__(self) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.is_request_whole = False
        self.idle_since = 0.0
        self._transport: asyncio.Transport | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._chunks: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._is_head = self._has_head = self._is_whole = self._keeps_alive = False
        self._failure: BaseException | None = None
        self._changed = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()

    @property
    def is_open(self) -> bool:
        """True while the connection can carry another exchange."""
        return self._failure is None and self._transport is not None

    @property
    def may_be_reused(self) -> bool:
        """True if the last exchange ended cleanly on both sides."""
        return self.is_open and self._is_whole and self.is_request_whole and self._keeps_alive

    def begin(self, head: bytes, *, is_head: bool) -> None:
        """Start an exchange. is_head: the answer to a HEAD request has no body."""
        self.status, self.headers = 0, []
        self.is_request_whole = False
        self._parser = httptools.HttpResponseParser(self)
        self._chunks.clear()
        self._waiting_bytes = 0
        self._is_head, self._has_head, self._is_whole = is_head, False, False
        self._changed.clear()
        self._write(head)

    async def send_body(self, chunk: bytes) -> None:
        """Pass on a piece of the request's body, as fast as the engine takes it."""
        self._write(chunk)
        await self._writable.wait()

    async def answered(self) -> None:
        """Return once the headers are there. Raises UpstreamGone or what `abort` was told."""
        while not self._has_head:
            await self._wait()

    async def next_chunk(self) -> bytes | None:
        """The next piece of the answer's body; None at its end. Raises as `answered`."""
        while not self._chunks:
            if self._is_whole:
                return None
            await self._wait()
        chunk = b"".join(self._chunks) if len(self._chunks) > 1 else self._chunks[0]
        self._chunks.clear()
        if self._waiting_bytes > _HIGH_WATER_BYTES and self._transport is not None:
            self._transport.resume_reading()
        self._waiting_bytes = 0
        return chunk

    def abort(self, failure: BaseException | None = None) -> None:
        """End the connection at once; whoever waits gets `failure`."""
        self._fail(failure or UpstreamGone(has_answered=self._has_head))
        if self._transport is not None:
            self._transport.abort()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are none by class

    def data_received(self, data: bytes) -> None:
        if self._parser is None or self._is_whole:
            self.abort()  # an answer that nobody asked for
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._has_head and not self._is_whole and self._ends_with_connection():
            self._is_whole = True
        self._fail(UpstreamGone(has_answered=self._has_head))
        self._writable.set()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    # httptools

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        assert self._parser is not None
        self.status = self._parser.get_status_code()
        if self.status < 200:  # 100 Continue: the answer is still to come
            return
        self._keeps_alive = self._parser.should_keep_alive() and not self._is_head
        self._has_head = True
        self._is_whole = self._is_head
        self._changed.set()

    def on_body(self, body: bytes) -> None:
        self._chunks.append(body)
        was, self._waiting_bytes = self._waiting_bytes, self._waiting_bytes + len(body)
        if was <= _HIGH_WATER_BYTES < self._waiting_bytes and self._transport is not None:
            self._transport.pause_reading()
        self._changed.set()

    def on_message_complete(self) -> None:
        if self._has_head:
            self._is_whole = True
            self._changed.set()
        else:
            self.headers = []

    def _write(self, content: bytes) -> None:
        if self._failure is not None or self._transport is None:
            raise self._failure or UpstreamGone(has_answered=False)
        self._transport.write(content)

    def _fail(self, failure: BaseException) -> None:
        if self._failure is None:
            self._failure = failure
        self._changed.set()

    async def _wait(self) -> None:
        self._changed.clear()
        if self._failure is not None:
            raise self._failure
        await self._changed.wait()

    def _ends_with_connection(self) -> bool:
        names = {name for name, _ in self.headers}
        return b"content-length" not in names and b"transfer-encoding" not in names
