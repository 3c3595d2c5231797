"""What a cache raises."""

from __future__ import annotations

from watchkeeper.lib.errors import Overloaded


class CacheUnavailable(Overloaded):
    """The cache server did not answer."""

    code = "cache_unavailable"
