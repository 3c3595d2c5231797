"""The cache that several processes or machines share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from redis import Redis
from redis.exceptions import RedisError, ResponseError

from watchkeeper.lib.clock import SECOND_MS
from watchkeeper.store.cache.errors import CacheUnavailable

TIMEOUT_S = 2.0


class RedisCache:
    """Redis or Valkey at a URL such as `redis://host:6379/0`. Keys get the prefix `wk:`.

    Raises CacheUnavailable when the server does not answer within two seconds.
    """

    def __init__(self, url: str, *, prefix: str = "wk:") -> None:
        self._prefix = prefix
        self._redis = Redis.from_url(
            url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S
        )

    def add(self, key: str, amount: int, *, ttl_s: float) -> int:
        name = self._prefix + key
        with _translated(key):
            # One MULTI: the life begins with the first add and later adds leave it alone.
            line = self._redis.pipeline(transaction=True)
            line.set(name, 0, px=_px(ttl_s), nx=True)
            line.incrby(name, amount)
            return int(line.execute()[1])

    def get(self, key: str) -> bytes | None:
        with _translated(key):
            return cast("bytes | None", self._redis.get(self._prefix + key))

    def put(self, key: str, value: bytes, *, ttl_s: float) -> None:
        with _translated(key):
            self._redis.set(self._prefix + key, value, px=_px(ttl_s))

    def delete(self, key: str) -> None:
        with _translated(key):
            self._redis.delete(self._prefix + key)

    def close(self) -> None:
        self._redis.close()


def _px(ttl_s: float) -> int:
    return max(1, round(ttl_s * SECOND_MS))


@contextmanager
def _translated(key: str) -> Iterator[None]:
    try:
        yield
    except ResponseError as error:
        if "not an integer" in str(error):
            raise ValueError(f"{key} holds a value, not a counter") from error
        raise CacheUnavailable("The cache server refused a command; check its memory.") from error
    except (RedisError, OSError) as error:
        raise CacheUnavailable("The cache server does not answer; check that it runs.") from error
