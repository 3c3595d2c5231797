"""Lines as loggers, Loki's clients and syslog senders write them."""

from __future__ import annotations

import json

import pytest

from watchkeeper.ingest import LogRow
from watchkeeper.ingest.pipeline import SentLog, finish_log
from watchkeeper.ingest.protocols.json_lines import TooManyLines, read_lines
from watchkeeper.ingest.protocols.loki import MalformedPush, read_json, read_protobuf
from watchkeeper.ingest.protocols.syslog import Frames, read_message
from watchkeeper.lib.clock import HOUR_MS
from watchkeeper.lib.protobuf_wire import bytes_field, number_field, text_field
from watchkeeper.privacy import Scrubber

NOW_MS = 1_795_224_000_000  # 2026-11-21T01:20:00Z
NOW = "2026-11-21T01:20:00"
TRACE = "0af7651916cd43dd8448eb211c80319c"


def row_of(sent: SentLog) -> LogRow:
    return finish_log(sent, received_ms=NOW_MS, scrubber=Scrubber())


def only(body: object) -> LogRow:
    (sent,) = read_lines(json.dumps(body).encode(), source="json")
    return row_of(sent)


@pytest.mark.parametrize(
    ("name", "line", "severity", "body"),
    [
        ("pino", {"level": 50, "time": NOW_MS, "pid": 1, "msg": "x"}, "error", "x"),
        ("winston", {"level": "warn", "message": "x", "timestamp": f"{NOW}.000Z"}, "warn", "x"),
        ("bunyan", {"name": "shop", "hostname": "h", "level": 60, "msg": "x",
                    "time": f"{NOW}Z", "v": 0}, "fatal", "x"),
        ("structlog", {"event": "x", "level": "info", "timestamp": f"{NOW}Z"}, "info", "x"),
        ("logrus", {"level": "warning", "msg": "x", "time": f"{NOW}+00:00"}, "warn", "x"),
        ("zap", {"level": "dpanic", "ts": NOW_MS / 1000, "msg": "x", "caller": "a.go:1"},
         "error", "x"),
        ("ecs", {"@timestamp": f"{NOW}.000Z", "log.level": "ERROR", "message": "x"}, "error", "x"),
        ("ecs nested", {"@timestamp": f"{NOW}Z", "log": {"level": "debug"}, "message": "x"},
         "debug", "x"),
        ("gcp", {"severity": "CRITICAL", "jsonPayload": {"message": "x"},
                 "timestamp": f"{NOW}.000000000Z"}, "error", "x"),
        ("serilog", {"@t": f"{NOW}.0000000Z", "@mt": "paid {Amount} by {User}", "Amount": 3,
                     "User": "u1"}, "info", "paid 3 by u1"),
        ("python", {"levelno": 40, "message": "x", "created": NOW_MS / 1000}, "error", "x"),
        ("gelf", {"version": "1.1", "short_message": "x", "level": 3, "timestamp": NOW_MS / 1000},
         "error", "x"),
        ("docker", {"log": '{"level":"error","msg":"x"}\n', "stream": "stdout",
                    "time": f"{NOW}.000000000Z"}, "error", "x"),
        ("log4j2", {"instant": {"epochSecond": NOW_MS // 1000, "nanoOfSecond": 0},
                    "level": "FATAL", "message": "x"}, "fatal", "x"),
        ("journald", {"MESSAGE": "x", "PRIORITY": "4", "_HOSTNAME": "h",
                      "SYSLOG_IDENTIFIER": "cron", "__REALTIME_TIMESTAMP": str(NOW_MS * 1000)},
         "warn", "x"),
        ("journald bytes", {"MESSAGE": [120], "PRIORITY": "4",
                            "__REALTIME_TIMESTAMP": str(NOW_MS * 1000)}, "warn", "x"),
        ("tracing", {"timestamp": f"{NOW}.000000Z", "level": "WARN", "target": "app::mod",
                     "fields": {"message": "x", "n": 1}}, "warn", "x"),
        ("loguru", {"text": "01:20 | x\n", "record": {
            "message": "x", "level": {"name": "CRITICAL", "no": 50}, "extra": {"k": 1},
            "elapsed": {"seconds": 1.0}, "time": {"repr": NOW, "timestamp": NOW_MS / 1000}}},
         "error", "x"),
        ("serilog json", {"Timestamp": f"{NOW}.0000000+00:00", "Level": "Fatal",
                          "MessageTemplate": "{A}", "Properties": {"A": "x"}}, "fatal", "x"),
        ("serilog rendered", {"Timestamp": f"{NOW}Z", "Level": "Error", "MessageTemplate": "{A}",
                              "RenderedMessage": "x"}, "error", "x"),
        (".NET console", {"Timestamp": f"{NOW}Z", "LogLevel": "Warning", "Message": "x"},
         "warn", "x"),
        ("mongod", {"t": {"$date": f"{NOW}.000+00:00"}, "s": "E", "c": "NETWORK", "msg": "x"},
         "error", "x"),
        ("containerd", {"log": "x", "stream": "stderr", "time": f"{NOW}Z", "level": "error"},
         "error", "x"),
    ],
)  # fmt: skip
def test_what_loggers_write_is_understood(
    name: str, line: dict[str, object], severity: str, body: str
) -> None:
    row = only(line)

    assert (row.severity, row.body, row.ts_ms) == (severity, body, NOW_MS), name


def test_what_loguru_prints_of_an_exception_is_its_stack() -> None:
    row = only(
        {
            "text": "01:20 | ERROR | failed\nTraceback (most recent call last):\n\n"
            '> File "shop.py", line 3\n\nValueError: bad\n',
            "record": {
                "message": "failed",
                "level": {"name": "ERROR", "no": 40},
                "exception": {"type": "ValueError", "value": "bad", "traceback": True},
            },
        }
    )

    assert row.attributes == {
        "exception.type": "ValueError",
        "exception.value": "bad",
        "exception.stacktrace": "Traceback (most recent call last):\n\n"
        '> File "shop.py", line 3\n\nValueError: bad',
    }


def test_a_time_with_a_fraction_stays_at_its_millisecond() -> None:
    assert only({"ts": 1_795_223_999.123, "msg": "x"}).ts_ms == 1_795_223_999_123


def test_what_an_envelope_tells_is_kept_beside_the_line() -> None:
    gelf = only({"version": "1.1", "short_message": "x", "_user_id": "9", "_order": 3})
    log4j = only({"message": "x", "loggerName": "a.B", "contextMap": {"requestId": "r-9"}})
    pod = {"container_name": "web", "host": "node-1", "labels": {"app": "shop"}}
    collected = only({"log": "x", "kubernetes": pod})
    named = only({"log": '{"msg":"x","service":"till"}', "kubernetes": pod})
    pino = only({"level": 30, "pid": 7, "hostname": "h", "name": "till", "msg": "x"})

    assert (gelf.user_key, gelf.attributes["order"]) == ("id:9", "3")
    assert log4j.request_id == "r-9"
    assert (collected.service, collected.host) == ("shop", "node-1")
    assert (named.service, pino.service) == ("till", "till")


def test_lines_of_a_kubernetes_node_are_opened() -> None:
    lines = (
        f"{NOW}.5Z stderr F E1121 01:20:00.000000       1 main.go:12] gone\n"
        f'{NOW}.5Z stdout P {{"level":"warn","msg":"low"}}\n'
        f"{NOW}.5Z elsewhere F text\n"
    )

    rows = [row_of(sent) for sent in read_lines(lines.encode(), source="file")]

    assert [(row.severity, row.body[-4:], row.ts_ms - NOW_MS) for row in rows] == [
        ("error", "gone", 500), ("warn", "low", 500), ("info", "text", 500),
    ]  # fmt: skip
    assert [row.attributes.get("stream") for row in rows] == ["stderr", "stdout", None]


def test_fields_become_attributes_and_ids_are_found() -> None:
    row = only(
        {
            "msg": "x", "trace": {"id": TRACE}, "req": {"id": "r-1", "method": "GET"},
            "err": {"stack": "Error: x\n at y"}, "n": 1.5, "ok": True, "no": None, "l": [1, "a"],
            "service": {"name": "shop"}, "token": "abcdefgh",
        }
    )  # fmt: skip

    assert (row.trace_id, row.request_id, row.service) == (TRACE, "r-1", "shop")
    assert row.attributes == {
        "req.method": "GET", "err.stack": "Error: x\n at y", "n": "1.5", "ok": "true",
        "l": '[1,"a"]', "token": "[Filtered]",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "bodies"),
    [
        (b'{"msg":"a"}\n{"msg":"b"}\n', ["a", "b"]),
        (b'[{"msg":"a"},{"msg":"b"},"c",null]', ["a", "b", "c"]),
        (b'{\n  "msg": "a"\n}', ["a"]),
        (b"plain\r\n\n[warn] text\n", ["plain", "[warn] text"]),
        (b'{"msg": broken\n{"msg":"b"}', ['{"msg": broken', "b"]),
        (b'{"a":1}', ['{"a":1}']),
        (b"\xff\xfe bytes", ["\ufffd\ufffd bytes"]),
        (b"", []),
        (b"[1, 2", ["[1, 2"]),
        (b'{"msg":' + b"[" * 5_000, ['{"msg":' + "[" * 5_000]),
    ],
)
def test_a_body_may_have_any_form(body: bytes, bodies: list[str]) -> None:
    assert [row_of(one).body for one in read_lines(body, source="json")] == bodies


