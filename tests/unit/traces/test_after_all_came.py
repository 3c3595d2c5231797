"""What is told of traces once all of them has come: calls between services, torn repetitions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import delete

from tests.fakes.house import SCOPE, House
from tests.fakes.spans import span_row
from tests.unit.traces.conftest import HOUR, START_MS, Keep
from watchkeeper.derived import ServiceCalls, TornTraceMetrics, TornTraces
from watchkeeper.ingest import SpanRow
from watchkeeper.lib.clock import MINUTE_MS, SECOND_MS
from watchkeeper.store.meta import tables
from watchkeeper.traces import Budgets, Category, OperationQuery, Performance

NS = 1_000_000
DB = OperationQuery(range=HOUR, categories=(Category.DB,))
TRACE = "a" * 32


@pytest.fixture
def house(house: House) -> Iterator[House]:
    """With a clock that begins anew, and nothing counted."""
    with house.meta.write() as conn:
        conn.execute(delete(tables.watermarks))
    before_ms = house.clock.now_ms
    yield house
    house.clock.now_ms = before_ms


def calls_of(house: House, *, lag_ms: int = 0) -> ServiceCalls:
    return ServiceCalls(
        columns=house.columns, meta=house.meta, passed_ms=house.clock, lag_ms=lambda: lag_ms
    )


@pytest.fixture
def calls(house: House) -> ServiceCalls:
    return calls_of(house)


@pytest.fixture
def performance(house: House, calls: ServiceCalls) -> Performance:
    return Performance(house.columns, Budgets(house.meta), counted_ms=calls.counted_ms)


def entry(number: int, service: str, *, above: int = 0, took_ms: int = 60, **more: Any) -> SpanRow:
    told: dict[str, Any] = {
        "trace_id": TRACE,
        "span_id": f"{number:016x}",
        "parent_id": f"{above:016x}" if above else "",
        "service": service,
        "ts_ns": (START_MS + number) * NS,
        "duration_ns": took_ms * NS,
    }
    return span_row(**(told | more))


def edges(performance: Performance, environment: str = "") -> dict[tuple[str, str], int]:
    found = performance.service_map(SCOPE, HOUR, environment=environment)
    assert not any(edge.is_estimated for edge in found.edges)
    return {(each.source, each.target): each.calls for each in found.edges}


def counted(house: House) -> int:
    sql = "SELECT sum(calls) FROM operations_1h WHERE category = 'call'"
    return int(house.columns.rows(sql)[0][0])


def test_a_call_is_counted_once_its_caller_has_come(
    house: House, keep: Keep, calls: ServiceCalls, performance: Performance
) -> None:
    keep(entry(2, "shop", above=1, status="error"))
    house.clock.forward(MINUTE_MS)
    keep(entry(1, "web"))
    assert not calls.run_once()
    assert (calls.counted_ms(), counted(house)) == (0, 0)
    assert edges(performance) == {("service:web", "service:shop"): 1}, "joined when it is asked for"

    house.clock.forward(3 * MINUTE_MS)
    calls.run_once()

    assert calls.counted_ms() > START_MS
    assert counted(house) == 1
    found = performance.service_map(SCOPE, HOUR, environment="")
    (edge,) = found.edges
    assert (edge.source, edge.target, edge.calls, edge.errors) == (
        "service:web",
        "service:shop",
        1,
        1,
    )
    assert edge.p95_ms == pytest.approx(60, rel=0.2)
    assert (found.sample_ratio, found.sampled_spans) == (1.0, 0)


def test_counted_calls_and_new_ones_add_up(
    house: House, keep: Keep, calls: ServiceCalls, performance: Performance
) -> None:
    keep(entry(1, "web"), *(entry(n, "shop", above=1) for n in range(2, 5)))
    house.clock.forward(4 * MINUTE_MS)
    calls.run_once()
    assert counted(house) == 3

    keep(*(entry(n, "shop", above=1) for n in range(5, 7)))

    assert edges(performance) == {("service:web", "service:shop"): 5}
    house.clock.forward(4 * MINUTE_MS)
    calls.run_once()
    calls.run_once()
    assert counted(house) == 5
    assert edges(performance) == {("service:web", "service:shop"): 5}


def test_a_caller_that_is_stored_twice_calls_once(
    house: House, keep: Keep, calls: ServiceCalls, performance: Performance
) -> None:
    keep(entry(1, "web"), entry(2, "shop", above=1))
    keep(entry(1, "web"))

    assert edges(performance) == {("service:web", "service:shop"): 1}
    house.clock.forward(4 * MINUTE_MS)
    calls.run_once()
    assert counted(house) == 1


def test_a_service_does_not_call_itself_nor_one_of_another_trace(
    house: House, keep: Keep, calls: ServiceCalls
) -> None:
    keep(
        entry(1, "web"),
        entry(2, "web", above=1),
        entry(3, "shop", above=1, trace_id="b" * 32),
        entry(4, "shop", above=99),
    )
    house.clock.forward(4 * MINUTE_MS)
    calls.run_once()

    assert counted(house) == 0


def test_calls_are_told_by_environment_of_the_called(
    house: House, keep: Keep, calls: ServiceCalls, performance: Performance
) -> None:
    keep(entry(1, "web"), entry(2, "shop", above=1), entry(3, "mail", above=1, environment="qa"))
    house.clock.forward(4 * MINUTE_MS)
    calls.run_once()

    assert edges(performance, "qa") == {("service:web", "service:mail"): 1}
    assert edges(performance, "production") == {("service:web", "service:shop"): 1}


def test_a_slice_that_a_crash_cut_off_counts_once(
    house: House, keep: Keep, calls: ServiceCalls
) -> None:
    keep(entry(1, "web"), entry(2, "shop", above=1))
    house.clock.forward(4 * MINUTE_MS)
    calls.run_once()
    done_ms = calls.counted_ms()
    with house.meta.write() as conn:  # as it was before the slice was noted as done
        where = tables.watermarks.c.name == "service-calls"
        conn.execute(tables.watermarks.update().where(where).values(at_ms=START_MS))
    house.clock.forward(10 * MINUTE_MS)

    calls_of(house).run_once()

    assert calls.counted_ms() == done_ms, "the same slice again"
    assert counted(house) == 1


def test_the_digest_goes_first_but_not_for_ever(house: House, keep: Keep) -> None:
    keep(entry(1, "web"), entry(2, "shop", above=1))
    busy = calls_of(house, lag_ms=10 * SECOND_MS)
    calls_of(house).run_once()
    house.clock.forward(4 * MINUTE_MS)
    calls_of(house).run_once()
    keep(entry(3, "shop", above=1))
    house.clock.forward(10 * MINUTE_MS)

    busy.run_once()
    assert counted(house) == 1

    house.clock.forward(60 * MINUTE_MS)
    busy.run_once()
    assert counted(house) == 2


def test_long_ago_is_counted_hour_by_hour(house: House, keep: Keep, calls: ServiceCalls) -> None:
    keep(entry(1, "web"), entry(2, "shop", above=1))
    house.clock.forward(3 * 60 * MINUTE_MS)
    keep(entry(3, "shop", above=1))
    house.clock.forward(4 * MINUTE_MS)

    rounds = 1
    while calls.run_once():
        rounds += 1

    assert rounds == 4
    assert calls.counted_ms() == START_MS + (3 * 60 + 2) * MINUTE_MS
    assert counted(house) == 1, "the caller came hours before"


def statement(number: int, **more: Any) -> SpanRow:
    told: dict[str, Any] = {
        "parent_id": "1" * 16, "is_entry": False, "kind": "client", "op": "db", "route": "",
        "http_method": "", "http_status": 0, "db_system": "postgresql", "name": "SELECT",
        "statement": "SELECT * FROM carts WHERE id = ?", "took_ms": 4,
    }  # fmt: skip
    return entry(number, "shop", **(told | more))


@pytest.fixture
def torn(house: House) -> TornTraces:
    return TornTraces(
        columns=house.columns,
        meta=house.meta,
        passed_ms=house.clock,
        metrics=TornTraceMetrics(CollectorRegistry()),
    )


def repetitions(performance: Performance) -> list[tuple[int, int, float]]:
    found = performance.problems(SCOPE, DB, kind="n_plus_one").problems
    return [(each.occurrences, each.calls, each.lost_ms) for each in found]


def test_statements_that_two_inserts_brought_are_repeated(
    house: House, keep: Keep, torn: TornTraces, performance: Performance
) -> None:
    keep(*(statement(n) for n in range(2, 5)))
    house.clock.forward(5 * SECOND_MS)
    keep(*(statement(n) for n in range(5, 8)), entry(0x1111111111111111, "shop"))
    assert repetitions(performance) == []

    house.clock.forward(45 * SECOND_MS)
    torn.run_once()

    assert repetitions(performance) == [(1, 6, 24.0)]
    (problem,) = performance.problems(SCOPE, DB, kind="n_plus_one").problems
    assert [(each.trace_id, each.calls) for each in problem.evidence] == [(TRACE, 6)]


def test_what_one_insert_told_is_one_occurrence_with_what_followed(
    house: House, keep: Keep, torn: TornTraces, performance: Performance
) -> None:
    keep(*(statement(n) for n in range(2, 8)))
    keep(*(statement(n) for n in range(8, 13)))
    house.clock.forward(45 * SECOND_MS)
    torn.run_once()
    assert repetitions(performance) == [(1, 11, 44.0)]

    keep(*(statement(n) for n in range(13, 15)))
    house.clock.forward(20 * MINUTE_MS)
    torn.run_once()
    assert repetitions(performance) == [(1, 13, 52.0)]

    rows = house.columns.rows("SELECT count() FROM repeated_queries")
    torn.run_once()
    assert house.columns.rows("SELECT count() FROM repeated_queries") == rows


def test_a_slow_request_is_looked_at_again(
    house: House, keep: Keep, torn: TornTraces, performance: Performance
) -> None:
    """The last of its statements come with their parent, long after the others."""
    keep(*(statement(n) for n in range(2, 5)))
    house.clock.forward(MINUTE_MS)
    torn.run_once()
    keep(*(statement(n) for n in range(5, 8)), entry(0x1111111111111111, "shop"))
    assert repetitions(performance) == []

    house.clock.forward(15 * MINUTE_MS)
    torn.run_once()

    assert repetitions(performance) == [(1, 6, 24.0)]


def test_whole_traces_are_not_looked_at(house: House, keep: Keep, torn: TornTraces) -> None:
    keep(*(statement(n) for n in range(2, 9)), entry(0x1111111111111111, "shop"))
    keep(entry(9, "web"))
    house.clock.forward(45 * SECOND_MS)

    assert torn.run_once() == 0


def test_too_many_are_counted(house: House, keep: Keep) -> None:
    registry = CollectorRegistry()
    torn = TornTraces(
        columns=house.columns,
        meta=house.meta,
        passed_ms=house.clock,
        metrics=TornTraceMetrics(registry),
        most_traces=2,
    )
    for trace in ("a", "b", "c"):
        keep(statement(2, trace_id=trace * 32))
        keep(statement(3, trace_id=trace * 32))
    house.clock.forward(45 * SECOND_MS)

    assert torn.run_once() == 2
    passed_over = registry.get_sample_value("watchkeeper_torn_traces_passed_over_total")
    assert passed_over == 1
