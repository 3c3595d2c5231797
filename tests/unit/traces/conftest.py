from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import delete

from tests.fakes.house import PROJECT, House, open_house
from tests.servers.columns import ENGINES
from watchkeeper.ingest import SpanRow
from watchkeeper.lib.clock import HOUR_MS
from watchkeeper.model import TimeRange
from watchkeeper.store.columns import ERRORS, LOGS, PROFILES, SPANS, TRACES, Columns
from watchkeeper.store.columns.trace_tables import OPERATIONS_1D, TRACE_TABLES
from watchkeeper.store.meta import tables
from watchkeeper.traces import Budgets, Performance, Profiles, Traces

START_MS = 1_795_224_000_000
"""When the spans of `span_row` begin, and the clock's now."""
HOUR = TimeRange(START_MS - HOUR_MS, START_MS + HOUR_MS)

Keep = Callable[..., None]


@pytest.fixture(scope="package", params=ENGINES)
def opened(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """One store of each engine for all tests: opening one takes longer than most of them."""
    columns: Columns | None = None
    if request.param == "clickhouse":
        columns = request.getfixturevalue("clickhouse_columns")
    with open_house(tmp_path_factory.mktemp("traces"), columns=columns) as house:
        yield house


@pytest.fixture
def house(opened: House) -> House:
    """The store without rows of another test."""
    for table in (SPANS, TRACES, ERRORS, LOGS, PROFILES, OPERATIONS_1D, *TRACE_TABLES):
        opened.columns.execute(f"TRUNCATE TABLE {table.name}")
    with opened.meta.write() as conn:
        conn.execute(delete(tables.latency_budgets))
    return opened


@pytest.fixture
def keep(house: House) -> Keep:
    """Store spans of a project, each call as one insert."""

    def kept(*rows: SpanRow, project_id: int = PROJECT) -> None:
        house.acceptor().accept_spans_blocking(project_id, rows)
        house.digest().run_once()

    return kept


@pytest.fixture
def traces(house: House) -> Traces:
    return Traces(house.columns, Budgets(house.meta), seconds=lambda: 0.0)


@pytest.fixture
def performance(house: House) -> Performance:
    return Performance(house.columns, Budgets(house.meta))


@pytest.fixture
def profiles(house: House) -> Profiles:
    return Profiles(house.columns)
