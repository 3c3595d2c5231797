"""Spans and log lines from the acceptor into the columns."""

from __future__ import annotations

from tests.fakes.house import PROJECT, House
from tests.fakes.spans import span_row
from watchkeeper.ingest import LogRow, SpanRow, decode_spans, encode_spans
from watchkeeper.model import Kind, LiveTopic

NS_A_DAY = 86_400 * 10**9


def test_a_span_is_stored_as_it_was_accepted(house: House) -> None:
    sent = span_row(
        attributes={"http.request.method": "GET", "snow": "❄"},
        events='[{"ts_ns":1,"name":"retry","attributes":{}}]',
        duration_ns=2**40,
    )

    house.acceptor().accept_spans_blocking(PROJECT, [sent])
    house.digest().run_once()

    stored = house.columns.rows(
        "SELECT toUnixTimestamp64Nano(ts), duration_ns, trace_id, span_id, name, service, "
        "is_entry, http_status, attributes, events FROM spans"
    )
    assert [list(row) for row in stored] == [
        [
            sent.ts_ns,
            2**40,
            sent.trace_id,
            sent.span_id,
            "GET /cart/{id}",
            "shop",
            1,
            200,
            {"http.request.method": "GET", "snow": "❄"},
            sent.events,
        ]
    ]
    assert [(e.topic, e.facts) for e in house.told] == [(LiveTopic.SPANS, {"spans": 1})]


def test_a_trace_is_found_without_its_time(house: House) -> None:
    first = span_row()
    last = span_row(span_id="1" * 16, parent_id=first.span_id, ts_ns=first.ts_ns + 5)

    house.acceptor().accept_spans_blocking(PROJECT, [last, first])
    house.digest().run_once()

    found = house.columns.rows(
        "SELECT trace_id, toUnixTimestamp64Nano(min(start)), toUnixTimestamp64Nano(max(end)) "
        "FROM traces GROUP BY trace_id"
    )
    assert [list(row) for row in found] == [[first.trace_id, first.ts_ns, last.ts_ns]]


def test_spans_of_more_days_than_an_insert_may_touch(house: House) -> None:
    base = span_row().ts_ns
    sent = [span_row(ts_ns=base + day * NS_A_DAY) for day in range(120)]

    house.acceptor().accept_spans_blocking(PROJECT, sent)
    house.digest().run_once()

    assert house.count("spans") == 120
    assert house.count("spans", "uniq(toDate(ts))") == 120


def test_times_that_no_clock_shows_are_the_arrivals(house: House) -> None:
    house.acceptor().accept_spans_blocking(PROJECT, [span_row(ts_ns=-5), span_row(ts_ns=2**63 - 1)])
    house.digest().run_once()

    times = house.columns.rows("SELECT DISTINCT toUnixTimestamp64Milli(ts) FROM spans")
    assert [int(row[0]) for row in times] == [house.clock()]


def test_spans_that_cannot_be_read_are_a_dead_letter(house: House) -> None:
    house.receive([b"\xc1 no msgpack"], Kind.SPANS)
    house.receive([encode_spans([span_row()])], Kind.SPANS)

    house.digest().run_once()

    assert house.count("spans") == 1
    assert house.metric("watchkeeper_digest_dead_letters_total", reason="unreadable") == 1


def test_rows_of_an_older_version_lack_the_newer_fields() -> None:
    row = span_row()

    assert decode_spans(encode_spans([row])) == [row]
    assert isinstance(row, SpanRow)


def test_a_log_line_keeps_what_was_added_to_it_later(house: House) -> None:
    line = LogRow(
        ts_ms=house.clock(),
        nanos=123_456,
        severity="warn",
        severity_number=13,
        service="shop",
        body="slow",
        attributes={"a": "b"},
        environment="production",
        release="shop@1",
        host="web-1",
        request_id="req-1",
        user_key="id:7",
        session_id="s1",
        source="json",
    )

    house.acceptor().accept_logs_blocking(PROJECT, [line])
    house.digest().run_once()

    stored = house.columns.rows(
        "SELECT nanos, severity_number, environment, release, host, request_id, user_key, "
        "session_id, source, toUnixTimestamp64Milli(received) FROM logs"
    )
    assert [list(map(str, row)) for row in stored] == [
        ["123456", "13", "production", "shop@1", "web-1", "req-1", "id:7", "s1", "json",
         str(house.clock())],
    ]  # fmt: skip
