"""Spans and log lines from the acceptor into the columns."""

from __future__ import annotations

import base64

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.house import PROJECT, House
from tests.fakes.spans import span_row
from watchkeeper.ingest import LogRow, decode_spans, encode_spans
from watchkeeper.ingest.sinks.span_blocks import SPAN_COLUMNS, SpanBlock
from watchkeeper.ingest.span_columns import SpanBatch, read_spans
from watchkeeper.model import Kind, LiveTopic, Record

_VERSION_1 = (
    "AQIAAADVAAAA1wAAAAAAAAAAgEFst+rpGCC8vgAAAAAAAAAAAAAAAAAgMGFmNzY1MTkxNmNkNDNkZDg0NDhlYjIxMWM4"
    "MDMxOWMQYjdhZDZiNzE2OTIwMzMzMQAAAA5HRVQgL2NhcnQve2lkfQZzZXJ2ZXILaHR0cC5zZXJ2ZXIFdW5zZXQABHNo"
    "b3AKcHJvZHVjdGlvbgpzaG9wQDEuMi4zBXdlYi0xAQovY2FydC97aWR9DkdFVCAvY2FydC97aWR9A0dFVMgAAAAEb3Rs"
    "cAIBYQFiBHNub3cD4p2EAltdAAAAAAAAgEFst+rpGCC8vgAAAAAAAAAAAAAAAAAgYWJhYmFiYWJhYmFiYWJhYmFiYWJh"
    "YmFiYWJhYmFiYWIQYjdhZDZiNzE2OTIwMzMzMQAAAA5HRVQgL2NhcnQve2lkfQZzZXJ2ZXILaHR0cC5zZXJ2ZXIFdW5z"
    "ZXQABHNob3AKcHJvZHVjdGlvbgpzaG9wQDEuMi4zBXdlYi0xAAovY2FydC97aWR9DkdFVCAvY2FydC97aWR9A0dFVPcB"
    "AAAEb3RscAEIdXJsLnBhdGgHL2NhcnQvNwAA"
)

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


def test_a_record_of_columns_that_was_cut_off_is_a_dead_letter(house: House) -> None:
    whole = encode_spans([span_row(), span_row(span_id="1" * 16)])
    house.receive(
        [whole[:-5], whole[:60], whole.replace(b"shop@1.2.3", b"shop@1.2.33")], Kind.SPANS
    )
    house.receive([whole], Kind.SPANS)

    house.digest().run_once()

    assert house.count("spans") == 2
    assert house.metric("watchkeeper_digest_dead_letters_total", reason="unreadable") == 3


def test_spans_in_rows_of_earlier_versions_are_still_read(house: House) -> None:
    rows = [
        span_row(attributes={"a": "b", "snow": "❄"}, events="[]"),
        span_row(trace_id="ab" * 16, http_status=503, is_entry=False),
    ]
    house.receive([base64.b64decode(_VERSION_1), msgspec.msgpack.encode(rows)], Kind.SPANS)

    house.digest().run_once()

    assert decode_spans(base64.b64decode(_VERSION_1)) == rows
    stored = house.columns.rows(
        "SELECT trace_id, http_status, is_entry, attributes, events, toUnixTimestamp64Nano(ts) "
        "FROM spans ORDER BY trace_id"
    )
    assert [list(row) for row in stored] == [
        [row.trace_id, row.http_status, int(row.is_entry), row.attributes, row.events, row.ts_ns]
        for row in (rows[0], rows[0], rows[1], rows[1])
    ]


def test_spans_without_attributes_are_stored(house: House) -> None:
    house.acceptor().accept_spans_blocking(PROJECT, [span_row(attributes={})])
    house.digest().run_once()

    assert house.columns.rows("SELECT attributes, user_key FROM spans") == [[{}, ""]]


def test_spans_of_several_projects_keep_to_their_own(house: House) -> None:
    for project in (PROJECT, PROJECT + 1):
        rows = [span_row(service=f"s{project}-{n}", user_key=f"id:{n}") for n in range(300)]
        house.acceptor().accept_spans_blocking(project, rows)
    house.digest().run_once()

    stored = house.columns.rows("SELECT project_id, service, user_key FROM spans ORDER BY ALL")
    assert stored == sorted(
        [project, f"s{project}-{n}", f"id:{n}"]
        for project in (PROJECT, PROJECT + 1)
        for n in range(300)
    )


def test_part_of_a_block_is_that_part_of_its_rows(house: House) -> None:
    rows = [span_row(span_id=f"{n:016x}", attributes={f"k{n % 3}": "v" * n}) for n in range(9)]
    record = Record(Kind.SPANS, PROJECT, house.clock(), encode_spans(rows))
    block = SpanBlock.of([(read_spans(record.payload), record)], latest_ms=2**42)

    for start, end in ((0, 4), (4, 9)):
        content = block.encoded(start, end)
        house.columns.insert("spans", SPAN_COLUMNS, content, token=None, fmt="Native")

    stored = house.columns.rows("SELECT span_id, attributes FROM spans ORDER BY span_id")
    assert stored == [[row.span_id, row.attributes] for row in rows]
    assert block.record_of(8) is record


def test_many_spans_are_several_records() -> None:
    rows = [span_row(attributes={"text": "x" * 4_000}, user_key=f"{n}") for n in range(3_000)]

    payloads = SpanBatch.of(rows).payloads()

    assert [row for each in payloads for row in decode_spans(each)] == rows
    assert len(payloads) > 2
    assert all(len(each) < 5 * 2**20 for each in payloads)


_text = st.text(max_size=200)
_any_id = st.one_of(st.sampled_from(["", "ab" * 16, "cd" * 8, "AB" * 8, "1" * 15, "zz"]), _text)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {"trace_id": _any_id, "span_id": _any_id, "parent_id": _any_id, "name": _text},
            optional={
                "user_key": _text,
                "session_id": _text,
                "events": _text,
                "links": _text,
                "statement": _text,
                "attributes": st.dictionaries(_text, _text, max_size=4),
                "ts_ns": st.integers(-(2**63), 2**63 - 1),
                "duration_ns": st.integers(0, 2**64 - 1),
                "http_status": st.integers(0, 65_535),
                "is_entry": st.booleans(),
            },
        ),
        max_size=6,
    )
)
def test_what_goes_into_a_record_comes_out(fields: list[dict[str, object]]) -> None:
    rows = [span_row(**each) for each in fields]

    assert decode_spans(encode_spans(rows)) == rows


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
