"""Where a message was sent from, by the stack that came with it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from watchkeeper.issues.event import ErrorFacts, facts_of, read_event

STACK = {
    "frames": [
        {"module": "shop.web", "function": "serve", "in_app": True},
        {"module": "shop.cart", "function": "check", "in_app": True},
        {"module": "logging", "function": "warn", "in_app": False},
    ]
}
OTHER = {"frames": [{"module": "shop.worker", "function": "wait", "in_app": True}]}


def read(**fields: Any) -> ErrorFacts:
    sent = {"event_id": "a" * 32, "platform": "python", "message": "stock is low", **fields}
    return facts_of(read_event(orjson.dumps(sent)), received_ms=1_795_224_000_000)


@pytest.mark.parametrize(
    "fields",
    [
        {"stacktrace": STACK},
        {"threads": {"values": [{"stacktrace": STACK}]}},
        {"threads": [{"stacktrace": STACK}]},
        {"threads": {"values": [{"stacktrace": OTHER}, {"current": True, "stacktrace": STACK}]}},
        {"threads": {"values": [{"stacktrace": OTHER}, {"crashed": True, "stacktrace": STACK}]}},
        {"threads": {"values": [None, {"id": 1}, {"stacktrace": STACK}]}},
        {"level": ["no level"], "threads": {"values": [{"stacktrace": STACK}]}},
    ],
)
def test_a_message_has_the_place_it_was_sent_from(fields: dict[str, Any]) -> None:
    assert read(**fields).culprit == "shop.cart in check"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"stacktrace": None, "threads": None},
        {"threads": {"values": [{"stacktrace": OTHER}, {"stacktrace": STACK}]}},
        {"threads": {"values": "several"}},
        {"stacktrace": {"frames": 3}},
        {"stacktrace": {}},
    ],
)
def test_without_a_stack_that_sent_it_a_message_is_of_its_logger(fields: dict[str, Any]) -> None:
    facts = read(logger="shop.stock", **fields)
    assert (facts.culprit, facts.title) == ("shop.stock", "stock is low")


def test_an_exception_s_own_stack_comes_first_and_the_message_groups_as_ever() -> None:
    exception = {"values": [{"type": "KeyError", "value": "sku", "stacktrace": OTHER}]}

    with_both = read(exception=exception, threads={"values": [{"stacktrace": STACK}]})

    assert with_both.culprit == "shop.worker in wait"
    assert read(stacktrace=STACK).groupable == read().groupable


def test_an_exception_without_a_stack_has_the_place_of_its_thread() -> None:
    """An application that hangs: the SDK knows the thread, and nothing was thrown."""
    exception = [{"type": "ApplicationNotResponding", "value": "for 5000 ms"}]

    found = read(exception=exception, threads={"values": [{"current": True, "stacktrace": STACK}]})

    assert (found.culprit, found.type) == ("shop.cart in check", "ApplicationNotResponding")


def test_a_name_that_apple_took_away_is_no_name() -> None:
    frames = [{"function": "<redacted>", "package": "/var/Shop.app/Shop", "in_app": True}]
    exception = [{"type": "EXC_BAD_ACCESS", "stacktrace": {"frames": frames}}]

    assert read(platform="cocoa", exception=exception).culprit == "Shop"
