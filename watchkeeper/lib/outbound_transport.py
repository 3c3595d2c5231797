"""Connections that reach only checked addresses. Imported when the first call goes out."""

from __future__ import annotations

import asyncio
import importlib.util
import socket
import ssl
import sys
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit, urlunsplit

import httpcore
import httpx

from watchkeeper.lib.addresses import Network, literal_address, refusal

for _name in ("sniffio", "trio"):
    # The HTTP library tries to import these at each request; that they are not there costs it a
    # third of a small request, unless Python knows already.
    if _name not in sys.modules and importlib.util.find_spec(_name) is None:
        sys.modules[_name] = None  # type: ignore[assignment]

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Host and port to addresses as text, best first. Raises OSError."""


class AddressRefused(Exception):
    """No address of the host may be reached; the sentence says why."""


async def resolve_by_system(host: str, port: int) -> list[str]:
    """Addresses of a host by the system's resolver, without duplicates."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedBackend(httpcore.AsyncNetworkBackend):
    """Opens TCP connections: resolves once, checks, then connects to the checked address itself.

    TLS names (SNI, certificate) and the Host header stay those of the URL: they are set above.
    """

    inner: httpcore.AsyncNetworkBackend
    resolve: Resolve
    allow: tuple[Network, ...]
    trusted: bool

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failure: Exception | None = None
        for address in await self.checked(host, port):
            try:
                return await self.inner.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError(f"{host} has no address")

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise AddressRefused("Unix sockets are not reached by outbound calls.")

    async def sleep(self, seconds: float) -> None:
        await self.inner.sleep(seconds)

    async def checked(self, host: str, port: int) -> list[str]:
        """The host's addresses that may be reached. Raises AddressRefused if none may."""
        try:
            literal = literal_address(host)
        except ValueError as error:
            raise AddressRefused(f"{host} is not a plain address.") from error
        if literal is not None:
            addresses = [str(literal)]
        else:
            try:
                addresses = await self.resolve(host, port)
            except OSError as error:
                raise httpcore.ConnectError(f"{host} cannot be resolved") from error
        return self._admitted(host, addresses)

    def _admitted(self, host: str, addresses: list[str]) -> list[str]:
        admitted: list[str] = []
        reason = "it has no address"
        for text in addresses:
            with suppress(ValueError):
                address = literal_address(text.split("%", 1)[0])
                if address is None:
                    continue
                why = refusal(address, allow=self.allow, trusted=self.trusted)
                if why is None:
                    admitted.append(str(address))
                reason = why or reason
        if not admitted:
            raise AddressRefused(f"{host} may not be reached: {reason}.")
        return admitted


class _Body(httpx.AsyncByteStream):
    def __init__(self, stream: AsyncIterable[bytes]) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            yield part

    async def aclose(self) -> None:
        close = getattr(self._stream, "aclose", None)
        if close is not None:
            await close()


class PinnedTransport(httpx.AsyncBaseTransport):
    """httpx over a connection pool whose connections come from a PinnedBackend."""

    def __init__(
        self,
        backend: PinnedBackend,
        tls: ssl.SSLContext | None,
        *,
        connections: int,
        proxy: str = "",
        proxy_headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        through = None
        if proxy:
            through = httpcore.Proxy(_bare(proxy), auth=_auth(proxy), headers=list(proxy_headers))
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            proxy=through,
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=150.0,  # longer than two of the usual 60 s scrape intervals
            network_backend=backend,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.AsyncByteStream)
        answer = await self._pool.handle_async_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        assert isinstance(answer.stream, AsyncIterable)
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(answer.stream),
            extensions=answer.extensions,
        )

    async def aclose(self) -> None:
        await self._pool.aclose()


def _bare(proxy: str) -> str:
    """A proxy's URL without its credentials."""
    parts = urlsplit(proxy)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _auth(proxy: str) -> tuple[str, str] | None:
    parts = urlsplit(proxy)
    if parts.username is None:
        return None
    return unquote(parts.username), unquote(parts.password or "")


def new_client(
    *,
    resolve: Resolve,
    allow: tuple[Network, ...],
    trusted: bool,
    tls: ssl.SSLContext | None,
    connections: int,
    proxy: str = "",
    proxy_headers: Sequence[tuple[str, str]] = (),
) -> httpx.AsyncClient:
    """A client that reaches checked addresses only and reads no proxy settings."""
    backend = PinnedBackend(
        inner=httpcore.AnyIOBackend(), resolve=resolve, allow=allow, trusted=trusted
    )
    return httpx.AsyncClient(
        transport=PinnedTransport(
            backend, tls, connections=connections, proxy=proxy, proxy_headers=proxy_headers
        ),
        trust_env=False,
        max_redirects=5,
    )
