"""Counts of long ranges, made of days and hours, and of searches, made of the events."""

from __future__ import annotations

import pytest

from tests.fakes.house import SCOPE, House
from tests.unit.issues.events import OTHER_PROJECT, digested, error, span, titles
from watchkeeper.issues import ErrorFilter, GroupBy, IssueQuery, IssueRow, IssueSort
from watchkeeper.lib.clock import DAY_MS, HOUR_MS
from watchkeeper.model import TimeRange


def rows_of(house: House, **query: object) -> dict[str, IssueRow]:
    """The listed issues by their type."""
    query.setdefault("range", span(house))
    page = house.issues.list(SCOPE, IssueQuery(**query))  # type: ignore[arg-type]
    return {one.type: one for one in page.issues}


@pytest.fixture
def week(house: House) -> TimeRange:
    """Six days that begin and end in the middle of a day: ann on each, ben once, and beside the
    range, before the first hour that it touches and after the last, eve."""
    begin_ms = house.clock()
    for hour, number, user in (
        (0, 1, "eve"), (1, 2, "ann"), (2, 3, "ben"), (25, 4, "ann"), (49, 5, "ann"), (73, 6, "ann"),
        (97, 7, "ann"), (121, 8, "ann"), (144, 9, "ann"), (146, 10, "eve"),
    ):  # fmt: skip
        house.clock.forward(begin_ms + hour * HOUR_MS - house.clock())
        environment = "prod" if user == "ann" else "dev"
        digested(house, error(house, number, user={"id": user}, environment=environment))
    return TimeRange(begin_ms + HOUR_MS, begin_ms + 145 * HOUR_MS)


def test_a_long_range_counts_each_person_once_and_nothing_beside_it(
    house: House, week: TimeRange
) -> None:
    for sort in (IssueSort.USERS, IssueSort.EVENTS, IssueSort.LAST_SEEN):
        found = rows_of(house, range=week, sort=sort)["ValueError"]
        assert (found.events, found.users, sum(found.spark)) == (8, 2, 8)
    only = rows_of(house, range=week, environment="prod", sort=IssueSort.USERS)["ValueError"]
    assert (only.events, only.users) == (7, 1)


def test_totals_and_groups_of_a_long_range_agree_with_its_list(
    house: House, week: TimeRange
) -> None:
    rates = house.issues.rates
    totals = rates.summary(SCOPE, ErrorFilter(range=week)).now
    assert (totals.events, totals.users, totals.issues) == (8, 2, 1)
    groups = rates.groups(SCOPE, ErrorFilter(range=week), GroupBy.ENVIRONMENT).groups
    assert [(one.value, one.events, one.users) for one in groups] == [("prod", 7, 1), ("dev", 1, 1)]
    assert rates.summary(OTHER_PROJECT, ErrorFilter(range=week)).now.events == 0


TAGS = {"plan": "pro", "odd": "a=b\nc", "region": "eu-west"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("plan:pro", ["B", "A"]),
        ("plan:PRO", []),
        ("plan:p", []),
        ("plan:[free,pro]", ["C", "B", "A"]),
        ("-plan:pro", ["D", "C"]),
        ("plan:pro region:eu-west", ["A"]),
        ("region:eu*", ["A"]),
        ("has:plan", ["C", "B", "A"]),
        ("-has:plan", ["D"]),
        ("lan:pro", []),
        ("user.id:7", ["B"]),
        ("-user.id:7", ["D", "C", "A"]),
    ],
)
def test_issues_are_found_by_tags_and_people(house: House, text: str, found: list[str]) -> None:
    digested(
        house,
        error(house, 1, "A", tags=TAGS, user={"id": "8"}),
        error(house, 2, "B", tags={"plan": "pro"}, user={"id": "7"}),
        error(house, 3, "C", tags={"plan": "free"}, user={"email": "7@x.io"}),
        error(house, 4, "D"),
    )
    assert sorted(titles(house, text=text)) == sorted(found)
    assert titles(house, text=text, range=TimeRange(0, DAY_MS)) == []


def test_a_search_that_reads_events_counts_them_with_people_and_times(house: House) -> None:
    digested(house, error(house, 1, "A", tags=TAGS, user={"id": 1}), error(house, 2, "A"))
    house.clock.forward(HOUR_MS)
    more = [error(house, n, "A", tags=TAGS, user={"id": 1 + n % 2}) for n in (3, 4, 5)]
    digested(house, *more, error(house, 6, "B", tags=TAGS))
    within = span(house, 2 * HOUR_MS)

    found = rows_of(house, range=within, text="plan:pro")

    assert (found["A"].events, found["A"].users, found["B"].users) == (4, 2, 0)
    assert [n for n in found["A"].spark if n] == [1, 3]


def test_a_person_in_both_parts_of_a_merged_issue_counts_once_in_a_search(house: House) -> None:
    ann = {"tags": TAGS, "user": {"id": "ann"}}
    digested(house, error(house, 1, "A", **ann), error(house, 2, "B", **ann))
    house.issues.acts.merge(SCOPE, "WEB-1", ["WEB-2"], actor="me")

    (found,) = rows_of(house, text="plan:pro").values()

    assert (found.events, found.users, sum(found.spark)) == (2, 1, 2)


def test_a_tag_that_an_event_also_has_as_a_field_counts_once(house: House) -> None:
    tags = {"environment": "prod", "odd": "a=b\nc"}
    digested(house, error(house, 1, environment="prod", tags=tags))

    found = {one.key: one for one in house.issues.tags(SCOPE, 1, span(house))}

    assert [(one.value, one.count) for one in found["environment"].values] == [("prod", 1)]
    assert [one.value for one in found["odd"].values] == ["a=b\nc"]


def test_completion_over_a_month_offers_the_tags_of_this_project(house: House) -> None:
    digested(house, error(house, 1, tags={"plan": "pro"}))
    month = span(house, 30 * DAY_MS)

    def offered(text: str) -> list[str]:
        found = house.issues.searches.complete(SCOPE, text, len(text), month)
        return [one.label for one in found.suggestions]

    assert "plan" in " ".join(offered("pla"))
    assert any("pro" in one for one in offered("plan:"))
    foreign = house.issues.searches.complete(OTHER_PROJECT, "plan:", 5, month)
    assert not any("pro" in one.label for one in foreign.suggestions)
