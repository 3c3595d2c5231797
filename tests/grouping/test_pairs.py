"""Grouping against events of real SDKs whose fault is known (`tests/grouping/capture`)."""

from __future__ import annotations

import pytest

from tests.grouping.score import events, score
from watchkeeper.issues.grouping import Groupable, v2
from watchkeeper.issues.grouping.shape import ExceptionValue, Frame, Stacktrace


def test_the_set_is_of_many_frameworks_versions_and_builds() -> None:
    assert {one.app for one in events()} == {
        "plain", "flask", "fastapi", "django", "celery", "node",
    }  # fmt: skip
    assert len({one.sdk for one in events()}) >= 8
    assert {one.build for one in events()} == {1, 2}
    assert score(1, events()).pairs >= 20_000


@pytest.mark.parametrize(("version", "precision", "recall"), [(1, 0.9, 0.51), (2, 0.94, 0.94)])
def test_all_pairs(version: int, precision: float, recall: float) -> None:
    found = score(version, events())

    assert found.precision >= precision, found.confused
    assert found.recall >= recall, found.torn


@pytest.mark.parametrize(("version", "precision", "recall"), [(1, 0.89, 0.92), (2, 0.94, 0.98)])
def test_faults_that_are_called_from_one_place(
    version: int, precision: float, recall: float
) -> None:
    found = score(version, [one for one in events() if one.caller == "a"])

    assert found.precision >= precision, found.confused
    assert found.recall >= recall, found.torn


def test_the_misses_are_known() -> None:
    found = score(2, events())

    assert set(found.confused) == {
        ("capture_failed", "void_failed"),  # a helper raises one text for both
        ("thrown_object", "thrown_text"),  # no Error, so no stack of its own
    }
    assert set(found.torn) >= {"bad_pattern", "bad_json"}  # raised in a library, called twice


def _at(*lines: str, last_is_own: bool = True) -> Groupable:
    frames: list[Frame | None] = [
        Frame(module="shop", function=f"f{at}", in_app=True, context_line=line)
        for at, line in enumerate(lines)
    ]
    if not last_is_own:
        frames.append(Frame(module="json.decoder", function="decode", in_app=False))
    value = ExceptionValue(type="ValueError", stacktrace=Stacktrace(frames=frames))
    return Groupable(chain=[value], platform="python")


def test_the_line_that_raises_tells_two_faults_of_one_function_apart() -> None:
    one = v2.group(_at("charge(card)", 'raise ValueError("no funds")'))
    other = v2.group(_at("charge(card)", 'raise ValueError("expired")'))

    assert one.rule == "place"
    assert one.hash != other.hash


def test_the_way_to_the_place_does_not_count() -> None:
    assert v2.group(_at("a()", "b()", "x / 0")).parts[1:] == ("at shop f2", "line x / 0")


@pytest.mark.parametrize("line", ["raise ValueError(message)", "raise error", "raise", "throw e;"])
def test_a_helper_that_raises_what_it_was_given_is_told_by_its_caller(line: str) -> None:
    parts = v2.group(_at("main()", "check(a, 'a')", line)).parts

    assert parts == ("type ValueError", "at shop f1", "line check(a, 'a')", "at shop f2",
                     f"line {line}")  # fmt: skip


def test_so_is_what_a_library_raises() -> None:
    parts = v2.group(_at("main()", "load(text)", "json.loads(text)", last_is_own=False)).parts

    assert [part for part in parts if part.startswith("at")] == ["at shop f1", "at shop f2"]


def test_a_minified_line_is_not_compared() -> None:
    assert v2.group(_at("x" * 500)).parts == ("type ValueError", "at shop f0")


def test_without_own_frames_version_1_decides() -> None:
    event = Groupable(message="disk is 91% full", platform="python")

    assert (v2.group(event).rule, v2.group(event).parts) == ("message", ("disk is <number>% full",))
