"""Counters and short-lived values: in memory, or in Redis or Valkey when processes share them."""

from watchkeeper.store.cache.errors import CacheUnavailable
from watchkeeper.store.cache.port import Cache

__all__ = ["Cache", "CacheUnavailable"]
