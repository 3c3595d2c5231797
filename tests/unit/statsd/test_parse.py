"""What each dialect's line says, and what is said of a line that says nothing."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from watchkeeper.ingest.protocols.statsd.parse import (
    BadLine,
    CheckLine,
    EventLine,
    MetricLine,
    MetricType,
    parse_line,
)


def metric(line: bytes) -> MetricLine:
    parsed = parse_line(line)
    assert isinstance(parsed, MetricLine), parsed
    return parsed


@pytest.mark.parametrize(
    ("line", "kind", "number"),
    [
        (b"a.b:1|c", MetricType.COUNTER, 1.0),
        (b"a.b:2.5|g", MetricType.GAUGE, 2.5),
        (b"a.b:320|ms", MetricType.TIMER, 320.0),
        (b"a.b:1e3|h", MetricType.HISTOGRAM, 1000.0),
        (b"a.b:.5|d", MetricType.DISTRIBUTION, 0.5),
        (b"a.b:-3|g\r", MetricType.GAUGE, -3.0),
        (b" a.b: 4 | c ", MetricType.COUNTER, 4.0),
    ],
)
def test_a_line_has_a_name_a_number_and_a_type(
    line: bytes, kind: MetricType, number: float
) -> None:
    (reading,) = metric(line).readings

    assert (metric(line).name, reading.type, reading.number) == ("a.b", kind, number)


@pytest.mark.parametrize(
    "line",
    [
        b"m:1|c|#env:prod,path:/a b",
        b"m,env=prod,path=/a b:1|c",
        b"m;env=prod;path=/a b:1|c",
        b"m[env=prod,path=/a b]:1|c",
        b"m#env=prod,path=/a b:1|c",
    ],
)
def test_each_dialect_s_tags_are_read(line: bytes) -> None:
    found = metric(line)

    assert (found.name, found.tags) == ("m", (("env", "prod"), ("path", "/a b")))


def test_a_value_may_hold_colons_and_a_tag_may_have_none() -> None:
    assert metric(b"m:1|c|#url:http://a:80,beta").tags == (
        ("url", "http://a:80"),
        ("beta", "true"),
    )


@pytest.mark.parametrize(
    "line",
    [
        b"m:2|c|@0.5|#a:b|c:in-12|T1700000000",
        b"m:2|c|T1700000000|c:in-12|#a:b|@0.5",
        b"m:2|c|c:in-12|e:it-false,cn-web|@0.5|T1700000000|#a:b|card:low",
    ],
)
def test_fields_come_in_any_order(line: bytes) -> None:
    found = metric(line)

    assert found.tags == (("a", "b"),)
    assert (found.timestamp_s, found.container) == (1_700_000_000, "in-12")
    assert found.readings[0].rate == 0.5


def test_values_may_be_packed() -> None:
    assert [each.number for each in metric(b"m:1:2:3.5|ms|@0.5").readings] == [1.0, 2.0, 3.5]


def test_one_bad_value_of_several_costs_only_itself() -> None:
    found = metric(b"m:1:x:3|d")

    assert ([each.number for each in found.readings], found.bad) == (
        [1.0, 3.0],
        (BadLine.MALFORMED_VALUE,),
    )


def test_several_samples_of_one_name_have_types_of_their_own() -> None:
    found = metric(b"m:1|c|@0.1:2|ms:3|g|#a:b")

    assert [(each.type, each.number, each.rate) for each in found.readings] == [
        (MetricType.COUNTER, 1.0, 0.1),
        (MetricType.TIMER, 2.0, 1.0),
        (MetricType.GAUGE, 3.0, 1.0),
    ]
    assert found.tags == (("a", "b"),)


def test_a_member_of_a_set_is_any_text() -> None:
    (reading,) = metric(b"users:ann@example.com:x|s").readings

    assert reading.text == b"ann@example.com:x"


@pytest.mark.parametrize(("text", "is_delta"), [(b"+4", True), (b"-5", True), (b"4", False)])
def test_a_sign_makes_a_change(text: bytes, is_delta: bool) -> None:
    assert metric(b"g:" + text + b"|g").readings[0].is_delta is is_delta


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"nothing", BadLine.MALFORMED_LINE),
        (b":1|c", BadLine.MALFORMED_LINE),
        (b"m:1", BadLine.MALFORMED_LINE),
        (b"m:|c", BadLine.MALFORMED_LINE),
        (b"m:one|c", BadLine.MALFORMED_VALUE),
        (b"m:nan|g", BadLine.MALFORMED_VALUE),
        (b"m:1e999|g", BadLine.MALFORMED_VALUE),
        (b"m:1_0|c", BadLine.MALFORMED_VALUE),
        (b"m:1|x", BadLine.UNKNOWN_TYPE),
        (b"m:1|c|@0", BadLine.MALFORMED_SAMPLE_RATE),
        (b"m:1|c|@fast", BadLine.MALFORMED_SAMPLE_RATE),
        (b"m:1|c|Tnow", BadLine.MALFORMED_TIMESTAMP),
        (b"_e{1,2}:title|text", BadLine.MALFORMED_EVENT),
        (b"_e{5}:title", BadLine.MALFORMED_EVENT),
        (b"_sc|name|9", BadLine.MALFORMED_EVENT),
        (b"m" * 70_000, BadLine.TOO_LONG),
    ],
)
def test_a_bad_line_has_a_reason(line: bytes, reason: BadLine) -> None:
    assert parse_line(line) is reason


def test_an_event_has_its_lengths_in_bytes() -> None:
    line = "_e{6,12}:Ümbau|one\\ntwo | 3|d:1700000000|h:web-1|p:low|t:error|#a:b"

    parsed = parse_line(line.encode())

    assert parsed == EventLine(
        title="Ümbau",
        text="one\ntwo | 3",
        tags=(("a", "b"),),
        timestamp_s=1_700_000_000,
        host="web-1",
        priority="low",
        alert_type="error",
    )


def test_a_service_check_s_message_is_its_last_field() -> None:
    assert parse_line(b"_sc|db.up|2|h:web-1|#a:b|m:no | answer\\nat all") == CheckLine(
        name="db.up", status=2, tags=(("a", "b"),), host="web-1", message="no | answer\nat all"
    )


def test_tags_behind_a_check_s_message_are_tags() -> None:
    assert parse_line(b"_sc|db.up|2|m:gone|#env:prod,a:b|c:in-7") == CheckLine(
        name="db.up", status=2, tags=(("env", "prod"), ("a", "b")), message="gone"
    )


def test_the_origin_behind_a_message_is_not_part_of_it() -> None:
    parsed = parse_line(b"_sc|db.up|2|m:away|c:in-12345|e:it-false")

    assert isinstance(parsed, CheckLine)
    assert parsed.message == "away"


LINES = st.lists(
    st.sampled_from([
        b"m", b"a.b", b":", b"|", b"#", b",", b"=", b"@", b"0.1", b"c", b"g", b"ms", b"s", b"T1",
        b"[", b"]", b";", b"_e{", b"1,1}", b"_sc|", b"+", b"-", b"1", b"e9", b"\xff", b"\0", b" ",
    ]),
    max_size=20,
).map(b"".join)  # fmt: skip


@given(LINES | st.binary(max_size=100))
@example(b"_e{999999,999999}:")
@example(b"m:" + b"1:" * 10_000 + b"|c")
def test_no_line_is_too_strange(line: bytes) -> None:
    parsed = parse_line(line)

    assert isinstance(parsed, MetricLine | EventLine | CheckLine | BadLine)
