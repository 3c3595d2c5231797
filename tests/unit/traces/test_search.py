"""Search, one trace and one span over stored spans."""

from __future__ import annotations

import json

import pytest

from tests.fakes.house import SCOPE, House
from tests.fakes.spans import span_row
from tests.unit.traces.conftest import HOUR, START_MS, Keep
from watchkeeper.ingest import SpanRow
from watchkeeper.lib.clock import MINUTE_MS, SECOND_MS
from watchkeeper.lib.errors import Invalid, NotFound
from watchkeeper.model import Role, Scope
from watchkeeper.traces import Budgets, TracePage, TraceQuery, Traces, TraceSort
from watchkeeper.traces.language import parse_search
from watchkeeper.traces.repo.overview import Stretches, histogram_of_spans
from watchkeeper.traces.repo.search import Wanted, Window

NS = 1_000_000
START_NS = START_MS * NS
RIVAL = Scope(org_id=2, project_ids=(2,), role=Role.VIEWER)
BOTH = Scope(org_id=1, project_ids=(1, 2), role=Role.VIEWER)


def row(trace: int, span: int = 0, *, at_ms: int = 0, **fields: object) -> SpanRow:
    """Span number `span` of trace number `trace`; its parent is number 0."""
    told: dict[str, object] = {
        "trace_id": f"{trace:032x}",
        "span_id": f"{trace * 1000 + span:016x}",
        "parent_id": f"{trace * 1000:016x}" if span else "",
        "ts_ns": START_NS + at_ms * NS,
        "is_entry": span == 0,
    }
    return span_row(**(told | fields))


def search(
    traces: Traces,
    text: str = "",
    *,
    scope: Scope = SCOPE,
    sort: TraceSort = TraceSort.NEWEST,
    cursor: str = "",
    limit: int = 50,
    **fields: object,
) -> TracePage:
    query = TraceQuery(range=HOUR, text=text, **fields)  # type: ignore[arg-type]
    return traces.search(scope, query, sort=sort, cursor=cursor, limit=limit, within_ms=1_000)


def numbers(page: TracePage) -> list[int]:
    return [int(item.trace_id, 16) for item in page.traces]


def test_a_trace_is_listed_with_its_root_and_what_is_in_it(traces: Traces, keep: Keep) -> None:
    keep(
        row(1, duration_ns=100 * NS),
        row(1, 1, at_ms=10, name="SELECT", service="db", status="error", is_entry=False),
    )

    (item,) = search(traces).traces

    assert (item.name, item.service, item.method, item.has_root) == (
        "GET /cart/{id}", "shop", "GET", True,
    )  # fmt: skip
    assert (item.spans, item.errors, item.services) == (2, 1, ["db", "shop"])
    assert (item.start_ms, item.duration_ns) == (START_MS, 100 * NS)


def test_parts_of_a_trace_that_came_apart_are_one_row(traces: Traces, keep: Keep) -> None:
    keep(row(1, 1, at_ms=20, service="mail", duration_ns=500 * NS))
    keep(row(1, duration_ns=100 * NS))

    (item,) = search(traces).traces

    assert (item.spans, item.service, item.duration_ns) == (2, "shop", 520 * NS)


def test_a_trace_whose_root_is_elsewhere_is_listed_by_its_entry(traces: Traces, keep: Keep) -> None:
    keep(
        row(1, 1, at_ms=0, name="inner", is_entry=False),
        row(1, 2, at_ms=5, name="entry", is_entry=True),
    )

    (item,) = search(traces).traces

    assert (item.name, item.has_root) == ("entry", False)


@pytest.mark.parametrize("sort", list(TraceSort))
def test_pages_show_each_trace_once_also_those_of_one_instant(
    traces: Traces, keep: Keep, sort: TraceSort
) -> None:
    for _ in range(2):
        keep(*(row(n, part) for n in range(1, 24) for part in (0, 1)))

    shown: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        page = search(traces, sort=sort, cursor=cursor, limit=5)
        shown += numbers(page)
        cursor = page.next_cursor

    assert sorted(shown) == list(range(1, 24))


@pytest.mark.parametrize("text", ["op:http.server", "name:GET*", "attr.url.path:/cart/7"])
def test_pages_of_a_search_in_spans_show_each_trace_once(
    traces: Traces, keep: Keep, text: str
) -> None:
    keep(*(row(n, part, at_ms=n * SECOND_MS) for n in range(1, 24) for part in range(4)))

    shown: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        page = search(traces, text, cursor=cursor, limit=4)
        assert all(item.matched == 4 for item in page.traces)
        shown += numbers(page)
        cursor = page.next_cursor

    assert shown == list(range(23, 0, -1))


