"""From a range of samples to what a chart draws."""

from __future__ import annotations

import pytest

from watchkeeper.api.wk.charts import Grid, change, instant, latest, lines
from watchkeeper.lib.clock import HOUR_MS, SECOND_MS
from watchkeeper.model import Role, Scope, TimeRange, labels_of
from watchkeeper.query.promql import Engine, MemorySource

SCOPE = Scope(org_id=1, project_ids=(1,), role=Role.VIEWER)
START = 1_795_224_000_000


def test_a_grid_ends_with_the_range_and_stands_on_whole_steps() -> None:
    grid = Grid.over(TimeRange(START + 7, START + HOUR_MS + 7), points=120)

    assert (grid.step_ms, len(grid.times_ms)) == (30 * SECOND_MS, 120)
    assert grid.end_ms == START + HOUR_MS
    assert all(at_ms % grid.step_ms == 0 for at_ms in grid.times_ms)


def test_a_short_range_is_not_cut_finer_than_scrapes_are() -> None:
    assert Grid.over(TimeRange(START, START + 60 * SECOND_MS)).step_ms == 15 * SECOND_MS


def test_a_gap_stays_a_gap() -> None:
    source = MemorySource()
    labels = labels_of({"__name__": "up", "job": "a"})
    source.append(labels, [(START, 1.0), (START + 600 * SECOND_MS, 0.0)])
    grid = Grid(START, START + 600 * SECOND_MS, 200 * SECOND_MS)

    [line] = lines(Engine(source), SCOPE, "up", grid).lines

    assert line.values == [1.0, 1.0, None, 0.0]


def test_what_is_no_number_is_left_out() -> None:
    engine = Engine(MemorySource())

    assert instant(engine, SCOPE, "vector(1) / 0", START) == []
    assert instant(engine, SCOPE, "vector(2)", START) == [({}, 2.0)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 1, 1, 2], 1.0), ([4, 3, 2, 1], -0.75), ([0, 1, 1, 1], None),
        ([None, 1, 1, 1], None), ([], None), ([-2, -2, -2, -1], 0.5),
    ],
)  # fmt: skip
def test_the_change_compares_the_last_quarter_with_the_first(
    values: list[float | None], expected: float | None
) -> None:
    assert change(values) == expected


def test_the_latest_value_is_the_last_that_is_known() -> None:
    assert latest([1, 2, None]) == 2
    assert latest([None]) is None
