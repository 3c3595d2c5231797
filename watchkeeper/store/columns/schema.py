"""DDL of every table, for one node or for a cluster: one generator, one switch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from watchkeeper.store.columns.table import Column, Table, View

DEDUPLICATION_WINDOW = 1000
"""How many of a table's latest insert tokens the engine remembers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaOptions:
    """cluster: empty for plain MergeTree, else replicated tables behind Distributed ones.

    retention_days: table → days, over the table's own `ttl_days`.
    """

    cluster: str = ""
    retention_days: Mapping[str, int] = field(default_factory=dict)

    def days(self, table: Table) -> int:
        """How many days a table keeps its rows; 0 means for ever."""
        return self.retention_days.get(table.name, table.ttl_days)


def local_name(table: str, cluster: str) -> str:
    """The table that holds the rows: on a cluster, the one behind the Distributed table."""
    return f"{table}_local" if cluster else table


def on_cluster(cluster: str) -> str:
    """` ON CLUSTER 'x'`, or nothing."""
    return f" ON CLUSTER '{cluster}'" if cluster else ""


def create_table(table: Table, options: SchemaOptions) -> list[str]:
    """DDL of a table: one statement for a node, two for a cluster."""
    local = (
        f"CREATE TABLE IF NOT EXISTS {local_name(table.name, options.cluster)}"
        f"{on_cluster(options.cluster)} (\n  {_body(table)}\n)\n"
        f"ENGINE = {_engine(table, options.cluster)}\n"
        f"PARTITION BY {table.partition_by}\n"
        f"ORDER BY ({', '.join(table.order_by)})\n"
        f"{_ttl_clause(table, options)}"
        f"SETTINGS {', '.join((_settings(options.cluster), *table.settings))}"
    )
    return [local, _distributed(table, options.cluster)] if options.cluster else [local]


def create_view(view: View, options: SchemaOptions) -> list[str]:
    """DDL of a materialized view. On a cluster it stands on each shard, between local tables."""
    source, into = (local_name(name, options.cluster) for name in (view.source, view.target))
    return [
        f"CREATE MATERIALIZED VIEW IF NOT EXISTS {local_name(view.name, options.cluster)}"
        f"{on_cluster(options.cluster)} TO {into} AS\n{view.select.format(source=source).strip()}"
    ]


def modify_ttl(table: Table, options: SchemaOptions) -> str:
    """DDL that gives a table other days to keep. Parts go as they expire; none is rewritten."""
    name = local_name(table.name, options.cluster)
    return (
        f"ALTER TABLE {name}{on_cluster(options.cluster)} MODIFY TTL {_ttl(table, options)} "
        "SETTINGS materialize_ttl_after_modify = 0"
    )


def modify_settings(table: Table, options: SchemaOptions) -> str:
    """DDL that gives a table the settings of its own that it has now."""
    local = local_name(table.name, options.cluster)
    changed = ", ".join(table.settings)
    return f"ALTER TABLE {local}{on_cluster(options.cluster)} MODIFY SETTING {changed}"


def replace_view(view: View, options: SchemaOptions) -> list[str]:
    """DDL that makes a materialized view anew; what its target holds stays."""
    local = local_name(view.name, options.cluster)
    dropped = f"DROP VIEW IF EXISTS {local}{on_cluster(options.cluster)} SYNC"
    return [dropped, *create_view(view, options)]


def modify_column(table: Table, name: str, options: SchemaOptions) -> str:
    """DDL that gives a column the type and codec it has now. Old parts keep theirs until merged."""
    column = next(each for each in table.columns if each.name == name)
    local = local_name(table.name, options.cluster)
    return f"ALTER TABLE {local}{on_cluster(options.cluster)} MODIFY COLUMN {_column(column)}"


def add_columns(table: Table, names: Sequence[str], options: SchemaOptions) -> list[str]:
    """DDL that adds columns to a table, and on a cluster to what stands before it."""
    added = ", ".join(
        f"ADD COLUMN IF NOT EXISTS {_column(each)}" for each in table.columns if each.name in names
    )
    places = dict.fromkeys((local_name(table.name, options.cluster), table.name))
    return [f"ALTER TABLE {name}{on_cluster(options.cluster)} {added}" for name in places]


def add_indices(table: Table, options: SchemaOptions) -> list[str]:
    """DDL that gives a table its skipping indices. Old parts get them when they are merged."""
    local = local_name(table.name, options.cluster)
    added = ", ".join(f"ADD {index}" for index in table.indices)
    added = added.replace("ADD INDEX ", "ADD INDEX IF NOT EXISTS ")
    return [f"ALTER TABLE {local}{on_cluster(options.cluster)} {added}"]


def materialize(table: Table, what: str, options: SchemaOptions) -> str:
    """DDL that has the engine fill a column or an index of old parts, beside its other work."""
    local = local_name(table.name, options.cluster)
    return f"ALTER TABLE {local}{on_cluster(options.cluster)} MATERIALIZE {what}"


def create_version_table(cluster: str) -> str:
    """DDL of the list of migrations that have run. On a cluster every node holds all of it."""
    path = "/clickhouse/tables/everywhere/{database}/schema_version"
    replicated = f"ReplicatedMergeTree('{path}', '{{shard}}-{{replica}}')"
    return (
        f"CREATE TABLE IF NOT EXISTS schema_version{on_cluster(cluster)} "
        "(version UInt32, applied DateTime('UTC') DEFAULT now('UTC')) "
        f"ENGINE = {replicated if cluster else 'MergeTree'} ORDER BY version"
    )


def _body(table: Table) -> str:
    return ",\n  ".join([*map(_column, table.columns), *table.indices])


def _column(column: Column) -> str:
    default = f" DEFAULT {column.default}" if column.default else ""
    codec = f" CODEC({column.codec})" if column.codec else ""
    return f"{column.name} {column.type}{default}{codec}"


def _engine(table: Table, cluster: str) -> str:
    if not cluster:
        return table.engine
    kind, _, arguments = table.engine.partition("(")
    path = f"'/clickhouse/tables/{{shard}}/{{database}}/{table.name}', '{{replica}}'"
    more = f", {arguments.removesuffix(')')}" if arguments else ""
    return f"Replicated{kind}({path}{more})"


def _distributed(table: Table, cluster: str) -> str:
    local = local_name(table.name, cluster)
    return (
        f"CREATE TABLE IF NOT EXISTS {table.name}{on_cluster(cluster)} AS {local} "
        f"ENGINE = Distributed('{cluster}', currentDatabase(), {local}, {table.shard_by})"
    )


def _ttl(table: Table, options: SchemaOptions) -> str:
    return f"toDateTime({table.ttl_column}) + toIntervalDay({options.days(table)})"


def _ttl_clause(table: Table, options: SchemaOptions) -> str:
    kept = table.ttl_column and options.days(table)
    return f"TTL {_ttl(table, options)}\n" if kept else ""


def _settings(cluster: str) -> str:
    """Synced before an insert returns; tokens remembered; a day dropped as a whole.

    On one node old parts are removed by one thread: the engine would start 128 and keep them.
    """
    window = (
        f"replicated_deduplication_window = {DEDUPLICATION_WINDOW}"
        if cluster
        else f"non_replicated_deduplication_window = {DEDUPLICATION_WINDOW}, "
        "concurrent_part_removal_threshold = 1000000"
    )
    return f"{window}, ttl_only_drop_parts = 1, fsync_after_insert = 1, fsync_part_directory = 1"
