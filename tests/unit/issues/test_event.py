"""What is read off an event, whatever its SDK sent."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchkeeper.issues.event import ErrorFacts, facts_of, read_event, severity_of
from watchkeeper.lib.clock import DAY_MS
from watchkeeper.model import Severity

RECEIVED_MS = 1_795_224_000_000
ID = "ab" * 16


def facts(**fields: Any) -> ErrorFacts:
    event = read_event(json.dumps({"event_id": ID} | fields).encode())
    return facts_of(event, received_ms=RECEIVED_MS)


def test_the_last_exception_of_the_chain_gives_title_type_and_culprit() -> None:
    frames = [
        {"module": "app.views", "function": "show", "in_app": True},
        {"module": "lib.core", "function": "call", "in_app": False},
    ]
    chain = [
        {"type": "KeyError", "value": "'x'"},
        {"type": "AppError", "value": "no x\nat all", "stacktrace": {"frames": frames}},
    ]

    found = facts(exception={"values": chain})

    assert found.title == "AppError: no x"
    assert (found.type, found.value) == ("AppError", "no x\nat all")
    assert found.culprit == "app.views in show"


def test_a_plain_list_of_exceptions_is_read_as_well() -> None:
    assert facts(exception=[{"type": "E", "value": 3}]).title == "E: 3"


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({"message": "hello"}, "hello"),
        ({"logentry": {"message": "a %s", "params": ["b"], "formatted": "a b"}}, "a b"),
        ({"message": {"message": "in an object"}}, "in an object"),
        ({}, "(no message)"),
    ],
)
def test_an_event_without_exception_is_called_by_its_message(
    fields: dict[str, Any], title: str
) -> None:
    assert facts(**fields).title == title


@pytest.mark.parametrize(
    ("sent", "ts_ms"),
    [
        (RECEIVED_MS / 1000 - 5, RECEIVED_MS - 5_000),
        ("2026-11-21T01:19:55.000Z", RECEIVED_MS - 5_000),
        (RECEIVED_MS / 1000 - 31 * DAY_MS / 1000, RECEIVED_MS),
        (RECEIVED_MS / 1000 + 3600, RECEIVED_MS),
        ("yesterday", RECEIVED_MS),
        (1e300, RECEIVED_MS),
        (None, RECEIVED_MS),
    ],
)
def test_a_time_that_cannot_be_believed_is_that_of_arrival(sent: object, ts_ms: int) -> None:
    assert facts(timestamp=sent).ts_ms == ts_ms


@pytest.mark.parametrize(
    ("user", "key"),
    [
        ({"id": 7, "email": "a@b.c"}, "id:7"),
        ({"email": "[Filtered]", "username": "ann"}, "username:ann"),
        ({"ip_address": "10.0.0.1"}, "ip_address:10.0.0.1"),
        ({"id": ""}, ""),
        (None, ""),
    ],
)
def test_a_user_is_told_apart_by_the_most_stable_thing_known(user: Any, key: str) -> None:
    assert facts(user=user).user_key == key


def test_severity_is_worse_when_nobody_caught_it() -> None:
    table = {
        ("fatal", True): Severity.CRITICAL,
        ("error", False): Severity.HIGH,
        ("error", True): Severity.MEDIUM,
        ("warning", False): Severity.MEDIUM,
        ("warning", True): Severity.LOW,
        ("info", False): Severity.LOW,
        ("debug", True): Severity.LOW,
    }
    found = {key: severity_of(key[0], is_handled=key[1]) for key in table}
    assert found == table


def test_fields_of_a_wrong_type_are_left_out_and_the_rest_is_read() -> None:
    found = facts(
        release=7,
        tags={"a": 1, "b": None, "c": ["x"]},
        user="ann",
        exception={"values": [{"type": 5, "value": "v", "stacktrace": {"frames": "none"}}]},
        contexts=[],
        environment="prod",
    )

    assert (found.release, found.environment, found.value) == ("", "prod", "v")
    assert found.tags == {"a": "1", "c": '["x"]'}


def test_nul_is_taken_out_because_no_database_can_hold_it() -> None:
    assert facts(message="a\x00b", environment="p\x00").title == "ab"


def test_what_is_no_event_is_refused() -> None:
    for payload in (b"", b"[]", b"{", b'{"event_id": 3}', b"null"):
        with pytest.raises((msgspec.MsgspecError, ValueError)):
            read_event(payload)


TEXT = st.text("ab1 \x00é{}", max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
FIELDS = [
    "timestamp",
    "level",
    "platform",
    "transaction",
    "release",
    "environment",
    "fingerprint",
    "message",
    "logentry",
    "exception",
    "tags",
    "user",
    "contexts",
]


@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_no_json_whatsoever_breaks_the_reading(fields: dict[str, Any]) -> None:
    payload = json.dumps({"event_id": ID} | fields).encode("utf-8", "replace")
    try:
        found = facts_of(read_event(payload), received_ms=RECEIVED_MS)
    except (msgspec.MsgspecError, ValueError):
        return
    assert len(found.title) <= 300
