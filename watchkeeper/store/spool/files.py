"""The few calls to the file system that durability rests on, behind a port that tests can watch."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Protocol

_SEGMENT_SUFFIX = ".seg"
_EXTENT = struct.Struct("<QQQ")  # segment, synced bytes of it, both XORed: a torn read is noticed
EXTENT_NAME = "synced"


class FilePort(Protocol):
    """What a lane's writer asks of the file system. Every call may raise OSError."""

    def create(self, path: Path) -> int:
        """A descriptor of a new file for appending. Raises FileExistsError."""
        ...

    def write(self, descriptor: int, content: bytes) -> int:
        """Append; returns how many bytes went in, possibly fewer."""
        ...

    def fdatasync(self, descriptor: int) -> None:
        """Return once what was written survives a loss of power."""
        ...

    def truncate(self, descriptor: int, size: int) -> None: ...

    def sync_directory(self, path: Path) -> None:
        """Return once the names in the directory survive a loss of power."""
        ...

    def close(self, descriptor: int) -> None: ...


class OsFiles:
    """The machine's own file system."""

    def create(self, path: Path) -> int:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)

    def write(self, descriptor: int, content: bytes) -> int:
        return os.write(descriptor, content)

    def fdatasync(self, descriptor: int) -> None:
        os.fdatasync(descriptor)

    def truncate(self, descriptor: int, size: int) -> None:
        os.ftruncate(descriptor, size)

    def sync_directory(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def close(self, descriptor: int) -> None:
        os.close(descriptor)


def segment_path(directory: Path, lane: str, segment: int) -> Path:
    """Where a segment lies."""
    return directory / lane / f"{segment:020d}{_SEGMENT_SUFFIX}"


def segments_of(directory: Path, lane: str) -> list[int]:
    """Numbers of a lane's segments, ascending; empty if the lane does not exist."""
    try:
        names = os.listdir(directory / lane)
    except FileNotFoundError:
        return []
    stems = (name.removesuffix(_SEGMENT_SUFFIX) for name in names if name.endswith(_SEGMENT_SUFFIX))
    return sorted(int(stem) for stem in stems if stem.isdigit())


def lanes_of(directory: Path) -> list[str]:
    """Names of the lanes under a spool's directory, sorted."""
    if not directory.is_dir():
        return []
    return sorted(entry.name for entry in os.scandir(directory) if entry.is_dir())


def size_of(path: Path) -> int:
    """Bytes of a file; 0 if it was deleted meanwhile."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def total_bytes(directory: Path) -> int:
    """Bytes of all segments of all lanes."""
    return sum(
        size_of(segment_path(directory, lane, segment))
        for lane in lanes_of(directory)
        for segment in segments_of(directory, lane)
    )


def pack_extent(segment: int, synced_bytes: int) -> bytes:
    """The extent file's content: how far the open segment is known to be on disk."""
    return _EXTENT.pack(segment, synced_bytes, segment ^ synced_bytes)


def read_extent(directory: Path, lane: str) -> tuple[int, int] | None:
    """(segment, synced bytes) as the lane's writer last published it; None if unknown."""
    try:  # asked many times a second, so without a file object
        descriptor = os.open(f"{directory}/{lane}/{EXTENT_NAME}", os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        content = os.read(descriptor, _EXTENT.size + 1)
    finally:
        os.close(descriptor)
    if len(content) != _EXTENT.size:
        return None
    segment, synced_bytes, check = _EXTENT.unpack(content)
    return (segment, synced_bytes) if check == segment ^ synced_bytes else None
