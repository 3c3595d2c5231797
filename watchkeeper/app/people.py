"""Opens access on its own: for commands, which need no engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from watchkeeper.access import Access, AccessOptions
from watchkeeper.app.config import Config
from watchkeeper.app.datadir import DataDir
from watchkeeper.app.stores import cache_store, meta_store
from watchkeeper.lib.clock import Clock, system_clock
from watchkeeper.limits import Limiter, LoginLimits
from watchkeeper.store.cache.port import Cache
from watchkeeper.store.meta import Meta


def build_access(meta: Meta, cache: Cache, data_dir: DataDir, clock: Clock) -> Access:
    """Who may do what, on stores that are open."""
    options = AccessOptions(secret_file=data_dir.secret_file)
    return Access(meta, clock, options, guard=LoginLimits(Limiter(cache, clock)))


@contextmanager
def open_access(config: Config, data_dir: DataDir) -> Iterator[Access]:
    """Access on a relational store that is brought up to date first."""
    meta = meta_store(config, data_dir)
    cache = cache_store(config, system_clock)
    try:
        meta.upgrade()
        yield build_access(meta, cache, data_dir, system_clock)
    finally:
        cache.close()
        meta.close()
