"""Empties the StatsD sockets as fast as they fill: a process of its own, without libraries.

Run by its path, with the sockets inherited: `python -I -S receiver.py FD:KIND…` (KIND: d for
datagrams, s for a listening stream socket). What arrives goes to standard output in frames; the
end of standard input ends it. A datagram that the kernel has no room for is lost without a word,
so nothing here waits for anything but the sockets.
"""

import contextlib
import os
import selectors
import signal
import socket
import struct
import sys
import time
from collections import deque

FRAME = struct.Struct("<HHIII")
"""Before each payload: listener, connections refused, datagrams, datagrams lost, bytes."""

DATAGRAM, STREAM = "d", "s"
LARGEST_DATAGRAM = 65_536
SEAL_BYTES = 65_536
SEAL_AFTER_S = 0.005
REST_S = 0.0005
"""A pause after a drain, so that the next one finds many datagrams."""
MOST_HELD_BYTES = 64 * 2**20
"""Waiting for the reader; then datagrams are dropped and counted, and streams are not read."""
MOST_CONNECTIONS = 1_024
PIPE_BYTES = 2**20
_SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ of Linux


class Outbox:
    """Frames on their way to the reader, and the one that each listener is filling."""

    def __init__(self, listeners: int, target: int) -> None:
        self._target = target
        size = SEAL_BYTES + LARGEST_DATAGRAM + 1
        self.views = [memoryview(bytearray(size)) for _ in range(listeners)]
        self.filled = [0] * listeners
        self.datagrams, self.lost, self.refused = ([0] * listeners for _ in range(3))
        self._frames: deque[memoryview] = deque()
        self.held = 0
        self._since = 0.0

    @property
    def is_full(self) -> bool:
        return self.held >= MOST_HELD_BYTES

    def due_in(self, now: float) -> float | None:
        """Seconds until something must be sealed; None if nothing waits for that."""
        return max(0.0, self._since + SEAL_AFTER_S - now) if self._since else None

    def note(self, now: float) -> None:
        """Something was added."""
        self._since = self._since or now

    def seal_all(self) -> None:
        """Close every frame that holds anything."""
        for listener in range(len(self.filled)):
            self.seal(listener)
        self._since = 0.0

    def seal(self, listener: int) -> None:
        """Close one listener's frame; the next begins."""
        size = self.filled[listener]
        counts = (self.refused[listener], self.datagrams[listener], self.lost[listener])
        if not size and not any(counts):
            return
        head = FRAME.pack(listener, *counts, size)
        self._frames.append(memoryview(head + self.views[listener][:size]))
        self.held += FRAME.size + size
        self.filled[listener] = 0
        self.refused[listener] = self.datagrams[listener] = self.lost[listener] = 0

    def write(self) -> None:
        """Write what the pipe takes now. Raises BrokenPipeError when the reader is gone."""
        while self._frames:
            try:
                written = os.write(self._target, self._frames[0])
            except BlockingIOError:
                return
            self.held -= written
            if written == len(self._frames[0]):
                self._frames.popleft()
            else:
                self._frames[0] = self._frames[0][written:]

    @property
    def is_waiting(self) -> bool:
        return bool(self._frames)


def drain(sock: socket.socket, listener: int, outbox: Outbox) -> bool:
    """Take datagrams until none is left, or a frame is full; True if more may be there."""
    if outbox.is_full:
        return discard(sock, listener, outbox)
    view, filled, taken = outbox.views[listener], outbox.filled[listener], 0
    receive = sock.recv_into
    has_more = True
    try:
        while filled < SEAL_BYTES:
            filled += receive(view[filled:])
            view[filled] = 10  # a newline ends each datagram, whether or not it has one
            filled += 1
            taken += 1
    except BlockingIOError:
        has_more = False
    outbox.filled[listener] = filled
    outbox.datagrams[listener] += taken
    if has_more:
        outbox.seal(listener)
    return has_more


def discard(sock: socket.socket, listener: int, outbox: Outbox) -> bool:
    """The reader is far behind: take datagrams away and count them."""
    try:
        for _ in range(1_000):
            sock.recv(1)
            outbox.lost[listener] += 1
    except BlockingIOError:
        return False
    return True


