"""StatsD at work: the receiving process, one thread that adds up, a flush every few seconds."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from watchkeeper.ingest.protocols.statsd.kernel_drops import datagrams_lost
from watchkeeper.ingest.protocols.statsd.metrics import StatsdMetrics
from watchkeeper.ingest.protocols.statsd.project import ProjectLines
from watchkeeper.ingest.protocols.statsd.receiving import Frame, ReceiverProcess
from watchkeeper.lib.clock import SECOND_MS, Clock
from watchkeeper.lib.errors import Overloaded
from watchkeeper.lib.listening import (
    CannotListen,
    ListenAddress,
    open_listener,
    receive_buffer_bytes,
)

RECEIVE_BYTES = 32 * 2**20
"""Wished for each datagram socket; one small datagram takes almost a KiB of it."""
SMALL_RECEIVE_BYTES = 2**20
RESTART_PAUSE_S = 0.2
LOOK_AGAIN_MS = 10 * SECOND_MS
"""How often an address that was taken is tried again."""

_log = structlog.get_logger("watchkeeper.statsd")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """An address and the project whose lines come in there, as the settings name it.

    is_optional: if another program has the address, the server starts nevertheless.
    """

    address: ListenAddress
    project: str = ""
    is_optional: bool = False


class StatsdService:
    """Runs in one thread: `run_once` again and again, then `close`.

    projects: by name as in the listeners. find_project: the id behind a name; None while there is
    no such project, and then lines are added up and wait.
    """

    def __init__(
        self,
        listeners: Sequence[Listener],
        projects: Mapping[str, ProjectLines],
        *,
        find_project: Callable[[str], int | None],
        clock: Clock,
        metrics: StatsdMetrics,
        flush_ms: int,
    ) -> None:
        self._projects, self._find_project = projects, find_project
        self._clock, self._metrics, self._flush_ms = clock, metrics, flush_ms
        self._waiting = list(listeners)
        self._open: list[tuple[Listener, socket.socket]] = []
        self._receiver: ReceiverProcess | None = None
        self._kernel_lost = 0
        self._looked_ms = self._flushed_ms = clock()

    @property
    def addresses(self) -> list[tuple[ListenAddress, int]]:
        """What is listened on, and the port that the kernel chose where none was named."""
        return [(each.address, _port(sock)) for each, sock in self._open]

    def open(self) -> None:
        """Open the sockets. Raises CannotListen for one that is not optional."""
        still_waiting = []
        for listener in self._waiting:
            try:
                sock = open_listener(listener.address, receive_bytes=RECEIVE_BYTES)
            except CannotListen as problem:
                if not listener.is_optional:
                    self._close_sockets()
                    raise
                still_waiting.append(listener)
                self._metrics.listening.labels(str(listener.address)).set(0)
                _log.info("statsd address is not to be had", reason=str(problem))
                continue
            self._open.append((listener, sock))
            self._metrics.listening.labels(str(listener.address)).set(1)
            _warn_of_small_buffer(listener, sock)
        self._waiting = still_waiting

    def run_once(self) -> float:
        """Take what comes until the next flush is due, then flush. Returns seconds to pause: 0."""
        now_ms = self._clock()
        due_ms = self._flushed_ms - self._flushed_ms % self._flush_ms + self._flush_ms
        if now_ms >= due_ms:
            self._flush(now_ms - now_ms % self._flush_ms)
            return 0.0
        if not self._open:
            self._flushed_ms = now_ms
            return LOOK_AGAIN_MS / SECOND_MS if not self._look_again(now_ms) else 0.0
        if self._receiver is None:
            self._start_receiver()
        frames = self._receiver.frames((due_ms - now_ms) / SECOND_MS) if self._receiver else None
        if frames is None:
            self._receiver = None
            self._metrics.restarts.inc()
            _log.warning("statsd receiver died; starting it again")
            return RESTART_PAUSE_S
        for frame in frames:
            self._take(frame)
        return 0.0

    def close(self) -> None:
        """Take and store what has been sent so far; then nothing is listened on any more."""
        if self._receiver is not None:
            for frame in self._receiver.end():
                self._take(frame)
            self._receiver = None
        self._flush(self._clock())
        self._close_sockets()

    def _start_receiver(self) -> None:
        self._receiver = ReceiverProcess([sock for _, sock in self._open])
        self._receiver.start()

    def _take(self, frame: Frame) -> None:
        listener, _ = self._open[frame.listener]
        self._metrics.packets.inc(frame.datagrams)
        if frame.lost:
            self._metrics.lost_here.inc(frame.lost)
        if frame.refused:
            self._metrics.connections_refused.inc(frame.refused)
        if frame.text:
            self._projects[listener.project].aggregator.feed(frame.text, self._clock())

    def _flush(self, ts_ms: int) -> None:
        began = time.perf_counter()
        self._flushed_ms = max(ts_ms, self._flushed_ms + 1)
        written = 0
        for name, project in self._projects.items():
            written += self._flush_project(name, project)
        self._tell_metrics()
        if written:
            self._metrics.flush_seconds.observe(time.perf_counter() - began)
        if self._waiting and ts_ms - self._looked_ms >= LOOK_AGAIN_MS:
            self._look_again(ts_ms)

    def _flush_project(self, name: str, project: ProjectLines) -> int:
        aggregator = project.aggregator
        if not len(aggregator.table) and not aggregator.messages:
            return 0
        project_id = self._find_project(name)
        if project_id is None:
            aggregator.settle(self._flushed_ms)
            return 0
        try:
            return project.write(project_id, self._flushed_ms)
        except Overloaded as problem:
            _log.warning("statsd waits for the spool", reason=str(problem))
            return 0

    def _tell_metrics(self) -> None:
        for project in self._projects.values():
            aggregator = project.aggregator
            self._metrics.lines.inc(aggregator.lines)
            self._metrics.add(aggregator.taken, aggregator.refused)
            aggregator.lines = 0
            aggregator.taken.clear()
            aggregator.refused.clear()
        self._metrics.series.set(
            sum(len(each.aggregator.table) for each in self._projects.values())
        )
        lost = datagrams_lost(
            sock for each, sock in self._open if each.address.transport.is_datagram
        )
        self._metrics.lost_in_kernel.inc(max(0, lost - self._kernel_lost))
        self._kernel_lost = lost

    def _look_again(self, now_ms: int) -> bool:
        """Try the addresses that were taken; True if one is free now."""
        self._looked_ms = now_ms
        before = len(self._open)
        self.open()
        if len(self._open) == before:
            return False
        if self._receiver is not None:
            for frame in self._receiver.end():
                self._take(frame)
            self._receiver = None
        return True

    def _close_sockets(self) -> None:
        for listener, sock in self._open:
            sock.close()
            if listener.address.path:
                with contextlib.suppress(OSError):
                    os.unlink(listener.address.path)
        self._open = []


def _port(sock: socket.socket) -> int:
    name = sock.getsockname()
    return int(name[1]) if isinstance(name, tuple) else 0


def _warn_of_small_buffer(listener: Listener, sock: socket.socket) -> None:
    if not listener.address.transport.is_datagram or listener.address.path:
        return
    size = receive_buffer_bytes(sock)
    if size < SMALL_RECEIVE_BYTES:
        _log.info(
            "small kernel buffer for statsd; datagrams may be lost in bursts: "
            "raise net.core.rmem_max",
            address=str(listener.address),
            bytes=size,
        )
