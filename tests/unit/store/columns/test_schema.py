"""The DDL as text. The replicated form runs nowhere in our tests: no Keeper here; this holds it."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from watchkeeper.store.columns import (
    ERRORS,
    METADATA,
    SAMPLES,
    SAMPLES_1H,
    TABLES,
    Table,
    statements,
)
from watchkeeper.store.columns.migrations import LATEST, MIGRATIONS
from watchkeeper.store.columns.schema import (
    SchemaOptions,
    create_table,
    create_version_table,
    create_view,
    modify_ttl,
)
from watchkeeper.store.columns.tables import ERRORS_1H_VIEW, VIEWS

NODE = SchemaOptions()
CLUSTER = SchemaOptions(cluster="main")


def test_the_table_of_samples_on_one_node() -> None:
    assert create_table(SAMPLES, NODE) == [
        """CREATE TABLE IF NOT EXISTS samples (
  project_id UInt32 CODEC(ZSTD(1)),
  series_id UInt64 CODEC(ZSTD(1)),
  ts DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  value Float64 CODEC(Delta(8), ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(ts)
ORDER BY (project_id, series_id, ts)
TTL toDateTime(ts) + toIntervalDay(90)
SETTINGS non_replicated_deduplication_window = 1000, concurrent_part_removal_threshold = 1000000, \
ttl_only_drop_parts = 1, fsync_after_insert = 1, \
fsync_part_directory = 1"""
    ]


def test_the_table_of_samples_on_a_cluster_is_replicated_behind_a_distributed_one() -> None:
    local, distributed = create_table(SAMPLES, CLUSTER)
    assert local.startswith("CREATE TABLE IF NOT EXISTS samples_local ON CLUSTER 'main' (")
    assert (
        "ENGINE = ReplicatedMergeTree("
        "'/clickhouse/tables/{shard}/{database}/samples', '{replica}')\n"
    ) in local
    assert "SETTINGS replicated_deduplication_window = 1000, " in local
    assert distributed == (
        "CREATE TABLE IF NOT EXISTS samples ON CLUSTER 'main' AS samples_local "
        "ENGINE = Distributed('main', currentDatabase(), samples_local, series_id)"
    )


def test_the_arguments_of_an_engine_follow_the_replicas() -> None:
    local, _ = create_table(SAMPLES_1H, CLUSTER)
    assert (
        "ENGINE = ReplicatedReplacingMergeTree("
        "'/clickhouse/tables/{shard}/{database}/samples_1h', '{replica}', version)\n"
    ) in local


def test_on_a_cluster_views_stand_between_local_tables() -> None:
    (node,) = create_view(ERRORS_1H_VIEW, NODE)
    (cluster,) = create_view(ERRORS_1H_VIEW, CLUSTER)
    assert node.startswith("CREATE MATERIALIZED VIEW IF NOT EXISTS errors_1h_view TO errors_1h AS")
    assert "\nFROM errors\n" in node
    assert cluster.startswith(
        "CREATE MATERIALIZED VIEW IF NOT EXISTS errors_1h_view_local ON CLUSTER 'main' "
        "TO errors_1h_local AS"
    )
    assert "\nFROM errors_local\n" in cluster


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_table_of_a_cluster_is_made_on_all_of_it(table: Table) -> None:
    for statement in create_table(table, CLUSTER):
        assert " ON CLUSTER 'main'" in statement
        assert not re.search(r"ENGINE = (?!Replicated|Distributed)", statement)


def test_all_nodes_share_one_list_of_migrations() -> None:
    shared = create_version_table("main")
    assert "ReplicatedMergeTree('/clickhouse/tables/everywhere/" in shared
    assert "{shard}-{replica}" in shared
    assert "ENGINE = MergeTree ORDER BY version" in create_version_table("")


def test_retention_is_the_tables_own_unless_told_otherwise() -> None:
    told = SchemaOptions(retention_days={"errors": 7})
    assert "TTL toDateTime(received) + toIntervalDay(30)\n" in create_table(ERRORS, NODE)[0]
    assert "TTL toDateTime(received) + toIntervalDay(7)\n" in create_table(ERRORS, told)[0]
    assert "TTL" not in create_table(METADATA, NODE)[0]
    assert modify_ttl(ERRORS, told).startswith(
        "ALTER TABLE errors MODIFY TTL toDateTime(received) + toIntervalDay(7) "
    )


def test_migrations_are_numbered_from_one_without_holes() -> None:
    assert [step.version for step in MIGRATIONS] == list(range(1, LATEST + 1))


@pytest.mark.parametrize("options", [NODE, CLUSTER])
def test_every_statement_of_every_migration_bears_repetition(options: SchemaOptions) -> None:
    for step in MIGRATIONS:
        for before, statement in pairwise(["", *step.statements(options)]):
            # Rows are copied into a table that was emptied just before: the step begins anew.
            is_anew = statement.startswith("INSERT") and before.startswith("TRUNCATE TABLE IF")
            bears = r"IF (NOT )?EXISTS|MODIFY (TTL|COLUMN)|MATERIALIZE"
            assert is_anew or re.search(bears, statement)


def test_every_view_names_tables_that_exist_and_targets_remember_tokens() -> None:
    names = {table.name: table for table in TABLES}
    for view in VIEWS:
        assert view.source in names
        assert "deduplication_window = 1000" in create_table(names[view.target], NODE)[0]


def test_statements_of_a_cluster_reach_every_node() -> None:
    assert statements.drop_partition("samples", "20261121", "main") == (
        "ALTER TABLE samples_local ON CLUSTER 'main' DROP PARTITION ID '20261121'"
    )
