"""Trends that are known in advance, and what is foreseen of them."""

from __future__ import annotations

import numpy as np
import pytest

from watchkeeper.lib.clock import DAY_MS, HOUR_MS
from watchkeeper.query import Forecast, Outlook, foresee

START_MS = 1_795_219_200_000


def course(
    days: float,
    *,
    per_day: float,
    noise: float = 0.0,
    daily: float = 0.0,
    begin: float = 0.5,
    jump: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Hourly values: a line, a daily wave, noise, and a jump at two thirds."""
    times = START_MS + np.arange(0, int(days * 24)) * HOUR_MS
    passed = (times - START_MS) / DAY_MS
    values = begin + per_day * passed + daily * np.sin(2 * np.pi * passed)
    values += np.random.default_rng(7).normal(0, noise, len(times)) if noise else 0
    return times, values + np.where(passed > days * 2 / 3, jump, 0.0)


def days_ahead(made: Forecast, times: np.ndarray) -> float:
    assert made.at_ms is not None
    return float(made.at_ms - times[-1]) / DAY_MS


def test_a_straight_line_meets_its_limit_when_it_does() -> None:
    times, values = course(10, per_day=0.02)
    made = foresee(times, values, limit=1.0)

    assert made.outlook is Outlook.REACHES
    assert days_ahead(made, times) == pytest.approx((1 - values[-1]) / 0.02, abs=0.01)
    assert made.per_day == pytest.approx(0.02)
    assert made.test is not None
    assert made.test.error == pytest.approx(0, abs=1e-9)


def test_a_decline_meets_a_limit_below() -> None:
    times, values = course(10, per_day=-0.03, noise=0.005)
    made = foresee(times, values, limit=0.0)

    assert made.outlook is Outlook.REACHES
    assert days_ahead(made, times) == pytest.approx(values[-1] / 0.03, abs=1.0)


def test_noise_and_the_course_of_a_day_do_not_hide_the_trend() -> None:
    times, values = course(14, per_day=0.02, noise=0.01, daily=0.08)
    made = foresee(times, values, limit=0.95)
    real_days = (0.95 - 0.5) / 0.02 - (len(times) - 1) / 24

    assert made.is_seasonal
    assert days_ahead(made, times) == pytest.approx(real_days, abs=1.0)
    assert made.earliest_ms is not None
    assert made.at_ms is not None
    assert made.latest_ms is not None
    assert made.earliest_ms <= made.at_ms <= made.latest_ms
    assert abs(made.at_ms - times[-1] - real_days * DAY_MS) < made.latest_ms - made.earliest_ms


def test_single_outliers_do_not_turn_the_slope() -> None:
    times, values = course(10, per_day=0.02)
    values[::17] = 9.0

    assert foresee(times, values, limit=1.0).per_day == pytest.approx(0.02, rel=0.05)


def test_after_a_clean_up_the_trend_of_since_then_counts() -> None:
    times, values = course(15, per_day=0.02, noise=0.002, jump=-0.25)
    made = foresee(times, values, limit=1.0)

    assert made.since_ms >= times[int(len(times) * 2 / 3)]
    assert made.per_day == pytest.approx(0.02, rel=0.1)


def test_what_only_wavers_is_steady() -> None:
    times, values = course(14, per_day=0.0, noise=0.02, daily=0.1)

    assert foresee(times, values, limit=1.0).outlook is Outlook.STEADY


def test_what_moves_away_from_the_limit_is_steady() -> None:
    times, values = course(14, per_day=-0.01)

    assert foresee(times, values, limit=1.0).outlook is Outlook.STEADY


def test_what_never_moves_is_steady() -> None:
    times, values = course(5, per_day=0.0)
    made = foresee(times, values, limit=1.0)

    assert (made.outlook, made.per_day) == (Outlook.STEADY, 0.0)


def test_a_limit_that_is_passed_is_over() -> None:
    times, values = course(10, per_day=0.1)

    assert foresee(times, values, limit=1.0).outlook is Outlook.OVER


def test_more_than_a_year_ahead_is_beyond() -> None:
    times, values = course(10, per_day=0.0005)

    assert foresee(times, values, limit=1.0).outlook is Outlook.BEYOND


@pytest.mark.parametrize("hours", [0, 1, 11, 23])
def test_little_history_is_said_to_be_little(hours: int) -> None:
    times, values = course(hours / 24, per_day=0.5)

    assert foresee(times, values, limit=1.0).outlook is Outlook.SHORT


def test_gaps_and_infinities_are_left_out() -> None:
    times, values = course(10, per_day=0.02)
    values[20:60], values[100], values[101] = np.nan, np.inf, -np.inf

    assert foresee(times, values, limit=1.0).per_day == pytest.approx(0.02)


def test_the_error_told_is_the_error_made() -> None:
    """Growth that doubles half way: forecasts from before were too slow, and the test says so."""
    times, values = course(14, per_day=0.01)
    passed = (times - START_MS) / DAY_MS
    values = values + np.where(passed > 7, (passed - 7) * 0.01, 0.0)
    made = foresee(times, values, limit=2.0)

    assert made.test is not None
    assert made.test.error > 0.01
    assert made.test.error_ms is not None
    assert made.test.error_ms > DAY_MS / 2
