"""Picks the engine of each store by the settings, and opens it."""

from __future__ import annotations

from watchkeeper.app.config import Config
from watchkeeper.app.datadir import DataDir
from watchkeeper.lib.clock import Clock
from watchkeeper.privacy import project_days
from watchkeeper.store.blobs.port import Blobs
from watchkeeper.store.cache.port import Cache
from watchkeeper.store.columns import TABLES
from watchkeeper.store.columns.port import Columns
from watchkeeper.store.meta import Meta, open_meta

SIGNAL_TABLES = {
    "errors": ("errors",),
    "logs": ("logs", "logs_1m", "logs_1h", "log_patterns"),
    "spans": ("spans", "traces", "trace_parts", "repeated_queries", "slow_queries"),
    "profiles": ("profiles",),
    "sessions": ("sessions", "sessions_1h"),
    "feedback": ("feedback",),
    "attachments": ("attachments",),
    "replays": ("replays",),
    "samples": ("samples", "histograms"),
    "exemplars": ("exemplars",),
}
"""Signals that a project may keep for days of its own, and where they lie."""


def meta_store(config: Config, data_dir: DataDir) -> Meta:
    """SQLite in the data directory, or PostgreSQL."""
    url = config.store.meta_url
    if url.startswith("postgresql://"):
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    return open_meta(url or data_dir.meta_url)


def retention_days(config: Config) -> dict[str, int]:
    """Table → days that its rows are kept, as set."""
    options = config.retention
    return {
        "samples": options.samples_days,
        "histograms": options.samples_days,
        "samples_1h": options.hourly_days,
        "samples_1d": options.daily_days,
        "exemplars": options.exemplars_days,
        "errors": options.errors_days,
        **dict.fromkeys(SIGNAL_TABLES["logs"], options.logs_days),
        **dict.fromkeys(SIGNAL_TABLES["spans"], options.spans_days),
        "profiles": options.spans_days,
        "attachments": options.errors_days,
    }


def signal_days(config: Config) -> dict[str, int]:
    """Signal → days that this server keeps it where a project asks for nothing else."""
    set_days = retention_days(config)
    by_table = {table.name: table.ttl_days for table in TABLES} | set_days
    return {signal: by_table[tables[0]] for signal, tables in SIGNAL_TABLES.items()}


def project_tables(meta: Meta) -> dict[int, dict[str, int]]:
    """Project → table → days, where a project keeps something for other days than the server."""
    return {
        project_id: {
            table: days
            for signal, days in wanted.items()
            for table in SIGNAL_TABLES.get(signal, ())
        }
        for project_id, wanted in project_days(meta).items()
    }


def column_store(config: Config, data_dir: DataDir, meta: Meta) -> Columns:
    """chDB in this process, or a ClickHouse server. Raises DataDirInUse, StoreUnavailable.

    The engine keeps each table for as long as the project that keeps it longest.
    """
    days = retention_days(config)
    for own in project_tables(meta).values():
        days |= {table: max(wanted, days.get(table, 0)) for table, wanted in own.items()}
    if config.store.columns_url:
        from watchkeeper.store.columns import ClusterOptions
        from watchkeeper.store.columns.cluster import open_cluster

        return open_cluster(config.store.columns_url, options=ClusterOptions(retention_days=days))
    from watchkeeper.store.columns import EmbeddedOptions
    from watchkeeper.store.columns.embedded import open_embedded

    return open_embedded(data_dir.columns, options=EmbeddedOptions(retention_days=days))


def release_store_pages(config: Config) -> None:
    """Give back the pages of the column store's library, where it runs in this process."""
    if not config.store.columns_url:
        from watchkeeper.store.columns.embedded import release_clean_pages

        release_clean_pages()


def cache_store(config: Config, clock: Clock) -> Cache:
    """Memory, or Redis."""
    if config.store.cache_url:
        from watchkeeper.store.cache.redis import RedisCache

        return RedisCache(config.store.cache_url)
    from watchkeeper.store.cache.memory import MemoryCache

    return MemoryCache(clock)


def blob_store(config: Config, data_dir: DataDir) -> Blobs:
    """A directory, or an S3 bucket."""
    if config.store.blobs_url:
        from watchkeeper.store.blobs.s3 import S3Blobs

        return S3Blobs(config.store.blobs_url)
    from watchkeeper.store.blobs.directory import DirectoryBlobs

    return DirectoryBlobs(data_dir.blobs)
