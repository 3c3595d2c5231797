"""The life of an alert, as docs/spec/alert-states.md tells it."""

from __future__ import annotations

import pytest

from watchkeeper.alerting.rules import AlertState, Phase, Seen, advance

SECOND = 1_000
LABELS = (("alertname", "A"),)


def walk(
    conditions: str, *, hold_s: int = 0, keep_s: int = 0, step_s: int = 1
) -> list[AlertState | None]:
    """States over time; each character is one evaluation: x the condition holds, . it does not."""
    state: AlertState | None = None
    states: list[AlertState | None] = []
    for number, condition in enumerate(conditions):
        seen = Seen(labels=LABELS, annotations={"n": str(number)}, value=float(number))
        state = advance(
            state,
            seen if condition == "x" else None,
            now_ms=number * step_s * SECOND,
            hold_ms=hold_s * SECOND,
            keep_firing_ms=keep_s * SECOND,
        )
        states.append(state)
    return states


def drawn(states: list[AlertState | None]) -> str:
    letters = {Phase.PENDING: "p", Phase.FIRING: "F", Phase.RESOLVED: "r"}
    return "".join("." if state is None else letters[state.phase] for state in states)


@pytest.mark.parametrize(
    ("conditions", "hold_s", "keep_s", "expected"),
    [
        ("x", 0, 0, "F"),
        ("xxxx", 3, 0, "pppF"),
        ("xx.xxxx", 3, 0, "pp.pppF"),
        ("xxxx..", 3, 0, "pppFrr"),
        ("x.x", 0, 0, "FrF"),
        ("xxxx.x", 3, 0, "pppFrp"),
        # Observed on Prometheus 2.42: for 3s, keep_firing_for 2s, condition true for 13 s.
        ("xxxxxxxxxxxxx...", 3, 2, "pppFFFFFFFFFFFFr"),
        ("x.x..", 0, 2, "FFFFF"),
        ("x..x..", 0, 2, "FFFFFF"),
        ("x...", 0, 2, "FFFr"),
        ("", 0, 0, ""),
    ],
)
def test_phases_over_time(conditions: str, hold_s: int, keep_s: int, expected: str) -> None:
    assert drawn(walk(conditions, hold_s=hold_s, keep_s=keep_s)) == expected


def test_value_and_annotations_follow_the_condition_and_freeze_with_it() -> None:
    states = walk("xx..", keep_s=5)
    assert [state and (state.value, state.annotations["n"]) for state in states] == [
        (0.0, "0"),
        (1.0, "1"),
        (1.0, "1"),
        (1.0, "1"),
    ]


def test_times_tell_when_it_began_fired_and_ended() -> None:
    state = walk("xxxx.", hold_s=2)[-1]
    assert state is not None
    assert (state.active_ms, state.fired_ms, state.resolved_ms) == (0, 2_000, 4_000)


def test_an_alert_that_comes_back_is_a_new_one() -> None:
    state = walk("x.x")[-1]
    assert state is not None
    assert (state.active_ms, state.resolved_ms) == (2_000, None)


def test_a_resolved_alert_is_listed_for_fifteen_minutes() -> None:
    states = walk("x" + "." * 18, step_s=60)
    assert drawn(states) == "F" + "r" * 16 + ".."


def test_a_firing_alert_waits_again_if_its_rule_now_wants_a_longer_for() -> None:
    fired = walk("x")[-1]
    again = advance(
        fired,
        Seen(labels=LABELS, annotations={}, value=1),
        now_ms=1_000,
        hold_ms=5_000,
        keep_firing_ms=0,
    )
    assert again is not None
    assert (again.phase, again.fired_ms) == (Phase.PENDING, None)
