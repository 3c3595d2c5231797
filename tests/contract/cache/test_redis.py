"""Redis in particular: the life of a counter, and a server that is away."""

from __future__ import annotations

import pytest
from redis import Redis

from watchkeeper.store.cache import CacheUnavailable
from watchkeeper.store.cache.redis import RedisCache


@pytest.mark.redis
def test_later_adds_leave_the_life_of_a_counter_alone(redis_url: str) -> None:
    cache = RedisCache(redis_url, prefix="life:")
    cache.add("hits", 1, ttl_s=60)
    cache.add("hits", 1, ttl_s=6_000)

    with Redis.from_url(redis_url) as server:
        assert 59_000 < int(server.pttl("life:hits")) <= 60_000
    cache.close()


@pytest.mark.redis
def test_a_value_lives_as_long_as_it_was_put_for(redis_url: str) -> None:
    cache = RedisCache(redis_url, prefix="life:")
    cache.put("page", b"x", ttl_s=0.5)

    with Redis.from_url(redis_url) as server:
        assert 0 < int(server.pttl("life:page")) <= 500
    cache.close()


def test_a_server_that_is_away_is_unavailable_and_retryable() -> None:
    cache = RedisCache("redis://127.0.0.1:1/0")

    with pytest.raises(CacheUnavailable) as caught:
        cache.add("hits", 1, ttl_s=60)

    assert caught.value.retryable
    cache.close()
