"""Rows spread over two servers are one table to those who read it.

The servers of tests/servers/clickhouse.py know neither `ON CLUSTER` nor replication: those words
are taken out of the generated DDL here, and checked as text in the unit tests of the schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import product

import pytest

from tests.contract.columns.rows import START_MS, insert_samples
from tests.contract.columns.test_rollups import by_hand, counters, read
from tests.servers.clickhouse import ClickHouseServer, NotAvailable, free_ports
from watchkeeper.lib.clock import DAY_MS, HOUR_MS
from watchkeeper.store.columns import (
    ClusterOptions,
    Columns,
    Resolution,
    rollup_range,
)
from watchkeeper.store.columns.cluster import open_cluster
from watchkeeper.store.columns.schema import SchemaOptions, create_table, create_view
from watchkeeper.store.columns.tables import TABLES, VIEWS

pytestmark = pytest.mark.clickhouse

CLUSTER = SchemaOptions(cluster="shards")


def one_node(statement: str) -> str:
    """The same DDL without what these servers lack."""
    plain = statement.replace(" ON CLUSTER 'shards'", "")
    plain = re.sub(r"Replicated(\w*MergeTree)\('[^']*', '\{replica\}'(?:, )?", r"\1(", plain)
    return plain.replace(" replicated_deduplication", " non_replicated_deduplication")


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[ClickHouseServer]]:
    ports = [free_ports(), free_ports()]
    tcp = tuple(each.tcp for each in ports)
    with ExitStack() as stack:
        try:
            servers = [
                stack.enter_context(
                    ClickHouseServer(tmp_path_factory.mktemp("shard"), ports=each, shards=tcp)
                )
                for each in ports
            ]
        except NotAvailable as reason:
            pytest.skip(f"no ClickHouse server: {reason}")
        made = [create_table(table, CLUSTER) for table in TABLES]
        made += [create_view(view, CLUSTER) for view in VIEWS]
        for server, statements in product(servers, made):
            for statement in statements:
                server.query(one_node(statement))
        yield servers


@pytest.fixture(scope="module")
def columns(shards: list[ClickHouseServer]) -> Iterator[Columns]:
    store = open_cluster(shards[0].dsn("default"), options=ClusterOptions(cluster="shards"))
    yield store
    store.close()


def test_rows_are_spread_and_read_as_one(columns: Columns, shards: list[ClickHouseServer]) -> None:
    points = [(series, 0, float(series)) for series in range(1000)]
    for _ in range(2):
        insert_samples(columns, 1, points, token="spread")
    local = [int(server.query("SELECT count() FROM samples_local")) for server in shards]
    assert min(local) > 0
    assert sum(local) == 1000
    total = "SELECT count(), sum(value) FROM samples WHERE project_id = {p:UInt32}"
    assert columns.rows(total, {"p": 1}) == [[1000, 499_500]]


def test_rollups_of_a_spread_table_equal_the_samples(columns: Columns) -> None:
    points = counters(11, hours=26)
    insert_samples(columns, 2, points)
    for _ in range(2):
        for resolution in (Resolution.HOUR, Resolution.DAY):
            rollup_range(columns, START_MS, START_MS + 2 * DAY_MS, resolution)
    assert read(columns, 2, Resolution.HOUR) == by_hand(points, HOUR_MS)
    assert read(columns, 2, Resolution.DAY) == by_hand(points, DAY_MS)
