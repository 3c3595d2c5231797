"""Parts that came before are neither parsed nor looked at again; nothing else changes by that."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest

from watchkeeper.lib.generations import Generations
from watchkeeper.privacy import Policy, Rule, RuleKind, Scrubber, ScrubRules
from watchkeeper.privacy.policy import Action

_SECRET = "hunter2hunter2"


def _frame(number: int, **more: Any) -> dict[str, Any]:
    return {
        "filename": f"shop/module_{number}.py",
        "function": f"step_{number}",
        "context_line": "    raise ValueError(message)",
        "in_app": True,
        "vars": {"self": "<shop.Order object>"},
        **more,
    }


def _event(*frames: dict[str, Any], **more: Any) -> dict[str, Any]:
    value = {"type": "ValueError", "value": "no price", "stacktrace": {"frames": list(frames)}}
    return {
        "event_id": "a" * 32,
        "exception": {"values": [value]},
        "contexts": {"runtime": {"name": "CPython", "version": "3.11.2", "build": "x" * 40}},
        "modules": {f"package-{n}": f"1.{n}" for n in range(9)},
        "user": {"id": "7", "email": "mara@example.com"},
        **more,
    }


def _whole(scrubber: Scrubber, payload: bytes) -> bytes:
    return orjson.dumps(scrubber.scrub_event(orjson.loads(payload)))


def _in_parts(scrubber: Scrubber, payload: bytes) -> bytes:
    sent = scrubber.read_event(payload)
    assert sent is not None
    return orjson.dumps(scrubber.scrub_sent(sent))


_EVENTS = [
    _event(_frame(1), _frame(2)),
    _event(_frame(1), _frame(2, vars={"password": _SECRET})),
    _event(_frame(1, vars={"note": f"password={_SECRET}"}), _frame(1)),
    _event(_frame(1), {}, _frame(3, pre_context=["a", f"token = '{_SECRET}'"])),
    _event(extra={"api_key": _SECRET}, sdk={"name": f"token={_SECRET}", "n": [1] * 30}),
    _event(exception=[{"type": "A", "stacktrace": {"frames": [_frame(1), None, "odd"]}}]),
    _event(exception={"values": [{"stacktrace": None}, {"stacktrace": {"frames": None}}]}),
    _event(exception={"values": [None]}, contexts=[1], modules=None),
    _event(exception={"values": [{"stacktrace": {"frames": [_frame(1), 7]}}], "more": 1}),
    _event(contexts={"message": "password=%s for you", "params": {"password": _SECRET}}),
]


@pytest.mark.parametrize("spaces", [(",", ":"), (", ", ": ")])
def test_what_is_written_is_the_same_the_first_time_and_later(spaces: tuple[str, str]) -> None:
    scrubber = Scrubber()
    for _ in range(3):
        for event in _EVENTS:
            payload = json.dumps(event, separators=spaces).encode()
            written = _in_parts(scrubber, payload)
            assert written == _whole(Scrubber(), payload)
            assert _SECRET.encode() not in written


def test_a_familiar_frame_is_not_parsed_again() -> None:
    scrubber = Scrubber()
    payload = orjson.dumps(_event(_frame(1)))
    _in_parts(scrubber, payload)
    sent = scrubber.read_event(payload)
    assert sent is not None
    frames = sent.tree["exception"]["values"][0]["stacktrace"]["frames"]  # type: ignore[index,call-overload]
    assert [type(frame) for frame in frames] == [orjson.Fragment]  # type: ignore[union-attr]
    assert isinstance(sent.tree["modules"], orjson.Fragment)


def test_a_frame_with_a_finding_is_looked_at_each_time() -> None:
    scrubber = Scrubber()
    payload = orjson.dumps(_event(_frame(1, vars={"password": _SECRET})))
    for _ in range(3):
        written = orjson.loads(_in_parts(scrubber, payload))
        assert any("password" in note["path"] for note in written["_scrubbed"])


def test_a_name_twice_in_one_object_hides_nothing() -> None:
    """JSON readers keep the last of equal names; the first must not reach the disk by its bytes."""
    scrubber = Scrubber()
    twice = json.dumps(_frame(1, vars={"x": f"password={_SECRET}", "y": "plain"}))
    frame = json.loads(twice.replace('"y"', '"x"'))
    assert frame["vars"] == {"x": "plain"}
    payload = json.dumps(_event({"here": 1})).replace('{"here": 1}', twice.replace('"y"', '"x"'))
    for _ in range(3):
        assert _SECRET.encode() not in _in_parts(scrubber, payload.encode())


@pytest.mark.parametrize(
    "payload",
    [
        b"[]",
        b'{"a": 1',
        b'{"a": 1} x',
        b'{"extra": {"n": NaN}}',
        b'{"extra": "\\ud83d"}',
        b'{"exception":{"values":[{"stacktrace":{"frames":[{"function":"\xff'
        + b"x" * 40
        + b'"}]}}]}}',
        b'{"extra": ' + b"[" * 2_000 + b"]" * 2_000 + b"}",
    ],
)
def test_unusual_json_is_parsed_as_a_whole(payload: bytes) -> None:
    assert Scrubber().read_event(payload) is None


def test_a_project_that_names_places_has_each_event_parsed_as_a_whole() -> None:
    rule = Rule(kind=RuleKind.PATH, pattern="exception.values.*.type", action=Action.MASK)
    scrubber = Scrubber(ScrubRules().for_policy(Policy(rules=(rule,))))
    assert scrubber.read_event(orjson.dumps(_event(_frame(1)))) is None


def test_the_rules_of_one_project_say_nothing_of_another() -> None:
    payload = orjson.dumps(_event(_frame(1, vars={"ward": "north"})))
    scrubber = Scrubber()
    assert b"north" in _in_parts(scrubber, payload)
    strict = Scrubber(ScrubRules(deny_names=("ward",)))
    for _ in range(2):
        assert b"north" not in _in_parts(strict, payload)


def test_what_is_not_asked_for_is_forgotten() -> None:
    remembered: Generations[int, str] = Generations(10)
    for number in range(100):
        remembered.put(number, str(number))
        assert remembered.get(0) == "0"
    assert len(remembered) <= 20
    assert remembered.get(50) is None
    assert remembered.get(99) == "99"
