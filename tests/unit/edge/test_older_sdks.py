"""Events in the shapes of SDKs of old, and in shapes that no SDK should send but some do."""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest

from tests.unit.edge.test_envelope import EVENT, EVENT_ID, NOW_S, Edge, envelope
from tests.unit.edge.world import PUBLIC, call
from watchkeeper.ingest import decode_spans
from watchkeeper.ingest.rows import decode_series
from watchkeeper.issues.event import ErrorFacts, facts_of, read_event
from watchkeeper.model import Kind

STACK = {"frames": [{"function": "charge", "filename": "cart.py", "in_app": True}]}


@pytest.fixture
def edge(tmp_path: Path) -> Any:
    edge = Edge(tmp_path)
    yield edge
    edge.world.spool.close()


async def kept(edge: Edge, **fields: object) -> dict[str, Any]:
    """What is kept of an event that was sent to /store/."""
    answer = await edge.post(orjson.dumps({"event_id": EVENT_ID, **fields}), path="/api/1/store/")
    assert (answer.status, answer.json()) == (200, {"id": EVENT_ID})
    (event,) = edge.world.events()
    assert isinstance(event, dict)
    return event


def read(event: dict[str, Any]) -> ErrorFacts:
    return facts_of(read_event(orjson.dumps(event)), received_ms=int(NOW_S * 1000))


async def test_fields_under_their_names_of_old_are_those_of_today(edge: Edge) -> None:
    sent: dict[str, object] = {
        "sentry.interfaces.Exception": {"type": "KeyError", "value": "sku"},
        "sentry.interfaces.User": {"id": 42},
        "sentry.interfaces.Http": {"url": "https://shop.example.com/pay", "method": "POST"},
        "sentry.interfaces.Message": {"message": "no %s", "params": ["sku"]},
        "sentry.interfaces.Breadcrumbs": {"values": [{"message": "added tea"}]},
        "sentry.interfaces.Query": {"query": "SELECT 1"},
    }
    event = await kept(edge, **sent)
    facts = read(event)

    assert facts.title == "KeyError: sku"
    assert (facts.user_key, facts.url) == ("id:42", "https://shop.example.com/pay")
    assert event["breadcrumbs"]["values"] == [{"message": "added tea"}]
    assert event["sentry.interfaces.Query"] == {"query": "SELECT 1"}
    assert not {name for name in sent if name != "sentry.interfaces.Query"} & event.keys()


async def test_a_field_of_today_wins_over_one_of_old(edge: Edge) -> None:
    event = await kept(edge, user={"id": "new"}, **{"sentry.interfaces.User": {"id": "old"}})
    assert event["user"] == {"id": "new"}


async def test_secrets_of_a_request_are_hidden_under_its_name_of_old_too(edge: Edge) -> None:
    request = {"cookies": "sid=planted-secret", "headers": {"Authorization": "planted-secret"}}
    await kept(edge, **{"sentry.interfaces.Http": request})
    assert b"planted-secret" not in edge.world.spool_bytes()


@pytest.mark.parametrize(
    "exception",
    [
        {"type": "KeyError", "value": "sku", "stacktrace": STACK},
        [{"type": "KeyError", "value": "sku", "stacktrace": STACK}],
        {"values": [{"type": "KeyError", "value": "sku", "stacktrace": STACK}]},
        {"values": [None, {"type": "KeyError", "value": "sku", "stacktrace": STACK}]},
    ],
)
async def test_an_exception_may_stand_alone_or_in_a_list(edge: Edge, exception: object) -> None:
    facts = read(await kept(edge, exception=exception))
    assert (facts.title, facts.culprit) == ("KeyError: sku", "cart.py in charge")


async def test_a_stack_beside_the_only_exception_is_its_own(edge: Edge) -> None:
    event = await kept(edge, exception=[{"type": "KeyError"}], stacktrace=STACK)
    assert read(event).culprit == "cart.py in charge"
    assert "stacktrace" not in event


async def test_a_stack_of_a_message_stays_the_event_s(edge: Edge) -> None:
    event = await kept(edge, message="low", stacktrace=STACK)
    assert event["stacktrace"] == STACK


async def test_numbers_where_text_belongs_are_text(edge: Edge) -> None:
    facts = read(await kept(edge, release=7, environment=1.5, server_name=3))
    assert (facts.release, facts.environment, facts.server_name) == ("7", "1.5", "3")


@pytest.mark.parametrize(
    "sent", [NOW_S - 5, (NOW_S - 5) * 1000, f"{NOW_S - 5:.1f}", f"{(NOW_S - 5) * 1000:.0f}"]
)
async def test_a_time_may_be_seconds_or_ms_as_number_or_text(edge: Edge, sent: object) -> None:
    assert (await kept(edge, timestamp=sent))["timestamp"] == NOW_S - 5


