"""What the column store is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedOptions:
    """Bounds of the engine inside this process.

    reads, writes: most queries and most inserts at one time; each costs a connection.
    wait_s: how long a call waits for a free connection before StoreUnavailable.
    memory_bytes: of the whole engine; query_memory_bytes, query_time_s: of one query.
    threads: of one query. retention_days: table → days, over the table's own.
    """

    reads: int = 6
    writes: int = 2
    wait_s: float = 10.0
    memory_bytes: int = 768 * MIB
    query_memory_bytes: int = 384 * MIB
    query_time_s: float = 30.0
    mark_cache_bytes: int = 16 * MIB
    threads: int = 2
    retention_days: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterOptions:
    """How to use a ClickHouse server or cluster.

    cluster: name in the servers' `remote_servers`; empty for one plain server.
    connections: most HTTP connections at one time. The rest as in EmbeddedOptions.
    """

    cluster: str = ""
    connections: int = 16
    connect_s: float = 5.0
    query_memory_bytes: int = 2048 * MIB
    query_time_s: float = 60.0
    retention_days: Mapping[str, int] = field(default_factory=dict)
