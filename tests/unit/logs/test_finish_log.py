"""What every log record goes through before the spool."""

from __future__ import annotations

import pytest

from watchkeeper.ingest import LogRow
from watchkeeper.ingest.pipeline import LogLimits, SentLog, finish_log
from watchkeeper.lib.clock import DAY_MS, HOUR_MS
from watchkeeper.privacy import Scrubber

NOW_MS = 1_795_224_000_000
TRACE = "0af7651916cd43dd8448eb211c80319c"


def finished(body: str = "paid", limits: LogLimits | None = None, **fields: object) -> LogRow:
    sent = SentLog(body=body, source="json", **fields)  # type: ignore[arg-type]
    return finish_log(sent, received_ms=NOW_MS, scrubber=Scrubber(), limits=limits or LogLimits())


def test_fields_are_found_among_the_attributes_and_taken_out() -> None:
    row = finished(
        attributes={
            "service.name": "shop",
            "deployment.environment": "production",
            "service.version": "1.2.3",
            "host.name": "web-1",
            "requestId": "r-42",
            "user_id": "u7",
            "session.id": "s1",
            "traceId": TRACE.upper(),
            "span.id": "b7ad6b7169203331",
            "cart": "3",
        }
    )

    assert (row.service, row.environment, row.release) == ("shop", "production", "1.2.3")
    assert (row.host, row.request_id, row.user_key) == ("web-1", "r-42", "id:u7")
    assert (row.session_id, row.trace_id, row.span_id) == ("s1", TRACE, "b7ad6b7169203331")
    assert row.attributes == {"cart": "3"}


def test_what_is_told_goes_before_what_is_found() -> None:
    row = finished(service="shop", attributes={"service": "other"})

    assert row.service == "shop"
    assert row.attributes == {"service": "other"}


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("WARNING", ("warn", 13)),
        ("err", ("error", 17)),
        ("Information", ("info", 9)),
        ("notice", ("info", 10)),
        ("critical", ("error", 18)),
        ("emerg", ("fatal", 22)),
        ("INFO2", ("info", 10)),
        ("silly", ("trace", 1)),
        ("whatever", ("info", 0)),
    ],
)
def test_severities_are_on_one_scale(word: str, expected: tuple[str, int]) -> None:
    row = finished(severity=word)

    assert (row.severity, row.severity_number) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("2026-11-21 10:00:00,123 ERROR app: no route", "error"),
        ("[warn] disk is filling", "warn"),
        ('ts=1 level=debug msg="x"', "debug"),
        ("no errors were found in 3 files", "info"),
        ("INFORMATION desk", "info"),
    ],
)
def test_a_plain_line_tells_its_severity_near_its_beginning(line: str, expected: str) -> None:
    assert finished(line).severity == expected


def test_a_time_beyond_belief_becomes_the_time_of_receipt_and_is_kept_beside_it() -> None:
    ahead_ns = (NOW_MS + HOUR_MS) * 1_000_000
    past_ns = (NOW_MS - 8 * DAY_MS) * 1_000_000

    for wrong_ns in (ahead_ns, past_ns, -1):
        row = finished(ts_ns=wrong_ns)
        assert (row.ts_ms, row.nanos) == (NOW_MS, 0)
        assert row.attributes["log.sent_time_ns"] == str(wrong_ns)
    good = finished(ts_ns=(NOW_MS - HOUR_MS) * 1_000_000 + 456_789)
    assert (good.ts_ms, good.nanos, good.attributes) == (NOW_MS - HOUR_MS, 456_789, {})


def test_secrets_are_gone_from_body_and_attributes() -> None:
    row = finished(
        "login with password=hunter2 by ann@example.com",
        attributes={"authorization": "Bearer abcdefghijkl", "user_id": "ann@example.com"},
    )

    assert "hunter2" not in row.body
    assert "ann@example.com" not in row.body
    assert row.attributes["authorization"] == "[Filtered]"
    assert row.user_key == ""


def test_ids_that_are_none_stay_attributes() -> None:
    row = finished(attributes={"trace_id": "none", "span_id": "0" * 16})

    assert (row.trace_id, row.span_id) == ("", "")
    assert row.attributes == {"trace_id": "none", "span_id": "0" * 16}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("logging.googleapis.com/trace", f"projects/shop/traces/{TRACE}"),
        ("traceparent", f"00-{TRACE}-b7ad6b7169203331-01"),
        ("trace_id", "0af76519-16cd-43dd-8448-eb211c80319c"),
    ],
)
def test_trace_ids_are_found_in_other_forms(name: str, value: str) -> None:
    assert finished(attributes={name: value}).trace_id == TRACE


def test_what_exceeds_the_bounds_is_cut_and_counted_in_the_line() -> None:
    row = finished(
        "x" * 50,
        limits=LogLimits(body_characters=40, attributes=3, value_characters=5),
        attributes={"a": "123456789", "b": "", "c": "", "d": ""},
    )

    assert row.body == "x" * 40
    assert row.attributes["log.cut_characters"] == "10"
    assert row.attributes["a"] == "12345… (4 more characters)"
    assert row.attributes["log.dropped_attributes"] == "2"
    assert len(row.attributes) == 4
