"""The end of a range in which enough lines match."""

from __future__ import annotations

import pytest

from tests.unit.logs.conftest import NOW_MS, Shelf, line
from watchkeeper.lib.clock import HOUR_MS, MINUTE_MS
from watchkeeper.logs import parse_search
from watchkeeper.logs.repo import condition_of
from watchkeeper.logs.slices import newest_stretch
from watchkeeper.model import TimeRange

DAY = TimeRange(NOW_MS - 24 * HOUR_MS, NOW_MS + 1)
_AGES = {
    "even": [n * 2 * MINUTE_MS for n in range(720)],
    "long ago": [20 * HOUR_MS + n * MINUTE_MS for n in range(200)],
    "a burst now": [n * 100 for n in range(90)] + [n * HOUR_MS for n in range(1, 24)],
    "few": [5 * HOUR_MS, 6 * HOUR_MS],
}


@pytest.mark.parametrize("shape", _AGES)
@pytest.mark.parametrize("most", [1, 50, 100])
def test_a_stretch_has_enough_lines_or_is_all_of_the_range(
    shelf: Shelf, shape: str, most: int
) -> None:
    ages = _AGES[shape]
    shelf.put(*(line("tick", age) for age in ages), *(line("other", age) for age in ages))

    found = newest_stretch(
        shelf.columns, shelf.scope, DAY, condition_of(parse_search("tick")), most=most
    )

    within = sum(NOW_MS - age >= found.start_ms for age in ages)
    assert found.end_ms == DAY.end_ms
    assert within >= most or (found.start_ms == DAY.start_ms and within == len(ages))
    if shape == "even" and most > 1:
        assert within <= 1.4 * most + 15  # little more than asked for: the first slice is 22 min
