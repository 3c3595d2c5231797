"""What every cache promises."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from tests.fakes.clock import HandClock
from watchkeeper.store.cache import Cache
from watchkeeper.store.cache.memory import MemoryCache
from watchkeeper.store.cache.redis import RedisCache

PREFIXES = count()


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.redis)])
def cache(request: pytest.FixtureRequest) -> Iterator[Cache]:
    made: Cache
    if request.param == "memory":
        made = MemoryCache(HandClock())
    else:
        url = request.getfixturevalue("redis_url")
        made = RedisCache(url, prefix=f"test-{next(PREFIXES)}:")
    yield made
    made.close()


def test_a_counter_begins_at_its_first_amount_and_adds_up(cache: Cache) -> None:
    assert cache.add("hits", 2, ttl_s=60) == 2
    assert cache.add("hits", 3, ttl_s=60) == 5
    assert cache.add("hits", -1, ttl_s=60) == 4


def test_a_counter_reads_as_its_digits(cache: Cache) -> None:
    cache.add("hits", 12, ttl_s=60)

    assert cache.get("hits") == b"12"


def test_counters_do_not_mix(cache: Cache) -> None:
    cache.add("a", 1, ttl_s=60)

    assert cache.add("b", 1, ttl_s=60) == 1


def test_a_value_comes_back_as_it_was(cache: Cache) -> None:
    cache.put("page", b"\x00\xff bytes", ttl_s=60)

    assert cache.get("page") == b"\x00\xff bytes"


def test_the_later_value_wins(cache: Cache) -> None:
    cache.put("page", b"old", ttl_s=60)
    cache.put("page", b"new", ttl_s=60)

    assert cache.get("page") == b"new"


def test_what_is_not_there_is_none(cache: Cache) -> None:
    assert cache.get("nothing") is None


def test_what_was_deleted_is_gone_and_a_counter_begins_again(cache: Cache) -> None:
    cache.put("page", b"x", ttl_s=60)
    cache.add("hits", 5, ttl_s=60)

    cache.delete("page")
    cache.delete("hits")
    cache.delete("nothing")

    assert cache.get("page") is None
    assert cache.add("hits", 1, ttl_s=60) == 1


def test_adding_to_a_value_is_refused(cache: Cache) -> None:
    cache.put("page", b"x", ttl_s=60)

    with pytest.raises(ValueError, match="page"):
        cache.add("page", 1, ttl_s=60)


def test_no_hit_of_many_threads_is_lost(cache: Cache) -> None:
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda _: cache.add("hits", 1, ttl_s=60), range(200)))

    assert sorted(seen) == list(range(1, 201))
