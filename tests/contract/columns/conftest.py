"""One store of each form for a module's tests; tests keep apart by their project."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from tests.servers.clickhouse import ClickHouseServer
from tests.servers.columns import ENGINES, open_clickhouse
from watchkeeper.store.columns import ClusterOptions, Columns, EmbeddedOptions
from watchkeeper.store.columns.embedded import open_embedded

_projects = count(1)


@dataclass(frozen=True, slots=True)
class Store:
    """form: `embedded` or `clickhouse`; path: the engine's own directory."""

    form: str
    columns: Columns
    path: Path


@pytest.fixture(scope="module", params=ENGINES)
def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    path = tmp_path_factory.mktemp(request.param)
    if request.param == "embedded":
        columns = open_embedded(path, options=EmbeddedOptions())
        columns.migrate()
    else:
        server: ClickHouseServer = request.getfixturevalue("clickhouse_server")
        columns = open_clickhouse(server, ClusterOptions())
    yield Store(request.param, columns, path)
    columns.close()


@pytest.fixture
def columns(store: Store) -> Columns:
    return store.columns


@pytest.fixture
def project() -> int:
    """A project that no other test writes to."""
    return next(_projects)
