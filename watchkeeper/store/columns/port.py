"""The port of the column store. SQL is ClickHouse's, on chDB in the process or on a server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

Params = Mapping[str, object]
"""Values for `{name:Type}` placeholders; never spliced into the text."""

Settings = Mapping[str, str | int | float]

InsertFormat = Literal["RowBinary", "Native"]
"""How rows are handed over: row by row, or a block of whole columns (fixed width only)."""


@dataclass(frozen=True, slots=True)
class ColumnsHealth:
    """ok: the store answered; detail: one safe sentence when it did not."""

    ok: bool
    response_ms: float
    version: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class TableSize:
    """What one table takes on disk, active parts only."""

    table: str
    rows: int
    bytes_on_disk: int
    parts: int


class Columns(Protocol):
    """Reads and writes columns. Every method blocks; each may be called from any thread.

    Errors: StoreUnavailable (retryable), QueryTooHeavy, QueryCancelled, QueryFailed,
    BatchRefused (permanent for these rows). Nothing of the driver leaks out.
    """

    def fetch(
        self, sql: str, params: Params | None = None, *, fmt: str, settings: Settings | None = None
    ) -> bytes:
        """The answer's bytes in a ClickHouse format (RowBinary, Native, JSONCompactEachRow, …)."""
        ...

    def rows(
        self, sql: str, params: Params | None = None, *, settings: Settings | None = None
    ) -> list[list[Any]]:
        """The answer as Python values, a list a row: 64-bit integers are ints, times are text,
        a NaN or an infinity is None."""
        ...

    def execute(
        self, sql: str, params: Params | None = None, *, settings: Settings | None = None
    ) -> None:
        """A statement without an answer (DDL, mutation)."""
        ...

    def insert(
        self,
        table: str,
        columns: Sequence[str],
        rows: bytes,
        *,
        token: str | None,
        fmt: InsertFormat = "RowBinary",
    ) -> None:
        """Add rows, synced when this returns. The same token twice adds the rows once.

        The deduplication token holds for the table's materialized views too.
        """
        ...

    def migrate(self) -> int:
        """Bring the schema to this program's version; returns it. Raises SchemaTooNew."""
        ...

    def drop_partition(self, table: str, day: str) -> None:
        """Drop one day, `YYYYMMDD`, of a table."""
        ...

    def sizes(self) -> list[TableSize]: ...

    def backup(self, target: Path) -> None:
        """Write a restorable copy of every table under `target` (must not exist)."""
        ...

    def restore(self, source: Path) -> None:
        """Bring back what `backup` wrote. The store must be empty."""
        ...

    def health(self) -> ColumnsHealth: ...

    def close(self) -> None: ...
