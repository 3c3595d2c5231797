"""The receiving process as its parent sees it: started, read, started again, ended."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from watchkeeper.ingest.protocols.statsd import receiver
from watchkeeper.ingest.protocols.statsd.receiver import DATAGRAM, FRAME, STREAM

READ_BYTES = 2**18
END_WITHIN_S = 3.0


@dataclass(frozen=True, slots=True)
class Frame:
    """What one listener took in. datagrams, lost: since its frame before."""

    listener: int
    refused: int
    datagrams: int
    lost: int
    text: bytes


class ReceiverProcess:
    """Reads sockets that this process has opened and keeps open: they outlive the receiver."""

    def __init__(self, sockets: Sequence[socket.socket]) -> None:
        self._sockets = sockets
        self._process: subprocess.Popen[bytes] | None = None
        self._begun = bytearray()
        self.starts = 0

    def start(self) -> None:
        """Start it. What waits in the sockets is read first."""
        words = [f"{sock.fileno()}:{_kind(sock)}" for sock in self._sockets]
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", receiver.__file__, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[sock.fileno() for sock in self._sockets],
        )
        self._begun.clear()
        self.starts += 1

    def frames(self, within_s: float) -> list[Frame] | None:
        """What has come, waiting at most so long for the first; None if the receiver has died."""
        pipe = self._pipe()
        if pipe is None:
            return None
        if not _is_ready(pipe, within_s):
            return []
        got = os.read(pipe, READ_BYTES)
        if not got:
            self._reap()
            return None
        self._begun += got
        return list(self._whole_frames())

    def end(self) -> list[Frame]:
        """Stop it; returns what it still had."""
        process, found = self._process, []
        if process is None or process.stdin is None:
            return []
        process.stdin.close()
        deadline = time.monotonic() + END_WITHIN_S
        while (left_s := deadline - time.monotonic()) > 0:
            frames = self.frames(left_s)
            if frames is None:
                break
            found += frames
        self._reap()
        return found

    def _pipe(self) -> int | None:
        process = self._process
        return None if process is None or process.stdout is None else process.stdout.fileno()

    def _reap(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    def _whole_frames(self) -> Iterator[Frame]:
        begun, at = self._begun, 0
        while len(begun) - at >= FRAME.size:
            listener, refused, datagrams, lost, size = FRAME.unpack_from(begun, at)
            end = at + FRAME.size + size
            if len(begun) < end:
                break
            yield Frame(listener, refused, datagrams, lost, bytes(begun[at + FRAME.size : end]))
            at = end
        del begun[:at]


def _kind(sock: socket.socket) -> str:
    return DATAGRAM if sock.type == socket.SOCK_DGRAM else STREAM


def _is_ready(pipe: int, within_s: float) -> bool:
    """True once something can be read or the other end is closed. Any number of a file will do."""
    waiting = select.poll()
    waiting.register(pipe, select.POLLIN)
    return bool(waiting.poll(max(0.0, within_s) * 1000))
