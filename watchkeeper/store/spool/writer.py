"""Group commit: many callers share one write and one sync."""

from __future__ import annotations

import asyncio
import errno
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from watchkeeper.lib.clock import Clock
from watchkeeper.lib.errors import Overloaded
from watchkeeper.model import Record
from watchkeeper.store.spool.errors import SpoolFull, SpoolUnavailable
from watchkeeper.store.spool.files import FilePort, OsFiles, total_bytes
from watchkeeper.store.spool.frame import MAX_FRAME_BYTES, encode, encoded_bytes
from watchkeeper.store.spool.segment import OpenSegment

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolOptions:
    """Bounds of the spool. Section [spool]."""

    max_bytes: int = 2 * 2**30
    """Bytes of all lanes together, after which senders are told to come back."""
    segment_bytes: int = 32 * 2**20
    """Bytes after which a new segment begins; whole segments are deleted once digested."""
    queue_bytes: int = 64 * 2**20
    """Bytes that may wait in memory for the disk, after which senders are told to come back."""

    def __post_init__(self) -> None:
        if self.segment_bytes < 1:
            raise ValueError(f"segment_bytes must be > 0, got {self.segment_bytes}")
        if self.max_bytes < self.segment_bytes:
            raise ValueError("max_bytes must be at least segment_bytes")
        if self.queue_bytes < 1:
            raise ValueError(f"queue_bytes must be > 0, got {self.queue_bytes}")


@dataclass(slots=True)
class _Waiting:
    """One append that waits for its group: its bytes, for the place it expects; who to tell."""

    records: Sequence[Record]
    place: tuple[int, int]
    content: bytes
    done: Future[None] | asyncio.Future[None]
    loop: asyncio.AbstractEventLoop | None


@dataclass(slots=True)
class _Queue:
    """Appends that wait for the writer's thread. next_place: segment and offset of the next."""

    wakes: threading.Condition = field(default_factory=threading.Condition)
    waiting: list[_Waiting] = field(default_factory=list)
    size: int = 0
    next_place: tuple[int, int] = (0, 0)
    closed: bool = False


