"""chDB inside this process: its import, its connections, its bounds."""

from __future__ import annotations

import ctypes
import fcntl
import os
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from watchkeeper.lib.imports import hidden
from watchkeeper.store.columns.errors import DataDirInUse, StoreUnavailable
from watchkeeper.store.columns.options import EmbeddedOptions

if TYPE_CHECKING:
    from chdb.state.sqlitelike import Connection

_MADV_DONTNEED = 4
_FREE_MEMORY_A_THREAD = 64 << 20
"""Bytes; where less is free, a query has fewer threads."""
_ROWS_A_THREAD, _BYTES_A_THREAD = 49_152, 64 << 20
"""What is worth a thread of its own: six blocks. A page asks for tens of milliseconds."""
_MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+\s+(\S.*)?")


def import_connection() -> type[Connection]:
    """chDB's connection class, imported without pyarrow and pandas.

    chDB imports these where they are installed, for answers that we never ask for; keeping them
    out saves some 26 MB. Whoever imports them later gets them.
    """
    with hidden("pyarrow", "pandas"):
        from chdb.state.sqlitelike import Connection
    return Connection


def release_clean_pages() -> int:
    """Give back the pages of the engine's library that lie in memory; returns the bytes mapped.

    A start, and each kind of query once, touch far more of it than the work that follows. The
    pages are clean and belong to the library's file: what is needed again is mapped again from
    the page cache, within a millisecond or two in all. Linux only, 0 elsewhere.
    """
    smaps = Path("/proc/self/smaps")
    if not smaps.exists():
        return 0
    released = 0
    for start, end in _clean_mappings(smaps.read_text(), "_chdb"):
        ctypes.CDLL(None).madvise(
            ctypes.c_void_p(start), ctypes.c_size_t(end - start), _MADV_DONTNEED
        )
        released += end - start
    return released


def _clean_mappings(smaps: str, library: str) -> Iterator[tuple[int, int]]:
    """Address ranges of `library`'s code and constants without a page of our own in them."""
    current: tuple[int, int] | None = None
    for line in smaps.splitlines():
        if head := _MAPPING.match(line):
            is_its = head[3] in {"r-xp", "r--p"} and library in (head[4] or "")
            current = (int(head[1], 16), int(head[2], 16)) if is_its else None
        elif current and line.startswith("Private_Dirty:"):
            if int(line.split()[1]) == 0:
                yield current
            current = None


class DirectoryLock:
    """Holds a directory for this process until `release`. Raises DataDirInUse."""

    def __init__(self, data_dir: Path) -> None:
        self._fd = os.open(data_dir / "watchkeeper.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._fd)
            raise _in_use(data_dir) from error

    def release(self) -> None:
        os.close(self._fd)


def _in_use(data_dir: Path) -> DataDirInUse:
    return DataDirInUse(
        f"The column store in {data_dir} is open in another process; stop that process or use it."
    )


def open_connection(data_dir: Path, options: EmbeddedOptions) -> Connection:
    """One more connection to the engine. Raises DataDirInUse when another process has it."""
    connection = import_connection()
    settings = "&".join(f"{name}={value}" for name, value in _startup(options).items())
    try:
        return connection(f"{data_dir}?{settings}")
    except RuntimeError as error:
        raise _in_use(data_dir) from error


def _startup(options: EmbeddedOptions) -> dict[str, str | int | float]:
    """Start-up settings of the engine: the first connection's hold for the process."""
    return {
        "max_server_memory_usage": options.memory_bytes,
        "mark_cache_size": options.mark_cache_bytes,
        "index_mark_cache_size": options.mark_cache_bytes,
        "primary_index_cache_size": options.mark_cache_bytes,
        "uncompressed_cache_size": 0,
        "query_condition_cache_size": 4 << 20,
        "compiled_expression_cache_size": 4 << 20,
        "max_thread_pool_free_size": 4,
        "load_marks_threadpool_pool_size": 2,
        "prefetch_threadpool_pool_size": 2,
        "threadpool_local_fs_reader_pool_size": 2,
        "background_pool_size": 2,
        "background_schedule_pool_size": 1,
        "memory_worker_period_ms": 2_000,
        "backups.allowed_path": "/",
        "max_memory_usage": options.query_memory_bytes,
        "max_execution_time": options.query_time_s,
        "max_threads": options.threads,
        # By default a thread for each GiB that is free: with our bounds that is one, always.
        "max_threads_min_free_memory_per_thread": _FREE_MEMORY_A_THREAD,
        "merge_tree_min_rows_for_concurrent_read": _ROWS_A_THREAD,
        "merge_tree_min_bytes_for_concurrent_read": _BYTES_A_THREAD,
        "local_filesystem_read_method": "pread",
    }


@contextmanager
def held_as_file(content: bytes) -> Iterator[str]:
    """The path of a file with `content`: in memory on Linux, in the temporary folder elsewhere."""
    if not hasattr(os, "memfd_create"):
        with tempfile.NamedTemporaryFile(prefix="watchkeeper-") as file:
            file.write(content)
            file.flush()
            yield file.name
        return
    with open(os.memfd_create("watchkeeper-insert"), "wb", buffering=0) as memory:
        memory.write(content)
        yield f"/proc/self/fd/{memory.fileno()}"


class ConnectionPool:
    """Up to `size` connections, each lent to one caller at a time, the last used first."""

    def __init__(self, data_dir: Path, size: int, options: EmbeddedOptions) -> None:
        self._data_dir = data_dir
        self._options = options
        self._free = threading.BoundedSemaphore(size)
        self._idle: list[Connection] = []
        self._lock = threading.Lock()
        self._closed = False

    @contextmanager
    def lend(self) -> Iterator[Connection]:
        """A connection for this thread alone. Raises StoreUnavailable after `wait_s`."""
        if not self._free.acquire(timeout=self._options.wait_s):
            raise StoreUnavailable("Too many queries run at once; try again.")
        try:
            connection = self._take()
            try:
                yield connection
            finally:
                self._give_back(connection)
        finally:
            self._free.release()

    def close(self) -> None:
        """Close what is idle now and what is lent when it comes back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take(self) -> Connection:
        with self._lock:
            if self._closed:
                raise StoreUnavailable("The column store is closed.")
            if self._idle:
                return self._idle.pop()
        return open_connection(self._data_dir, self._options)

    def _give_back(self, connection: Connection) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()