def test_a_request_has_a_bound_of_lines() -> None:
    with pytest.raises(TooManyLines):
        read_lines(b"a\n" * 100_001, source="json")
    with pytest.raises(TooManyLines):
        read_lines(json.dumps(["a"] * 100_001).encode(), source="json")


def test_text_that_begins_with_a_time_of_a_zone_stands_there() -> None:
    (sent,) = read_lines(b"2026-11-21T01:19:59.5Z ERROR no", source="json")

    assert (row_of(sent).ts_ms, row_of(sent).severity) == (NOW_MS - 500, "error")


def test_loki_json() -> None:
    push = {
        "streams": [
            {
                "stream": {"app": "shop", "level": "warn", "filename": "/var/log/x", "pod": "p"},
                "values": [
                    [str(NOW_MS * 1_000_000 + 5), "plain line", {"trace_id": TRACE}],
                    [str(NOW_MS * 1_000_000), '{"msg":"inner","level":"error"}'],
                ],
            }
        ]
    }

    first, second = (row_of(one) for one in read_json(json.dumps(push).encode()))

    assert (first.body, first.severity, first.service) == ("plain line", "warn", "shop")
    assert (first.nanos, first.trace_id, first.source) == (5, TRACE, "loki")
    assert first.attributes == {"pod": "p", "log.file.path": "/var/log/x"}
    assert (second.body, second.severity) == ("inner", "error")


