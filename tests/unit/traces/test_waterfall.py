"""Waterfalls of spans that are missing, doubled, in circles, or of clocks that differ."""

from __future__ import annotations

from watchkeeper.traces import Trace
from watchkeeper.traces.repo.one import StoredSpan
from watchkeeper.traces.waterfall import Found, drawn

MS = 1_000_000


def span(span_id: str, parent_id: str, start_ms: int, end_ms: int, **fields: object) -> StoredSpan:
    told: dict[str, object] = {
        "project_id": 1, "name": span_id, "service": "shop", "op": "", "kind": "internal",
        "status": "unset", "http_status": 0, "host": "", "db_system": "", "statement": "",
        "links": "",
    }  # fmt: skip
    told |= fields
    return StoredSpan(
        span_id=span_id,
        parent_id=parent_id,
        start_ns=start_ms * MS,
        duration_ns=(end_ms - start_ms) * MS,
        **told,  # type: ignore[arg-type]
    )


def draw(*spans: StoredSpan, adjust_skew: bool = True, total: int = 0) -> Trace:
    found = Found(
        trace_id="t",
        spans=spans,
        total_spans=total or len(spans),
        error_events=0,
        errors=(),
        lines={"b": 2},
        profiles=(),
    )
    return drawn(found, adjust_skew=adjust_skew, slow_query_ms=1_000)


def test_rows_are_parents_before_children_by_start() -> None:
    trace = draw(span("c", "a", 60, 90), span("a", "", 0, 100), span("b", "a", 10, 50),
                 span("d", "b", 20, 30))  # fmt: skip

    rows = trace.spans
    assert rows.span_id == ["a", "b", "d", "c"]
    assert rows.parent == [-1, 0, 1, 0]
    assert rows.depth == [0, 1, 2, 1]
    assert rows.descendants == [3, 1, 0, 0]
    assert rows.start_ns == [0, 10 * MS, 20 * MS, 60 * MS]
    assert rows.logs == [0, 2, 0, 0]
    assert (trace.duration_ns, trace.name) == (100 * MS, "a")


def test_self_time_is_what_no_child_covers_also_when_children_overlap() -> None:
    trace = draw(span("a", "", 0, 100), span("b", "a", 10, 50), span("c", "a", 40, 60),
                 span("d", "a", 90, 130))  # fmt: skip

    assert trace.spans.self_ns[0] == 40 * MS
    assert trace.services[0].self_ns == (40 + 40 + 20 + 40) * MS


def test_a_missing_parent_is_a_marked_row_below_the_root() -> None:
    trace = draw(span("a", "", 0, 100), span("x", "gone", 30, 40), span("y", "gone", 50, 70))

    rows = trace.spans
    assert rows.span_id == ["a", "gone", "x", "y"]
    assert rows.is_missing == [False, True, False, False]
    assert rows.parent == [-1, 0, 1, 1]
    assert (rows.start_ns[1], rows.duration_ns[1]) == (30 * MS, 40 * MS)
    assert trace.orphans == 2


def test_a_trace_without_its_root_is_drawn_all_the_same() -> None:
    trace = draw(span("x", "gone", 30, 40, service="mail"))

    assert trace.spans.span_id == ["gone", "x"]
    assert (trace.name, trace.service, trace.duration_ns) == ("", "", 10 * MS)


def test_spans_sent_twice_are_shown_once() -> None:
    trace = draw(span("a", "", 0, 100), span("b", "a", 1, 2), span("b", "a", 1, 2))

    assert trace.spans.span_id == ["a", "b"]
    assert trace.duplicates == 1


def test_spans_that_are_their_own_ancestors_are_all_drawn() -> None:
    trace = draw(span("a", "c", 0, 100), span("b", "a", 1, 50), span("c", "b", 2, 30),
                 span("self", "self", 5, 6))  # fmt: skip

    assert sorted(trace.spans.span_id) == ["a", "b", "c", "self"]
    assert trace.spans.parent[0] == -1


def test_a_server_whose_clock_is_behind_is_moved_into_its_caller() -> None:
    spans = (
        span("call", "", 1_000, 1_100, kind="client", service="web"),
        span("work", "call", 400, 460, kind="server", service="shop"),
        span("sql", "work", 410, 430, service="shop"),
    )

    moved, as_sent = draw(*spans), draw(*spans, adjust_skew=False)

    assert moved.is_skew_adjusted
    assert moved.spans.start_ns == [0, 20 * MS, 30 * MS]
    assert {each.name: each.skew_ns for each in moved.services} == {"web": 0, "shop": 620 * MS}
    assert (as_sent.is_skewed, as_sent.is_skew_adjusted) == (True, False)
    assert as_sent.spans.start_ns == [600 * MS, 0, 10 * MS]


def test_what_waits_in_a_queue_is_not_skew() -> None:
    trace = draw(
        span("send", "", 0, 5, kind="producer", service="web"),
        span("job", "send", 900, 950, kind="consumer", service="worker"),
    )

    assert not trace.is_skewed
    assert trace.spans.start_ns == [0, 900 * MS]


def test_the_critical_path_follows_the_child_that_ended_last() -> None:
    trace = draw(
        span("root", "", 0, 100),
        span("early", "root", 0, 40),
        span("late", "root", 30, 90),
        span("inner", "late", 50, 80),
    )

    path = trace.critical_path
    steps = [
        (trace.spans.span_id[row], begin // MS, end // MS)
        for row, begin, end in zip(path.row, path.from_ns, path.to_ns, strict=True)
    ]
    assert steps == [
        ("root", 90, 100), ("late", 80, 90), ("inner", 50, 80), ("late", 30, 50), ("root", 0, 30),
    ]  # fmt: skip
    assert trace.spans.is_critical == [True, False, True, True]


def test_the_critical_path_covers_the_root_without_gaps_or_overlaps() -> None:
    trace = draw(span("a", "", 0, 100), span("b", "a", 5, 120), span("c", "a", 5, 20),
                 span("d", "b", 110, 130))  # fmt: skip

    path = trace.critical_path
    assert path.to_ns[0] == 100 * MS
    assert path.from_ns[:-1] == path.to_ns[1:]
    assert path.from_ns[-1] == 0


def test_five_equal_statements_below_one_parent_are_a_problem_and_four_are_none() -> None:
    def queries(count: int) -> list[StoredSpan]:
        return [
            span(f"q{at}", "a", at * 10, at * 10 + 5, statement="SELECT ?", db_system="mysql")
            for at in range(count)
        ]

    (problem,) = draw(span("a", "", 0, 100), *queries(5)).problems
    assert (problem.kind, problem.parent, problem.rows) == ("n_plus_one", 0, [1, 2, 3, 4, 5])
    assert problem.total_ns == 25 * MS
    assert draw(span("a", "", 0, 100), *queries(4)).problems == []


def test_a_statement_over_the_limit_is_a_slow_query() -> None:
    trace = draw(span("a", "", 0, 3_000), span("q", "a", 0, 1_001, statement="SELECT 1"))

    assert [(each.kind, each.rows) for each in trace.problems] == [("slow_query", [1])]


def test_a_deep_chain_of_ten_thousand_spans_is_drawn() -> None:
    chain = [span(f"{at}", f"{at - 1}" if at else "", at, 20_000 - at) for at in range(10_000)]

    trace = draw(*chain, total=12_000)

    assert trace.spans.depth[-1] == 9_999
    assert trace.is_cut
    assert len(trace.critical_path.row) == 19_999
