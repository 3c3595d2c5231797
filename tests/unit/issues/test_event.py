"""What is read off an event, whatever its SDK sent."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchkeeper.issues.event import ErrorFacts, facts_of, read_event, severity_of
from watchkeeper.issues.grouping import VERSIONS
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
    "culprit",
    "checksum",
    "debug_meta",
]


@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_no_json_whatsoever_breaks_the_reading(fields: dict[str, Any]) -> None:
    payload = json.dumps({"event_id": ID} | fields).encode("utf-8", "replace")
    try:
        found = facts_of(read_event(payload), received_ms=RECEIVED_MS)
    except (msgspec.MsgspecError, ValueError):
        return
    assert len(found.title) <= 300


@pytest.mark.parametrize(
    ("sent", "level"),
    [
        ("fatal", "fatal"), ("critical", "fatal"), ("Warning", "warning"), ("warn", "warning"),
        ("log", "info"), ("information", "info"), ("trace", "debug"), ("nonsense", "error"),
        (10, "debug"), (30, "warning"), ("30", "warning"), (45, "error"), (50, "fatal"),
        (0, "error"), (1e9, "error"), (None, "error"), ({}, "error"), (True, "error"),
    ],
)  # fmt: skip
def test_a_level_may_be_another_sdk_s_word_or_a_number(sent: object, level: str) -> None:
    assert facts(level=sent).level == level


@pytest.mark.parametrize(
    ("template", "params", "shown"),
    [
        ("stock of %s is %d", ["tea", "3"], "stock of tea is 3"),
        ("stock of %(item)s is %(left)04d%%", {"item": "tea", "left": 3}, "stock of tea is 3%"),
        ("stock of {} is {}", ["tea", 3], "stock of tea is 3"),
        ("stock of {1} is {0:>4}", [3, "tea"], "stock of tea is 3"),
        ("stock of {item} is {left}", {"item": "tea"}, "stock of tea is {left}"),
        ("%s of %s", ["one"], "one of %s"),
        ("100% of {}", ["tea"], "100% of tea"),
        ("as it is", ["tea"], "as it is"),
        ("%s", "tea", "%s"),
    ],
)
def test_a_message_is_filled_in_where_its_sender_did_not(
    template: str, params: object, shown: str
) -> None:
    entry = {"message": template, "params": params, "formatted": None}
    found = facts(logentry=entry)
    assert (found.title, found.groupable.template) == (shown, template)


def test_a_culprit_of_its_own_counts_where_no_frame_tells_the_place() -> None:
    assert facts(message="low", culprit="shop.stock").culprit == "shop.stock"
    assert facts(message="low", culprit="shop.stock", transaction="/pay").culprit == "/pay"


def test_the_call_of_an_sdk_that_tells_of_a_message_is_nobodys_place() -> None:
    def culprit(*files: str) -> str:
        frames = [{"filename": name, "function": "f", "in_app": False} for name in files]
        threads = [{"id": 1, "current": True, "stacktrace": {"frames": frames}}]
        return facts(platform="ruby", message="low", threads={"values": threads}).culprit

    assert culprit("worker.rb", "sentry-ruby.rb", "sentry/hub.rb") == "worker.rb in f"
    assert culprit("worker.rb", "app/sentry/mine.rb") == "app/sentry/mine.rb in f"
    assert culprit("sentry/hub.rb") == "sentry/hub.rb in f"


def test_a_checksum_groups_as_a_fingerprint_does() -> None:
    assert facts(message="a", checksum="c1").groupable.fingerprint == ("c1",)
    assert facts(message="a", checksum="c1", fingerprint=["f"]).groupable.fingerprint == ("f",)
    assert facts(message="a", fingerprint=["f", None, 3]).groupable.fingerprint == ("f", "3")


@pytest.mark.parametrize(
    ("platform", "frame", "culprit"),
    [
        (
            "csharp",
            {"module": "Shop.Cart+<TotalAsync>d__4", "function": "MoveNext"},
            "Shop.Cart in TotalAsync",
        ),
        (
            "csharp",
            {"module": "Shop.Carts", "function": "async Task<IResult> Carts.Pay(int id)"},
            "Shop.Carts in Pay",
        ),
        (
            "java",
            {"module": "com.acme.CartModel$load$1", "function": "invokeSuspend"},
            "com.acme.CartModel in load (coroutine)",
        ),
        (
            "elixir",
            {"module": "Elixir.Shop.Cart", "function": "Shop.Cart.total/1"},
            "Shop.Cart in total/1",
        ),
        ("cocoa", {"package": "/v/Shop.app/Shop", "function": "main"}, "Shop in main"),
        ("python", {"module": "shop.cart", "function": "total"}, "shop.cart in total"),
        ("php", {"filename": "/C.php", "function": "App\\C::total"}, "/C.php in App\\C::total"),
        ("go", {"module": "main", "function": "(*Cart).Total"}, "main in (*Cart).Total"),
        ("node", {"module": "cart", "function": "?"}, "cart"),
    ],
)  # fmt: skip
def test_a_culprit_is_named_as_people_wrote_it(
    platform: str, frame: dict[str, Any], culprit: str
) -> None:
    stack = {"frames": [frame | {"in_app": True}]}
    found = facts(platform=platform, exception=[{"type": "E", "stacktrace": stack}])
    assert found.culprit == culprit


def native_crash(*addresses: str, base: int) -> ErrorFacts:
    frames = [{"instruction_addr": hex(base + int(address, 16))} for address in addresses]
    frames.insert(0, {"instruction_addr": "0x7f0000001234"})
    images = [
        {"type": "elf", "code_file": "/opt/shop", "image_addr": hex(base), "image_size": 0x10000},
        {"type": "elf", "code_file": "/lib/libc.so.6", "image_addr": "0x7f0000000000"},
    ]
    return facts(
        platform="native",
        exception=[
            {
                "type": "SIGSEGV",
                "value": "Segfault",
                "mechanism": {"type": "signalhandler", "synthetic": True, "handled": False},
                "stacktrace": {"frames": frames},
            }
        ],
        debug_meta={"images": images},
    )


@pytest.mark.parametrize("version", sorted(VERSIONS))
def test_a_crash_without_symbols_is_told_apart_by_its_place_in_the_program(version: int) -> None:
    group = VERSIONS[version]
    first = native_crash("0x1a2b", "0x2fff", base=0x5000_0000)
    again = native_crash("0x1a2b", "0x2fff", base=0x7000_0000)
    other = native_crash("0x1a2b", "0x3000", base=0x5000_0000)
    assert first.culprit == "shop+0x2fff"
    assert group(first.groupable).parts == ("at  shop+0x1a2b", "at  shop+0x2fff")
    assert group(first.groupable) == group(again.groupable)
    assert group(first.groupable) != group(other.groupable)
