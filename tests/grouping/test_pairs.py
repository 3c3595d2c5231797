"""Grouping against events of real SDKs whose fault is known (`tests/grouping/capture`)."""

from __future__ import annotations

import pytest

from tests.grouping.score import events, score
from watchkeeper.issues.grouping import LATEST, Groupable, v2, v3
from watchkeeper.issues.grouping.shape import ExceptionValue, Frame, Mechanism, Stacktrace


def test_the_set_is_of_many_frameworks_versions_and_builds() -> None:
    assert {one.app for one in events()} == {
        "plain", "flask", "fastapi", "django", "celery", "node", "node-messages",
    }  # fmt: skip
    assert len({one.sdk for one in events()}) >= 8
    assert {one.build for one in events()} == {1, 2}
    assert score(1, events()).pairs >= 20_000


@pytest.mark.parametrize(
    ("version", "precision", "recall"), [(1, 0.9, 0.51), (2, 0.91, 0.94), (3, 0.95, 0.94)]
)
def test_all_pairs(version: int, precision: float, recall: float) -> None:
    found = score(version, events())

    assert found.precision >= precision, found.confused
    assert found.recall >= recall, found.torn


@pytest.mark.parametrize(
    ("version", "precision", "recall"), [(1, 0.89, 0.92), (2, 0.91, 0.98), (3, 0.95, 0.98)]
)
def test_faults_that_are_called_from_one_place(
    version: int, precision: float, recall: float
) -> None:
    found = score(version, [one for one in events() if one.caller == "a"])

    assert found.precision >= precision, found.confused
    assert found.recall >= recall, found.torn


def test_the_misses_are_known() -> None:
    found = score(LATEST, events())

    # A helper raises one text for both.
    assert set(found.confused) == {("capture_failed", "void_failed")}
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


def _reported(
    said: str, *, kind: str = "", platform: str = "node", template: str = ""
) -> Groupable:
    """What an SDK sends with the stack of the line that reported it: nothing was raised."""
    frames: list[Frame | None] = [
        Frame(module="shop", function="report", in_app=True, context_line="captureMessage(text)")
    ]
    value = ExceptionValue(
        type=kind, value=said, mechanism=Mechanism(synthetic=True),
        stacktrace=Stacktrace(frames=frames),
    )  # fmt: skip
    return Groupable(chain=[value], platform=platform, template=template)


def test_a_message_with_a_stack_is_told_by_what_it_says_as_one_without() -> None:
    late, cold = _reported("job 17 is late"), _reported("cache is cold")

    assert v2.group(late).hash == v2.group(cold).hash
    assert (v3.group(late).rule, v3.group(late).parts) == ("message", ("job <number> is late",))
    assert v3.group(late).hash == v3.group(_reported("job 18 is late")).hash
    assert v3.group(late).hash == v3.group(Groupable(message="job 3 is late")).hash
    assert v3.group(late).hash != v3.group(cold).hash


def test_a_template_comes_before_what_was_filled_in() -> None:
    found = v3.group(_reported("job a is late", template="job %s is late"))

    assert (found.rule, found.parts) == ("template", ("job %s is late",))


def test_things_thrown_are_told_apart_by_what_is_said_of_them_and_where() -> None:
    one = v3.group(_reported("Object captured as exception with keys: code", kind="Error"))
    other = v3.group(_reported("out of stock", kind="Error"))

    assert (one.rule, one.parts[-1]) == (
        "thing", "value Object captured as exception with keys: code",
    )  # fmt: skip
    assert one.hash != other.hash


def test_a_made_up_type_of_native_code_is_still_told_by_its_place() -> None:
    one = _reported("Segfault at 1", kind="SIGSEGV", platform="native")

    assert v3.group(one).rule == "place"
    assert v3.group(one).parts == v2.group(one).parts


def test_what_was_raised_is_grouped_as_by_version_2() -> None:
    event = _at("charge(card)", 'raise ValueError("no funds")')

    assert (v3.group(event).rule, v3.group(event).parts) == ("place", v2.group(event).parts)
    assert v3.group(event).hash != v2.group(event).hash


def _unsaid(*frames: Frame) -> Groupable:
    value = ExceptionValue(type="ValueError", stacktrace=Stacktrace(frames=list(frames)))
    return Groupable(chain=[value], platform="python")


def test_calls_of_which_nothing_is_said_are_own_unless_a_library_holds_them() -> None:
    """An SDK whose program was started in another directory."""
    flask = Frame(filename="flask/app.py", module="flask.app", function="run", in_app=False)
    worker = Frame(filename="/srv/venv/lib/python3.12/site-packages/rq/worker.py", function="work")
    lesson = Frame(filename="app.py", module="app", function="lesson", context_line="raise E(1)")

    for outside in (flask, worker):
        found = v3.group(_unsaid(outside, lesson))
        assert (found.rule, found.parts[1:]) == ("place", ("at app lesson", "line raise E(1)"))
        assert v2.group(_unsaid(outside, lesson)).rule == "stack"


def test_what_an_sdk_says_of_its_calls_stands() -> None:
    own = Frame(module="app", function="lesson", in_app=True, context_line="run()")
    unsaid = Frame(filename="plugin.py", module="plugin", function="hook", context_line="raise E")

    assert "at plugin hook" not in v3.group(_unsaid(own, unsaid)).parts
