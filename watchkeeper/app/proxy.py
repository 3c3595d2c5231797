"""Reverse proxy from the public port to the engine's Unix socket. HTTP/1.1, streaming both ways."""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from watchkeeper.app.upstream import Upstream, UpstreamGone
from watchkeeper.lib.errors import Overloaded, WatchkeeperError

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_HOP_BY_HOP = frozenset({
    b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization",
    b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade",
})  # fmt: skip
_OURS = frozenset({
    b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-real-ip", b"forwarded",
    b"x-request-id",
})  # fmt: skip
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_MAY_REPEAT = frozenset({"GET", "HEAD"})


class EngineDown(Overloaded):
    """The engine does not answer; it is being started again."""

    code = "engine_down"


class BodyTooLarge(WatchkeeperError):
    """The request's body exceeds what the engine's routes take."""

    code = "too_large"
    http_status = 413


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyOptions:
    """How requests are handed to the engine. Section [server]."""

    max_body_bytes: int = 16 * 2**20
    """Largest request body; ingest has its own bounds."""
    idle_s: float = 3.0
    """How long an unused connection is kept; below the engine's own keep-alive."""
    connect_timeout_s: float = 5.0
    answer_timeout_s: float = 300.0
    """Longest wait for the first byte of an answer."""
    trusted_proxies: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    """Networks whose X-Forwarded-* headers are believed."""

    def __post_init__(self) -> None:
        for network in self.trusted_proxies:
            ipaddress.ip_network(network)


class EngineProxy:
    """Passes ASGI requests on. Raises EngineDown or BodyTooLarge before anything was answered."""

    def __init__(self, socket_path: Path, options: ProxyOptions | None = None) -> None:
        self._path = str(socket_path)
        self._options = options or ProxyOptions()
        self._trusted = [ipaddress.ip_network(n) for n in self._options.trusted_proxies]
        self._idle: list[Upstream] = []

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one HTTP request with what the engine answers."""
        declared = _declared_bytes(scope["headers"])
        if declared is not None and declared > self._options.max_body_bytes:
            raise self._too_large()
        exchange = self._exchange_of(scope, receive, send)
        is_fresh = False
        while not is_fresh:
            upstream, is_fresh = await self._connection()
            try:
                await self._carry(upstream, exchange)
                return
            except _ClientGone:
                return
            except UpstreamGone as error:
                # A kept connection may have ended just now: once more, on one less old.
                if error.has_answered or is_fresh or scope["method"] not in _MAY_REPEAT:
                    raise EngineDown("The engine went away; try again.", retry_after_s=1) from error

    def close(self) -> None:
        """Close the unused connections."""
        while self._idle:
            self._idle.pop().abort()

    async def _connection(self) -> tuple[Upstream, bool]:
        """A connection, and whether it is new."""
        loop = asyncio.get_running_loop()
        while self._idle:
            upstream = self._idle.pop()
            if upstream.is_open and loop.time() - upstream.idle_since < self._options.idle_s:
                return upstream, False
            upstream.abort()
        try:
            async with asyncio.timeout(self._options.connect_timeout_s):
                _, upstream = await loop.create_unix_connection(Upstream, self._path)
        except (OSError, TimeoutError) as error:
            raise EngineDown("The engine is starting; try again.", retry_after_s=1) from error
        return upstream, True

    def _exchange_of(self, scope: Message, receive: Receive, send: Send) -> _Exchange:
        """What is sent to the engine: our own forwarding headers, and none that are of one hop."""
        sent: list[tuple[bytes, bytes]] = scope["headers"]
        dropped = _HOP_BY_HOP | _OURS | _named_in_connection(sent)
        request_id = _request_id(sent)
        is_chunked = any(name == b"transfer-encoding" for name, _ in sent)
        address, protocol = self.sender(scope)
        headers = [(name, value) for name, value in sent if name not in dropped]
        headers += [
            (b"x-forwarded-for", address.encode()),
            (b"x-forwarded-proto", protocol.encode()),
            (b"x-request-id", request_id),
        ]
        if is_chunked:
            headers.append((b"transfer-encoding", b"chunked"))
        target: bytes = scope.get("raw_path") or scope["path"].encode()
        if scope["query_string"]:
            target += b"?" + scope["query_string"]
        lines = [scope["method"].encode() + b" " + target + b" HTTP/1.1"]
        lines += [name + b": " + value for name, value in headers]
        head = b"\r\n".join(lines) + b"\r\n\r\n"
        return _Exchange(scope["method"], head, request_id, is_chunked, receive, send)

    def sender(self, scope: Message) -> tuple[str, str]:
        """The client's address and protocol, as told by proxies that are trusted."""
        peer = scope["client"][0] if scope.get("client") else "127.0.0.1"
        protocol = "https" if scope.get("scheme") == "https" else "http"
        if not self._is_trusted(peer):
            return peer, protocol
        told = dict(scope["headers"])
        if told.get(b"x-forwarded-proto", b"").strip().lower() in {b"http", b"https"}:
            protocol = told[b"x-forwarded-proto"].strip().lower().decode()
        forwarded = told.get(b"x-forwarded-for", b"").decode("latin-1").split(",")
        for address in (entry.strip() for entry in reversed(forwarded)):
            if not _is_address(address):
                break
            peer = address
            if not self._is_trusted(address):
                break
        return peer, protocol

    def _is_trusted(self, address: str) -> bool:
        return _is_address(address) and any(
            ipaddress.ip_address(address) in network for network in self._trusted
        )

    async def _carry(self, upstream: Upstream, exchange: _Exchange) -> None:
        """One request and its answer; the connection is kept only if both were whole."""
        upload = None
        try:
            upstream.begin(exchange.head, is_head=exchange.method == "HEAD")
            upload = asyncio.ensure_future(self._upload(upstream, exchange))
            await self._answered(upstream)
            await _download(upstream, exchange)
        except BaseException:
            upstream.abort()
            raise
        finally:
            if upload is not None:
                upload.cancel()
                await asyncio.wait({upload})
        if upstream.may_be_reused:
            upstream.idle_since = asyncio.get_running_loop().time()
            self._idle.append(upstream)
        else:
            upstream.abort()

    async def _answered(self, upstream: Upstream) -> None:
        try:
            async with asyncio.timeout(self._options.answer_timeout_s):
                await upstream.answered()
        except TimeoutError as error:
            raise EngineDown("The engine did not answer in time.", retry_after_s=5) from error

    async def _upload(self, upstream: Upstream, exchange: _Exchange) -> None:
        """Pass the body on, then watch for the client's going away: the engine is told by a close.

        What goes wrong here is raised where the answer is awaited.
        """
        sent_bytes = 0
        while True:
            message = await exchange.receive()
            if message["type"] == "http.disconnect":
                upstream.abort(_ClientGone())
                return
            chunk: bytes = message.get("body", b"")
            sent_bytes += len(chunk)
            if sent_bytes > self._options.max_body_bytes:
                upstream.abort(self._too_large())
                return
            is_last = not message.get("more_body", False)
            try:
                await upstream.send_body(_framed(chunk, exchange.is_chunked, is_last))
            except UpstreamGone:
                return  # whoever awaits the answer is told
            upstream.is_request_whole |= is_last

    def _too_large(self) -> BodyTooLarge:
        limit = self._options.max_body_bytes
        return BodyTooLarge(f"The body is larger than {limit:,} bytes.")


