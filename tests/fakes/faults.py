"""Stores that fail at a chosen call. Each does the real thing, except where it is told to fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

from watchkeeper.model import Record
from watchkeeper.store.columns import BatchRefused, Columns, InsertFormat
from watchkeeper.store.meta import Meta
from watchkeeper.store.spool import SpoolWriter


class Killed(BaseException):
    """The process died here: nothing may catch it."""


class FaultyColumns:
    """Real columns; insert number `at` (from 1) raises, before or after it was done."""

    def __init__(
        self, real: Columns, *, at: int, is_done: bool, error: BaseException | None = None
    ) -> None:
        self._real, self._at, self._is_done = real, at, is_done
        self._error = error or Killed()
        self.inserts = 0

    def insert(
        self,
        table: str,
        columns: Sequence[str],
        rows: bytes,
        *,
        token: str | None,
        fmt: InsertFormat = "RowBinary",
    ) -> None:
        self.inserts += 1
        if self.inserts == self._at and not self._is_done:
            raise self._error
        self._real.insert(table, columns, rows, token=token, fmt=fmt)
        if self.inserts == self._at:
            raise self._error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class PickyColumns:
    """Real columns that refuse for good every insert with certain bytes in it."""

    def __init__(self, real: Columns, refused: Callable[[bytes], bool]) -> None:
        self._real, self._refused = real, refused

    def insert(
        self,
        table: str,
        columns: Sequence[str],
        rows: bytes,
        *,
        token: str | None,
        fmt: InsertFormat = "RowBinary",
    ) -> None:
        if self._refused(rows):
            raise BatchRefused("These rows can never be stored.")
        self._real.insert(table, columns, rows, token=token, fmt=fmt)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class FaultySpool:
    """A real lane; append number `at` (from 1) raises and keeps nothing."""

    def __init__(self, real: SpoolWriter, *, at: int, error: BaseException) -> None:
        self._real, self._at, self._error = real, at, error
        self.appends = 0

    async def append(self, records: Sequence[Record]) -> None:
        self._count()
        await self._real.append(records)

    def append_blocking(self, records: Sequence[Record]) -> None:
        self._count()
        self._real.append_blocking(records)

    def close(self) -> None:
        self._real.close()

    def _count(self) -> None:
        self.appends += 1
        if self.appends == self._at:
            raise self._error


class FaultyMeta(Meta):
    """Real meta; write transaction number `at` (from 1) raises, before or after its commit."""

    def __init__(
        self, real: Meta, *, at: int, is_done: bool, error: BaseException | None = None
    ) -> None:
        self._real, self._at, self._is_done = real, at, is_done
        self._error = error or Killed()
        self.writes = 0

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._real.read() as conn:
            yield conn

    @contextmanager
    def write(self) -> Iterator[Connection]:
        self.writes += 1
        fails = self.writes == self._at
        with self._real.write() as conn:
            yield conn
            if fails and not self._is_done:
                raise self._error
        if fails:
            raise self._error


class CountedColumns:
    """Real columns that count how often they are read."""

    def __init__(self, real: Columns) -> None:
        self._real = real
        self.reads = 0

    def rows(self, sql: str, params: Any = None, *, settings: Any = None) -> list[list[Any]]:
        self.reads += 1
        return self._real.rows(sql, params, settings=settings)

    def fetch(self, sql: str, params: Any = None, *, fmt: str, settings: Any = None) -> bytes:
        self.reads += 1
        return self._real.fetch(sql, params, fmt=fmt, settings=settings)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)
