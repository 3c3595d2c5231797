"""OTLP logs: what becomes of records, of any body and any severity."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.edge.otlp_spans import LOGS, SPAN, TRACE, SignalEdge, logs, record
from tests.unit.edge.otlp_world import JSON, NOW


@pytest.fixture
def edge(tmp_path: Path) -> SignalEdge:
    return SignalEdge(tmp_path)


async def test_names_as_the_schema_spells_them_are_read_too(edge: SignalEdge) -> None:
    found = {
        "time_unix_nano": f"{NOW}000007", "severity_number": "SEVERITY_NUMBER_ERROR",
        "body": {"string_value": "gone"},
        "attributes": [{"key": "shop_id", "value": {"int_value": 7}}],
    }  # fmt: skip
    body = {"resource_logs": [{"scope_logs": [{"log_records": [found]}]}]}

    answer = await edge.post(json.dumps(body).encode(), path=LOGS, headers=JSON)

    assert (answer.status, answer.body) == (200, b"{}")
    (line,) = edge.lines()
    assert (line.body, line.severity, line.ts_ms) == ("gone", "error", NOW)
    assert line.attributes == {"shop_id": "7"}


@pytest.mark.parametrize("is_json", [False, True])
async def test_a_record_is_a_line_with_its_fields(edge: SignalEdge, is_json: bool) -> None:
    sent = logs(
        record(
            severity_number=13,
            severity_text="WARNING",
            trace_id=bytes.fromhex(TRACE),
            span_id=bytes.fromhex(SPAN),
            attributes={"code.line.number": 7},
        ),
        scope="shop.cart",
    )

    answer = await (edge.put_json if is_json else edge.put)(sent, LOGS)

    assert (answer.status, answer.body) == (200, b"{}" if is_json else b"")
    (line,) = edge.lines()
    assert (line.body, line.severity, line.severity_number) == ("cart is empty", "warn", 13)
    assert (line.ts_ms, line.nanos) == (NOW, 7)
    assert (line.trace_id, line.span_id, line.source) == (TRACE, SPAN, "otlp")
    assert (line.service, line.environment, line.release, line.host) == (
        "shop",
        "production",
        "1.2.3",
        "web-1",
    )
    assert line.attributes["code.line.number"] == "7"
    assert line.attributes["otel.scope.name"] == "shop.cart"


@pytest.mark.parametrize(
    ("body", "text", "more"),
    [
        ("plain", "plain", {}),
        (5, "5", {}),
        (["a", "b"], '["a","b"]', {}),
        ({"message": "paid", "user": "ada"}, "paid", {"user": "ada"}),
        ({"x": "1"}, '{"x":"1"}', {"x": "1"}),
        (None, "", {}),
    ],
)
async def test_a_body_of_any_type_is_text_and_attributes(
    edge: SignalEdge, body: object, text: str, more: dict[str, str]
) -> None:
    await edge.put(logs(record(body)), LOGS)

    (line,) = edge.lines()
    assert line.body == text
    assert more.items() <= line.attributes.items()


async def test_a_nested_body_has_dotted_attributes(edge: SignalEdge) -> None:
    body = (
        b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"kvlistValue":{"values":[{"key":'
        b'"a","value":{"kvlistValue":{"values":[{"key":"b","value":{"intValue":"1"}}]}}},'
        b'{"key":"msg","value":{"stringValue":"hi"}}]}},"severityNumber":"SEVERITY_NUMBER_FATAL2"'
        b"}]}]}]}"
    )

    assert (await edge.post(body, path=LOGS, headers=JSON)).status == 200
    (line,) = edge.lines()
    assert (line.body, line.attributes["a.b"]) == ("hi", "1")
    assert (line.severity, line.severity_number) == ("fatal", 22)


async def test_a_record_without_a_time_has_the_one_it_was_observed(edge: SignalEdge) -> None:
    sent = record(time_unix_nano=0, observed_time_unix_nano=(NOW - 5) * 1_000_000)

    await edge.put(logs(sent), LOGS)

    assert edge.lines()[0].ts_ms == NOW - 5


async def test_an_events_name_is_kept(edge: SignalEdge) -> None:
    await edge.put(logs(record(None, event_name="user.signup")), LOGS)

    (line,) = edge.lines()
    assert (line.body, line.attributes["event.name"]) == ("user.signup", "user.signup")


_RAISED = {"exception.type": "ValueError", "exception.message": "bad", "exception.stacktrace": "?"}


async def test_an_exception_that_is_logged_as_error_becomes_an_event(edge: SignalEdge) -> None:
    sent = record("it broke", severity_number=17, attributes=_RAISED)

    await edge.put(logs(sent, scope="shop"), LOGS)

    (event,) = edge.world.events()
    assert event["exception"]["values"][0]["type"] == "ValueError"
    assert (event["logger"], event["logentry"]) == ("shop", {"formatted": "it broke"})
    assert (event["level"], event["tags"]["service"]) == ("error", "shop")


async def test_an_exception_in_a_warning_is_a_line_only(edge: SignalEdge) -> None:
    await edge.put(logs(record(severity_number=13, attributes=_RAISED)), LOGS)

    assert edge.world.events() == []
    assert len(edge.lines()) == 1


async def test_secrets_in_a_line_are_hidden_before_the_spool(edge: SignalEdge) -> None:
    sent = record("password=hunter2", attributes={"api_key": "s3cr3tvalue"})

    await edge.put(logs(sent), LOGS)

    assert len(edge.lines()) == 1
    assert not any(secret in edge.world.spool_bytes() for secret in (b"hunter2", b"s3cr3tvalue"))