class SegmentWriter:
    """Appends to one lane; implements `SpoolWriter`. Raises LaneInUse if the lane has a writer.

    One thread takes all that waits, writes it at once, syncs once and answers everybody. Callers
    encode their records themselves, for the place where they will stand unless the segment changes
    meanwhile: the thread does little that holds others up.
    """

    def __init__(
        self,
        directory: Path,
        lane: str,
        *,
        clock: Clock,
        options: SpoolOptions | None = None,
        files: FilePort | None = None,
    ) -> None:
        self._directory = directory
        self._options = options or SpoolOptions()
        self._segment = OpenSegment(directory, lane, clock=clock, files=files or OsFiles())
        self._segment.ensure_open()
        self._used_bytes = total_bytes(directory)
        self._unmeasured_bytes = 0
        self._queue = _Queue(next_place=(self._segment.number, self._segment.size))
        self._thread = threading.Thread(target=self._run, name=f"spool-{lane}", daemon=True)
        self._thread.start()

    async def append(self, records: Sequence[Record]) -> None:
        """Return once the records are on disk. Raises SpoolFull or SpoolUnavailable."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._enqueue(records, done, loop)
        await done

    def append_blocking(self, records: Sequence[Record]) -> None:
        """The same from a plain thread."""
        done: Future[None] = Future()
        self._enqueue(records, done, None)
        done.result()

    def close(self) -> None:
        """Write what waits, then stop. Later appends raise SpoolUnavailable."""
        with self._queue.wakes:
            self._queue.closed = True
            self._queue.wakes.notify()
        self._thread.join()
        self._segment.close()

    def _enqueue(
        self,
        records: Sequence[Record],
        done: Future[None] | asyncio.Future[None],
        loop: asyncio.AbstractEventLoop | None,
    ) -> None:
        sizes = [encoded_bytes(record) for record in records]
        if max(sizes, default=0) > MAX_FRAME_BYTES:
            raise ValueError(f"a record takes at most {MAX_FRAME_BYTES} bytes")
        size = sum(sizes)
        queue = self._queue
        with queue.wakes:
            if queue.closed:
                raise SpoolUnavailable("The spool is closing; send again.")
            if queue.waiting and queue.size + size > self._options.queue_bytes:
                raise SpoolFull("Too much waits for the disk; send again.")
            segment, offset = place = queue.next_place
            content = _encoded(records, place)
            queue.waiting.append(_Waiting(records, place, content, done, loop))
            queue.size += size
            queue.next_place = segment, offset + size
            queue.wakes.notify()

    def _run(self) -> None:
        while (group := self._take()) is not None:
            _answer(group, self._commit(group))

    def _take(self) -> list[_Waiting] | None:
        """All that waits; None once the writer is closed and nothing waits."""
        queue = self._queue
        with queue.wakes:
            while not queue.waiting and not queue.closed:
                queue.wakes.wait()
            group, queue.waiting, queue.size = queue.waiting, [], 0
            return group or None

    def _commit(self, group: list[_Waiting]) -> Exception | None:
        """Put a group on disk; returns what went wrong for the whole of it."""
        size = sum(len(waiting.content) for waiting in group)
        try:
            self._make_room(size)
            self._segment.ensure_open()
            self._segment.commit(self._joined(group))
        except OSError as error:
            self._expect_here()
            return _translated(error)
        except Exception as error:  # a loop's top: the callers are told, the thread lives on
            self._expect_here()
            return error
        self._used_bytes += size
        self._unmeasured_bytes += size
        if self._segment.size >= self._options.segment_bytes:
            self._segment.seal()
        return None

    def _joined(self, group: list[_Waiting]) -> bytes:
        """The group's bytes; what expected another place is encoded for this one."""
        parts: list[bytes] = []
        segment, offset = self._segment.number, self._segment.size
        for waiting in group:
            is_there = waiting.place == (segment, offset)
            part = waiting.content if is_there else _encoded(waiting.records, (segment, offset))
            parts.append(part)
            offset += len(part)
        if group[-1].place[0] != segment:
            self._expect(segment, offset)
        return b"".join(parts)

    def _expect_here(self) -> None:
        self._expect(self._segment.number, self._segment.size)

    def _expect(self, segment: int, offset: int) -> None:
        """Let what is appended from now on expect its place after what waits already."""
        with self._queue.wakes:
            self._queue.next_place = segment, offset + self._queue.size

    def _make_room(self, size: int) -> None:
        """Raise SpoolFull if the bound would be passed; measured anew before it is said."""
        limit = self._options.max_bytes
        is_stale = self._unmeasured_bytes >= self._options.segment_bytes // 4
        if is_stale or self._used_bytes + size > limit:
            self._used_bytes, self._unmeasured_bytes = total_bytes(self._directory), 0
        if self._used_bytes + size > limit:
            raise SpoolFull(f"The spool holds its limit of {limit:,} bytes; send again later.")


def _encoded(records: Sequence[Record], place: tuple[int, int]) -> bytes:
    """The records one after another, from `place` (segment, offset) on."""
    segment, offset = place
    parts: list[bytes] = []
    for record in records:
        part = encode(record, segment=segment, offset=offset)
        parts.append(part)
        offset += len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _translated(error: OSError) -> Overloaded:
    if error.errno in _NO_ROOM:
        return SpoolFull("The disk is full; free some space, then send again.")
    return SpoolUnavailable(f"The spool cannot be written: {error.strerror}.")


def _answer(group: list[_Waiting], failure: Exception | None) -> None:
    """Tell every caller; asyncio callers by one wake-up of each loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Waiting]] = {}
    for waiting in group:
        if waiting.loop is None:
            _resolve([waiting], failure)
        else:
            by_loop.setdefault(waiting.loop, []).append(waiting)
    for loop, members in by_loop.items():
        try:
            loop.call_soon_threadsafe(_resolve, members, failure)
        except RuntimeError:  # the loop was closed: nobody waits any more
            continue


def _resolve(group: list[_Waiting], failure: Exception | None) -> None:
    for waiting in group:
        if waiting.done.done():  # the caller went away
            continue
        if failure is None:
            waiting.done.set_result(None)
        else:
            waiting.done.set_exception(failure)