def test_the_slowest_lead(traces: Traces, keep: Keep) -> None:
    keep(*(row(n, duration_ns=n * NS) for n in (3, 9, 5)))

    page = search(traces, sort=TraceSort.SLOWEST)

    assert (numbers(page), page.is_partial, page.next_cursor) == ([9, 5, 3], False, None)


def test_a_search_for_the_slowest_says_how_far_back_it_came_and_goes_on(
    house: House, keep: Keep
) -> None:
    def hurried() -> float:
        """A clock that jumps beyond any budget with each look."""
        return next(ticks)

    ticks = iter(range(0, 1_000_000, 60))
    traces = Traces(house.columns, Budgets(house.meta), seconds=hurried)
    took = [40, 10, 30, 20, 60, 50, 80, 70]
    keep(
        *(
            row(each, at_ms=-at * 5 * MINUTE_MS - 1, duration_ns=each * NS)
            for at, each in enumerate(took)
        )
    )

    pages = []
    cursor: str | None = ""
    while cursor is not None:
        page = search(traces, "op:http.server", sort=TraceSort.SLOWEST, cursor=cursor, limit=2)
        pages.append(page)
        cursor = page.next_cursor

    reached = [page.searched_from_ms for page in pages]
    assert sorted(n for page in pages for n in numbers(page)) == sorted(took)
    assert all(numbers(page) == sorted(numbers(page), reverse=True) for page in pages)
    assert reached == sorted(reached, reverse=True)
    assert pages[0].is_partial
    assert (reached[-1], pages[-1].is_partial) == (HOUR.start_ms, False)


def test_the_slowest_match_is_found_in_whichever_stretch_it_lies(
    traces: Traces, keep: Keep
) -> None:
    keep(
        *(
            row(n, at_ms=-n * MINUTE_MS, duration_ns=n * NS, attributes={"tier": "gold"})
            for n in range(1, 50)
        )
    )

    first = search(traces, "attr.tier:gold", sort=TraceSort.SLOWEST, limit=10)
    second = search(
        traces,
        "attr.tier:gold",
        sort=TraceSort.SLOWEST,
        limit=10,
        cursor=first.next_cursor or "",
    )

    assert (numbers(first), first.is_partial) == (list(range(49, 39, -1)), False)
    assert numbers(second) == list(range(39, 29, -1))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("service:cart", [2]),
        ("service:shop,cart", [2, 1]),
        ("-service:shop", [2]),
        ("status:error", [2]),
        ("service:cart status:error", []),
        ("op:db duration:>500ms", [2]),
        ("duration:>5s", []),
        ("http.status:>=500", []),
        ("http.status:200", [2, 1]),
        ("attr.tier:gold", [2]),
        ("attr.items:>3", [2]),
        ("attr.items:>4", []),
        ("has:attr.tier", [2]),
        ("-has:attr.tier", [2, 1]),
        ("statement:*orders*", [2]),
        ("ORDERS", [2]),
        ("user:42", [1]),
        ('user:"id:42"', [1]),
        ("user:4*", [1]),
        ("trace.errors:>0", [2]),
        ("trace.errors:0", [1]),
        ("trace.spans:2", [2]),
        ("trace.duration:>800ms", [2]),
        ("root.service:shop", [1]),
        ("release:other", [1]),
        ("env:production", [2, 1]),
        ("trace:00000000000000000000000000000001", [1]),
        ("name:100%*", []),
    ],
)
def test_a_search_finds(traces: Traces, keep: Keep, text: str, found: list[int]) -> None:
    keep(
        row(1, user_key="42", release="other"),
        row(2, at_ms=5, service="cart"),
        row(2, 1, at_ms=10, service="pg", op="db", status="error", duration_ns=900 * NS,
            name="query", http_status=0, is_entry=False, statement="SELECT * FROM orders",
            attributes={"tier": "gold", "items": "4"}),
    )  # fmt: skip

    assert numbers(search(traces, text)) == found


def test_a_user_is_found_in_rows_of_now_and_of_before(traces: Traces, keep: Keep) -> None:
    keep(row(1, user_key="42"), row(2, user_key="id:42"), row(3, user_key="id:421"))

    assert numbers(search(traces, "user:42")) == [2, 1]
    assert numbers(search(traces, "user:id:42")) == [2, 1]