@dataclass(frozen=True, slots=True)
class _Exchange:
    method: str
    head: bytes
    request_id: bytes
    is_chunked: bool
    receive: Receive
    send: Send


class _ClientGone(Exception):
    """The client closed before the answer was whole."""


async def _download(upstream: Upstream, exchange: _Exchange) -> None:
    headers = _answer_headers(upstream.headers, exchange.request_id)
    await exchange.send(
        {"type": "http.response.start", "status": upstream.status, "headers": headers}
    )
    while (chunk := await upstream.next_chunk()) is not None:
        await exchange.send({"type": "http.response.body", "body": chunk, "more_body": True})
    await exchange.send({"type": "http.response.body", "body": b""})


def _framed(chunk: bytes, is_chunked: bool, is_last: bool) -> bytes:
    """A piece of the body as it stands on the wire."""
    if not is_chunked:
        return chunk
    framed = b"%x\r\n%s\r\n" % (len(chunk), chunk) if chunk else b""
    return framed + b"0\r\n\r\n" if is_last else framed


def _answer_headers(
    headers: Iterable[tuple[bytes, bytes]], request_id: bytes
) -> list[tuple[bytes, bytes]]:
    kept = [(name, value) for name, value in headers if name not in _HOP_BY_HOP]
    if not any(name == b"x-request-id" for name, _ in kept):
        kept.append((b"x-request-id", request_id))
    return kept


def _declared_bytes(headers: Iterable[tuple[bytes, bytes]]) -> int | None:
    for name, value in headers:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return None


def _named_in_connection(headers: Iterable[tuple[bytes, bytes]]) -> set[bytes]:
    return {
        part.strip().lower()
        for name, value in headers
        if name == b"connection"
        for part in value.split(b",")
    }


def _request_id(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    for name, value in headers:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return value
    return uuid4().hex.encode()


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
