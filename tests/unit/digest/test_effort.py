"""When the digest has worked for more than its share of the time."""

from __future__ import annotations

from watchkeeper.ingest.digest.pace import Effort

NOW_MS = 1_795_224_000_000


def _pause_ms(rounds: int, *, took_ms: int, pause_ms: int) -> int:
    effort, now_ms = Effort(), NOW_MS
    for _ in range(rounds):
        effort.spent(now_ms, now_ms + took_ms)
        now_ms += took_ms + pause_ms
    return effort.pause_ms(200, 600)


def test_a_few_rounds_are_no_effort() -> None:
    assert _pause_ms(5, took_ms=150, pause_ms=200) == 200


def test_the_same_on_and_on_is_gathered() -> None:
    assert _pause_ms(20, took_ms=150, pause_ms=200) == 600


def test_what_takes_long_is_paused_for_less_so_that_all_is_stored_within_a_second() -> None:
    assert _pause_ms(20, took_ms=300, pause_ms=200) == 400
    assert _pause_ms(20, took_ms=700, pause_ms=200) == 200


def test_less_than_a_tenth_of_the_time_is_never_much() -> None:
    assert _pause_ms(1_000, took_ms=50, pause_ms=950) == 200


def test_it_is_worked_off_while_nothing_comes() -> None:
    effort = Effort()
    effort.spent(NOW_MS, NOW_MS + 60_000)
    effort.spent(NOW_MS + 90_000, NOW_MS + 90_010)
    assert effort.pause_ms(200, 600) == 200


def test_a_clock_that_goes_back_is_no_work() -> None:
    effort = Effort()
    effort.spent(NOW_MS, NOW_MS - 1_000_000)
    assert effort.pause_ms(200, 600) == 200
