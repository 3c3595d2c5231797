"""While nothing comes, no loop that reads stored rows asks the store; once it comes, each does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from prometheus_client import CollectorRegistry

from tests.fakes.faults import CountedColumns
from tests.fakes.house import PROJECT, SCOPE, House
from tests.fakes.spans import span_row
from watchkeeper.app.log_matches import log_matches
from watchkeeper.artifacts import UnreadReleases
from watchkeeper.derived import (
    Derived,
    LogsSource,
    ServiceCalls,
    SpansSource,
    TornTraceMetrics,
    TornTraces,
)
from watchkeeper.ingest import LogRow
from watchkeeper.issues import IssuesByEvent
from watchkeeper.lib.clock import MINUTE_MS, SECOND_MS
from watchkeeper.logs import LogQueries
from watchkeeper.monitors import MonitorWatch

STEP_MS = 15 * SECOND_MS


class Loops:
    """Every loop that reads stored rows, over one store that counts how often it is read."""

    def __init__(self, house: House) -> None:
        self.house, self.columns = house, CountedColumns(house.columns)
        self.acceptor, self.digest = house.acceptor(), house.digest(columns=self.columns)
        passed_ms, may_hold = self.digest.passed_ms, self.digest.may_hold
        meta = house.meta
        derived = [
            Derived(
                source,
                columns=self.columns,
                meta=meta,
                acceptor=self.acceptor,
                clock=house.clock,
                passed_ms=passed_ms,
                may_hold=may_hold,
            )
            for source in (SpansSource(), LogsSource())
        ]
        calls = ServiceCalls(
            columns=self.columns,
            meta=meta,
            passed_ms=passed_ms,
            lag_ms=self.digest.lag_ms,
            may_hold=may_hold,
        )
        torn = TornTraces(
            columns=self.columns,
            meta=meta,
            passed_ms=passed_ms,
            metrics=TornTraceMetrics(CollectorRegistry()),
            may_hold=may_hold,
        )
        self.bodies: list[Callable[[], object]] = [
            *(each.run_once for each in derived),
            calls.run_once,
            torn.run_once,
            MonitorWatch(
                self.columns,
                meta,
                self.acceptor,
                passed_ms=passed_ms,
                issues=IssuesByEvent(house.meta, house.columns, house.issues.acts, actor="cron"),
                may_hold=may_hold,
            ).run_once,
            log_matches(self.columns, house.meta, self.acceptor, passed_ms, may_hold).run_once,
            UnreadReleases(self.columns, house.meta, house.clock, may_hold).run_once,
        ]

    def pass_time(self, ms: int) -> int:
        """Let time pass with everything that runs; returns how often the store was read."""
        before = self.columns.reads
        for _ in range(ms // STEP_MS):
            self.house.clock.forward(STEP_MS)
            while self.digest.run_once():
                pass
            for body in self.bodies:
                body()
        return self.columns.reads - before


@pytest.fixture
def loops(house: House) -> Loops:
    """After five minutes in which nothing came, so that each has found its place."""
    house.clock.now_ms = house.clock.now_ms // MINUTE_MS * MINUTE_MS
    queries = LogQueries(house.meta, house.clock)
    queries.add(SCOPE, name="refused", query="refused", by="mara@example.com")
    started = Loops(house)
    started.pass_time(7 * MINUTE_MS)
    return started


def test_while_nothing_comes_the_store_is_not_asked(loops: Loops) -> None:
    assert loops.pass_time(4 * MINUTE_MS) == 0


def test_what_comes_after_that_is_told_within_the_period(loops: Loops) -> None:
    line = LogRow(
        ts_ms=loops.house.clock(), severity="error", service="shop", body="refused", attributes={}
    )
    loops.acceptor.accept_logs_blocking(PROJECT, [line])
    loops.acceptor.accept_spans_blocking(PROJECT, [span_row(release="shop@7")])

    assert loops.pass_time(MINUTE_MS) > 0

    metrics = "SELECT DISTINCT metric FROM series"
    told = {row[0] for row in loops.house.columns.rows(metrics)}
    assert told >= {
        "watchkeeper_spans_total",
        "watchkeeper_logs_total",
        "watchkeeper_log_matches_total",
    }
    with loops.house.meta.read() as conn:
        found = conn.exec_driver_sql("SELECT version FROM releases").scalars().all()
    assert found == ["shop@7"]


def test_calls_between_services_are_counted_after_a_quiet_time(loops: Loops) -> None:
    caller = span_row(span_id="a" * 16, service="web", kind="client", is_entry=False)
    called = span_row(span_id="b" * 16, parent_id="a" * 16, service="shop")
    loops.acceptor.accept_spans_blocking(PROJECT, [caller, called])

    loops.pass_time(4 * MINUTE_MS)

    calls = "SELECT sum(calls) FROM operations_1h WHERE category = 'call'"
    assert int(loops.house.columns.rows(calls)[0][0]) == 1


def test_it_is_quiet_again_once_all_is_told(loops: Loops) -> None:
    loops.acceptor.accept_spans_blocking(PROJECT, [span_row()])
    loops.pass_time(16 * MINUTE_MS)
    assert loops.pass_time(2 * MINUTE_MS) == 0
