"""Files that grow: found by pattern, followed through rotation, read on from where they stood."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

from watchkeeper.agent.joining import Joiner

READ_BYTES = 256 * 1024
MOST_FILES = 1_000
LONGEST_LINE = 256 * 1024
_PACKED = (".gz", ".xz", ".bz2", ".zst", ".zip")


class Event(NamedTuple):
    """One event of a file. key, end: what to remember once it is kept."""

    text: str
    path: str
    key: str
    end: int


@dataclass(slots=True)
class _File:
    """One open file. at: how far it is read; a line that is not whole yet begins there."""

    path: str
    key: str
    handle: BinaryIO
    at: int
    idle: int = 0
    joiner: Joiner = field(default_factory=Joiner)


class Files:
    """Reads what is new in the files that match. Not for several threads.

    positions: bytes already kept, by file (device and inode). from_start: whether files that are
    there already at the first start are read from their beginning.
    """

    def __init__(
        self, patterns: Sequence[str], positions: Mapping[str, int], *, from_start: bool
    ) -> None:
        self._patterns, self._positions = patterns, dict(positions)
        self._is_first = not from_start and not positions
        self._open: dict[str, _File] = {}
        self.skipped = 0
        """Files beyond the bound, at the last look."""

    def read(self, most_bytes: int) -> Iterator[Event]:
        """Events that are whole, of every file in turn, until so many bytes are read."""
        self._look()
        for file in list(self._open.values()):
            if most_bytes <= 0:
                return
            before = file.at
            yield from self._of(file, min(most_bytes, READ_BYTES))
            most_bytes -= file.at - before

    def keys(self) -> set[str]:
        """The files that are there."""
        return set(self._open)

    def close(self) -> None:
        """Close every file."""
        for file in self._open.values():
            file.handle.close()
        self._open.clear()

    def _look(self) -> None:
        """Open what is new, and let go of what is gone and read to its end."""
        found: dict[str, str] = {}
        for pattern in self._patterns:
            for path in sorted(glob.iglob(pattern, recursive=True)):
                if not path.endswith(_PACKED) and os.path.isfile(path):
                    key = _key(path)
                    if key:
                        found.setdefault(key, path)
        self.skipped = max(0, len(found) - MOST_FILES)
        for key, path in list(found.items())[:MOST_FILES]:
            if key in self._open:
                self._open[key].path = path
            else:
                self._begin(key, path)
        self._is_first = False
        for key, file in list(self._open.items()):
            if key not in found and file.idle > 1 and file.joiner.is_empty:
                file.handle.close()
                del self._open[key]

    def _begin(self, key: str, path: str) -> None:
        try:
            handle = open(path, "rb")  # noqa: SIM115  # it stays open while the file is followed
        except OSError:
            return
        size = os.fstat(handle.fileno()).st_size
        at = self._positions.get(key, size if self._is_first else 0)
        self._open[key] = _File(path, key, handle, 0 if at > size else at)

    def _of(self, file: _File, most_bytes: int) -> Iterator[Event]:
        if os.fstat(file.handle.fileno()).st_size < file.at:  # emptied in place
            file.at, file.joiner = 0, Joiner()
        file.handle.seek(file.at)
        data = file.handle.read(most_bytes)
        end = data.rfind(b"\n") + 1
        if not end and len(data) >= LONGEST_LINE:
            end = len(data)
        file.idle = 0 if end else file.idle + 1
        if not end and file.idle > 1 and (last := file.joiner.flush()):
            yield Event(last[0], file.path, file.key, last[1])
        for raw in data[:end].splitlines(keepends=True):
            file.at += len(raw)
            line = raw.rstrip(b"\r\n").decode("utf-8", "replace")
            if done := file.joiner.add(line, file.at):
                yield Event(done[0], file.path, file.key, done[1])


def _key(path: str) -> str:
    try:
        found = os.stat(path)
    except OSError:
        return ""
    return f"{found.st_dev}:{found.st_ino}"
