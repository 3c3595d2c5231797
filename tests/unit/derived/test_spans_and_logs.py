"""Spans and log lines as series, computed from the rows that are stored."""

from __future__ import annotations

import pytest

from tests.fakes.house import PROJECT, House
from tests.fakes.spans import span_row
from watchkeeper.derived import Derived, LogsSource, Source, SpansSource
from watchkeeper.ingest import LogRow
from watchkeeper.lib.clock import MINUTE_MS, SECOND_MS

INTERVAL_MS = 15 * SECOND_MS
NS_A_MS = 1_000_000


class Engine:
    """Digest and derived series over one house."""

    def __init__(self, house: House, *sources: Source) -> None:
        self.house = house
        self.acceptor = house.acceptor()
        self.digest = house.digest()
        self.derived = [
            Derived(
                source,
                columns=house.columns,
                meta=house.meta,
                acceptor=self.acceptor,
                clock=house.clock,
                passed_ms=self.digest.passed_ms,
                may_hold=self.digest.may_hold,
            )
            for source in sources or (SpansSource(), LogsSource())
        ]

    def turn(self) -> None:
        """Digest, derive, digest what was derived."""
        while self.digest.run_once():
            pass
        for each in self.derived:
            each.run_once()
        while self.digest.run_once():
            pass

    def close_interval(self) -> None:
        self.house.clock.forward(INTERVAL_MS + 2 * SECOND_MS)
        self.turn()


@pytest.fixture
def engine(house: House) -> Engine:
    house.clock.now_ms = house.clock.now_ms // MINUTE_MS * MINUTE_MS
    started = Engine(house)
    house.clock.forward(2 * INTERVAL_MS)
    started.turn()
    return started


def newest(house: House, metric: str) -> dict[tuple[tuple[str, str], ...], float]:
    """The newest value by labels, of one metric."""
    rows = house.columns.rows(
        "SELECT s.labels, argMax(n.value, n.ts) FROM samples AS n INNER JOIN "
        "(SELECT DISTINCT series_id, labels FROM series WHERE metric = {metric:String}) AS s "
        "USING (series_id) GROUP BY s.labels",
        {"metric": metric},
    )
    return {
        tuple(sorted((k, v) for k, v in labels.items() if k != "__name__")): value
        for labels, value in rows
    }


def values(house: House, metric: str) -> list[float]:
    return [
        value
        for (value,) in house.columns.rows(
            "SELECT value FROM samples WHERE series_id IN "
            "(SELECT series_id FROM series WHERE metric = {metric:String}) ORDER BY ts",
            {"metric": metric},
        )
    ]


def line(severity: str = "error", service: str = "shop", environment: str = "prod") -> LogRow:
    return LogRow(
        ts_ms=1_795_224_000_000,
        severity=severity,
        service=service,
        body="x",
        attributes={},
        environment=environment,
    )


def test_spans_are_counted_by_service_operation_kind_and_status(engine: Engine) -> None:
    rows = [
        span_row(),
        span_row(status="error"),
        span_row(route="", op="db", kind="client", is_entry=False),
        span_row(route="", op="", name="work", kind="internal", is_entry=False),
    ]
    engine.acceptor.accept_spans_blocking(PROJECT, rows)
    engine.close_interval()

    found = newest(engine.house, "watchkeeper_spans_total")
    told = {(d["operation"], d["kind"], d["status"]): n for d, n in _dicts(found)}
    assert told == {
        ("/cart/{id}", "server", "unset"): 1,
        ("/cart/{id}", "server", "error"): 1,
        ("db", "client", "unset"): 1,
        ("work", "internal", "unset"): 1,
    }
    assert {(d["project"], d["service"]) for d, _n in _dicts(found)} == {("web", "shop")}


def test_the_first_spans_come_with_a_zero_before_them(engine: Engine) -> None:
    engine.acceptor.accept_spans_blocking(PROJECT, [span_row()])
    engine.close_interval()

    assert values(engine.house, "watchkeeper_spans_total")[:2] == [0.0, 1.0]


def test_durations_of_entries_are_a_histogram(engine: Engine) -> None:
    rows = [
        span_row(duration_ns=500 * NS_A_MS),
        span_row(duration_ns=501 * NS_A_MS),
        span_row(duration_ns=60_000 * NS_A_MS),
        span_row(duration_ns=1, is_entry=False),
    ]
    engine.acceptor.accept_spans_blocking(PROJECT, rows)
    engine.close_interval()

    name = "watchkeeper_span_duration_seconds"
    buckets = {d["le"]: n for d, n in _dicts(newest(engine.house, f"{name}_bucket"))}
    assert (buckets["0.25"], buckets["0.5"], buckets["1"], buckets["30"]) == (0, 1, 2, 2)
    assert buckets["+Inf"] == 3
    assert [n for _d, n in _dicts(newest(engine.house, f"{name}_count"))] == [3]
    assert [n for _d, n in _dicts(newest(engine.house, f"{name}_sum"))] == pytest.approx([61.001])


def test_lines_are_counted_by_service_severity_and_environment(engine: Engine) -> None:
    lines = [line(), line(), line("info"), line(service="", environment="")]
    engine.acceptor.accept_logs_blocking(PROJECT, lines)
    engine.close_interval()

    found = newest(engine.house, "watchkeeper_logs_total")
    assert found == {
        _labels(service="shop", severity="error", environment="prod"): 2,
        _labels(service="shop", severity="info", environment="prod"): 1,
        _labels(severity="error"): 1,
    }


def test_a_restart_is_no_reset(engine: Engine) -> None:
    house = engine.house
    engine.acceptor.accept_spans_blocking(PROJECT, [span_row(), span_row()])
    engine.close_interval()

    restarted = Engine(house)
    house.clock.forward(MINUTE_MS)
    restarted.turn()
    restarted.acceptor.accept_spans_blocking(PROJECT, [span_row()])
    restarted.close_interval()

    assert max(values(house, "watchkeeper_spans_total")) == 3
    assert max(values(house, "watchkeeper_span_duration_seconds_count")) == 3


def test_too_many_operations_are_counted_as_one(engine: Engine) -> None:
    rows = [span_row(route=f"/page-{number}/x", is_entry=False) for number in range(700)]
    engine.acceptor.accept_spans_blocking(PROJECT, rows)
    engine.close_interval()

    found = newest(engine.house, "watchkeeper_spans_total")
    other = [n for d, n in _dicts(found) if d["operation"] == "other"]
    assert len(found) <= 501
    assert sum(found.values()) == 700
    assert other == [400]


def test_another_projects_spans_are_not_counted_here(engine: Engine) -> None:
    engine.acceptor.accept_spans_blocking(2, [span_row()])
    engine.close_interval()

    found = newest(engine.house, "watchkeeper_spans_total")
    assert [d["project"] for d, _n in _dicts(found)] == ["api"]


def _labels(**told: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted({"project": "web", **told}.items()))


def _dicts(
    found: dict[tuple[tuple[str, str], ...], float],
) -> list[tuple[dict[str, str], float]]:
    return [(dict(labels), value) for labels, value in found.items()]
