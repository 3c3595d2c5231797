"""The column store inside this process: chDB, one directory, no server."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from watchkeeper.store.columns import migrations, statements
from watchkeeper.store.columns.engine import (
    ConnectionPool,
    DirectoryLock,
    held_as_file,
    import_connection,
    open_connection,
    release_clean_pages,
)
from watchkeeper.store.columns.errors import insert_error, query_error
from watchkeeper.store.columns.options import EmbeddedOptions
from watchkeeper.store.columns.port import (
    Columns,
    ColumnsHealth,
    InsertFormat,
    Params,
    Settings,
    TableSize,
)
from watchkeeper.store.columns.schema import SchemaOptions
from watchkeeper.store.columns.values import param_texts, quoted, setting_texts

if TYPE_CHECKING:
    from chdb.state.sqlitelike import Connection


__all__ = ["EmbeddedColumns", "open_embedded", "release_clean_pages"]

_FROM_FILE: Settings = {"max_threads": 1, "max_insert_threads": 1, "max_execution_time": 0}
"""One thread keeps the rows' order, and with it the blocks that a token stands for."""


def open_embedded(data_dir: Path, *, options: EmbeddedOptions) -> Columns:
    """The column store of `data_dir`, made if it is missing. `migrate` comes next.

    One store a process. Costs some 0.7 s and 150 MB. Raises DataDirInUse.
    """
    if "?" in str(data_dir):
        raise ValueError(f"a data directory may have no '?' in its path: {data_dir}")
    data_dir.mkdir(parents=True, exist_ok=True)
    return EmbeddedColumns(data_dir.resolve(), options)


class EmbeddedColumns:
    """`Columns` on chDB. Reads and writes have connections of their own, so neither starves.

    Inserts go by INSERT SELECT from a file in memory. chDB's own `send_insert` is as fast, but
    answers "written" when the table refuses the rows at the last step (too many parts or days, a
    full disk, a broken view): they would be lost without a word. tests/contract/columns holds it.
    """

    def __init__(self, data_dir: Path, options: EmbeddedOptions) -> None:
        self._options = options
        self._lock = DirectoryLock(data_dir)
        try:
            import_connection()
            self._keep_open = open_connection(data_dir, options)
        except BaseException:
            self._lock.release()
            raise
        self._reads = ConnectionPool(data_dir, options.reads, options)
        self._writes = ConnectionPool(data_dir, options.writes, options)
        release_clean_pages()

    def fetch(
        self, sql: str, params: Params | None = None, *, fmt: str, settings: Settings | None = None
    ) -> bytes:
        texts = param_texts(params)
        with self._reads.lend() as connection:
            return _run(connection, sql, fmt, texts, self._overrides(settings))

    def rows(
        self, sql: str, params: Params | None = None, *, settings: Settings | None = None
    ) -> list[list[Any]]:
        return statements.parsed_rows(
            self.fetch(sql, params, fmt=statements.ROWS_FORMAT, settings=settings)
        )

    def execute(
        self, sql: str, params: Params | None = None, *, settings: Settings | None = None
    ) -> None:
        texts = param_texts(params)
        with self._writes.lend() as connection:
            _run(connection, sql, "Null", texts, self._overrides(settings))

    def insert(
        self,
        table: str,
        columns: Sequence[str],
        rows: bytes,
        *,
        token: str | None,
        fmt: InsertFormat = "RowBinary",
    ) -> None:
        target = statements.target(table, columns)
        structure = quoted(statements.structure(table, columns))
        settings = {**statements.insert_settings(token), **_FROM_FILE}
        settings["deduplicate_insert_select"] = "force_enable" if token else "disable"
        with self._writes.lend() as connection, held_as_file(rows) as path:
            try:
                connection.query(
                    f"INSERT INTO {target} SETTINGS {', '.join(setting_texts(settings))} "
                    f"SELECT * FROM file({quoted(path)}, '{fmt}', {structure})"
                )
            except RuntimeError as error:
                raise insert_error(str(error)) from error

    def migrate(self) -> int:
        options = SchemaOptions(retention_days=dict(self._options.retention_days))
        version = migrations.migrate(self, options)
        release_clean_pages()
        return version

    def drop_partition(self, table: str, day: str) -> None:
        self.execute(statements.drop_partition(table, day))

    def sizes(self) -> list[TableSize]:
        return statements.table_sizes(self.rows(statements.SIZES))

    def backup(self, target: Path) -> None:
        if target.exists():
            raise FileExistsError(f"{target} exists; name a new directory for the backup")
        self.execute(statements.backup(target), settings=statements.UNHURRIED)

    def restore(self, source: Path) -> None:
        self.execute(statements.restore(source), settings=statements.UNHURRIED)

    def health(self) -> ColumnsHealth:
        started = time.perf_counter()
        return statements.health(self, lambda: (time.perf_counter() - started) * 1000)

    def close(self) -> None:
        self._reads.close()
        self._writes.close()
        self._keep_open.close()
        with suppress(OSError):
            self._lock.release()

    def _overrides(self, settings: Settings | None) -> _Overrides:
        base: Settings = {
            "max_memory_usage": self._options.query_memory_bytes,
            "max_execution_time": self._options.query_time_s,
            "max_threads": self._options.threads,
        }
        return _Overrides(settings or {}, base)


class _Overrides:
    """Settings for one query: a connection remembers SET, so each is taken back after it."""

    def __init__(self, wanted: Settings, base: Settings) -> None:
        self._wanted = wanted
        self._base = base

    @contextmanager
    def on(self, connection: Connection) -> Iterator[None]:
        if not self._wanted:
            yield
            return
        connection.query("SET " + ", ".join(setting_texts(self._wanted)))
        try:
            yield
        finally:
            kept = {name: self._base[name] for name in self._wanted if name in self._base}
            lost = [f"{name} = DEFAULT" for name in self._wanted if name not in self._base]
            connection.query("SET " + ", ".join(setting_texts(kept) + lost))


def _run(
    connection: Connection, sql: str, fmt: str, texts: dict[str, str], overrides: _Overrides
) -> bytes:
    try:
        with overrides.on(connection):
            answer: bytes = connection.query(sql, fmt, params=texts).bytes()
            return answer
    except RuntimeError as error:
        raise query_error(str(error)) from error