def test_the_filters_beside_the_search_narrow_it(traces: Traces, keep: Keep) -> None:
    keep(row(1, duration_ns=100 * NS), row(2, service="cart", duration_ns=300 * NS))

    assert numbers(search(traces, service="cart")) == [2]
    assert numbers(search(traces, min_ms=200.0)) == [2]
    assert numbers(search(traces, max_ms=200.0)) == [1]
    assert numbers(search(traces, environment="staging")) == []
    assert numbers(search(traces, route="/cart/{id}", op="http.server", status="unset")) == [2, 1]


def test_a_cursor_of_something_else_is_refused(traces: Traces) -> None:
    with pytest.raises(Invalid, match="not one of this list"):
        search(traces, cursor="nonsense")
    with pytest.raises(Invalid, match="not one of this list"):
        search(traces, cursor="1:abc", sort=TraceSort.SLOWEST)


def test_of_each_bucket_only_the_stretch_is_counted(house: House, keep: Keep) -> None:
    keep(*(row(n, at_ms=n * SECOND_MS, duration_ns=n * NS) for n in range(60)))
    window = Window(start_ns=START_NS, end_ns=START_NS + 60 * SECOND_MS * NS)
    half = Stretches(window=window, bucket_ns=10 * SECOND_MS * NS, length_ns=5 * SECOND_MS * NS)

    wanted = Wanted(terms=parse_search("op:http.server"))
    found = histogram_of_spans(house.columns, SCOPE, wanted, half)

    assert {at: slot.count for at, (slot, _) in found.items()} == dict.fromkeys(range(6), 5)
    assert [slot.longest_ns // NS for _, (slot, _) in sorted(found.items())] == [
        4, 14, 24, 34, 44, 54,
    ]  # fmt: skip
    dots = {point.trace_id for _, points in found.values() for point in points}
    assert dots == {f"{n:032x}" for n in range(60) if n % 10 < 5}


def test_the_overview_counts_traces_and_shows_them_as_dots(traces: Traces, keep: Keep) -> None:
    keep(*(row(n, at_ms=n, status="error" if n == 1 else "unset") for n in range(1, 6)))
    keep(row(1, 1, at_ms=2))

    overview = traces.overview(SCOPE, TraceQuery(range=HOUR), buckets=2)

    assert (overview.unit, overview.total, overview.errors) == ("traces", 5, 1)
    assert overview.histogram.count == [0, 5]
    assert overview.histogram.p50_ms == [None, 12.5]
    assert sorted(set(overview.scatter.trace_id)) == [f"{n:032x}" for n in range(1, 6)]
    assert sum(overview.scatter.is_error) == 1


def test_the_overview_of_a_search_in_spans_counts_spans(traces: Traces, keep: Keep) -> None:
    keep(*(row(n, part) for n in (1, 2) for part in range(3)))

    overview = traces.overview(SCOPE, TraceQuery(range=HOUR, text="op:http.server"), buckets=10)

    assert (overview.unit, overview.total, overview.sample_ratio) == ("spans", 6, 1.0)


def test_completion_knows_fields_keys_and_values(traces: Traces, keep: Keep) -> None:
    keep(row(1), row(2, attributes={"tier": "gold"}))

    assert traces.fields(SCOPE, HOUR).attributes == ["tier", "url.path"]
    (value,) = traces.values(SCOPE, HOUR, field="service", prefix="SH", limit=9).values
    assert (value.value, value.count) == ("shop", 2)
    (tier,) = traces.values(SCOPE, HOUR, field="attr.tier", prefix="", limit=9).values
    assert tier.value == "gold"
    with pytest.raises(Invalid, match="no values to choose"):
        traces.values(SCOPE, HOUR, field="duration", prefix="", limit=9)


def test_no_read_sees_another_project(traces: Traces, keep: Keep) -> None:
    keep(row(1))

    assert numbers(search(traces, scope=RIVAL)) == []
    assert numbers(search(traces, "op:http.server", scope=RIVAL)) == []
    assert traces.overview(RIVAL, TraceQuery(range=HOUR), buckets=2).total == 0
    assert traces.fields(RIVAL, HOUR).attributes == []
    with pytest.raises(NotFound):
        traces.trace(RIVAL, f"{1:032x}", adjust_skew=True)
    with pytest.raises(NotFound):
        traces.span(RIVAL, f"{1:032x}", f"{1000:016x}")


