"""Sockets of syslog: one thread reads all of them and hands the lines over in batches.

While the spool takes nothing the thread waits: TCP senders are held back by their windows, of UDP
the kernel keeps what its buffer holds. TLS is spoken as RFC 5425 has it, by the same thread: a
handshake goes on when its socket has something for it.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from watchkeeper.ingest.accept import Acceptor
from watchkeeper.ingest.drops import Drop
from watchkeeper.ingest.pipeline import LogLimits, finish_log
from watchkeeper.ingest.protocols.syslog.frames import LONGEST_BYTES, Frames
from watchkeeper.ingest.protocols.syslog.parse import read_message
from watchkeeper.ingest.rows import LogRow
from watchkeeper.lib.clock import Clock
from watchkeeper.lib.errors import Overloaded
from watchkeeper.lib.listening import ListenAddress, Transport, open_listener
from watchkeeper.privacy import Scrubber

RECEIVE_BYTES = 8 * 2**20
MOST_CONNECTIONS = 256
_MESSAGES_A_BATCH = 2_000
_LOOK_AGAIN_S = 0.2
_LONGEST_WAIT_S = 5.0
_HANDSHAKE_S = 10.0

_log = structlog.get_logger("watchkeeper.syslog")


@dataclass(frozen=True, slots=True)
class SyslogListener:
    """One address and the name (organisation/project, empty: the first) its lines belong to."""

    address: ListenAddress
    project: str


@dataclass(slots=True)
class _Source:
    """An open socket. frames: of a connection; None for a datagram socket or a listening one."""

    sock: socket.socket
    project: str
    is_listening: bool = False
    frames: Frames | None = None
    tls: ssl.SSLContext | None = None
    """Of a listening socket: what its connections are made with."""
    handshake_until: float | None = None
    """Of a connection whose handshake goes on: when it must be over, by the monotonic clock."""


@dataclass(slots=True)
class _Waiting:
    """Messages read and not yet kept, by the name of their project."""

    messages: dict[str, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    count: int = 0

    def add(self, project: str, found: Sequence[bytes]) -> None:
        self.messages[project] += found
        self.count += len(found)


class SyslogService:
    """Reads sockets until `close`. find_project: the id of a name; None while there is none.

    tls: of listeners whose transport is TLS; needed if there is one.
    """

    def __init__(
        self,
        listeners: Sequence[SyslogListener],
        *,
        acceptor: Acceptor,
        scrubber: Scrubber,
        find_project: Callable[[str], int | None],
        clock: Clock,
        limits: LogLimits | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._listeners, self._acceptor, self._scrubber = listeners, acceptor, scrubber
        self._find_project, self._clock = find_project, clock
        self._limits, self._tls = limits or LogLimits(), tls
        self._selector = selectors.DefaultSelector()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._connections = 0
        self._handshakes = 0
        self.addresses: list[object] = []
        """Where the sockets really listen, once open."""

    def open(self) -> None:
        """Open the sockets and begin. Raises CannotListen."""
        for listener in self._listeners:
            sock = open_listener(listener.address, receive_bytes=RECEIVE_BYTES)
            sock.setblocking(False)
            source = _Source(
                sock,
                listener.project,
                is_listening=not listener.address.transport.is_datagram,
                tls=self._tls if listener.address.transport is Transport.TLS else None,
            )
            self._selector.register(sock, selectors.EVENT_READ, source)
            self.addresses.append(sock.getsockname())
        if self._listeners:
            self._thread = threading.Thread(target=self._run, name="syslog", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Stop; what was read is kept first."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(_LONGEST_WAIT_S)
        for key in list(self._selector.get_map().values()):
            key.data.sock.close()
        self._selector.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                waiting = _Waiting()
                for key, _events in self._selector.select(_LOOK_AGAIN_S):
                    self._read(key.data, waiting)
                self._keep(waiting)
                self._end_slow_handshakes()
            except Exception:  # a background loop's top
                self._acceptor.metrics.failed("syslog")
                _log.exception("syslog messages were not read")

    def _read(self, source: _Source, waiting: _Waiting) -> None:
        if source.is_listening:
            self._accept(source)
        elif source.frames is None:
            self._read_datagrams(source, waiting)
        elif source.handshake_until is not None:
            self._shake_hands(source)
        else:
            self._read_stream(source, source.frames, waiting)

    def _accept(self, source: _Source) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionError):
            sock, _peer = source.sock.accept()
            if self._connections >= MOST_CONNECTIONS:
                self._acceptor.metrics.drop(Drop.RATE_LIMITED)
                sock.close()
                return
            sock.setblocking(False)
            self._connections += 1
            made = _Source(sock, source.project, frames=Frames())
            if source.tls is not None:
                made.sock = source.tls.wrap_socket(
                    sock, server_side=True, do_handshake_on_connect=False
                )
                made.handshake_until = time.monotonic() + _HANDSHAKE_S
                self._handshakes += 1
            self._selector.register(made.sock, selectors.EVENT_READ, made)

    def _shake_hands(self, source: _Source) -> None:
        """Go on with a handshake as far as the sender's bytes reach."""
        assert isinstance(source.sock, ssl.SSLSocket)
        try:
            source.sock.do_handshake()
        except ssl.SSLWantReadError:
            self._selector.modify(source.sock, selectors.EVENT_READ, source)
        except ssl.SSLWantWriteError:
            self._selector.modify(source.sock, selectors.EVENT_WRITE, source)
        except OSError as error:
            self._refuse(source, str(error))
        else:
            source.handshake_until = None
            self._handshakes -= 1
            self._selector.modify(source.sock, selectors.EVENT_READ, source)

    def _end_slow_handshakes(self) -> None:
        """So that who connects and says nothing does not hold a place."""
        if not self._handshakes:
            return
        now = time.monotonic()
        for key in list(self._selector.get_map().values()):
            until = key.data.handshake_until
            if until is not None and until < now:
                self._refuse(key.data, "the handshake took too long")

    def _refuse(self, source: _Source, reason: str) -> None:
        self._acceptor.metrics.failed("syslog_tls")
        _log.info("a syslog sender's TLS handshake failed", reason=reason)
        self._handshakes -= 1
        self._let_go(source)

    def _read_datagrams(self, source: _Source, waiting: _Waiting) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionError):
            while waiting.count < _MESSAGES_A_BATCH:
                if message := source.sock.recv(LONGEST_BYTES):
                    waiting.add(source.project, [message])

    def _read_stream(self, source: _Source, frames: Frames, waiting: _Waiting) -> None:
        try:
            data = source.sock.recv(LONGEST_BYTES)
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        except OSError:
            data = b""
        before = frames.cut
        waiting.add(source.project, frames.feed(data) if data else frames.end())
        if frames.cut > before:
            self._acceptor.metrics.drop(Drop.TOO_LARGE)
        if not data:
            self._let_go(source)

    def _let_go(self, source: _Source) -> None:
        self._selector.unregister(source.sock)
        source.sock.close()
        self._connections -= 1

    def _keep(self, waiting: _Waiting) -> None:
        for project, messages in waiting.messages.items():
            project_id = self._find_project(project)
            if project_id is None:
                self._acceptor.metrics.drop(Drop.WRONG_PROJECT, len(messages))
                continue
            now_ms = self._clock()
            rows = [
                finish_log(
                    read_message(message, received_ms=now_ms),
                    received_ms=now_ms,
                    scrubber=self._scrubber.of(project_id),
                    limits=self._limits,
                )
                for message in messages
            ]
            self._put(project_id, rows)

    def _put(self, project_id: int, rows: Sequence[LogRow]) -> None:
        """Keep rows, however long the spool takes nothing; on stopping there is one more try."""
        while True:
            try:
                self._acceptor.accept_logs_blocking(project_id, rows)
                return
            except Overloaded as error:
                if self._stopping.is_set():
                    return
                self._stopping.wait(min(error.retry_after_s, _LONGEST_WAIT_S))
