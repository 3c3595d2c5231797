"""The life of a job, step by step: pure."""

from __future__ import annotations

import json

from watchkeeper.lib.clock import HOUR_MS, MINUTE_MS, SECOND_MS
from watchkeeper.monitors.schedule import MonitorConfig, config_of
from watchkeeper.monitors.step import MOST_MISSED, after_check_in, due, passed_over
from watchkeeper.monitors.types import CheckIn, RunStatus, State

T0 = 1_795_222_800_000 // HOUR_MS * HOUR_MS
HOURLY = config_of(
    json.dumps({"schedule": {"type": "crontab", "value": "0 * * * *"}, "checkin_margin": 5})
)


def says(status: str, at_ms: int, run: str = "a", took_ms: int = 0) -> CheckIn:
    return CheckIn(
        project_id=1, monitor="job", environment="prod", check_in_id=run,
        status=RunStatus(status), ts_ms=at_ms, duration_ms=took_ms,
    )  # fmt: skip


def after(*said: CheckIn, config: MonitorConfig = HOURLY) -> State:
    state = State()
    for one in said:
        state = after_check_in(state, config, one)
    return state


def test_a_run_that_ends_well_waits_for_the_next() -> None:
    state = after(says("in_progress", T0), says("ok", T0 + MINUTE_MS, took_ms=MINUTE_MS))

    assert (state.status, state.run_id, state.failures) == (RunStatus.OK, "", 0)
    assert (state.last_ms, state.last_ok_ms, state.next_ms) == (T0, T0, T0 + HOUR_MS)
    assert due(state, HOURLY, T0 + HOUR_MS + 4 * MINUTE_MS) == (state, [])


def test_what_does_not_come_within_the_margin_is_missed_once() -> None:
    state, told = due(after(says("ok", T0)), HOURLY, T0 + HOUR_MS + 5 * MINUTE_MS)

    assert [(one.status, one.at_ms) for one in told] == [(RunStatus.MISSED, T0 + HOUR_MS)]
    assert (state.status, state.failures) == (RunStatus.MISSED, 1)
    assert due(state, HOURLY, T0 + HOUR_MS + 20 * MINUTE_MS) == (state, [])
    again, more = due(state, HOURLY, T0 + 3 * HOUR_MS)
    assert (len(more), again.failures) == (1, 2)


def test_a_run_that_does_not_end_times_out_and_may_end_after_all() -> None:
    state, told = due(after(says("in_progress", T0)), HOURLY, T0 + 30 * MINUTE_MS)

    assert [(one.check_in_id, one.status) for one in told] == [("a", RunStatus.TIMEOUT)]
    assert (state.status, state.failures) == (RunStatus.TIMEOUT, 1)
    late = after_check_in(state, HOURLY, says("ok", T0 + 40 * MINUTE_MS, took_ms=40 * MINUTE_MS))
    assert (late.status, late.failures, late.next_ms) == (RunStatus.OK, 0, T0 + HOUR_MS)


def test_failures_are_counted_until_one_is_well() -> None:
    said = [says("error", T0 + n * HOUR_MS, run=str(n)) for n in range(3)]
    assert after(*said).failures == 3
    assert after(*said, says("ok", T0 + 3 * HOUR_MS)).failures == 0


def test_a_clock_that_is_a_little_fast_is_not_a_missed_run() -> None:
    early = after(says("ok", T0), says("ok", T0 + HOUR_MS - 2 * SECOND_MS, run="b"))
    assert early.next_ms == T0 + 2 * HOUR_MS


def test_minutely_jobs_are_not_taken_for_early_ones() -> None:
    minutely = config_of(b'{"schedule":{"type":"crontab","value":"* * * * *"}}')
    state = after(says("in_progress", T0), says("ok", T0 + 20 * SECOND_MS), config=minutely)
    assert state.next_ms == T0 + MINUTE_MS


def test_an_end_without_the_id_of_its_beginning_ends_the_run() -> None:
    state = after(says("in_progress", T0), says("ok", T0 + MINUTE_MS, run="other"))
    assert (state.run_id, state.status) == ("", RunStatus.OK)
    assert due(state, HOURLY, T0 + 40 * MINUTE_MS) == (state, [])


def test_what_comes_late_or_is_our_own_word_changes_nothing() -> None:
    state = after(says("ok", T0 + HOUR_MS))
    assert after_check_in(state, HOURLY, says("error", T0, run="old")) == state
    assert after_check_in(state, HOURLY, says("in_progress", T0, run="old")) == state
    assert after_check_in(state, HOURLY, says("missed", T0 + 9 * HOUR_MS, run="m")) == state


def test_a_job_without_a_schedule_is_never_missed() -> None:
    state = after(says("ok", T0), config=MonitorConfig())
    assert due(state, MonitorConfig(), T0 + 10_000 * HOUR_MS) == (state, [])


def test_a_long_silence_is_told_in_bounds() -> None:
    state, told = due(after(says("ok", T0)), HOURLY, T0 + 5_000 * HOUR_MS)
    assert len(told) == MOST_MISSED
    assert state.next_ms == T0 + 5_001 * HOUR_MS


def test_what_nobody_could_hear_was_not_missed() -> None:
    state = passed_over(after(says("ok", T0)), HOURLY, T0 + 5 * HOUR_MS + MINUTE_MS)
    assert due(state, HOURLY, T0 + 5 * HOUR_MS + MINUTE_MS) == (state, [])
    assert state.next_ms == T0 + 6 * HOUR_MS
