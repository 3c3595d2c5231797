"""Two reads at the same time."""

from __future__ import annotations

import threading

import pytest

from watchkeeper.lib.side_by_side import side_by_side


def test_both_run_at_the_same_time_and_answer_in_their_places() -> None:
    met = threading.Barrier(2, timeout=10)  # broken if one waited for the other to end

    def one() -> str:
        met.wait()
        return threading.current_thread().name

    def other() -> int:
        met.wait()
        return 7

    assert side_by_side(one, other) == (threading.current_thread().name, 7)


@pytest.mark.parametrize("failing", ["one", "other"])
def test_what_fails_is_raised_after_both_have_ended(failing: str) -> None:
    ended: list[str] = []

    def run(name: str) -> None:
        ended.append(name)
        if name == failing:
            raise LookupError(name)

    with pytest.raises(LookupError, match=failing):
        side_by_side(lambda: run("one"), lambda: run("other"))
    assert sorted(ended) == ["one", "other"]
