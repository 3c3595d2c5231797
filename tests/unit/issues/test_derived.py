"""`watchkeeper_errors_total` is what the stored errors say, whatever crashes in between."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.faults import FaultyMeta, FaultySpool, Killed
from tests.fakes.house import PROJECT, House, event_json
from watchkeeper.derived import Derived
from watchkeeper.ingest import Acceptor
from watchkeeper.ingest.digest import Digest
from watchkeeper.issues import ErrorsSource, SeverityRule
from watchkeeper.lib.clock import DAY_MS, MINUTE_MS, SECOND_MS
from watchkeeper.model import Role, Scope, Severity
from watchkeeper.store.meta import Meta
from watchkeeper.store.spool import SpoolFull

INTERVAL_MS = 15 * SECOND_MS


class Engine:
    """Digest and derived series over one house, as one started engine has them."""

    def __init__(self, house: House, meta: Meta | None = None) -> None:
        self.house = house
        self.acceptor: Acceptor = house.acceptor()
        self.digest: Digest = house.digest()
        self.derived = Derived(
            ErrorsSource(),
            columns=house.columns,
            meta=meta or house.meta,
            acceptor=self.acceptor,
            clock=house.clock,
            passed_ms=self.digest.passed_ms,
            may_hold=self.digest.may_hold,
        )

    def turn(self) -> None:
        """Digest, derive, digest what was derived."""
        while self.digest.run_once():
            pass
        self.derived.run_once()
        while self.digest.run_once():
            pass


@pytest.fixture
def engine(house: House) -> Engine:
    house.clock.now_ms = house.clock.now_ms // MINUTE_MS * MINUTE_MS
    started = Engine(house)
    house.clock.forward(2 * INTERVAL_MS)
    started.turn()
    return started


def error(house: House, number: int, **fields: Any) -> None:
    house.receive([event_json(number, timestamp=house.clock() / SECOND_MS, **fields)])


def samples(house: House) -> list[tuple[dict[str, str], int, float]]:
    rows = house.columns.rows(
        "SELECT s.labels, toUnixTimestamp64Milli(n.ts), n.value FROM samples AS n "
        "INNER JOIN (SELECT DISTINCT series_id, labels FROM series) AS s USING (series_id) "
        "ORDER BY s.labels['type'], n.ts"
    )
    return [(labels, ts_ms, value) for labels, ts_ms, value in rows]


def values(house: House) -> list[float]:
    return [value for _labels, _ts_ms, value in samples(house)]


def test_a_severity_is_that_of_the_projects_rules(engine: Engine) -> None:
    house = engine.house
    admin = Scope(org_id=1, project_ids=(PROJECT,), role=Role.ADMIN)
    rule = SeverityRule(query="environment:prod", severity=Severity.CRITICAL)
    house.issues.searches.set_severity_rules(admin, [rule], actor="ann")
    error(house, 1, environment="prod", level="info")
    error(house, 2, environment="dev", level="info")
    house.clock.forward(INTERVAL_MS + 2 * SECOND_MS)
    engine.turn()

    told = {labels["environment"]: labels["severity"] for labels, _ts, _value in samples(house)}
    assert told == {"prod": "critical", "dev": "low"}


def test_the_first_error_comes_with_a_zero_one_interval_before_it(engine: Engine) -> None:
    house = engine.house
    closes_ms = house.clock() + INTERVAL_MS
    error(house, 1, environment="prod", release="1.0", level="fatal")
    house.clock.forward(INTERVAL_MS + 2 * SECOND_MS)
    engine.turn()

    labels = {
        "__name__": "watchkeeper_errors_total",
        "project": "web",
        "type": "ValueError",
        "severity": "critical",
        "release": "1.0",
        "environment": "prod",
    }
    assert samples(house) == [(labels, closes_ms - INTERVAL_MS, 0.0), (labels, closes_ms, 1.0)]


def test_an_interval_that_may_still_grow_is_not_closed(engine: Engine) -> None:
    error(engine.house, 1)
    engine.house.clock.forward(INTERVAL_MS)
    engine.turn()
    assert samples(engine.house) == []

    engine.house.clock.forward(SECOND_MS)
    engine.turn()
    assert values(engine.house) == [0.0, 1.0]


def test_an_unchanged_counter_is_repeated_each_minute_until_it_was_quiet_for_a_day(
    engine: Engine,
) -> None:
    house = engine.house
    error(house, 1)
    for _ in range(12):
        house.clock.forward(INTERVAL_MS)
        engine.turn()
    assert values(house) == [0.0, 1.0, 1.0, 1.0, 1.0]

    house.clock.forward(DAY_MS)
    for _ in range(26):
        engine.turn()
    newest = max(ts_ms for _labels, ts_ms, _value in samples(house))
    assert newest < house.clock() - 2 * MINUTE_MS

    error(house, 2)
    house.clock.forward(2 * INTERVAL_MS)
    engine.turn()
    assert values(house)[-2:] == [1.0, 2.0]


def test_a_restart_is_not_a_reset(engine: Engine) -> None:
    house = engine.house
    for number in (1, 2):
        error(house, number)
    house.clock.forward(2 * INTERVAL_MS)
    engine.turn()

    again = Engine(house)
    error(house, 3)
    house.clock.forward(2 * INTERVAL_MS)
    again.turn()

    assert values(house)[-1] == 3.0
    assert values(house) == sorted(values(house))


@pytest.mark.parametrize("is_done", [False, True], ids=["before", "after"])
def test_a_crash_between_the_samples_and_their_progress_writes_none_twice(
    engine: Engine, is_done: bool
) -> None:
    house = engine.house
    engine.derived = Derived(
        ErrorsSource(),
        columns=house.columns,
        meta=FaultyMeta(house.meta, at=1, is_done=is_done),
        acceptor=engine.acceptor,
        clock=lambda: 0,
        passed_ms=engine.digest.passed_ms,
    )
    error(house, 1)
    house.clock.forward(2 * INTERVAL_MS)
    with pytest.raises(Killed):
        engine.turn()

    again = Engine(house)
    house.clock.forward(2 * INTERVAL_MS)
    again.turn()

    times = [ts_ms for _labels, ts_ms, _value in samples(house)]
    assert len(times) == len(set(times))
    assert values(house)[:2] == [0.0, 1.0]
    assert values(house)[-1] == 1.0


def test_a_full_spool_delays_the_series_and_loses_none(engine: Engine) -> None:
    house = engine.house
    full = FaultySpool(house.engine, at=1, error=SpoolFull("The spool is full."))
    engine.derived = Derived(
        ErrorsSource(),
        columns=house.columns,
        meta=house.meta,
        acceptor=house.acceptor(full),
        clock=lambda: 0,
        passed_ms=engine.digest.passed_ms,
    )
    error(house, 1)
    house.clock.forward(2 * INTERVAL_MS)
    with pytest.raises(SpoolFull):
        engine.turn()

    engine.turn()

    assert values(house) == [0.0, 1.0]


def test_more_kinds_of_errors_than_series_flow_into_one_of_type_other(engine: Engine) -> None:
    house = engine.house
    house.receive(
        [event_json(n, exception={"values": [{"type": f"K{n:03}"}]}) for n in range(1, 251)]
    )
    house.clock.forward(2 * INTERVAL_MS)
    engine.turn()

    newest = {labels["type"]: value for labels, _ts_ms, value in samples(house)}
    assert len(newest) == 201
    assert newest["other"] == 50.0
    assert sum(newest.values()) == 250.0


def test_nothing_is_derived_before_the_samples_of_the_life_before_are_stored(
    house: House,
) -> None:
    error(house, 1)
    engine = Engine(house)

    engine.digest.run_once()
    engine.derived.run_once()

    assert samples(house) == []
    assert house.metric("watchkeeper_digest_records_total", kind="error_event") == 1
