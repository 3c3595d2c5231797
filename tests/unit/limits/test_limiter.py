from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.fakes.clock import HandClock
from watchkeeper.limits import Limiter, LoginLimits, RateRule, Verdict
from watchkeeper.store.cache.memory import MemoryCache

ANALYTICS = RateRule(name="analytics", per_s=60, count=100, burst=10)


@pytest.fixture
def clock() -> HandClock:
    return HandClock(now_ms=0)


@pytest.fixture
def limiter(clock: HandClock) -> Limiter:
    return Limiter(MemoryCache(clock), clock)


def test_the_count_and_the_burst_pass_and_the_next_does_not(limiter: Limiter) -> None:
    verdicts = [limiter.hit(ANALYTICS, "key") for _ in range(111)]

    assert [v.allowed for v in verdicts] == [True] * 110 + [False]
    assert verdicts[0] == Verdict(allowed=True, limit=110, remaining=109, reset_s=60)
    assert verdicts[-1] == Verdict(allowed=False, limit=110, remaining=0, reset_s=60)


def test_a_new_window_starts_over(limiter: Limiter, clock: HandClock) -> None:
    for _ in range(111):
        limiter.hit(ANALYTICS, "key")

    clock.now_ms = 59_999
    assert not limiter.hit(ANALYTICS, "key").allowed
    clock.now_ms = 60_000
    assert limiter.hit(ANALYTICS, "key").remaining == 109


def test_the_wait_is_told_in_whole_seconds_never_zero(limiter: Limiter, clock: HandClock) -> None:
    clock.now_ms = 58_500
    assert limiter.hit(ANALYTICS, "key").reset_s == 2
    clock.now_ms = 59_999
    assert limiter.hit(ANALYTICS, "key").reset_s == 1


def test_subjects_and_rules_do_not_mix(limiter: Limiter) -> None:
    one = RateRule(name="one", per_s=60, count=1)
    other = RateRule(name="other", per_s=60, count=1)

    assert limiter.hit(one, "a").allowed
    assert limiter.hit(one, "b").allowed
    assert limiter.hit(other, "a").allowed
    assert not limiter.hit(one, "a").allowed


def test_what_is_given_back_may_be_used_again(limiter: Limiter) -> None:
    one = RateRule(name="one", per_s=60, count=1)

    limiter.hit(one, "a")
    limiter.give_back(one, "a")

    assert limiter.hit(one, "a").allowed
    assert not limiter.hit(one, "a").allowed


def test_what_is_forgotten_starts_over(limiter: Limiter) -> None:
    two = RateRule(name="two", per_s=60, count=2)
    for _ in range(3):
        limiter.hit(two, "a")

    limiter.forget(two, "a")

    assert limiter.hit(two, "a").remaining == 1


def test_threads_together_pass_the_limit_and_no_more(limiter: Limiter) -> None:
    with ThreadPoolExecutor(8) as pool:
        verdicts = list(pool.map(lambda _: limiter.hit(ANALYTICS, "key"), range(400)))

    assert sum(verdict.allowed for verdict in verdicts) == 110


@pytest.mark.parametrize(("per_s", "count", "burst"), [(0, 1, 0), (1, 0, 0), (1, 1, -1)])
def test_a_rate_that_makes_no_sense_is_refused(per_s: int, count: int, burst: int) -> None:
    with pytest.raises(ValueError, match="rate"):
        RateRule(name="x", per_s=per_s, count=count, burst=burst)


def test_an_e_mail_is_slowed_down_from_any_number_of_addresses(limiter: Limiter) -> None:
    logins = LoginLimits(limiter)

    waits = [logins.enter("ada@acme.test", f"192.0.2.{n}") for n in range(51)]

    assert waits == [0] * 50 + [300]


@pytest.mark.redis
def test_processes_share_a_limit_through_redis(redis_url: str, clock: HandClock) -> None:
    from watchkeeper.store.cache.redis import RedisCache

    here = RedisCache(redis_url, prefix="limit:")
    there = RedisCache(redis_url, prefix="limit:")
    two = RateRule(name="two", per_s=60, count=2)

    assert Limiter(here, clock).hit(two, "a").remaining == 1
    assert Limiter(there, clock).hit(two, "a").remaining == 0
    assert not Limiter(here, clock).hit(two, "a").allowed
    here.close()
    there.close()
