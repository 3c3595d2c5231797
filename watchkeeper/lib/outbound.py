"""The only HTTP client: it resolves, checks and pins the address of each connection it opens."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, ClassVar

from watchkeeper.lib.addresses import parse_networks
from watchkeeper.lib.errors import WatchkeeperError
from watchkeeper.lib.proxies import NO_PROXY, ProxyOptions, proxy_for

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import httpx

    Resolve = Callable[[str, int], Awaitable[list[str]]]

MEBIBYTE = 1024 * 1024


class OutboundRefused(WatchkeeperError):
    """The address may not be reached from here; the same call will be refused again."""

    code = "outbound_refused"
    http_status = 400


class OutboundFailed(WatchkeeperError):
    """The peer could not be reached, was too slow or broke off."""

    code = "outbound_failed"
    retryable = True
    http_status = 502


class BodyTooLarge(OutboundFailed):
    """The peer's answer is larger than the caller allows."""

    code = "outbound_body_too_large"
    retryable: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundOptions:
    """What outbound calls may reach. Section [outbound]."""

    allow: tuple[str, ...] = ()
    """CIDRs that addresses from UI, API and discovery may reach though they are not public."""
    max_connections: int = 128
    """Open connections to peers, each pool."""
    user_agent: str = "Watchkeeper"
    environment: Mapping[str, str] = field(default_factory=dict)
    """Where callers that ask for it find HTTP_PROXY, HTTPS_PROXY and NO_PROXY."""

    def __post_init__(self) -> None:
        parse_networks(self.allow)
        if self.max_connections < 1:
            raise ValueError(f"max_connections must be at least 1, got {self.max_connections}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsOptions:
    """How a peer's certificate is checked and ours is shown. Files are paths on this machine.

    *_text: the same as PEM.
    """

    ca_file: str = ""
    ca_text: str = ""
    cert_file: str = ""
    key_file: str = ""
    server_name: str = ""
    insecure_skip_verify: bool = False
    min_version: str = ""
    max_version: str = ""
    cert_text: str = ""
    key_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a peer answered. Header names are lower case.

    peer: the address that answered, empty if unknown.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    peer: str = ""


PLAIN_TLS = TlsOptions()
_TLS_VERSIONS = {
    "TLS10": ssl.TLSVersion.TLSv1,
    "TLS11": ssl.TLSVersion.TLSv1_1,
    "TLS12": ssl.TLSVersion.TLSv1_2,
    "TLS13": ssl.TLSVersion.TLSv1_3,
}


ClientKey = tuple[bool, "TlsKey | None", str, tuple[tuple[str, str], ...]]
TlsKey = tuple[TlsOptions, tuple[int, ...]]
"""TLS options and when their files changed."""


class Outbound:
    """Sends requests to peers. Connections are kept alive and shared by all callers of one loop."""

    def __init__(self, options: OutboundOptions, *, resolve: Resolve | None = None) -> None:
        self._options = options
        self._allow = parse_networks(options.allow)
        self._resolve = resolve
        self._clients: dict[ClientKey, httpx.AsyncClient] = {}
        self._contexts: dict[TlsKey, ssl.SSLContext] = {}

    def separate(self, *, max_connections: int = 2) -> Outbound:
        """One with connections of its own, for a caller that comes again and again to one peer.

        A shared pool would close idle connections for the sake of other peers. The caller closes
        it. Certificates that were read are shared.
        """
        own = Outbound(
            replace(self._options, max_connections=max_connections), resolve=self._resolve
        )
        own._contexts = self._contexts
        return own

    async def request(  # noqa: PLR0913 (each is a keyword with a default that is safe)
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        timeout_s: float = 10.0,
        trusted: bool = False,
        follow_redirects: bool = False,
        max_bytes: int = MEBIBYTE,
        tls: TlsOptions = PLAIN_TLS,
        proxy: ProxyOptions = NO_PROXY,
        packed: str = "",
    ) -> Answer:
        """Send one request and read the whole answer, gzip undone.

        timeout_s: for all of it. trusted: private addresses may be reached too. max_bytes: largest
        answer, after decompression. Redirects are answers unless asked to be followed; then each
        hop's address is checked as the first one was. proxy: its address is checked then; it
        resolves the peer's name itself. packed: a content-encoding that the caller undoes.
        Raises OutboundRefused, OutboundFailed, BodyTooLarge.
        """
        client, extensions = self._client_for(url, trusted=trusted, tls=tls, proxy=proxy)
        sent = {
            "user-agent": self._options.user_agent,
            "accept-encoding": "gzip",
            **(headers or {}),
        }
        with _said_plainly(url, timeout_s):
            async with asyncio.timeout(timeout_s):
                async with client.stream(
                    method,
                    url,
                    headers=sent,
                    content=content,
                    follow_redirects=follow_redirects,
                    extensions=extensions,
                    timeout=None,
                ) as response:
                    body = await _read(response, max_bytes, packed)
                    peer = _peer_of(response)
        kept = {name.lower(): value for name, value in response.headers.items()}
        return Answer(status=response.status_code, headers=kept, body=body, peer=peer)

    async def aclose(self) -> None:
        """Close every connection."""
        clients = list(self._clients.values())
        self._clients.clear()
        for client in clients:
            await client.aclose()

    def _client_for(
        self, url: str, *, trusted: bool, tls: TlsOptions, proxy: ProxyOptions
    ) -> tuple[httpx.AsyncClient, dict[str, str]]:
        from watchkeeper.lib.outbound_transport import new_client, resolve_by_system

        secure = tls != PLAIN_TLS or url[:6].lower() == "https:"
        tls_key = (tls, _changed(tls)) if secure else None
        through = proxy_for(url, proxy, self._options.environment) if proxy != NO_PROXY else ""
        key = (trusted, tls_key, through, proxy.connect_headers if through else ())
        client = self._clients.get(key)
        if client is None:
            client = new_client(
                resolve=self._resolve or resolve_by_system,
                allow=self._allow,
                trusted=trusted,
                tls=self._context(tls_key) if tls_key else None,
                connections=self._options.max_connections,
                proxy=through,
                proxy_headers=key[3],
            )
            self._clients[key] = client
        extensions = {"sni_hostname": tls.server_name} if tls.server_name else {}
        return client, extensions

    def _context(self, key: TlsKey) -> ssl.SSLContext:
        context = self._contexts.get(key)
        if context is None:
            for old in [known for known in self._contexts if known[0] == key[0]]:
                del self._contexts[old]
            context = self._contexts[key] = _new_context(key[0])
        return context


@contextmanager
def _said_plainly(url: str, timeout_s: float) -> Iterator[None]:
    """The library's errors as ours."""
    import httpcore
    import httpx

    from watchkeeper.lib.outbound_transport import AddressRefused

    try:
        yield
    except AddressRefused as error:
        raise OutboundRefused(str(error)) from error
    except TimeoutError as error:
        raise OutboundFailed(f"No whole answer within {timeout_s:g} s.") from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpcore.UnsupportedProtocol) as error:
        raise OutboundRefused(f"{url} is not an http or https address.") from error
    except UnicodeError as error:
        raise OutboundRefused("The address or a header has characters that HTTP lacks.") from error
    except (httpx.HTTPError, httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise OutboundFailed(_plain(error)) from error
    except (httpcore.TimeoutException, ssl.SSLError, OSError) as error:
        raise OutboundFailed(_plain(error)) from error


def _changed(tls: TlsOptions) -> tuple[int, ...]:
    """When the files of TLS options changed, so that certificates may be rotated."""
    times: list[int] = []
    for path in (tls.ca_file, tls.cert_file, tls.key_file):
        if path:
            with suppress(OSError):
                times.append(os.stat(path).st_mtime_ns)
    return tuple(times)


def _new_context(tls: TlsOptions) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=tls.ca_file or None, cadata=tls.ca_text or None)
        if not (tls.ca_file or tls.ca_text):
            import certifi

            context.load_verify_locations(certifi.where())
        _show_certificate(context, tls)
    except (OSError, ssl.SSLError) as error:
        raise OutboundRefused(f"A certificate or key file cannot be read: {error}.") from error
    if tls.insecure_skip_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if tls.min_version:
        context.minimum_version = _TLS_VERSIONS[tls.min_version]
    if tls.max_version:
        context.maximum_version = _TLS_VERSIONS[tls.max_version]
    return context