class Connection:
    """One stream: whole lines go on, the beginning of the next one waits."""

    def __init__(self, sock: socket.socket, listener: int) -> None:
        self.sock, self.listener = sock, listener
        self._begun = b""

    def read(self, outbox: Outbox) -> bool:
        """Take what is there; False once the sender has closed."""
        try:
            got = self.sock.recv(SEAL_BYTES - LARGEST_DATAGRAM // 2)
        except BlockingIOError:
            return True
        except OSError:
            got = b""
        whole, newline, begun = (self._begun + got).rpartition(b"\n")
        # What is longer than any line goes on as it is: it is counted where lines are read.
        if not got or len(begun) > LARGEST_DATAGRAM:
            whole, newline, begun = whole + newline + begun, b"\n", b""
        self._begun = begun
        self._put(outbox, whole + newline)
        return bool(got)

    def _put(self, outbox: Outbox, text: bytes) -> None:
        while text.strip(b"\n"):
            filled = outbox.filled[self.listener]
            room = SEAL_BYTES + LARGEST_DATAGRAM - filled
            cut = len(text) if len(text) <= room else text.rfind(b"\n", 0, room) + 1
            if not cut:
                if not filled:
                    cut = room
                else:
                    outbox.seal(self.listener)
                    continue
            outbox.views[self.listener][filled : filled + cut] = text[:cut]
            outbox.filled[self.listener] = filled + cut
            text = text[cut:]
            if outbox.filled[self.listener] >= SEAL_BYTES:
                outbox.seal(self.listener)


class Source:
    """What the loop waits for. kind: DATAGRAM, STREAM, "connection", "control" or "pipe"."""

    __slots__ = ("connection", "kind", "listener", "sock")

    def __init__(
        self,
        kind: str,
        listener: int = 0,
        sock: socket.socket | None = None,
        connection: Connection | None = None,
    ) -> None:
        self.kind, self.listener, self.sock, self.connection = kind, listener, sock, connection


class Receiver:
    """The loop over all sockets."""

    def __init__(self, sockets: list[tuple[socket.socket, str]], control: int, target: int) -> None:
        self._selector = selectors.DefaultSelector()
        self._outbox = Outbox(len(sockets), target)
        self._control, self._target = control, target
        self._sources = [Source(kind, at, sock) for at, (sock, kind) in enumerate(sockets)]
        self._connections: set[Connection] = set()
        self._is_paused = self._is_writing = False
        self._is_running = True
        for source in self._sources:
            if source.sock is not None:
                source.sock.setblocking(False)
                self._selector.register(source.sock, selectors.EVENT_READ, source)
        self._selector.register(control, selectors.EVENT_READ, Source("control"))

    def run(self) -> None:
        """Until standard input ends; then what is in the sockets is still taken."""
        while self._is_running:
            events = self._selector.select(self._outbox.due_in(time.monotonic()))
            has_more = False
            for key, _ in events:
                has_more |= self._take(key.data)
            self._pass_on(has_taken=bool(events))
            if events and not has_more:
                time.sleep(REST_S)
        self._finish()

    def _take(self, source: Source) -> bool:
        """What one source has; True if it has more."""
        if source.kind == DATAGRAM and source.sock is not None:
            return drain(source.sock, source.listener, self._outbox)
        if source.kind == STREAM and source.sock is not None:
            self._accept(source.sock, source.listener)
        elif source.connection is not None:
            self._read(source.connection)
        elif source.kind == "control":
            self._is_running = bool(os.read(self._control, 64))
        return False

    def _accept(self, listening: socket.socket, listener: int) -> None:
        try:
            sock, _ = listening.accept()
        except OSError:
            return
        if len(self._connections) >= MOST_CONNECTIONS or self._outbox.is_full:
            sock.close()
            self._outbox.refused[listener] += 1
            return
        sock.setblocking(False)
        connection = Connection(sock, listener)
        self._connections.add(connection)
        self._watch(connection)

    def _watch(self, connection: Connection) -> None:
        source = Source("connection", connection.listener, connection=connection)
        self._selector.register(connection.sock, selectors.EVENT_READ, source)

    def _read(self, connection: Connection) -> None:
        if self._outbox.is_full or connection.read(self._outbox):
            return
        self._connections.discard(connection)
        self._selector.unregister(connection.sock)
        connection.sock.close()

    def _pass_on(self, *, has_taken: bool) -> None:
        now = time.monotonic()
        if has_taken:
            self._outbox.note(now)
        due_in = self._outbox.due_in(now)
        if due_in is not None and due_in <= 0:
            self._outbox.seal_all()
        self._outbox.write()
        if self._outbox.is_waiting != self._is_writing:
            self._is_writing = self._outbox.is_waiting
            if self._is_writing:
                self._selector.register(self._target, selectors.EVENT_WRITE, Source("pipe"))
            else:
                self._selector.unregister(self._target)
        if self._outbox.is_full != self._is_paused:
            self._is_paused = self._outbox.is_full
            self._pause_streams()

    def _pause_streams(self) -> None:
        """Senders on streams wait while the reader is behind; nothing of theirs is lost."""
        for connection in self._connections:
            if self._is_paused:
                self._selector.unregister(connection.sock)
            else:
                self._watch(connection)

    def _finish(self) -> None:
        for source in self._sources:
            if source.kind == DATAGRAM:
                while self._take(source):
                    pass
        for connection in self._connections:
            connection.read(self._outbox)
        self._outbox.seal_all()
        os.set_blocking(self._target, True)
        self._outbox.write()


def main(words: list[str]) -> None:
    """words: FD:KIND for each listener, in order."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)  # the parent decides when it ends
    sockets = []
    for word in words:
        fd, _, kind = word.partition(":")
        sockets.append((socket.socket(fileno=int(fd)), kind))
    target = sys.stdout.fileno()
    os.set_blocking(target, False)
    with contextlib.suppress(ImportError, OSError):
        import fcntl

        fcntl.fcntl(target, _SET_PIPE_SIZE, PIPE_BYTES)
    with contextlib.suppress(BrokenPipeError):
        Receiver(sockets, sys.stdin.fileno(), target).run()


if __name__ == "__main__":
    main(sys.argv[1:])
