"""The statements that both forms of the engine run, and how their answers are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import orjson

from watchkeeper.lib.errors import WatchkeeperError
from watchkeeper.store.columns.port import ColumnsHealth, Settings, TableSize
from watchkeeper.store.columns.schema import local_name, on_cluster
from watchkeeper.store.columns.table import Table
from watchkeeper.store.columns.tables import TABLES
from watchkeeper.store.columns.values import checked_name, quoted

ROWS_FORMAT = "JSONCompactEachRow"

UNHURRIED: Settings = {"max_execution_time": 0}
"""For work that takes as long as it takes: backup, restore, roll-ups."""

SIZES = """
SELECT table, sum(rows), sum(bytes_on_disk), count()
FROM system.parts WHERE active AND database = currentDatabase()
GROUP BY table ORDER BY table
"""

_BY_NAME = {table.name: table for table in TABLES}
_DAY = re.compile(r"\d{8}\Z")


class Reader(Protocol):
    """What `health` needs of a store."""

    def rows(self, sql: str) -> list[list[Any]]: ...


def parsed_rows(answer: bytes) -> list[list[Any]]:
    """Rows of JSONCompactEachRow. A NaN and an infinity come as None: use `fetch_arrays`."""
    return [orjson.loads(line) for line in answer.splitlines() if line]


def table_named(name: str) -> Table:
    """The table of that name. Raises ValueError: identifiers come from a closed set."""
    table = _BY_NAME.get(name)
    if table is None:
        raise ValueError(f"no such table: {name!r}")
    return table


def target(table: str, columns: Sequence[str]) -> str:
    """`table (a, b)` of an insert, from the closed set of tables and columns."""
    structure(table, columns)
    return f"{table} ({', '.join(columns)})"


def structure(table: str, columns: Sequence[str]) -> str:
    """`a UInt32, b String` of the columns of an insert. Raises ValueError for an unknown one."""
    types = {column.name: column.type for column in table_named(table).columns}
    missing = [name for name in columns if name not in types]
    if missing:
        raise ValueError(f"{table} has no column {missing[0]!r}")
    return ", ".join(f"{name} {types[name]}" for name in columns)


def insert_settings(token: str | None) -> dict[str, str | int | float]:
    """Settings that make a repeated batch count once, in the table and behind its views.

    Without a token nothing is taken for a repetition, equal rows included.
    Both forms: a server's default is asynchronous inserts, which would lose the promise.
    """
    if token is None:
        return {"async_insert": 0, "deduplicate_insert": "disable"}
    return {
        "async_insert": 0,
        "deduplicate_insert": "enable",
        "insert_deduplication_token": token,
        "deduplicate_blocks_in_dependent_materialized_views": 1,
    }


def drop_partition(table: str, day: str, cluster: str = "") -> str:
    """DDL that drops one day, `YYYYMMDD`, of a table that is partitioned by day."""
    found = table_named(table)
    if not found.is_daily:
        raise ValueError(f"{table} is not partitioned by day")
    if not _DAY.match(day):
        raise ValueError(f"a day is YYYYMMDD, not {day!r}")
    name = local_name(found.name, cluster)
    return f"ALTER TABLE {name}{on_cluster(cluster)} DROP PARTITION ID '{day}'"


def backup(path: Path, database: str = "default", cluster: str = "") -> str:
    """Write every table of the database under `path`, a directory of the engine's machine."""
    where = f"{checked_name(database)}{on_cluster(cluster)}"
    return f"BACKUP DATABASE {where} TO File({quoted(str(path.absolute()))})"


def restore(path: Path, database: str = "default", cluster: str = "") -> str:
    """Bring back a backup. The engine refuses tables that hold rows."""
    where = f"{checked_name(database)}{on_cluster(cluster)}"
    return f"RESTORE DATABASE {where} FROM File({quoted(str(path.absolute()))})"


def table_sizes(rows: list[list[Any]]) -> list[TableSize]:
    """The answer to SIZES."""
    return [
        TableSize(table=name, rows=int(count), bytes_on_disk=int(size), parts=int(parts))
        for name, count, size, parts in rows
    ]


def health(store: Reader, elapsed_ms: Callable[[], float]) -> ColumnsHealth:
    """Ask the store for its version; an error becomes the detail."""
    try:
        version = str(store.rows("SELECT version()")[0][0])
    except WatchkeeperError as error:
        return ColumnsHealth(ok=False, response_ms=elapsed_ms(), version="", detail=str(error))
    return ColumnsHealth(ok=True, response_ms=elapsed_ms(), version=version)
