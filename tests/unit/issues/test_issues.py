"""Issues as people list, open and change them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from sqlalchemy import insert, select

from tests.fakes.house import SCOPE, House
from tests.unit.issues.events import OTHER_PROJECT, VIEWER, digested, error, span, titles
from watchkeeper.issues import IssueChange, IssueQuery, IssueSort, IssueStatus
from watchkeeper.lib.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from watchkeeper.lib.errors import Forbidden, Invalid, NotFound
from watchkeeper.model import Severity, TimeRange
from watchkeeper.store.meta import tables


def test_a_list_is_filtered_and_ordered_as_asked(house: House) -> None:
    digested(house, error(house, 1, "A", environment="prod", user={"id": 1}))
    house.clock.forward(MINUTE_MS)
    digested(
        house,
        error(house, 2, "B", level="fatal", release="2.0", user={"id": 1}),
        error(house, 3, "B", level="fatal", release="2.0", user={"id": 2}),
    )
    house.clock.forward(MINUTE_MS)
    digested(house, *[error(house, 10 + n, "C", environment="dev") for n in range(3)])

    assert titles(house) == ["C", "B", "A"]
    assert titles(house, sort=IssueSort.EVENTS) == ["C", "B", "A"]
    assert titles(house, sort=IssueSort.USERS) == ["B", "A", "C"]
    assert titles(house, environment="prod") == ["A"]
    assert titles(house, release="2.0") == ["B"]
    assert titles(house, severity=Severity.CRITICAL) == ["B"]
    assert titles(house, text="b happened") == ["B"]
    assert titles(house, text="WEB-3") == ["C"]
    assert titles(house, range=span(house, MINUTE_MS)) == ["C", "B"]
    assert titles(house, status=IssueStatus.RESOLVED) == []


def test_a_list_tells_events_users_and_spark_of_its_range(house: House) -> None:
    digested(
        house,
        error(house, 1, user={"id": "a"}),
        error(house, 2, user={"id": "a"}),
        error(house, 3, user={"email": "[Filtered]"}),
        error(house, 4, timestamp=(house.clock() - 2 * DAY_MS) / SECOND_MS),
    )

    (row,) = house.issues.list(SCOPE, IssueQuery(range=span(house))).issues
    assert (row.events, row.users, sum(row.spark), len(row.spark)) == (3, 1, 3, 24)
    (row,) = house.issues.list(SCOPE, IssueQuery(range=span(house, 7 * DAY_MS))).issues
    assert (row.events, row.users, sum(row.spark), len(row.spark)) == (4, 1, 4, 24)


@pytest.mark.parametrize("sort", list(IssueSort))
def test_pages_follow_one_another_without_gap_or_repetition(house: House, sort: IssueSort) -> None:
    digested(house, *[error(house, n, f"Kind{n}") for n in range(1, 8)])

    seen: list[str] = []
    cursor = ""
    for _ in range(3):
        query = IssueQuery(range=span(house), sort=sort, limit=3, cursor=cursor)
        page = house.issues.list(SCOPE, query)
        seen += [one.short_id for one in page.issues]
        cursor = page.next_cursor or ""
        assert page.total == 7

    assert sorted(seen) == [f"WEB-{n}" for n in range(1, 8)]
    assert cursor == ""


def test_a_cursor_of_somebody_elses_making_is_refused(house: House) -> None:
    with pytest.raises(Invalid):
        house.issues.list(SCOPE, IssueQuery(range=span(house), cursor="bm9uc2Vuc2U="))


def test_another_project_does_not_see_the_issue(house: House) -> None:
    digested(house, error(house, 1))

    assert house.issues.list(OTHER_PROJECT, IssueQuery(range=span(house))).issues == []
    for issue in (1, "WEB-1"):
        with pytest.raises(NotFound):
            house.issues.get(OTHER_PROJECT, issue, span(house))
        with pytest.raises(NotFound):
            house.issues.event(OTHER_PROJECT, issue, "latest")
        with pytest.raises(NotFound):
            house.issues.change(
                OTHER_PROJECT, [issue], IssueChange(status=IssueStatus.RESOLVED), actor="eve"
            )


def test_events_of_an_issue_are_walked_in_order(house: House) -> None:
    for number in (1, 2, 3):
        digested(house, error(house, number))
        house.clock.forward(SECOND_MS)

    oldest = house.issues.event(SCOPE, "WEB-1", "oldest")
    assert (oldest.index, oldest.total, oldest.previous_id) == (1, 3, None)
    assert oldest.next_id is not None
    middle = house.issues.event(SCOPE, "WEB-1", oldest.next_id)
    assert (middle.index, middle.previous_id) == (2, oldest.event_id)
    assert middle.next_id == house.issues.event(SCOPE, "WEB-1", "latest").event_id
    assert house.issues.event(SCOPE, "WEB-1", "latest").next_id is None
    with pytest.raises(NotFound):
        house.issues.event(SCOPE, "WEB-1", "f" * 32)
    with pytest.raises(Invalid):
        house.issues.event(SCOPE, "WEB-1", "newest")


def test_the_recommended_event_is_the_one_with_the_most_context(house: House) -> None:
    trace = {"trace": {"trace_id": "a" * 32, "span_id": "b" * 16}}
    digested(house, error(house, 1, user={"id": 7}, contexts=trace, tags={"k": "v"}))
    house.clock.forward(SECOND_MS)
    digested(house, error(house, 2))

    recommended = house.issues.event(SCOPE, "WEB-1", "recommended")

    assert recommended.event_id == f"{1:032x}"
    assert (recommended.trace_id, recommended.span_id) == ("a" * 32, "b" * 16)


def test_an_event_is_shown_with_stack_request_and_what_was_scrubbed(house: House) -> None:
    frame = {"module": "app", "function": "f", "lineno": 3, "in_app": True, "vars": {"x": "1"}}
    digested(
        house,
        error(
            house,
            1,
            exception={"stacktrace": {"frames": [frame]}},
            request={"url": "https://x/"},
            breadcrumbs={"values": [{"message": "click"}]},
            _scrubbed=[{"path": "request.headers.authorization", "rule": "secret_name"}],
        ),
    )

    event = house.issues.event(SCOPE, "WEB-1", "latest")

    assert event.exceptions[0]["frames"][0]["lineno"] == 3
    assert event.exceptions[0]["frames"][0]["vars"] == {"x": "1"}
    assert event.request == {"url": "https://x/"}
    assert [crumb["message"] for crumb in event.breadcrumbs] == ["click"]
    assert event.scrubbed == [{"path": "request.headers.authorization", "rule": "secret_name"}]
    assert "_scrubbed" not in event.raw


def test_tags_are_broken_down_by_their_commonest_values(house: House) -> None:
    digested(
        house,
        error(house, 1, tags={"browser": "Firefox"}, environment="prod"),
        error(house, 2, tags={"browser": "Firefox"}, environment="prod"),
        error(house, 3, tags=[["browser", "Chrome"]]),
    )

    found = {one.key: one.values for one in house.issues.tags(SCOPE, "WEB-1", span(house))}

    assert [(v.value, v.count) for v in found["browser"]] == [("Firefox", 2), ("Chrome", 1)]
    assert found["browser"][0].ratio == pytest.approx(2 / 3)
    assert [(v.value, v.count) for v in found["environment"]] == [("prod", 2)]


def test_tags_that_set_an_issue_apart_come_first(house: House) -> None:
    """`plan` is spread here as everywhere; `browser` is not, though fewer events have it."""
    chrome, safari = {"browser": "Chrome", "plan": "pro"}, {"browser": "Safari", "plan": "pro"}
    digested(
        house,
        *(error(house, n, "Other", tags=chrome) for n in range(6)),
        error(house, 6, "Other", tags=safari),
        error(house, 7, tags=safari),
        error(house, 8, tags=safari | {"cart": "1"}),
        error(house, 9, tags={"plan": "pro"}),
    )

    found = house.issues.tags(SCOPE, "WEB-2", span(house))

    assert found[0].key == "browser"
    shares = {one.key: one.values[0].usual_ratio for one in found}
    assert shares["browser"] == pytest.approx(1 / 7)
    assert shares["plan"] == 1
    assert shares["cart"] is None


@pytest.mark.parametrize(
    ("range_ms", "step_ms"),
    [
        (10_000, 1_000),
        (HOUR_MS, 5 * MINUTE_MS),
        (12 * HOUR_MS, HOUR_MS),
        (13 * HOUR_MS, 2 * HOUR_MS),
        (3 * DAY_MS, 12 * HOUR_MS),
    ],
)
def test_a_chart_has_round_slots_no_finer_than_what_is_counted(
    house: House, range_ms: int, step_ms: int
) -> None:
    digested(house, error(house, 1))

    chosen = TimeRange(house.clock() + 1 - range_ms, house.clock() + 1)

    stats = house.issues.stats(SCOPE, chosen, buckets=12, issue="WEB-1")

    times = list(stats.times_ms)
    assert {later - earlier for earlier, later in pairwise(times)} == {step_ms}
    assert len(times) == len(stats.events) == len(stats.users) <= 12
    assert times[-1] < chosen.end_ms <= times[-1] + step_ms
    assert sum(stats.events) == 1


def test_statistics_add_up_by_bucket_and_severity(house: House) -> None:
    unhandled = {"mechanism": {"handled": False}}
    digested(
        house,
        error(house, 1, user={"id": 1}),
        error(house, 2, exception=unhandled),
        error(house, 3, level="fatal"),
    )

    stats = house.issues.stats(SCOPE, span(house), buckets=12, issue="WEB-1")
    assert (sum(stats.events), sum(stats.users), len(stats.times_ms)) == (3, 1, 7)
    for back_ms in (HOUR_MS, 3 * DAY_MS):
        severities = house.issues.severity_stats(SCOPE, span(house, back_ms), buckets=6)
        totals = {name: sum(counts) for name, counts in severities.by_severity.items()}
        assert totals == {
            Severity.LOW: 0,
            Severity.MEDIUM: 1,
            Severity.HIGH: 1,
            Severity.CRITICAL: 1,
        }


def test_a_resolved_issue_that_is_seen_again_comes_back_as_a_regression(house: House) -> None:
    digested(house, error(house, 1, release="1.0"))
    house.clock.forward(MINUTE_MS)
    resolve = IssueChange(status=IssueStatus.RESOLVED)
    assert house.issues.change(SCOPE, ["WEB-1"], resolve, actor="ann@acme.io") == 1
    late = (house.clock() - 30 * SECOND_MS) / SECOND_MS
    digested(house, error(house, 2, timestamp=late))
    assert titles(house, status=IssueStatus.UNRESOLVED) == []

    house.clock.forward(MINUTE_MS)
    digested(house, error(house, 3, release="1.1"))

    issue = house.issues.get(SCOPE, "WEB-1", span(house))
    assert (issue.status, issue.is_regressed) == (IssueStatus.UNRESOLVED, True)
    assert issue.releases == ["1.1", "1.0"] or set(issue.releases) == {"1.0", "1.1"}
    kinds = [one.kind for one in house.issues.activity(SCOPE, "WEB-1")]
    assert kinds == ["regressed", "status"]
    with house.meta.read() as conn:
        signal = conn.execute(select(tables.signals)).one()
    assert (signal.kind, signal.facts["short_id"]) == ("issue_regressed", "WEB-1")


def test_an_ignored_issue_stays_ignored_and_goes_on_counting(house: House) -> None:
    digested(house, error(house, 1))
    house.issues.change(SCOPE, [1], IssueChange(status=IssueStatus.IGNORED), actor="ann")
    house.clock.forward(MINUTE_MS)
    digested(house, error(house, 2))

    issue = house.issues.get(SCOPE, 1, span(house))
    assert (issue.status, issue.total_events) == (IssueStatus.IGNORED, 2)


def test_severity_rises_by_itself_until_a_person_sets_it(house: House) -> None:
    digested(house, error(house, 1, level="warning"))
    assert house.issues.get(SCOPE, 1, span(house)).severity is Severity.LOW
    digested(house, error(house, 2, level="error"))
    assert house.issues.get(SCOPE, 1, span(house)).severity is Severity.MEDIUM

    house.issues.change(SCOPE, [1], IssueChange(severity=Severity.LOW), actor="ann")
    digested(house, error(house, 3, level="fatal"))

    assert house.issues.get(SCOPE, 1, span(house)).severity is Severity.LOW


def test_a_change_is_written_down_with_who_did_it(house: House) -> None:
    digested(house, error(house, 1, "A"), error(house, 2, "B"))
    with house.meta.write() as conn:
        user = {"email": "ann@acme.io", "name": "Ann", "password_hash": "", "created_ms": 0}
        added = insert(tables.users).values(**user).returning(tables.users.c.id)
        user_id = conn.execute(added).scalar_one()
        conn.execute(insert(tables.members).values(org_id=1, user_id=user_id, role=2, created_ms=0))
    change = IssueChange(status=IssueStatus.RESOLVED, assignee="ann@acme.io")

    assert house.issues.change(SCOPE, ["WEB-1", "WEB-2"], change, actor="bob@acme.io") == 2
    assert house.issues.change(SCOPE, ["WEB-1", "WEB-2"], change, actor="bob@acme.io") == 0

    assert house.issues.get(SCOPE, "WEB-1", span(house)).assignee == "ann@acme.io"
    assert house.issues.status_counts(SCOPE)[IssueStatus.RESOLVED] == 2
    with house.meta.read() as conn:
        lines = list(conn.execute(select(tables.audit_log).order_by(tables.audit_log.c.id)))
    assert [(line.actor, line.action, line.target) for line in lines] == [
        ("bob@acme.io", "issue.status_changed", "WEB-1"),
        ("bob@acme.io", "issue.assignee_changed", "WEB-1"),
        ("bob@acme.io", "issue.status_changed", "WEB-2"),
        ("bob@acme.io", "issue.assignee_changed", "WEB-2"),
    ]


def test_a_change_needs_a_member_and_an_assignee_of_the_organisation(house: House) -> None:
    digested(house, error(house, 1))
    with pytest.raises(Forbidden):
        house.issues.change(VIEWER, [1], IssueChange(status=IssueStatus.RESOLVED), actor="v")
    with pytest.raises(Invalid):
        house.issues.change(SCOPE, [1], IssueChange(assignee="eve@evil.io"), actor="ann")
    with pytest.raises(Invalid):
        IssueChange()


def test_environments_of_events_become_known(house: House) -> None:
    digested(house, error(house, 1, environment="prod"), error(house, 2, environment="prod"))
    digested(house, error(house, 3, environment="prod"), error(house, 4, environment="dev"))

    with house.meta.read() as conn:
        names = [row.name for row in conn.execute(select(tables.environments.c.name))]
    assert sorted(names) == ["dev", "prod"]
