"""How long the digest waits between two rounds: people wait for errors, inserts are to be large."""

from __future__ import annotations

import threading

import pytest

from tests.fakes.house import PROJECT, House, event_json
from watchkeeper.ingest.digest import DigestOptions
from watchkeeper.model import Kind, Record
from watchkeeper.store.spool import SegmentWriter, SpoolOptions

_MUCH = 300 * 1024


class _Waits(threading.Event):
    """Ends a run after so many seconds of waiting, of which none passes."""

    def __init__(self, most_s: float) -> None:
        super().__init__()
        self.most_s = most_s
        self.waited_s: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waited_s.append(timeout or 0.0)
        if sum(self.waited_s) >= self.most_s:
            self.set()
        return self.is_set()


def _error(number: int) -> Record:
    payload = event_json(number, extra={"note": "n" * _MUCH})
    return Record(Kind.ERROR_EVENT, PROJECT, 1_795_224_000_000, payload)


def _blank(kind: Kind) -> Record:
    """Much of a kind whose content no sink can read: it still takes its time."""
    return Record(kind, PROJECT, 1_795_224_000_000, b"\0" * _MUCH)


def _waited_s(house: House, most_s: float = 0.3) -> list[float]:
    stop = _Waits(most_s)
    house.digest(options=DigestOptions()).run(stop)
    return stop.waited_s


def test_a_burst_of_errors_is_taken_in_for_600_ms(house: House) -> None:
    house.edge.append_blocking([_error(1)])
    assert _waited_s(house, 0.6) == pytest.approx([0.2, 0.2, 0.2])


def test_the_first_that_comes_after_nothing_is_stored_at_once(house: House) -> None:
    class Coming(_Waits):
        def wait(self, timeout: float | None = None) -> bool:
            if len(self.waited_s) == 2:
                house.edge.append_blocking([_error(1)])
            return super().wait(timeout)

    stop = Coming(0.4)
    house.digest(options=DigestOptions()).run(stop)

    assert stop.waited_s[:3] == pytest.approx([0.1, 0.1, 0.1])
    assert house.count("errors") == 1


def test_all_else_that_is_much_is_waited_for_800_ms(house: House) -> None:
    house.edge.append_blocking([_blank(Kind.METADATA)])
    assert _waited_s(house, 0.8) == pytest.approx([0.2, 0.2, 0.2, 0.2])


def test_errors_among_much_else_do_not_hurry_it(house: House) -> None:
    house.edge.append_blocking([_error(1), _blank(Kind.METADATA), _blank(Kind.METADATA)])
    assert _waited_s(house, 0.8) == pytest.approx([0.2, 0.2, 0.2, 0.2])


def test_errors_that_go_on_are_waited_for_300_ms_and_not_at_all_while_behind(house: House) -> None:
    lane = SegmentWriter(
        house.directory / "spool",
        "short",
        clock=house.clock,
        options=SpoolOptions(segment_bytes=_MUCH),
    )
    for number in (1, 2, 3):  # a segment each, and so a cut each
        lane.append_blocking([_error(number)])
    lane.close()
    assert _waited_s(house, 0.9) == pytest.approx([0.2, 0.2, 0.2, 0.0, 0.2, 0.1])
    assert house.count("errors") == 3
