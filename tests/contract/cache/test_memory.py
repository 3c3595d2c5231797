"""The cache in memory: its time is the test's, its size is bounded."""

from __future__ import annotations

import pytest

from tests.fakes.clock import HandClock
from watchkeeper.store.cache.memory import MemoryCache


def test_a_counter_starts_over_a_while_after_its_first_add() -> None:
    clock = HandClock(now_ms=0)
    cache = MemoryCache(clock)

    cache.add("hits", 2, ttl_s=60)
    clock.now_ms = 59_999
    assert cache.add("hits", 3, ttl_s=60) == 5
    clock.now_ms = 60_000
    assert cache.add("hits", 1, ttl_s=60) == 1


def test_a_value_is_gone_when_its_time_is_over() -> None:
    clock = HandClock(now_ms=0)
    cache = MemoryCache(clock)
    cache.put("page", b"x", ttl_s=1.5)

    clock.now_ms = 1_499
    assert cache.get("page") == b"x"
    clock.now_ms = 1_500
    assert cache.get("page") is None


def test_a_full_cache_drops_the_oldest() -> None:
    cache = MemoryCache(HandClock(), max_entries=10)

    for n in range(11):
        cache.put(f"key-{n}", b"x", ttl_s=60)

    assert cache.get("key-0") is None
    assert cache.get("key-10") == b"x"


def test_a_full_cache_drops_what_has_expired_before_what_lives() -> None:
    clock = HandClock(now_ms=0)
    cache = MemoryCache(clock, max_entries=10)
    cache.put("old but alive", b"x", ttl_s=600)
    for n in range(9):
        cache.put(f"short-{n}", b"x", ttl_s=1)

    clock.now_ms = 2_000
    cache.put("new", b"x", ttl_s=60)

    assert cache.get("old but alive") == b"x"
    assert cache.get("new") == b"x"


def test_it_never_holds_more_than_it_may() -> None:
    cache = MemoryCache(HandClock(), max_entries=10)

    for n in range(1_000):
        cache.add(f"key-{n}", 1, ttl_s=60)

    assert sum(cache.get(f"key-{n}") is not None for n in range(1_000)) <= 10


def test_a_cache_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="max_entries"):
        MemoryCache(HandClock(), max_entries=0)
