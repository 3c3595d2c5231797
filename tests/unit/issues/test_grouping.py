"""Grouping, version 1: what belongs together, and the promise that it never changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from watchkeeper.issues.event import facts_of, read_event
from watchkeeper.issues.grouping import (
    VERSIONS,
    ExceptionValue,
    Frame,
    Groupable,
    Grouping,
    Mechanism,
    Repeated,
    Stacktrace,
    v1,
)

GOLDEN = Path(__file__).parents[2] / "golden" / "grouping" / "v1.json"
CASES: list[dict[str, Any]] = json.loads(GOLDEN.read_text())
RELEASED = {
    1: "de47ec0ddebbb80fb77629fadfccd1da3a88cb73c8f272bb845ad80362662c63",
    2: "eab1e67214059db34c3e14d9c0b3db89458f2f440bcc1296f50ca0b17a57b5ae",
    3: "4db5b83e2afd7fd712aedceff2538a8d8a526e3754390214a66ebc238ee95dff",
}


def grouped(event: dict[str, Any]) -> Grouping:
    payload = json.dumps({"event_id": "0" * 32} | event).encode()
    return VERSIONS[1](facts_of(read_event(payload), received_ms=0).groupable)


def frame(function: str, **fields: Any) -> dict[str, Any]:
    return {"function": function, "module": "app", "in_app": True, "lineno": 1} | fields


def raised(*frames: dict[str, Any], kind: str = "E", value: str = "v") -> dict[str, Any]:
    exception = {"type": kind, "value": value, "stacktrace": {"frames": list(frames)}}
    return {"exception": {"values": [exception]}}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_golden_events_keep_their_group(case: dict[str, Any]) -> None:
    found = grouped(case["event"])

    assert {"rule": found.rule, "parts": list(found.parts), "hash": f"{found.hash:016x}"} == (
        case["expect"]
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_a_released_version_is_frozen(version: int) -> None:
    source = (Path(v1.__file__).parent / f"v{version}.py").read_bytes()
    assert sha256(source).hexdigest() == RELEASED[version], "write the next version instead"


def test_line_numbers_values_and_library_frames_do_not_split_an_issue() -> None:
    one = grouped(raised(frame("f", lineno=1), value="id 1"))
    assert one == grouped(raised(frame("f", lineno=99), value="id 2"))
    assert one == grouped(raised(frame("g", module="lib", in_app=False), frame("f")))


def test_another_type_function_or_module_is_another_issue() -> None:
    groups = {
        grouped(raised(frame("f"))).hash,
        grouped(raised(frame("f"), kind="F")).hash,
        grouped(raised(frame("g"))).hash,
        grouped(raised(frame("f", module="other"))).hash,
    }
    assert len(groups) == 4


def test_recursion_of_any_depth_is_one_issue() -> None:
    once = grouped(raised(frame("a"), frame("b")))
    assert once == grouped(raised(*[frame("a"), frame("b")] * 5))


def test_addresses_and_anonymous_functions_of_a_page_do_not_split_an_issue() -> None:
    old = frame("?", module=None, filename="https://x.io/assets/main.8f3ac9d1.js")
    new = frame("<anonymous>", module=None, filename="https://x.io/assets/main.00aa11bb.js")
    named = frame("render", module=None, filename="https://x.io/assets/main.js")
    assert grouped(raised(old, named)) == grouped(raised(new, named))
    assert grouped(raised(old, value="x")).rule == "exception"


def test_a_fingerprint_decides_alone_or_refines_the_default() -> None:
    plain = raised(frame("f"))
    alone = grouped(plain | {"fingerprint": ["checkout"]})
    assert alone.parts == ("checkout",)
    assert alone == grouped(raised(frame("g")) | {"fingerprint": ["checkout"]})
    refined = grouped(plain | {"fingerprint": ["{{ default }}", "eu"]})
    assert refined.parts == ("stack_in_app", *grouped(plain).parts, "eu")
    assert grouped(plain | {"fingerprint": ["{{default}}"]}) == grouped(plain)


@pytest.mark.parametrize(
    ("message", "normal"),
    [
        ("User 123 not found", "User <number> not found"),
        ("took 35ms or 1.5e3", "took <number>ms or <number>"),
        ("mail to a.b+c@x.co.uk failed", "mail to <email> failed"),
        ("GET https://x.io/a?b=1 failed", "GET <url> failed"),
        ("from 10.0.0.1:80 to fe80::1", "from <ip> to <ip>"),
        ("id 6f9619ff-8b86-d011-b42d-00cf4fc964ff", "id <uuid>"),
        ("at 2026-11-21T06:46:51.123Z", "at <date>"),
        ("commit 9b74c9897bac770ffc029102a5c3c3f2", "commit <hash>"),
        ("step2 of std::vector facade", "step2 of std::vector facade"),
    ],
)
def test_what_changes_in_a_message_is_replaced_by_its_kind(message: str, normal: str) -> None:
    assert v1.normalise(message) == normal
    assert v1.normalise(normal) == normal


def test_a_long_hostile_message_costs_little() -> None:
    for piece in ("1.", "a@", "::", "a-", "1:", "0x", "http://"):
        assert len(v1.normalise(piece * 100_000)) <= 20_000


_STACK = Stacktrace(frames=[Frame(module="shop", function="price", in_app=True), None])
_EVENTS = (
    Groupable(chain=(ExceptionValue(type="ValueError", value="order 1", stacktrace=_STACK),)),
    Groupable(chain=(ExceptionValue(type="ValueError", value="order 2", stacktrace=_STACK),)),
    Groupable(chain=(ExceptionValue(type="KeyError", value="order 2", stacktrace=_STACK),)),
    Groupable(chain=(ExceptionValue(type="KeyError", mechanism=Mechanism(synthetic=True)),)),
    Groupable(chain=(ExceptionValue(type="KeyError", value="price"),)),
    Groupable(chain=(ExceptionValue(type="KeyError", value="colour of the sky"),)),
    Groupable(chain=(ExceptionValue(value="price"), ExceptionValue(type="KeyError"))),
    Groupable(
        chain=(ExceptionValue(type="ValueError", stacktrace=_STACK),),
        fingerprint=("{{ default }}", "tenant"),
    ),
    Groupable(
        chain=(
            ExceptionValue(
                type="ValueError", stacktrace=_STACK, mechanism=Mechanism(synthetic=True)
            ),
        )
    ),
    Groupable(message="no price"),
    Groupable(message="no colour"),
    Groupable(platform="python", transaction="/orders"),
)


@pytest.mark.parametrize("version", VERSIONS.values())
def test_a_remembered_grouping_is_the_one_of_its_version(
    version: Callable[[Groupable], Grouping],
) -> None:
    """Whatever came before, and however little is remembered."""
    for remembered in (Repeated(), Repeated(4)):
        for first in _EVENTS:
            for second in _EVENTS:
                remembered.group(version, first)
                assert remembered.group(version, second) == version(second)