def test_a_trace_of_two_projects_is_drawn_as_one(traces: Traces, keep: Keep) -> None:
    keep(row(1, duration_ns=50 * NS))
    keep(row(1, 1, at_ms=10, service="api"), project_id=2)

    trace = traces.trace(BOTH, f"{1:032x}", adjust_skew=True)

    assert trace.project_ids == [1, 2]
    assert trace.spans.project == [0, 1]
    assert trace.spans.parent == [-1, 0]
    assert numbers(search(traces, scope=BOTH)) == [1]


def test_an_id_is_found_as_people_paste_it(traces: Traces, keep: Keep) -> None:
    keep(row(0xABC))

    trace = traces.trace(SCOPE, " 00000000-0000-0000-0000-000000000ABC ", adjust_skew=True)

    assert trace.trace_id == f"{0xABC:032x}"


def test_a_span_is_told_whole(traces: Traces, keep: Keep) -> None:
    events = [{"ts_ns": START_NS + 5, "name": "retry", "attributes": {"n": "2"}}]
    links = [{"trace_id": "f" * 32, "span_id": "e" * 16, "attributes": {}}]
    keep(row(1, events=json.dumps(events), links=json.dumps(links), status_message="late"))

    span = traces.span(SCOPE, f"{1:032x}", f"{1000:016x}")
    trace = traces.trace(SCOPE, f"{1:032x}", adjust_skew=True)

    assert (span.name, span.status_message, span.is_entry) == ("GET /cart/{id}", "late", True)
    assert span.attributes == {"url.path": "/cart/7"}
    assert [(each.name, each.ts_ms, each.nanos) for each in span.events] == [("retry", START_MS, 5)]
    assert [each.trace_id for each in span.links] == ["f" * 32]
    assert [(each.row, each.trace_id) for each in trace.links] == [(0, "f" * 32)]


def test_errors_and_log_lines_of_the_trace_are_beside_it(
    traces: Traces, keep: Keep, house: House
) -> None:
    keep(row(1))
    house.columns.execute(
        "INSERT INTO errors (project_id, ts, received, event_id, level, type, value, trace_id,"
        f" span_id) SELECT 1, ts, ts, repeat('a', 32), 'error', 'KeyError', 'x', '{1:032x}',"
        f" '{1000:016x}' FROM (SELECT fromUnixTimestamp64Milli({START_MS}) AS ts)"
    )
    house.columns.execute(
        "INSERT INTO logs (project_id, ts, body, trace_id, span_id)"
        f" SELECT 1, fromUnixTimestamp64Milli({START_MS}), 'line', '{1:032x}', '{1000:016x}'"
    )

    trace = traces.trace(SCOPE, f"{1:032x}", adjust_skew=True)

    assert [(each.type, each.row) for each in trace.errors] == [("KeyError", 0)]
    assert (trace.error_events, trace.log_lines) == (1, 1)
    assert (trace.spans.errors, trace.spans.logs) == ([1], [1])


def test_an_outline_has_the_longest_spans_by_start(traces: Traces, keep: Keep) -> None:
    keep(
        row(1, duration_ns=100 * NS, service="web"),
        row(1, 1, at_ms=10, duration_ns=50 * NS, service="db", status="error", is_entry=False),
        row(2, duration_ns=5 * NS),
    )
    keep(*(row(3, n, at_ms=n, duration_ns=(n + 1) * NS) for n in range(30)))

    wanted = [f"{n:032x}" for n in (1, 3, 9)]
    one, three = traces.outlines(SCOPE, wanted, HOUR).outlines

    assert (one.trace_id, one.services) == (f"{1:032x}", ["db", "web"])
    assert [one.services[at] for at in one.service] == ["web", "db"]
    assert (one.start_ns, one.duration_ns) == ([0, 10 * NS], [100 * NS, 50 * NS])
    assert one.is_failed == [False, True]
    assert three.duration_ns == [(n + 1) * NS for n in range(6, 30)], "the 24 longest"


def test_an_outline_is_not_told_to_another_project(traces: Traces, keep: Keep) -> None:
    keep(row(1))

    assert traces.outlines(RIVAL, [f"{1:032x}"], HOUR).outlines == []
    assert traces.outlines(SCOPE, [], HOUR).outlines == []
