"""The column store on both engines: the embedded one, and a ClickHouse server over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from tests.servers.clickhouse import ClickHouseServer, NotAvailable
from watchkeeper.store.columns import TABLES, ClusterOptions, Columns
from watchkeeper.store.columns.cluster import open_cluster

ENGINES = ["embedded", pytest.param("clickhouse", marks=pytest.mark.clickhouse)]
FOR_EVER = {table.name: 5_000 for table in TABLES}
"""Days: a test's clock stands still while an engine's retention counts from today."""
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


def open_clickhouse(server: ClickHouseServer, options: ClusterOptions) -> Columns:
    """A store with its schema in a database of its own."""
    database = f"wk{next(_databases)}"
    server.query(f"CREATE DATABASE {database}")
    store = open_cluster(server.dsn(database), options=options)
    store.migrate()
    return store


def emptied(store: Columns) -> Columns:
    """The store without a row. Only a plain server takes it; a view holds none of its own."""
    for table in TABLES:
        store.execute(f"TRUNCATE TABLE {table.name}")
    return store
