"""Whatever breaks at whatever step: nothing is lost, nothing is there twice."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from sqlalchemy import select

from tests.fakes.faults import FaultyColumns, FaultyMeta, Killed, PickyColumns
from tests.fakes.house import PROJECT, House, event_json
from watchkeeper.ingest import LogRow, SampleBatch, encode_logs
from watchkeeper.ingest.digest import DigestOptions
from watchkeeper.lib.clock import DAY_MS
from watchkeeper.model import Kind, labels_of
from watchkeeper.store.columns import StoreUnavailable
from watchkeeper.store.meta import tables

EVENTS, SAMPLES, LINES, DAYS = 6, 60, 3, 60


def fill(house: House) -> None:
    """Records of every kind; the samples span more days than one insert may touch."""
    house.receive([event_json(n, user={"id": str(n)}) for n in range(1, EVENTS + 1)])
    batch = SampleBatch(
        series=[labels_of({"__name__": "up"})] * SAMPLES,
        ts_ms=np.array([house.clock() - n * DAY_MS for n in range(SAMPLES)], dtype=np.int64),
        values=np.arange(float(SAMPLES)),
    )
    house.acceptor().accept_samples_blocking(PROJECT, batch)
    line = LogRow(ts_ms=house.clock(), severity="info", service="s", body="b", attributes={})
    house.receive([encode_logs([line] * LINES)], Kind.LOGS)


def stored(house: House) -> dict[str, int]:
    """Counts of everything that one fill may have become."""
    with house.meta.read() as conn:
        issue_events = conn.execute(select(tables.issues.c.events)).scalar_one_or_none() or 0
        waiting = len(list(conn.execute(select(tables.spool_cuts))))
    return {
        "errors": house.count("errors"),
        "distinct errors": house.count("errors", "uniqExact(event_id)"),
        "rolled up": house.count("errors_1h", "sum(events)"),
        "users": house.count("errors_1h", "ifNull(uniqCombined64Merge(users), 0)"),
        "in the issue": issue_events,
        "samples": house.count("samples"),
        "distinct samples": house.count("samples", "uniqExact(value)"),
        "days named": house.count("series", "uniqExact(day)"),
        "lines": house.count("logs"),
        "cuts in hand": waiting,
    }


WHOLE = {
    "errors": EVENTS,
    "distinct errors": EVENTS,
    "rolled up": EVENTS,
    "users": EVENTS,
    "in the issue": EVENTS,
    "samples": SAMPLES,
    "distinct samples": SAMPLES,
    "days named": DAYS,
    "lines": LINES,
    "cuts in hand": 0,
}


@pytest.mark.parametrize("is_done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", [1, 2, 3, 4, 5])
def test_a_crash_around_any_insert_costs_and_doubles_nothing(
    house: House, at: int, is_done: bool
) -> None:
    fill(house)
    faulty = FaultyColumns(house.columns, at=at, is_done=is_done)
    with pytest.raises(Killed):
        house.digest(columns=faulty).run_once()

    house.digest().run_once()

    assert stored(house) == WHOLE


@pytest.mark.parametrize("is_done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_a_crash_around_any_commit_costs_and_doubles_nothing(
    house: House, at: int, is_done: bool
) -> None:
    fill(house)
    with pytest.raises(Killed):
        house.digest(meta=FaultyMeta(house.meta, at=at, is_done=is_done)).run_once()

    house.digest().run_once()

    assert stored(house) == WHOLE


def test_a_digest_that_crashes_again_and_again_gets_there(house: House) -> None:
    fill(house)
    for at in (1, 1, 2, 2, 1):
        faulty = FaultyColumns(house.columns, at=at, is_done=True)
        with pytest.raises(Killed):
            house.digest(columns=faulty).run_once()

    house.digest().run_once()

    assert stored(house) == WHOLE


def test_what_arrives_after_the_crash_does_not_join_the_cut_that_is_replayed(house: House) -> None:
    house.receive([event_json(1), event_json(2)])
    with pytest.raises(Killed):
        house.digest(columns=FaultyColumns(house.columns, at=1, is_done=True)).run_once()
    house.receive([event_json(3)])

    digest = house.digest()
    digest.run_once()
    digest.run_once()

    assert house.count("errors") == 3
    assert house.count("errors_1h", "sum(events)") == 3


def test_while_the_store_is_down_the_same_digest_waits_and_then_goes_on(house: House) -> None:
    fill(house)
    down = StoreUnavailable("The store is down.")
    faulty = FaultyColumns(house.columns, at=2, is_done=False, error=down)
    digest = house.digest(columns=faulty)

    with pytest.raises(StoreUnavailable):
        digest.run_once()
    house.clock.forward(5000)
    assert digest.lag_ms() == 5000
    digest.run_once()

    assert stored(house) == WHOLE


def test_the_loop_counts_a_failure_and_tries_again(house: House) -> None:
    fill(house)
    down = StoreUnavailable("The store is down.")
    stop = threading.Event()

    class Stopping(FaultyColumns):
        """Stops the loop once everything that waits has been inserted."""

        def insert(self, *args: object, **options: object) -> None:
            super().insert(*args, **options)  # type: ignore[arg-type]
            if self.inserts == 6:
                stop.set()

    faulty = Stopping(house.columns, at=1, is_done=False, error=down)
    house.digest(columns=faulty, options=DigestOptions(gather_ms=0, backoff_s=0.001)).run(stop)

    assert house.metric("watchkeeper_digest_failures_total", code="store_unavailable") == 1
    assert stored(house) == WHOLE


def test_a_refused_row_is_found_and_buried_and_the_others_are_stored(house: House) -> None:
    poison = event_json(4, message="poison")
    house.receive([event_json(n) for n in range(1, 4)] + [poison, event_json(5)])
    picky = PickyColumns(house.columns, lambda rows: b"poison" in rows)

    house.digest(columns=picky).run_once()

    assert house.count("errors") == 4
    assert house.count("errors_1h", "sum(events)") == 4
    with house.meta.read() as conn:
        assert conn.execute(select(tables.issues.c.events)).scalar_one() == 4
        letter = conn.execute(select(tables.dead_letters)).one()
    assert (letter.reason, letter.payload) == ("refused_by_store", poison)
    assert house.metric("watchkeeper_digest_dead_letters_total", reason="refused_by_store") == 1


def test_a_crash_while_the_refused_row_is_sought_doubles_nothing(house: House) -> None:
    house.receive([event_json(n) for n in range(1, 8)] + [event_json(8, message="poison")])

    def is_refused(rows: bytes) -> bool:
        return b"poison" in rows

    faulty = FaultyColumns(house.columns, at=2, is_done=True)
    with pytest.raises(Killed):
        house.digest(columns=PickyColumns(faulty, is_refused)).run_once()

    house.digest(columns=PickyColumns(house.columns, is_refused)).run_once()

    assert house.count("errors") == 7
    assert house.count("errors_1h", "sum(events)") == 7


def test_a_record_that_turns_up_late_counts_as_received_when_the_past_was_closed(
    house: House,
) -> None:
    digest = house.digest()
    digest.run_once()
    closed_ms = digest.passed_ms()
    assert closed_ms is not None
    house.clock.forward(-3000)  # accepted before, in the spool only now
    house.receive([event_json(1)])

    digest.run_once()

    assert house.count("errors", "toUnixTimestamp64Milli(any(received))") == closed_ms
