"""A saved search is a counter of what arrived and matched, whatever crashes in between."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.house import PROJECT, SCOPE, House, open_house
from watchkeeper.app.log_matches import log_matches
from watchkeeper.ingest import LogRow
from watchkeeper.ingest.digest import Digest
from watchkeeper.lib.clock import MINUTE_MS, SECOND_MS
from watchkeeper.lib.errors import Conflict, NotFound
from watchkeeper.lib.search import BadSearch
from watchkeeper.logs import (
    MOST_QUERIES,
    LogMatches,
    LogQueries,
    TooManyQueries,
)
from watchkeeper.model import Role, Scope
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta

INTERVAL_MS = 15 * SECOND_MS
ELSEWHERE = Scope(org_id=1, project_ids=(2,), role=Role.MEMBER)


class Engine:
    """Digest and counters over one house, as one started engine has them."""

    def __init__(self, house: House) -> None:
        self.house, self.acceptor = house, house.acceptor()
        self.digest: Digest = house.digest()
        self.matches: LogMatches = log_matches(
            house.columns,
            house.meta,
            self.acceptor,
            self.digest.passed_ms,
            self.digest.may_hold,
        )

    def turn(self, ms: int = 0) -> None:
        """Let time pass; digest, count, digest what was counted."""
        self.house.clock.forward(ms)
        for _ in range(2):
            while self.digest.run_once():
                pass
            self.matches.run_once()

    def say(self, *bodies: str) -> None:
        now_ms = self.house.clock()
        rows = [
            LogRow(ts_ms=now_ms, severity="error", service="shop", body=body, attributes={})
            for body in bodies
        ]
        self.acceptor.accept_logs_blocking(PROJECT, rows)

    def samples(self) -> list[tuple[int, float]]:
        """(seconds since the test began, value) of every stored sample."""
        rows = self.house.columns.rows(
            "SELECT DISTINCT toUnixTimestamp64Milli(ts), value FROM samples WHERE series_id IN "
            "(SELECT series_id FROM series WHERE metric = 'watchkeeper_log_matches_total') "
            "ORDER BY ts"
        )
        return [((int(ts) - BEGAN_MS) // 1000, float(value)) for ts, value in rows]


BEGAN_MS = 1_795_224_000_000 // MINUTE_MS * MINUTE_MS


@pytest.fixture
def engine(tmp_path: Path, sqlite_meta: Meta, empty_columns: Columns) -> Iterator[Engine]:
    with open_house(tmp_path, sqlite_meta, empty_columns) as house:
        house.clock.now_ms = BEGAN_MS
        yield Engine(house)


def queries(engine: Engine) -> LogQueries:
    return LogQueries(engine.house.meta, engine.house.clock)


def test_the_first_match_is_an_increase(engine: Engine) -> None:
    queries(engine).add(SCOPE, name="timeouts", query="timed out level:error", by="ann")
    engine.turn(20_000)
    engine.say("it timed out", "all is well", "timed out again")
    engine.turn(20_000)

    assert engine.samples() == [(15, 0.0), (30, 2.0)]
    (row,) = queries(engine).of(SCOPE)
    assert (row.matches, row.error) == (2, "")


def test_a_quiet_counter_is_repeated_each_minute(engine: Engine) -> None:
    queries(engine).add(SCOPE, name="q", query="nothing", by="ann")

    for _ in range(9):
        engine.turn(INTERVAL_MS)

    assert engine.samples() == [(60, 0.0), (120, 0.0)]


def test_after_a_crash_nothing_is_counted_twice(engine: Engine) -> None:
    room = queries(engine)
    row = room.add(SCOPE, name="q", query="boom", by="ann")
    engine.say("boom")
    engine.turn(20_000)
    stored = engine.samples()
    room._rows.advance(  # as it was before: the samples are stored, the progress is not
        row.id, matches=0, told_ms=0, counted_ms=row.counted_ms, error=""
    )

    after = Engine(engine.house)
    after.turn(INTERVAL_MS)

    assert after.samples() == stored
    assert room.of(SCOPE)[0].matches == 1


def test_a_name_is_used_once_and_searches_are_bounded(engine: Engine) -> None:
    room = queries(engine)
    room.add(SCOPE, name="q", query="a", by="ann")

    with pytest.raises(Conflict):
        room.add(SCOPE, name="q", query="b", by="ann")
    with pytest.raises(BadSearch):
        room.add(SCOPE, name="r", query='"', by="ann")
    for number in range(MOST_QUERIES - 1):
        room.add(SCOPE, name=f"q{number}", query="a", by="ann")
    with pytest.raises(TooManyQueries):
        room.add(SCOPE, name="one more", query="a", by="ann")


def test_another_project_neither_sees_nor_deletes_it(engine: Engine) -> None:
    room = queries(engine)
    row = room.add(SCOPE, name="q", query="a", by="ann")

    assert list(room.of(ELSEWHERE)) == []
    with pytest.raises(NotFound):
        room.remove(ELSEWHERE, row.id)
    room.remove(SCOPE, row.id)
    assert list(room.of(SCOPE)) == []
