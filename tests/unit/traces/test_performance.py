"""Operations over stored spans: rate, errors, duration; problems; the map."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.fakes.house import SCOPE, House
from tests.fakes.spans import span_row
from tests.unit.traces.conftest import HOUR, START_MS, Keep
from watchkeeper.ingest import SpanRow
from watchkeeper.lib.clock import DAY_MS, HOUR_MS, MINUTE_MS
from watchkeeper.lib.errors import Invalid
from watchkeeper.model import Role, Scope, TimeRange
from watchkeeper.traces import (
    PRESETS,
    Budgets,
    Category,
    LatencyBudget,
    OperationQuery,
    OperationSort,
    Performance,
)
from watchkeeper.traces.repo.operations import Grid

NS = 1_000_000
RIVAL = Scope(org_id=2, project_ids=(2,), role=Role.VIEWER)


def call(number: int, took_ms: float, *, at_ms: int = 0, **fields: Any) -> SpanRow:
    told: dict[str, Any] = {
        "trace_id": f"{number:032x}",
        "span_id": f"{number:016x}",
        "ts_ns": (START_MS + at_ms) * NS,
        "duration_ns": int(took_ms * NS),
    }
    return span_row(**(told | fields))


def query_span(number: int, took_ms: float, **fields: Any) -> SpanRow:
    told: dict[str, Any] = {
        "parent_id": "1" * 16, "is_entry": False, "kind": "client", "op": "db", "route": "",
        "http_method": "", "http_status": 0, "db_system": "postgresql", "name": "SELECT",
        "statement": "SELECT * FROM carts WHERE id = ?",
    }  # fmt: skip
    return call(number, took_ms, **(told | fields))


def of(*categories: Category, span: TimeRange = HOUR, **fields: Any) -> OperationQuery:
    return OperationQuery(range=span, categories=categories, **fields)


ENTRY = of(Category.ENTRY)
DB = of(Category.DB)


def test_an_endpoint_has_rate_errors_and_durations(performance: Performance, keep: Keep) -> None:
    keep(*(call(n, n, status="error" if n <= 10 else "unset") for n in range(1, 101)))

    page = performance.endpoints(SCOPE, ENTRY)

    (found,) = page.endpoints
    assert (found.service, found.route, found.method) == ("shop", "/cart/{id}", "GET")
    assert (found.calls, found.errors, found.error_ratio) == (100, 10, 0.1)
    assert found.per_s == pytest.approx(100 / (2 * 3_600), rel=0.02)
    assert found.latency.avg_ms == pytest.approx(50.5)
    assert found.latency.p50_ms == pytest.approx(50, rel=0.05)
    assert found.latency.p95_ms == pytest.approx(95, rel=0.05)
    assert found.latency.p99_ms == pytest.approx(99, rel=0.05)
    assert sum(found.spark) == 100
    assert (found.before, found.is_over_budget) == (None, False)


@pytest.mark.parametrize("sort", [OperationSort.TIME, OperationSort.P95, OperationSort.NAME])
def test_long_ranges_are_read_by_day_and_count_the_same(
    performance: Performance, keep: Keep, sort: OperationSort
) -> None:
    for day in range(5):
        keep(
            *(
                call(
                    day * 100 + n, n + 1, at_ms=-day * DAY_MS + n * HOUR_MS, route=f"/{n % 3}",
                    status="error" if n == 4 else "unset",
                )
                for n in range(10)
            )
        )  # fmt: skip
    span = TimeRange(START_MS - 4 * DAY_MS + 3 * HOUR_MS, START_MS + 6 * HOUR_MS)
    tables = [table for table, _, _ in Grid.over(span).parts(by_day=True)]
    assert tables == ["operations_1d", "operations_1h", "operations_1h"]

    page = performance.endpoints(SCOPE, of(Category.ENTRY, span=span, sort=sort))

    # The range widened to whole hours: the last day's first seven calls, the first's after three.
    counted = [*range(7), *(n for _ in range(3) for n in range(10)), *range(3, 10)]
    assert (page.calls, page.total) == (len(counted), 3)
    assert page.latency.avg_ms == pytest.approx(sum(n + 1 for n in counted) / len(counted))
    calls = {each.route: each.calls for each in page.endpoints}
    assert calls == {f"/{k}": sum(n % 3 == k for n in counted) for k in range(3)}
    assert {each.route: sum(each.spark) for each in page.endpoints} == calls
    assert sum(each.errors for each in page.endpoints) == counted.count(4)
    p95s = [each.latency.p95_ms for each in page.endpoints]
    if sort is OperationSort.P95:
        assert p95s == sorted(p95s, reverse=True)


def test_a_problem_of_whole_days_was_seen_at_its_hours(
    performance: Performance, keep: Keep
) -> None:
    for day in (1, 3):
        keep(query_span(day, 2_000, at_ms=-day * DAY_MS + 2 * HOUR_MS))
    span = TimeRange(START_MS - 6 * DAY_MS, START_MS)

    page = performance.problems(SCOPE, of(Category.DB, span=span), kind="slow_query")

    (problem,) = page.problems
    assert problem.calls == 2
    hour_ms = START_MS // HOUR_MS * HOUR_MS
    assert problem.first_seen_ms == hour_ms - 3 * DAY_MS + 2 * HOUR_MS
    assert problem.last_seen_ms == hour_ms - DAY_MS + 3 * HOUR_MS


def test_shares_below_whole_seconds_are_exact(performance: Performance, keep: Keep) -> None:
    keep(
        *(call(n, took) for n, took in enumerate((400, 499, 600, 999, 1_001, 1_999, 2_001, 9_000)))
    )

    (found,) = performance.endpoints(SCOPE, ENTRY).endpoints

    assert found.under == {"500": 0.25, "1000": 0.5, "2000": 0.75, "3000": 0.875}
    assert found.apdex == pytest.approx((0.25 + 0.75) / 2)
    assert found.is_over_budget


def test_durations_that_come_in_many_inserts_add_up(performance: Performance, keep: Keep) -> None:
    for n in range(4):
        keep(call(n, 100), call(n + 10, 100))

    (found,) = performance.endpoints(SCOPE, ENTRY).endpoints

    assert (found.calls, found.total_ms) == (8, 800)
    assert found.latency.p50_ms == pytest.approx(100, rel=0.1)


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        (OperationSort.CALLS, "/often"),
        (OperationSort.P95, "/slow"),
        (OperationSort.P50, "/slow"),
        (OperationSort.AVG, "/slow"),
        (OperationSort.ERROR_RATIO, "/broken"),
        (OperationSort.ERRORS, "/broken"),
        (OperationSort.NAME, "/broken"),
        (OperationSort.TIME, "/slow"),
    ],
)
def test_endpoints_are_sorted(
    performance: Performance, keep: Keep, sort: OperationSort, first: str
) -> None:
    keep(
        *(call(n, 1, route="/often") for n in range(9)),
        call(20, 900, route="/slow"),
        call(21, 5, route="/broken", status="error"),
    )

    page = performance.endpoints(SCOPE, of(Category.ENTRY, sort=sort, limit=2))

    assert (page.endpoints[0].route, len(page.endpoints), page.total) == (first, 2, 3)


def test_endpoints_are_narrowed(performance: Performance, keep: Keep) -> None:
    keep(call(1, 5), call(2, 5, service="cart", route="/x", environment="staging"))

    def routes(**fields: Any) -> list[str]:
        page = performance.endpoints(SCOPE, of(Category.ENTRY, **fields))
        return [each.route for each in page.endpoints]

    assert routes(service="cart") == ["/x"]
    assert routes(environment="staging") == ["/x"]
    assert routes(text="CART id") == ["/cart/{id}"]
    assert routes(text="nothing") == []


def test_long_ranges_are_counted_by_whole_hours(performance: Performance, keep: Keep) -> None:
    keep(call(1, 5))
    day = TimeRange(START_MS - DAY_MS, START_MS + MINUTE_MS)

    page = performance.endpoints(SCOPE, of(Category.ENTRY, span=day))

    assert (page.resolution_ms, page.calls) == (HOUR_MS, 1)
    assert page.from_ms % HOUR_MS == page.to_ms % HOUR_MS == 0


def test_the_series_of_an_operation(performance: Performance, keep: Keep) -> None:
    keep(call(1, 10), call(2, 10, at_ms=30 * MINUTE_MS, status="error"))

    series = performance.series(SCOPE, ENTRY, buckets=4)

    assert series.calls == [0, 0, 1, 1]
    assert series.errors == [0, 0, 0, 1]
    assert series.p95_ms[:2] == [None, None]
    assert series.p95_ms[2] == pytest.approx(10, rel=0.2)


def test_a_statement_that_became_slower_beyond_chance_is_told(
    performance: Performance, keep: Keep
) -> None:
    week = -7 * DAY_MS
    keep(*(query_span(n, 10 + n % 3, at_ms=week) for n in range(60)))
    keep(*(query_span(n, 50 + n % 3) for n in range(60)))

    (found,) = performance.statements(SCOPE, DB).statements

    assert found.is_regressed
    assert found.before is not None
    assert found.before.p95_ratio == pytest.approx(52 / 12, rel=0.15)
    assert found.example_ms == 52
    kinds = {each.kind for each in performance.problems(SCOPE, DB, kind="").problems}
    assert "slower_query" in kinds


def test_few_calls_are_no_regression(performance: Performance, keep: Keep) -> None:
    keep(*(query_span(n, 10, at_ms=-7 * DAY_MS) for n in range(5)))
    keep(*(query_span(n, 500) for n in range(5)))

    (found,) = performance.statements(SCOPE, DB).statements

    assert found.before is not None
    assert (found.is_regressed, found.before.is_significant) == (False, False)


def test_slow_queries_are_listed_the_slowest_first(performance: Performance, keep: Keep) -> None:
    keep(query_span(1, 1_500), query_span(2, 3_000), query_span(3, 900), call(4, 9_000))

    found = performance.slow_queries(SCOPE, DB, over_ms=None)

    assert [each.duration_ms for each in found.queries] == [3_000, 1_500]
    assert len(performance.slow_queries(SCOPE, DB, over_ms=500).queries) == 3
    (problem,) = performance.problems(SCOPE, DB, kind="slow_query").problems
    assert (problem.occurrences, problem.evidence[0].trace_id) == (2, f"{2:032x}")


def test_repeated_statements_are_a_problem_with_evidence(
    performance: Performance, keep: Keep
) -> None:
    one_trace: dict[str, Any] = {"trace_id": "a" * 32}
    keep(*(query_span(n, 4, **one_trace) for n in range(6)))
    keep(*(query_span(n, 4, trace_id="b" * 32) for n in range(4)))

    (problem,) = performance.problems(SCOPE, DB, kind="n_plus_one").problems

    assert (problem.occurrences, problem.calls, problem.avg_calls) == (1, 6, 6.0)
    assert [(each.trace_id, each.calls) for each in problem.evidence] == [("a" * 32, 6)]
    assert problem.lost_ms == 24


def test_hosts_caches_and_queues_are_told_apart(performance: Performance, keep: Keep) -> None:
    outside: dict[str, Any] = {
        "is_entry": False,
        "kind": "client",
        "route": "",
        "parent_id": "1" * 16,
    }
    redis: dict[str, Any] = {**outside, "op": "db.redis", "db_system": "redis", "name": "GET ?"}
    keep(
        call(1, 30, **outside, op="http.client", attributes={"server.address": "api.example.com"}),
        call(2, 1, **redis),
        call(3, 1, **outside, op="cache.get", attributes={"cache.hit": "true"}),
        call(4, 1, **outside, op="cache.get", attributes={"cache.hit": "false"}),
        call(5, 2, **(outside | {"kind": "producer"}), op="queue.publish",
             attributes={"messaging.destination.name": "mails", "messaging.system": "kafka"}),
    )  # fmt: skip

    found = performance.dependencies(SCOPE, of(*Category.outside())).dependencies

    told = {(each.category, each.name, each.op): each.hit_ratio for each in found}
    assert told == {
        ("http", "api.example.com", "http.client GET"): None,
        ("cache", "redis", "db.redis GET"): None,
        ("cache", "", "cache.get"): 0.5,
        ("queue", "mails", "queue.publish"): None,
    }
    assert performance.statements(SCOPE, DB).total == 0


def test_the_map_joins_services_and_what_they_call(performance: Performance, keep: Keep) -> None:
    keep(
        call(1, 100, service="web", trace_id="a" * 32),
        call(2, 80, service="web", trace_id="a" * 32, parent_id=f"{1:016x}", kind="client",
             op="http.client", is_entry=False, attributes={"server.address": "shop.internal"}),
        call(5, 7, service="web", trace_id="a" * 32, parent_id=f"{1:016x}", kind="client",
             op="http.client", is_entry=False, attributes={"server.address": "bank.example"}),
    )  # fmt: skip
    keep(
        call(3, 60, trace_id="a" * 32, parent_id=f"{2:016x}", status="error"),
        query_span(4, 9, trace_id="a" * 32, parent_id=f"{3:016x}"),
    )

    found = performance.service_map(SCOPE, HOUR, environment="")

    edges = {(each.source, each.target): each for each in found.edges}
    assert set(edges) == {
        ("service:web", "service:shop"),
        ("service:web", "http:bank.example"),
        ("service:shop", "db:postgresql"),
    }, "a host behind which a service of ours answers is that service"
    joined = edges["service:web", "service:shop"]
    assert (joined.calls, joined.errors) == (1, 1)
    assert joined.p95_ms == pytest.approx(60, rel=0.1)
    assert (found.sample_ratio, joined.is_estimated) == (1.0, False)
    nodes = {each.id: each.calls for each in found.nodes}
    assert nodes["service:shop"] == nodes["service:web"] == 1


def test_no_list_sees_another_project(performance: Performance, keep: Keep) -> None:
    keep(call(1, 9), *(query_span(n, 2_000, trace_id="a" * 32) for n in range(2, 9)))

    assert performance.endpoints(RIVAL, ENTRY).endpoints == []
    assert performance.statements(RIVAL, DB).statements == []
    assert performance.problems(RIVAL, DB, kind="").problems == []
    assert performance.slow_queries(RIVAL, DB, over_ms=None).queries == []
    assert performance.service_map(RIVAL, HOUR, environment="").nodes == []


def test_a_replayed_insert_counts_once(performance: Performance, house: House) -> None:
    house.acceptor().accept_spans_blocking(1, [call(1, 9)])
    house.digest().run_once()
    columns = house.columns
    names = ("project_id", "ts", "trace_id", "span_id", "service", "is_entry", "route")
    block = _row_binary()
    for _ in range(2):
        columns.insert("spans", names, block, token="spans:again")

    (found,) = performance.endpoints(SCOPE, of(Category.ENTRY, text="replayed")).endpoints

    assert found.calls == 1


def _row_binary() -> bytes:
    from watchkeeper.store.columns import SPANS, encode_rows

    names = ("project_id", "ts", "trace_id", "span_id", "service", "is_entry", "route")
    return encode_rows(SPANS, names, [(1, START_MS * NS, "c" * 32, "d" * 16, "x", 1, "/replayed")])


def test_budgets_are_chosen_from_presets_or_made(house: House) -> None:
    budgets = Budgets(house.meta)
    own = LatencyBudget(
        preset="own", stat="p99", limit_ms=50, for_minutes=5, satisfied_ms=20, slow_query_ms=9
    )

    assert (budgets.get(SCOPE).stat, budgets.get(SCOPE).limit_ms) == ("p95", 500)
    chosen = budgets.put(SCOPE, preset="patient", own=own, now_ms=1)
    assert (chosen.limit_ms, chosen.slow_query_ms) == (3_000, 9)
    assert budgets.put(SCOPE, preset="own", own=own, now_ms=2) == own
    assert budgets.get(SCOPE) == own
    assert budgets.get(RIVAL).preset == "strict"
    assert {(each.stat, each.limit_ms) for each in PRESETS} == {
        ("p95", 500), ("p95", 1_000), ("p95", 2_000), ("p95", 3_000), ("avg", 500),
    }  # fmt: skip
    with pytest.raises(Invalid, match="must be one of"):
        budgets.put(SCOPE, preset=replace(own, preset="x").preset, own=own, now_ms=3)  # type: ignore[arg-type]
