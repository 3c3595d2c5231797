"""Picks the engine of each store by the settings, and opens it."""

from __future__ import annotations

from watchkeeper.app.config import Config
from watchkeeper.app.datadir import DataDir
from watchkeeper.lib.clock import Clock
from watchkeeper.store.blobs.port import Blobs
from watchkeeper.store.cache.port import Cache
from watchkeeper.store.columns.port import Columns
from watchkeeper.store.meta import Meta, open_meta


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
        "logs": options.logs_days,
        "logs_1m": options.logs_days,
        "log_patterns": options.logs_days,
        "spans": options.spans_days,
        "traces": options.spans_days,
    }


def column_store(config: Config, data_dir: DataDir) -> Columns:
    """chDB in this process, or a ClickHouse server. Raises DataDirInUse, StoreUnavailable."""
    days = retention_days(config)
    if config.store.columns_url:
        from watchkeeper.store.columns import ClusterOptions
        from watchkeeper.store.columns.cluster import open_cluster

        return open_cluster(config.store.columns_url, options=ClusterOptions(retention_days=days))
    from watchkeeper.store.columns import EmbeddedOptions
    from watchkeeper.store.columns.embedded import open_embedded

    return open_embedded(data_dir.columns, options=EmbeddedOptions(retention_days=days))


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
