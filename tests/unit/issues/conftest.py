from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.house import House, open_house
from tests.servers.clickhouse import LIBRARY
from tests.servers.columns import emptied
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta


@pytest.fixture
def house(
    database: str, meta: Meta, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[House]:
    """As one machine has it (SQLite, chDB), and as a cluster has it (PostgreSQL, ClickHouse).

    Where no ClickHouse can be had, PostgreSQL is still tried.
    """
    columns: Columns
    if database == "postgresql" and LIBRARY.exists():
        columns = emptied(request.getfixturevalue("clickhouse_columns"))
    else:
        columns = request.getfixturevalue("empty_columns")
    with open_house(tmp_path, meta, columns) as opened:
        yield opened
