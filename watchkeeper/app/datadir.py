"""The data directory: what lies where in it, and that one server owns it."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from watchkeeper.lib.errors import WatchkeeperError

WAIT_FOR_A_DYING_SERVER_S = 2.0
SALT_BYTES = 32
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class DataDirUnusable(WatchkeeperError):
    """The data directory is in use by another server, or cannot be written."""

    code: ClassVar[str] = "data_dir_unusable"


@dataclass(frozen=True, slots=True)
class DataDir:
    """Paths below one data directory. Files with secrets are made with mode 0600."""

    root: Path

    @property
    def columns(self) -> Path:
        return self.root / "columns"

    @property
    def spool(self) -> Path:
        return self.root / "spool"

    @property
    def blobs(self) -> Path:
        return self.root / "blobs"

    @property
    def meta_url(self) -> str:
        return f"sqlite:///{self.root.resolve() / 'meta.sqlite'}"

    @property
    def control_socket(self) -> Path:
        """Where the engine answers: to the edge, and to commands of whoever owns the directory."""
        return self.root / "control.sock"

    @property
    def backups_file(self) -> Path:
        """Where backups were written to, a line each."""
        return self.root / "backups.jsonl"

    @property
    def running_file(self) -> Path:
        return self.root / "running.json"

    def prepare(self) -> None:
        """Make the directory, readable by its owner alone. Raises DataDirUnusable."""
        with self.in_use():
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            for path in (self.spool, self.blobs):
                path.mkdir(exist_ok=True, mode=0o700)

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Around work on files of the directory: an OSError leaves it as DataDirUnusable."""
        try:
            yield
        except OSError as error:
            way_out = "Free some space there" if error.errno in _NO_ROOM else "Make it writable"
            raise DataDirUnusable(
                f"Cannot use the data directory {self.root}: {error.strerror}. "
                f"{way_out}, or choose another with --data-dir."
            ) from error

    def salt(self) -> bytes:
        """32 random bytes that pseudonyms of people are made with, made at the first call.

        Raises DataDirUnusable, also for a file that is not whole: another salt would tell
        people apart who are the same.
        """
        path = self.root / "salt"
        with self.in_use():
            if not path.exists():
                _write_whole(path, secrets.token_bytes(SALT_BYTES))
            found = path.read_bytes()
        if len(found) != SALT_BYTES:
            raise DataDirUnusable(
                f"The file {path} must hold {SALT_BYTES} bytes, it holds {len(found)}: "
                "restore it from a backup."
            )
        return found

    @property
    def secret_file(self) -> Path:
        """The installation's own secret; access makes it."""
        return self.root / "secret"

    def note_running(self, *, base_url: str, listen: str) -> None:
        """Say for other commands where the running server listens and what it prints."""
        content = {"pid": os.getpid(), "base_url": base_url, "listen": listen}
        with self.in_use():
            self.running_file.write_text(json.dumps(content))

    def running_base_url(self) -> str | None:
        """The address that the last started server printed, if one was started here."""
        return self._noted("base_url")

    def running_listen(self) -> str | None:
        """HOST:PORT of the last started server, if one was started here."""
        return self._noted("listen")

    def _noted(self, name: str) -> str | None:
        try:
            value = json.loads(self.running_file.read_text())[name]
        except (OSError, ValueError, KeyError):
            return None
        return value if isinstance(value, str) else None


class DataDirLock:
    """Held while a server or a tool owns the data directory; gone with its process."""

    def __init__(self, data_dir: DataDir) -> None:
        self._path = data_dir.root / "lock"
        self._data_dir = data_dir
        self._descriptor: int | None = None

    def acquire(self, *, wait_s: float = WAIT_FOR_A_DYING_SERVER_S) -> None:
        """Take the lock. Raises DataDirUnusable if another process keeps it for `wait_s`."""
        with self._data_dir.in_use():
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + wait_s
        while not _try_lock(descriptor):
            if time.monotonic() > deadline:
                os.close(descriptor)
                raise DataDirUnusable(
                    f"The data directory {self._data_dir.root} is in use by another server. "
                    "Stop that one, or choose another directory with --data-dir."
                )
            time.sleep(0.05)
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back; harmless when it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _write_whole(path: Path, content: bytes) -> None:
    """Make a small file, if no other process does first; a reader never sees half of it."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        fresh.unlink()


def is_locked(data_dir: DataDir) -> bool:
    """True if a server or a tool owns the directory at this moment."""
    lock = DataDirLock(data_dir)
    try:
        lock.acquire(wait_s=0)
    except DataDirUnusable:
        return True
    lock.release()
    return False


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in {errno.EAGAIN, errno.EACCES}:
            return False
        raise
    return True
