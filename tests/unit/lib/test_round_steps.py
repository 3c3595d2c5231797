"""Steps that a time axis may have."""

from __future__ import annotations

import pytest

from watchkeeper.lib.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from watchkeeper.lib.round_steps import round_step_ms


@pytest.mark.parametrize(
    ("shortest_ms", "step_ms"),
    [
        (1, SECOND_MS),
        (SECOND_MS, SECOND_MS),
        (SECOND_MS + 1, 2 * SECOND_MS),
        (31 * SECOND_MS, MINUTE_MS),
        (3 * HOUR_MS + 1, 4 * HOUR_MS),
        (3 * DAY_MS, 7 * DAY_MS),
        (28 * DAY_MS, 28 * DAY_MS),
        (28 * DAY_MS + 1, 56 * DAY_MS),
    ],
)
def test_a_step_is_round_and_no_shorter_than_asked(shortest_ms: int, step_ms: int) -> None:
    assert round_step_ms(shortest_ms) == step_ms
