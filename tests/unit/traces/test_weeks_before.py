"""What was a week before is remembered for a while, by question."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes.house import SCOPE, House
from tests.fakes.spans import span_row
from tests.unit.traces.conftest import HOUR, START_MS, Keep
from watchkeeper.model import Role, Scope
from watchkeeper.traces import Category, OperationQuery
from watchkeeper.traces.repo.operations import Grid, leading
from watchkeeper.traces.weeks_before import FRESH_S, WEEK_MS, WeeksBefore

ENTRY = OperationQuery(range=HOUR, categories=(Category.ENTRY,))
GRID = Grid.over(HOUR)
NS = 1_000_000


class Seconds:
    """A clock under the test's hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def weeks(house: House, seconds: Seconds) -> WeeksBefore:
    return WeeksBefore(house.columns, seconds=seconds)


def week_ago(keep: Keep, number: int, **more: object) -> None:
    at_ns = (START_MS - WEEK_MS + number) * NS
    keep(span_row(span_id=f"{number:016x}", ts_ns=at_ns, **more))


def the_ids(house: House) -> list[int]:
    found = leading(house.columns, SCOPE, ENTRY, GRID.before(WEEK_MS), limit=9)
    return [what.id for what in found.rows]


def test_it_is_read_once_in_five_minutes(
    house: House, keep: Keep, weeks: WeeksBefore, seconds: Seconds
) -> None:
    week_ago(keep, 1)
    ids = the_ids(house)
    assert [each.calls for each in weeks.of(SCOPE, ENTRY, GRID, ids).values()] == [1]

    week_ago(keep, 2)
    seconds.now = FRESH_S - 1
    assert [each.calls for each in weeks.of(SCOPE, ENTRY, GRID, ids).values()] == [1]
    seconds.now = FRESH_S
    assert [each.calls for each in weeks.of(SCOPE, ENTRY, GRID, ids).values()] == [2]


def test_each_question_has_its_own_answer(house: House, keep: Keep, weeks: WeeksBefore) -> None:
    week_ago(keep, 1)
    ids = the_ids(house)
    weeks.of(SCOPE, ENTRY, GRID, ids)

    rival = Scope(org_id=2, project_ids=(2,), role=Role.VIEWER)
    assert weeks.of(rival, ENTRY, GRID, ids) == {}
    assert weeks.of(SCOPE, replace(ENTRY, environment="qa"), GRID, ids) == {}
    assert weeks.of(SCOPE, ENTRY, GRID.before(WEEK_MS), ids) == {}
    assert weeks.of(SCOPE, ENTRY, GRID, []) == {}
