"""The column store on both engines: the embedded one, and a ClickHouse server over HTTP."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from itertools import count
from pathlib import Path

import pytest

from tests.servers.clickhouse import ClickHouseServer, NotAvailable
from watchkeeper.store.columns import TABLES, ClusterOptions, Columns, EmbeddedOptions
from watchkeeper.store.columns.cluster import open_cluster
from watchkeeper.store.columns.embedded import open_embedded

ENGINES = ["embedded", pytest.param("clickhouse", marks=pytest.mark.clickhouse)]
FOR_EVER = {table.name: 5_000 for table in TABLES}
"""Days: a test's clock stands still while an engine's retention counts from today."""
_WITH_ROWS = (
    "SELECT DISTINCT table FROM system.parts "
    "WHERE database = currentDatabase() AND active AND rows > 0"
)
_databases = count(1)


@pytest.fixture(scope="session")
def clickhouse_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    try:
        with ClickHouseServer(tmp_path_factory.mktemp("clickhouse")) as server:
            yield server
    except NotAvailable as reason:
        pytest.skip(f"no ClickHouse server: {reason}")


@pytest.fixture(scope="session")
def clickhouse_columns(clickhouse_server: ClickHouseServer) -> Iterator[Columns]:
    """One database with the schema for the whole session; who wants it empty empties it."""
    store = open_clickhouse(clickhouse_server, ClusterOptions(retention_days=FOR_EVER))
    yield store
    store.close()


@pytest.fixture
def empty_columns(tmp_path: Path) -> Iterator[Columns]:
    """An embedded store with the schema, without a row.

    A copy for each test: to empty a shared one costs more where rows lie in many partitions.
    """
    store = open_embedded_copy(tmp_path / "columns")
    yield store
    store.close()


@cache
def _embedded_template() -> Path:
    home = Path(tempfile.mkdtemp(prefix="watchkeeper-columns-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    store = open_embedded(home / "columns", options=EmbeddedOptions(retention_days=FOR_EVER))
    store.migrate()
    store.close()
    return home / "columns"


def open_embedded_copy(path: Path) -> Columns:
    """A store of its own: to copy one takes a third of the time that its tables take."""
    shutil.copytree(_embedded_template(), path, symlinks=True)
    store = open_embedded(path, options=EmbeddedOptions(retention_days=FOR_EVER))
    store.migrate()
    return store


def open_clickhouse(server: ClickHouseServer, options: ClusterOptions) -> Columns:
    """A store with its schema in a database of its own."""
    database = f"wk{next(_databases)}"
    server.query(f"CREATE DATABASE {database}")
    store = open_cluster(server.dsn(database), options=options)
    store.migrate()
    return store


def emptied(store: Columns) -> Columns:
    """The store without a row. Only a plain server takes it; a view holds none of its own."""
    known = {table.name for table in TABLES}
    for (name,) in store.rows(_WITH_ROWS):
        if name in known:
            store.execute(f"TRUNCATE TABLE {name}")
    return store
