"""The column store on a ClickHouse server or cluster, over HTTP."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from watchkeeper.lib.errors import WatchkeeperError
from watchkeeper.store.columns import migrations, statements
from watchkeeper.store.columns.errors import StoreUnavailable, code_of, insert_error, query_error
from watchkeeper.store.columns.options import ClusterOptions
from watchkeeper.store.columns.port import (
    Columns,
    ColumnsHealth,
    InsertFormat,
    Params,
    Settings,
    TableSize,
)
from watchkeeper.store.columns.schema import SchemaOptions
from watchkeeper.store.columns.values import checked_name

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client


_AT_ONCE: Settings = {"distributed_foreground_insert": 1}
"""What is written to a cluster is on its shards when the call returns, not queued on one node."""


def open_cluster(dsn: str, *, options: ClusterOptions) -> Columns:
    """The column store at `dsn`, `http(s)://user:password@host:8123/database`.

    The database must exist. Raises StoreUnavailable when no server answers.
    """
    import clickhouse_connect
    from clickhouse_connect.driver import httputil
    from clickhouse_connect.driver.exceptions import ClickHouseError

    pool = httputil.get_pool_manager(maxsize=options.connections, num_pools=4, block=True)
    try:
        client = clickhouse_connect.get_client(
            dsn=dsn,
            autogenerate_session_id=False,
            pool_mgr=pool,
            connect_timeout=int(options.connect_s),
            send_receive_timeout=int(options.query_time_s * 2),
        )
    except ClickHouseError as error:
        raise StoreUnavailable("The ClickHouse server does not answer; check its DSN.") from error
    return ClusterColumns(client, options)


class ClusterColumns:
    """`Columns` on a server. The client keeps no session, so threads share it."""

    def __init__(self, client: Client, options: ClusterOptions) -> None:
        self._client = client
        self._options = options

    def fetch(
        self, sql: str, params: Params | None = None, *, fmt: str, settings: Settings | None = None
    ) -> bytes:
        return self._query(sql, params, fmt, settings)

    def rows(
        self, sql: str, params: Params | None = None, *, settings: Settings | None = None
    ) -> list[list[Any]]:
        return statements.parsed_rows(
            self.fetch(sql, params, fmt=statements.ROWS_FORMAT, settings=settings)
        )

    def execute(
        self, sql: str, params: Params | None = None, *, settings: Settings | None = None
    ) -> None:
        self._query(sql, params, None, settings)

    def insert(
        self,
        table: str,
        columns: Sequence[str],
        rows: bytes,
        *,
        token: str | None,
        fmt: InsertFormat = "RowBinary",
    ) -> None:
        from clickhouse_connect.driver.exceptions import ClickHouseError

        statements.target(table, columns)
        settings = {**statements.insert_settings(token), **_AT_ONCE}
        try:
            self._client.raw_insert(
                table, list(columns), insert_block=rows, settings=settings, fmt=fmt
            )
        except ClickHouseError as error:
            raise insert_error(str(error)) from error

    def migrate(self) -> int:
        return migrations.migrate(
            self,
            SchemaOptions(
                cluster=self._options.cluster, retention_days=dict(self._options.retention_days)
            ),
        )

    def drop_partition(self, table: str, day: str) -> None:
        self.execute(statements.drop_partition(table, day, self._options.cluster))

    def sizes(self) -> list[TableSize]:
        return statements.table_sizes(self.rows(statements.SIZES))

    def backup(self, target: Path) -> None:
        self.execute(
            statements.backup(target, self._database(), self._options.cluster),
            settings=statements.UNHURRIED,
        )

    def restore(self, source: Path) -> None:
        self.execute(
            statements.restore(source, self._database(), self._options.cluster),
            settings=statements.UNHURRIED,
        )

    def health(self) -> ColumnsHealth:
        started = time.perf_counter()
        return statements.health(self, lambda: (time.perf_counter() - started) * 1000)

    def close(self) -> None:
        self._client.close()

    def _database(self) -> str:
        return checked_name(str(self.rows("SELECT currentDatabase()")[0][0]))

    def _query(
        self, sql: str, params: Params | None, fmt: str | None, settings: Settings | None
    ) -> bytes:
        from clickhouse_connect.driver.exceptions import ClickHouseError

        base: Settings = {
            "max_memory_usage": self._options.query_memory_bytes,
            "max_execution_time": self._options.query_time_s,
            **_AT_ONCE,
        }
        try:
            answer: bytes = self._client.raw_query(
                sql, parameters=_plain(params), settings={**base, **(settings or {})}, fmt=fmt
            )
        except ClickHouseError as error:
            raise _error(str(error)) from error
        return answer


def _plain(params: Params | None) -> dict[str, object]:
    """Values as the driver formats them: a bool is a number and a tuple a list to the engine."""
    plain: dict[str, object] = {}
    for name, value in (params or {}).items():
        listed = list(value) if isinstance(value, tuple) else value
        plain[checked_name(name)] = int(listed) if isinstance(listed, bool) else listed
    return plain


def _error(message: str) -> WatchkeeperError:
    """An answer without the engine's code did not come from the engine: it cannot be reached."""
    if not code_of(message):
        return StoreUnavailable("The ClickHouse server does not answer; try again.")
    return query_error(message)
