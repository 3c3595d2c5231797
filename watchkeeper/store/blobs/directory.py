"""Blobs as files of one directory."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from watchkeeper.store.blobs.errors import BlobMissing, BlobsUnavailable
from watchkeeper.store.blobs.keys import checked_key

UNFINISHED = ".unfinished-"
"""Beginning of a file that is being written; no key begins with a dot."""


class DirectoryBlobs:
    """A file a key under `path`, written whole or not at all. Thread- and process-safe.

    Raises Invalid (bad key), BlobMissing, BlobsUnavailable (disk full, no access).
    """

    def __init__(self, path: Path) -> None:
        self._root = path

    def put(self, key: str, content: bytes) -> None:
        target = self._root / checked_key(key)
        with _translated(key):
            self._make_directory(target.parent)
            fresh = target.with_name(f"{UNFINISHED}{secrets.token_hex(8)}")
            try:
                _write_synced(fresh, content)
                fresh.replace(target)
            except OSError:
                fresh.unlink(missing_ok=True)
                raise
            _sync_directory(target.parent)

    def get(self, key: str) -> bytes:
        source = self._root / checked_key(key)
        with _translated(key):
            try:
                return source.read_bytes()
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
                raise BlobMissing(key) from error

    def delete(self, key: str) -> None:
        target = self._root / checked_key(key)
        with _translated(key):
            if target.is_file():
                target.unlink(missing_ok=True)
                _sync_directory(target.parent)

    def keys(self, prefix: str) -> Iterator[str]:
        """Every key that begins with `prefix`, as text, in no order."""
        start = self._root / prefix.rpartition("/")[0]
        if not start.resolve().is_relative_to(self._root.resolve()):
            return
        for directory, _, names in os.walk(start):
            for name in names:
                key = (Path(directory) / name).relative_to(self._root).as_posix()
                if key.startswith(prefix) and not name.startswith(UNFINISHED):
                    yield key

    def _make_directory(self, directory: Path) -> None:
        """Create it and what is missing above it, each entry synced into its parent."""
        missing = [directory] if not directory.is_dir() else []
        while missing and not missing[-1].parent.is_dir():
            missing.append(missing[-1].parent)
        for new in reversed(missing):
            new.mkdir(mode=0o700, exist_ok=True)
            _sync_directory(new.parent)


def _write_synced(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_directory(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


@contextmanager
def _translated(key: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BlobsUnavailable(f"The file {key} cannot be stored or read: {error.strerror}.") from (
            error
        )