def test_loki_protobuf() -> None:
    stamp = number_field(1, NOW_MS // 1000) + number_field(2, 7)
    metadata = text_field(1, "trace_id") + text_field(2, TRACE)
    entry = bytes_field(1, stamp) + text_field(2, "hello") + bytes_field(3, metadata)
    stream = text_field(1, '{app="a\\"b", job=`raw`}') + bytes_field(2, entry)

    (sent,) = read_protobuf(bytes_field(1, stream))
    row = row_of(sent)

    assert (row.ts_ms, row.nanos, row.body, row.service) == (NOW_MS, 7, "hello", 'a"b')
    assert (row.trace_id, row.attributes) == (TRACE, {"job": "raw"})


def test_loki_json_of_older_clients() -> None:
    entries = [{"ts": f"{NOW}.5+00:00", "line": "a"}, {"ts": f"{NOW}Z", "line": "[warn] b"}]
    push = {"streams": [{"labels": '{app="shop", level="error"}', "entries": entries}]}

    rows = [row_of(sent) for sent in read_json(json.dumps(push).encode())]

    assert [(row.ts_ms - NOW_MS, row.service, row.severity, row.body) for row in rows] == [
        (500, "shop", "error", "a"), (0, "shop", "error", "[warn] b"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b'{"streams":3}', b'{"streams":[{"labels":3,"entries":[]}]}',
     b'{"streams":[{"labels":"{}","entries":[{"ts":"soon","line":"a"}]}]}',
     b'{"streams":[{"stream":{}}]}',
     b'{"streams":[{"stream":{},"values":[["x","y"]]}]}',
     b'{"streams":[{"stream":{},"values":[[1,"y"]]}]}'],
)  # fmt: skip
def test_what_is_no_push_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedPush):
        read_json(body)