def _show_certificate(context: ssl.SSLContext, tls: TlsOptions) -> None:
    """Load our certificate. OpenSSL takes it from a file, so inline PEM stands in one meanwhile."""
    if not (tls.cert_file or tls.cert_text):
        return
    with NamedTemporaryFile("w", suffix=".pem") as cert, NamedTemporaryFile("w") as key:
        for file, text in ((cert, tls.cert_text), (key, tls.key_text)):
            file.write(text)
            file.flush()
        context.load_cert_chain(tls.cert_file or cert.name, tls.key_file or key.name)


def _peer_of(response: httpx.Response) -> str:
    """The address at the other end of the connection."""
    stream = response.extensions.get("network_stream")
    address = stream.get_extra_info("server_addr") if stream is not None else None
    return str(address[0]) if isinstance(address, tuple) else ""


async def _read(response: httpx.Response, max_bytes: int, packed: str) -> bytes:
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip", packed):
        raise OutboundFailed(
            f"The peer answered in content-encoding {encoding}; only gzip was asked for."
        )
    unzip = zlib.decompressobj(wbits=31) if "gzip" in encoding else None
    parts: list[bytes] = []
    room = max_bytes
    async for raw in response.aiter_raw():
        try:
            part = unzip.decompress(raw, room + 1) if unzip else raw
        except zlib.error as error:
            raise OutboundFailed("The peer's gzip body is broken.") from error
        room -= len(part)
        if room < 0:
            raise BodyTooLarge(f"The answer is larger than {max_bytes:,} bytes.")
        parts.append(part)
    return b"".join(parts)


def _plain(error: Exception) -> str:
    text = _system_reason(error) or str(error).strip() or type(error).__name__
    return text if text.endswith(".") else f"{text}."


def _system_reason(error: BaseException) -> str:
    """What the system said of a connection that failed, e.g. "Connection refused"; or nothing."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, BaseExceptionGroup):
            seen = seen.exceptions[0]
        if isinstance(seen, socket.gaierror):
            return ""  # its numbers are not the system's; the name that failed is in the text
        if isinstance(seen, OSError) and not isinstance(seen, ssl.SSLError) and seen.errno:
            return f"{os.strerror(seen.errno)}: the peer cannot be reached"
        seen = seen.__cause__ or seen.__context__
    return ""
