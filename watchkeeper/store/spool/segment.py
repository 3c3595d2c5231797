"""The segment that a lane's writer appends to: written, synced, sealed after a failure."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from pathlib import Path

from watchkeeper.lib.clock import Clock
from watchkeeper.store.spool.errors import LaneInUse
from watchkeeper.store.spool.files import (
    EXTENT_NAME,
    FilePort,
    pack_extent,
    segment_path,
    segments_of,
)


class OpenSegment:
    """Appends bytes to the newest segment of one lane. Used by one thread at a time.

    After a failed write or sync the segment is cut back to what was synced and never written to
    again, so that no byte offset ever holds two different records.
    Raises LaneInUse if another process holds the lane.
    """

    def __init__(self, directory: Path, lane: str, *, clock: Clock, files: FilePort) -> None:
        self._directory, self._lane, self._clock, self._files = directory, lane, clock, files
        self._lane_directory = directory / lane
        self._lane_directory.mkdir(parents=True, exist_ok=True)
        files.sync_directory(directory)
        self._lock = _lock_lane(self._lane_directory / "lock")
        extent_path = self._lane_directory / EXTENT_NAME
        self._extent = os.open(extent_path, os.O_WRONLY | os.O_CREAT, 0o600)
        self._descriptor: int | None = None
        self.number = 0
        self.size = 0

    def ensure_open(self) -> None:
        """Open a new segment if none is open. Numbers grow, even past deleted segments."""
        if self._descriptor is not None:
            return
        last = max(segments_of(self._directory, self._lane), default=0)
        number = max(last, self.number, self._clock() - 1) + 1
        self._descriptor = self._files.create(segment_path(self._directory, self._lane, number))
        self.number, self.size = number, 0
        self._files.sync_directory(self._lane_directory)
        self._publish()

    def commit(self, content: bytes) -> None:
        """Append and return once it is on disk. Raises OSError; then nothing of it was kept."""
        descriptor = self._descriptor
        if descriptor is None:
            raise RuntimeError("ensure_open comes first")
        try:
            self._write_all(descriptor, content)
            self._files.fdatasync(descriptor)
        except OSError:
            with contextlib.suppress(OSError):
                self._files.truncate(descriptor, self.size)
            self.seal()
            raise
        self.size += len(content)
        self._publish()

    def seal(self) -> None:
        """Close the segment; the next `ensure_open` begins another."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            self._files.close(descriptor)

    def close(self) -> None:
        self.seal()
        os.close(self._extent)
        os.close(self._lock)

    def _write_all(self, descriptor: int, content: bytes) -> None:
        written = 0
        while written < len(content):
            count = self._files.write(descriptor, content[written:] if written else content)
            if count <= 0:
                raise OSError(errno.EIO, "the disk took no bytes")
            written += count

    def _publish(self) -> None:
        os.pwrite(self._extent, pack_extent(self.number, self.size), 0)


def _lock_lane(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise LaneInUse(f"Another process writes to {path.parent}; stop it first.") from error
    return descriptor
