"""Loops know from the digest in which stretches of time nothing came."""

from __future__ import annotations

from tests.fakes.house import House, event_json
from watchkeeper.ingest.digest import Digest
from watchkeeper.ingest.digest.receipts import Receipts
from watchkeeper.lib.clock import HOUR_MS, MINUTE_MS, SECOND_MS


def _digested(house: House) -> Digest:
    """A digest that has stored one error a minute ago, in the life before it another one."""
    house.receive([event_json(1)])
    house.digest().run_once()
    house.clock.forward(10 * MINUTE_MS)
    digest = house.digest()
    house.receive([event_json(2)])
    digest.run_once()
    house.clock.forward(MINUTE_MS)
    return digest


def test_a_time_in_which_nothing_came_is_known_to_hold_nothing(house: House) -> None:
    digest, now_ms = _digested(house), house.clock()
    assert digest.may_hold("errors", now_ms - 65 * SECOND_MS, now_ms - 55 * SECOND_MS)
    assert not digest.may_hold("errors", now_ms - 50 * SECOND_MS, now_ms)
    assert not digest.may_hold("errors", now_ms - 9 * MINUTE_MS, now_ms - 2 * MINUTE_MS)


def test_each_table_is_told_apart(house: House) -> None:
    digest, now_ms = _digested(house), house.clock()
    assert not digest.may_hold("spans", now_ms - 50 * MINUTE_MS, now_ms)


def test_what_an_earlier_life_stored_is_known(house: House) -> None:
    digest, now_ms = _digested(house), house.clock()
    assert digest.may_hold("errors", now_ms - 11 * MINUTE_MS - SECOND_MS, now_ms - 10 * MINUTE_MS)


def test_of_long_ago_nothing_is_known(house: House) -> None:
    digest, now_ms = _digested(house), house.clock()
    assert digest.may_hold("spans", now_ms - 2 * HOUR_MS, now_ms)


def test_it_stays_bounded_and_says_no_only_of_what_it_knows(house: House) -> None:
    now_ms = house.clock()
    receipts = Receipts(house.columns, now_ms=now_ms)
    arrivals = range(now_ms, now_ms + 6 * HOUR_MS, 10 * SECOND_MS)
    for at_ms in arrivals:
        receipts.note(["errors"], [at_ms])
    assert all(receipts.may_hold("errors", at_ms, at_ms + 1) for at_ms in arrivals)
    assert receipts.may_hold("errors", now_ms + 5 * SECOND_MS, now_ms + 6 * SECOND_MS)
    latest_ms = arrivals[-1] + 5 * SECOND_MS
    assert not receipts.may_hold("errors", latest_ms, latest_ms + SECOND_MS)
