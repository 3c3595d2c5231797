"""Sockets to listen on: datagrams and streams, on an IP address or a path."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import socket
import stat
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from watchkeeper.lib.errors import WatchkeeperError

_BACKLOG = 128
_SO_RCVBUFFORCE = 33
_URL = re.compile(r"(?:(udp|tcp|tls)://)?(\[[0-9a-fA-F:.%]+\]|[^\s:/\[\]]*):([0-9]{1,5})")
_PATH = re.compile(r"(unix|unixgram)://(/.+)")
_LONGEST_PATH = 107


class Transport(StrEnum):
    """How bytes come in. TLS: over TCP."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"
    UNIXGRAM = "unixgram"
    UNIX = "unix"

    @property
    def is_datagram(self) -> bool:
        return self in {Transport.UDP, Transport.UNIXGRAM}


class CannotListen(WatchkeeperError):
    """An address cannot be listened on; the sentence says why."""

    code: ClassVar[str] = "cannot_listen"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenAddress:
    """One socket's address. host: an IP address or a name; path: of a Unix socket."""

    transport: Transport
    host: str = ""
    port: int = 0
    path: str = ""

    def __str__(self) -> str:
        if self.path:
            return f"{self.transport}://{self.path}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.transport}://{host}:{self.port}"


def parse_addresses(text: str) -> tuple[ListenAddress, ...]:
    """The sockets that an address means.

    `HOST:PORT` is UDP and TCP; udp://, tcp://, tls://, unix:///path and unixgram:///path are one
    each.
    `localhost` is both loopback addresses; an empty host is every address. Raises ValueError.
    """
    if (found := _PATH.fullmatch(text)) is not None:
        if len(found[2].encode()) > _LONGEST_PATH:
            raise ValueError(f"the path of a Unix socket has at most {_LONGEST_PATH} bytes: {text}")
        return (ListenAddress(transport=Transport(found[1]), path=found[2]),)
    found = _URL.fullmatch(text)
    if found is None or int(found[3]) > 65_535:
        raise ValueError(
            f"{text!r} is no address; use HOST:PORT, udp://HOST:PORT, tcp://HOST:PORT, "
            "tls://HOST:PORT (syslog only), unixgram:///path or unix:///path"
        )
    kinds = (Transport(found[1]),) if found[1] else (Transport.UDP, Transport.TCP)
    name = found[2].strip("[]")
    hosts = ("127.0.0.1", "::1") if name == "localhost" else (name or "0.0.0.0",)
    return tuple(
        ListenAddress(transport=kind, host=host, port=int(found[3]))
        for host in hosts
        for kind in kinds
    )


def open_listener(
    address: ListenAddress, *, receive_bytes: int, unix_mode: int = 0o722
) -> socket.socket:
    """A bound socket; a stream one listens. Raises CannotListen.

    receive_bytes: wished for in the kernel's buffer of a datagram socket; it gives what it may.
    unix_mode: who may send to a Unix socket.
    """
    try:
        if address.path:
            return _open_unix(address, receive_bytes, unix_mode)
        return _open_inet(address, receive_bytes)
    except OSError as error:
        reason = (
            "another program listens there"
            if error.errno == errno.EADDRINUSE
            else (error.strerror or str(error)).lower()
        )
        raise CannotListen(
            f"Cannot listen on {address}: {reason}. Stop that, or choose another address."
        ) from error


def receive_buffer_bytes(sock: socket.socket) -> int:
    """What the kernel really gives, its own bookkeeping included."""
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)


def _open_inet(address: ListenAddress, receive_bytes: int) -> socket.socket:
    kind = socket.SOCK_DGRAM if address.transport.is_datagram else socket.SOCK_STREAM
    family, _, _, _, target = socket.getaddrinfo(
        address.host, address.port, type=kind, flags=socket.AI_PASSIVE
    )[0]
    sock = socket.socket(family, kind)
    try:
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if not address.transport.is_datagram:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return _ready(sock, target, address, receive_bytes)
    except OSError:
        sock.close()
        raise


def _open_unix(address: ListenAddress, receive_bytes: int, mode: int) -> socket.socket:
    kind = socket.SOCK_DGRAM if address.transport.is_datagram else socket.SOCK_STREAM
    _remove_left_over(address.path, kind)
    sock = socket.socket(socket.AF_UNIX, kind)
    try:
        _ready(sock, address.path, address, receive_bytes)
        os.chmod(address.path, mode)
    except OSError:
        sock.close()
        raise
    return sock


def _ready(
    sock: socket.socket, target: object, address: ListenAddress, receive_bytes: int
) -> socket.socket:
    sock.bind(target)  # type: ignore[arg-type]  # a path, or what getaddrinfo gave
    if address.transport.is_datagram:
        _enlarge(sock, receive_bytes)
    else:
        sock.listen(_BACKLOG)
    return sock


def _enlarge(sock: socket.socket, size: int) -> None:
    """A large kernel buffer: beyond the system's bound where this process may ask for that."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, size)
        return
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)


def _remove_left_over(path: str, kind: int) -> None:
    """Take away a socket that a killed server left; one that somebody serves stays."""
    try:
        if not stat.S_ISSOCK(os.stat(path).st_mode):
            return
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, kind) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