@pytest.mark.parametrize("body", [b"\x0a\xff", b"\x0a\x05\x0a\x03{x}", b"\x0f", b"\xff" * 12])
def test_what_is_no_protobuf_push_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedPush):
        read_protobuf(body)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (b'<34>1 2026-11-21T01:19:59.003Z web-1 su 77 ID47 [ex@32473 d="e"] \xef\xbb\xbffailed',
         ("error", NOW_MS - 997, "web-1", "su", "failed")),
        (b"<165>1 - - - - - - no fields", ("info", NOW_MS, "", "", "no fields")),
        (b"<13>1 2026-11-21T01:20:00Z h rs 7 - -  of rsyslog",
         ("info", NOW_MS, "h", "rs", "of rsyslog")),
        (b"<13>Nov 21 01:19:30 web-1 app[12]: hello: world",
         ("info", NOW_MS - 30_000, "web-1", "app", "hello: world")),
        (b"<11>Nov 21 03:19:30 web-1 app: in Berlin",
         ("error", NOW_MS - 30_000, "web-1", "app", "in Berlin")),
        (b"<165>Nov 21 2026 01:19:30 web-1 app[12]: with a year",
         ("info", NOW_MS - 30_000, "web-1", "app", "with a year")),
        (b"<166>Nov 21 2026 01:19:30 asa-1 : %ASA-6-302013: Built",
         ("info", NOW_MS - 30_000, "asa-1", "", "%ASA-6-302013: Built")),
        (b"<189>29: *Nov 21 01:19:30.123 UTC: %SYS-5-CONFIG_I: by console",
         ("info", NOW_MS - 29_877, "", "", "%SYS-5-CONFIG_I: by console")),
        (b"<189>Nov 21 01:19:31 r1 29: Nov 21 01:19:30.5: %LINK-3-UPDOWN: down",
         ("info", NOW_MS - 29_500, "r1", "", "%LINK-3-UPDOWN: down")),
        (b"<189>29: no time", ("info", NOW_MS, "", "", "29: no time")),
        (b"<13>Nov 21 01:19:30 fe80::1 app: of IPv6",
         ("info", NOW_MS - 30_000, "fe80::1", "app", "of IPv6")),
        (b"<13>Nov 21 01:19:30 CRON[3]: no host",
         ("info", NOW_MS - 30_000, "", "CRON", "no host")),
        (b"<14>Nov 21 01:19:30 fw CEF:0|V|P|1|100|gone|9|",
         ("info", NOW_MS - 30_000, "fw", "", "CEF:0|V|P|1|100|gone|9|")),
        (b"<30>docker[1]: no time", ("info", NOW_MS, "", "docker", "no time")),
        (b"just text", ("info", NOW_MS, "", "", "just text")),
        (b"<999>x", ("info", NOW_MS, "", "", "<999>x")),
        (b'<14>1 2026-11-21T01:20:00Z h app - - - {"msg":"inner","n":1}',
         ("info", NOW_MS, "h", "app", "inner")),
    ],
)  # fmt: skip
def test_syslog_of_both_forms(message: bytes, expected: tuple[str, int, str, str, str]) -> None:
    row = row_of(read_message(message, received_ms=NOW_MS))

    assert (row.severity, row.ts_ms, row.host, row.service, row.body) == expected


def test_structured_data_becomes_attributes() -> None:
    message = b'<34>1 - h a 77 ID47 [ex@32473 a="b\\"c"][o x="1"] m'

    row = row_of(read_message(message, received_ms=NOW_MS))

    assert row.attributes == {
        "syslog.facility": "auth", "ex.a": 'b"c', "o.x": "1", "process.pid": "77",
        "syslog.msgid": "ID47",
    }  # fmt: skip


def test_a_stream_is_cut_into_messages_wherever_it_breaks() -> None:
    stream = b"<1>one\n5 <1>tw12 <1>three\nend\r\n<1>four\n<1>five\0<1>six\0"
    expected = [b"<1>one", b"<1>tw", b"<1>three\nend", b"<1>four", b"<1>five", b"<1>six"]

    for size in (1, 2, 3, 7, 100):
        frames = Frames()
        parts = [stream[at : at + size] for at in range(0, len(stream), size)]
        found = [message.strip() for part in parts for message in frames.feed(part)]
        assert [each for each in found if each] == expected, size


def test_messages_that_are_too_long_are_cut_and_memory_is_bounded() -> None:
    frames = Frames()

    found = frames.feed(b"100000 " + b"x" * 100_000 + b"5 <1>ok" + b"y" * 200_000 + b"\n<1>end\n")

    assert [len(each) for each in found] == [65_536, 5, 65_536, 6]
    assert frames.cut > 0
    assert frames.end() == []


def test_a_time_far_from_ours_is_not_believed() -> None:
    row = row_of(read_message(b"<13>Feb 30 01:00:00 h a: x", received_ms=NOW_MS))

    assert abs(row.ts_ms - NOW_MS) < HOUR_MS
