"""What a column table is, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """name, ClickHouse type and codec (empty: the engine's default)."""

    name: str
    type: str
    codec: str = ""
    default: str = ""


FEW_MERGES = ("merge_selector_base = 12", "min_level_for_wide_part = 1")
"""For tables that much is written to and little is read of: parts are merged a dozen at a time
instead of five, which halves the cost of it, and an insert writes one file instead of one a column.
"""

MAPS_BY_KEY = (
    "map_serialization_version = 'with_buckets'",
    "map_buckets_strategy = 'constant'",
    "max_buckets_in_map = 8",
    "map_buckets_min_avg_size = 0",
)
"""For tables whose maps are mostly asked for one key: merged parts keep a map's keys in eight
groups, of which one is read: a third of the cost. It is smaller too, as alike values lie together.
What an insert writes stays as it is; a merge of such a table costs an eighth more. Not for spans: a
merge would cost two fifths more, and searches by their attributes look at samples.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One MergeTree table, partitioned by day.

    order_by: sorting key. engine: MergeTree or one of its kinds. ttl: expression with {days}.
    shard_by: expression that spreads rows over a cluster's shards. settings: of its engine, as
    `name = value`, beside those of all tables.

    How a person is found in it (erasure.py), one of:
    person: columns that hold a person's id as a whole, if any; every text is searched besides.
    of_series: rows belong to series, whose labels may name a person.
    impersonal: why no row can be about a person.
    together: a column; with a person's row go all that have the same value in it.
    """

    name: str
    columns: tuple[Column, ...]
    partition_by: str
    order_by: tuple[str, ...]
    engine: str = "MergeTree"
    indices: tuple[str, ...] = ()
    ttl_column: str = ""
    ttl_days: int = 0
    shard_by: str = "cityHash64(project_id)"
    settings: tuple[str, ...] = ()
    person: tuple[str, ...] | None = None
    of_series: bool = False
    impersonal: str = ""
    together: str = ""

    @property
    def is_daily(self) -> bool:
        """True if a partition is one day, so that a day can be dropped."""
        return self.partition_by.startswith("toYYYYMMDD(") or self.partition_by == "day"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A materialized view: what is inserted into `source` is added to `target` by `select`.

    select: a query that names its source as {source}.
    """

    name: str
    source: str
    target: str
    select: str
