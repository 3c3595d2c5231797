"""Sessions as series: each counts once for what it becomes, whenever it becomes that."""

from __future__ import annotations

import pytest

from tests.fakes.house import House
from tests.fakes.sessions import session, sessions_payload
from tests.unit.derived.test_spans_and_logs import Engine, newest, values
from watchkeeper.derived import SessionsSource
from watchkeeper.ingest.envelope_rows import SessionRow
from watchkeeper.lib.clock import DAY_MS, MINUTE_MS
from watchkeeper.model import Kind

TOTAL, ERRORED, ABNORMAL, CRASHED, PEOPLE, CRASHED_PEOPLE = SessionsSource.metrics
SHOP = (("environment", "production"), ("project", "web"), ("release", "shop@1"))


@pytest.fixture
def engine(house: House) -> Engine:
    house.clock.now_ms = house.clock.now_ms // MINUTE_MS * MINUTE_MS
    started = Engine(house, SessionsSource())
    house.clock.forward(30_000)
    started.turn()
    return started


def come(engine: Engine, *rows: SessionRow) -> None:
    engine.house.receive([sessions_payload(*rows)], Kind.SESSIONS)
    engine.close_interval()


def test_a_session_counts_once_in_each_series(engine: Engine) -> None:
    house, at = engine.house, engine.house.clock()
    come(engine, session(1, ts=at, seq=1), session(2, ts=at, seq=1))
    come(engine, session(1, ts=at, seq=2, errored=1))
    house.columns.execute("OPTIMIZE TABLE sessions FINAL")  # only the latest state is left
    come(engine, session(1, ts=at, seq=3, errored=1))
    come(engine, session(1, ts=at, seq=4, status="crashed"))
    come(engine, session(2, ts=at, seq=2, status="exited"))

    assert newest(house, TOTAL) == {SHOP: 2}
    assert newest(house, ERRORED) == {SHOP: 1}
    assert newest(house, ABNORMAL) == {SHOP: 0}
    assert newest(house, CRASHED) == {SHOP: 1}


def test_the_first_crash_rises_from_zero_and_sums_count_whole(engine: Engine) -> None:
    at = engine.house.clock()
    come(engine, session(1, ts=at, sessions=40, errored=3, crashed=2))

    assert values(engine.house, CRASHED) == [0, 2]
    assert values(engine.house, TOTAL) == [0, 40]
    assert values(engine.house, ERRORED) == [0, 3]


def test_states_of_one_interval_count_as_the_worst_that_was_said(engine: Engine) -> None:
    at = engine.house.clock()
    come(
        engine,
        session(1, ts=at, seq=1),
        session(1, ts=at, seq=2, status="abnormal"),
        session(1, ts=at, seq=1, release="shop@2", environment=""),
    )

    assert newest(engine.house, TOTAL) == {
        SHOP: 1,
        (("project", "web"), ("release", "shop@2")): 1,
    }
    assert newest(engine.house, ABNORMAL)[SHOP] == 1


def test_a_person_counts_once_a_day_and_their_first_crash_too(engine: Engine) -> None:
    house, at = engine.house, engine.house.clock()
    come(engine, session(1, ts=at, user="id:ada"), session(2, ts=at, user="id:bob"))
    come(engine, session(3, ts=at, user="id:ada"), session(4, ts=at))
    come(engine, session(1, ts=at, seq=2, status="crashed", user="id:ada"))
    come(engine, session(3, ts=at, seq=2, status="crashed", user="id:ada"))

    assert newest(house, PEOPLE) == {SHOP: 2}
    assert newest(house, CRASHED_PEOPLE) == {SHOP: 1}

    house.clock.now_ms = (house.clock.now_ms // DAY_MS + 1) * DAY_MS + MINUTE_MS
    come(engine, session(5, ts=house.clock(), user="id:ada"))
    for _ in range(25):  # an hour each
        engine.turn()
    assert newest(house, PEOPLE) == {SHOP: 3}
