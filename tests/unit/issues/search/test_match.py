"""One event against a search, as severity rules ask."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchkeeper.issues.event import ErrorFacts, facts_of, read_event
from watchkeeper.issues.ruling import fits
from watchkeeper.issues.search import check_for_events, parse
from watchkeeper.issues.search.match import fits as pattern_fits
from watchkeeper.lib.search import BadSearch

EVENT: dict[str, Any] = {
    "event_id": "ab" * 16,
    "level": "fatal",
    "environment": "production",
    "release": "web@1.2.3",
    "transaction": "/checkout",
    "tags": {"plan": "pro"},
    "user": {"id": 7, "username": "ann"},
    "request": {"url": "https://acme.io/checkout?step=2"},
    "exception": {
        "values": [
            {
                "type": "PaymentError",
                "value": "card was declined",
                "mechanism": {"handled": False},
                "stacktrace": {"frames": [{"function": "main"}, {"function": "charge"}]},
            }
        ]
    },
}


def facts(**fields: Any) -> ErrorFacts:
    return facts_of(read_event(json.dumps(EVENT | fields).encode()), received_ms=1)


@pytest.mark.parametrize(
    "text",
    [
        "type:Payment*",
        "type:[Other, PaymentError]",
        "!type:Other",
        "level:fatal environment:production",
        "release:web@1.*",
        "transaction:/checkout",
        "plan:pro",
        "tag[plan]:p*o",
        "has:plan",
        "!has:region",
        "user.id:7",
        "user.username:ann",
        "url:acme.io/check",
        "stack.function:charge",
        "is:unhandled",
        "error.handled:no",
        "message:DECLINED",
        "card was",
        "!refund",
    ],
)
def test_what_the_event_has_fits(text: str) -> None:
    assert fits(parse(text, now_ms=0), facts())


def test_a_negated_term_holds_where_the_plain_one_does_not() -> None:
    assert not fits(parse("type:PaymentError !plan:pro", now_ms=0), facts())
    assert fits(parse("type:PaymentError !plan:free", now_ms=0), facts())


@pytest.mark.parametrize(
    "text",
    ["type:Payment", "type:paymenterror", "plan:free", "url:other", "user.id:8", "is:handled"],
)
def test_what_the_event_lacks_does_not(text: str) -> None:
    assert not fits(parse(text, now_ms=0), facts())


@pytest.mark.parametrize(
    "text",
    ["is:new", "events:>3", "first_seen:-1h", "assigned:me", "severity:high", "release:latest"],
)
def test_a_rule_cannot_ask_about_the_issue_s_life(text: str) -> None:
    with pytest.raises(BadSearch, match="one event"):
        check_for_events(parse(f"type:A {text}", now_ms=0))


def test_a_pattern_of_many_stars_takes_no_time() -> None:
    before = time.process_time()
    assert not pattern_fits("*a" * 200 + "b", "a" * 20_000)
    assert time.process_time() - before < 0.5


@given(st.text("ab", max_size=8), st.text("ab", max_size=3), st.text("ab", max_size=3))
def test_a_star_stands_for_anything_once(value: str, first: str, last: str) -> None:
    expected = (
        value.startswith(first) and value.endswith(last) and len(value) >= len(first) + len(last)
    )
    assert pattern_fits(f"{first}*{last}", value) is expected
