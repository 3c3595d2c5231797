"""One store of each form for a module's tests; tests keep apart by their project."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from tests.servers.clickhouse import ClickHouseServer, NotAvailable
from watchkeeper.store.columns import ClusterOptions, Columns, EmbeddedOptions
from watchkeeper.store.columns.cluster import open_cluster
from watchkeeper.store.columns.embedded import open_embedded

_projects = count(1)


@dataclass(frozen=True, slots=True)
class Store:
    """form: `embedded` or `clickhouse`; path: the engine's own directory."""

    form: str
    columns: Columns
    path: Path


@pytest.fixture(scope="session")
def clickhouse_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    try:
        with ClickHouseServer(tmp_path_factory.mktemp("clickhouse")) as server:
            yield server
    except NotAvailable as reason:
        pytest.skip(f"no ClickHouse server: {reason}")


@pytest.fixture(
    scope="module",
    params=["embedded", pytest.param("clickhouse", marks=pytest.mark.clickhouse)],
)
def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    path = tmp_path_factory.mktemp(request.param)
    if request.param == "embedded":
        columns = open_embedded(path, options=EmbeddedOptions())
    else:
        server: ClickHouseServer = request.getfixturevalue("clickhouse_server")
        database = f"wk{next(_projects)}"
        server.query(f"CREATE DATABASE {database}")
        columns = open_cluster(server.dsn(database), options=ClusterOptions())
    columns.migrate()
    yield Store(request.param, columns, path)
    columns.close()


@pytest.fixture
def columns(store: Store) -> Columns:
    return store.columns


@pytest.fixture
def project() -> int:
    """A project that no other test writes to."""
    return next(_projects)