async def test_ms_count_for_spans_too(edge: Edge) -> None:
    trace = {"trace_id": "ab" * 16, "span_id": "cd" * 8}
    sent = {
        "type": "transaction",
        "transaction": "pay",
        "contexts": {"trace": trace},
        "start_timestamp": (NOW_S - 2) * 1000,
        "timestamp": (NOW_S - 1) * 1000,
    }
    answer = await edge.post(envelope(("transaction", orjson.dumps(sent))))
    assert answer.status == 200
    ((_ts, duration_ns),) = [
        (span.ts_ns, span.duration_ns) for span in spans(edge) if span.span_id == "cd" * 8
    ]
    assert duration_ns == 1_000_000_000


def spans(edge: Edge) -> list[Any]:
    records = edge.world.records(Kind.SPANS)
    return [span for record in records for span in decode_spans(record.payload)]


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b'{"message":"caf\xe9"}', "caf�"),
        (b'{"message":"a\tb"}', "a\tb"),
        (b'{"message":"half \\ud83d"}', "half ?"),
        (b'{"message":"ok","extra":{"n":NaN,"i":-Infinity}}', "ok"),
        (b'{"message":"ok","extra":{"n":' + b"9" * 400 + b"}}", "ok"),
        (b'\xef\xbb\xbf{"message":"with a mark"}', "with a mark"),
    ],
)
async def test_what_is_almost_json_is_read(edge: Edge, payload: bytes, message: str) -> None:
    answer = await edge.post(envelope(("event", payload)))
    assert answer.status == 200
    assert [event["message"] for event in edge.world.events()] == [message]


async def test_a_mark_of_byte_order_before_an_envelope_is_passed_over(edge: Edge) -> None:
    answer = await edge.post(b"\xef\xbb\xbf" + envelope(("event", orjson.dumps(EVENT))))
    assert answer.status == 200
    assert len(edge.world.events()) == 1


async def test_an_envelope_may_end_its_lines_as_windows_does(edge: Edge) -> None:
    event = orjson.dumps(EVENT)
    body = b'{}\r\n{"type":"event"}\r\n' + event + b"\r\n\r\n"
    body += b'{"type":"event","length":%d}\r\n' % len(event) + event + b"\r\n"
    assert (await edge.post(body)).status == 200
    assert [each["message"] for each in edge.world.events()] == ["boom", "boom"]


async def test_every_field_may_be_null(edge: Edge) -> None:
    names = (
        "timestamp", "level", "platform", "transaction", "logger", "release", "environment",
        "server_name", "fingerprint", "message", "logentry", "exception", "tags", "user",
        "contexts", "request", "breadcrumbs", "threads", "debug_meta", "sdk", "extra", "modules",
        "stacktrace", "dist", "culprit", "checksum", "type", "transaction_info", "errors",
    )  # fmt: skip
    facts = read(await kept(edge, **dict.fromkeys(names)))
    assert (facts.title, facts.level) == ("(no message)", "error")


async def test_contexts_as_deep_as_json_goes_are_kept_or_refused(edge: Edge) -> None:
    deep = b'{"message":"deep","contexts":{"a":' + b'{"a":' * 200 + b"1" + b"}" * 202
    deeper = b'{"message":"deeper","contexts":' + b'{"a":' * 20_000 + b"1" + b"}" * 20_001
    assert (await edge.post(envelope(("event", deep)))).status == 200
    assert (await edge.post(envelope(("event", deeper)))).status == 400


async def test_an_event_of_raven_is_zlib_in_base64(edge: Edge) -> None:
    body = base64.b64encode(zlib.compress(json.dumps(EVENT).encode()))
    assert (await edge.post(body, path="/api/1/store/")).status == 200
    assert edge.world.events()[0]["message"] == "boom"


STATSD = (
    b"orders@none:2.0:3|c|#environment:production,plan:pro\\u{2c} big,release:shop@1.2.3|T1795\n"
    b"checkout.time@millisecond:120.0:80|d|#plan:pro|T1795\n"
    b"queue.depth:7:1:9:12:3|g|T1795\n"
    b"visitors:4:5:4|s|T1795\n"
)


async def test_metrics_in_lines_are_series(edge: Edge) -> None:
    answer = await edge.post(envelope(("statsd", STATSD + b"nonsense\n")))
    assert answer.status == 200
    found = {
        dict(row.labels)["__name__"]: dict(row.labels)
        for record in edge.world.records(Kind.SERIES)
        for row in decode_series(record.payload)
    }
    assert found.keys() == {
        "orders_total", "checkout_time_milliseconds", "queue_depth", "visitors",
    }  # fmt: skip
    assert found["orders_total"]["plan"] == "pro, big"
    assert found["orders_total"]["release"] == "shop@1.2.3"
    assert edge.world.dropped("malformed") == 1


@pytest.mark.parametrize("way", ["query", "form"])
async def test_an_event_in_a_parameter_keeps_its_letters(edge: Edge, way: str) -> None:
    sent = "sentry_data=" + quote(json.dumps({"message": "“tea” ☕ or not"}, ensure_ascii=False))
    path, query = "/api/1/store/", f"sentry_key={PUBLIC}"
    if way == "query":
        answer = await call(edge.app, "GET", path, query=f"{query}&{sent}")
    else:
        answer = await call(edge.app, "POST", path, sent.encode(), query=query)
    assert answer.status == 200
    assert [event["message"] for event in edge.world.events()] == ["“tea” ☕ or not"]
