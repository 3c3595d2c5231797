"""Whatever is sent is a line, a refusal or nothing; never a crash, and never beyond the bounds."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from watchkeeper.agent.joining import Joiner
from watchkeeper.ingest.pipeline import LogLimits, SentLog, finish_log
from watchkeeper.ingest.protocols.json_lines import read_lines
from watchkeeper.ingest.protocols.loki import MalformedPush, read_json, read_protobuf
from watchkeeper.ingest.protocols.syslog import Frames, read_message
from watchkeeper.lib.search import BadSearch
from watchkeeper.logs import parse_search
from watchkeeper.logs.repo import condition_of
from watchkeeper.privacy import Scrubber

NOW_MS = 1_795_224_000_000
SCRUBBER = Scrubber()
NAMES = st.sampled_from(
    ["time", "level", "msg", "message", "log", "@t", "@mt", "instant", "trace_id", "jsonPayload",
     "host", "service", "levelno", "timestamp", "x", "_SYSTEMD_UNIT", "v", "name"]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)


def finish(sent: SentLog) -> None:
    limits = LogLimits()
    row = finish_log(sent, received_ms=NOW_MS, scrubber=SCRUBBER, limits=limits)
    assert NOW_MS - limits.oldest_ms <= row.ts_ms <= NOW_MS + limits.newest_ms
    assert row.severity in {"trace", "debug", "info", "warn", "error", "fatal"}
    assert 0 <= row.nanos < 1_000_000
    assert len(row.attributes) <= limits.attributes + 1


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(NAMES, VALUES, max_size=8))
def test_any_json_object_is_a_line(fields: dict[str, object]) -> None:
    for sent in read_lines(json.dumps(fields).encode(), source="json"):
        finish(sent)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_lines_messages_or_refused(data: bytes) -> None:
    for sent in read_lines(data, source="json"):
        finish(sent)
    finish(read_message(data, received_ms=NOW_MS))
    for read in (read_json, read_protobuf):
        try:
            for sent in read(data):
                finish(sent)
        except MalformedPush:
            pass


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from('<>[]"=\\@-: 159aNovT\n'), max_size=80))
def test_anything_like_syslog_is_a_message(text: str) -> None:
    for head in ("", "<13>", "<13>1 2026-11-21T01:20:00Z h a p m ", "<13>Nov 21 01:20:00 "):
        finish(read_message((head + text).encode(), received_ms=NOW_MS))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.integers(1, 20))
def test_frames_do_not_depend_on_where_a_stream_breaks(data: bytes, size: int) -> None:
    whole, parts = Frames(), Frames()
    expected = whole.feed(data) + whole.end()

    found = [one for at in range(0, len(data), size) for one in parts.feed(data[at : at + size])]

    assert found + parts.end() == expected


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet=st.sampled_from('ab:()"*-!.@\\ ><=1levl:ORANDNOT'), max_size=40))
def test_any_search_is_a_condition_or_refused_with_its_place(text: str) -> None:
    position, sql = 0, "1"
    try:
        sql = condition_of(parse_search(text)).sql
    except BadSearch as refused:
        position = refused.position

    assert sql
    assert 0 <= position <= len(text)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(["a", " b", "", "Traceback (most recent call last):", "{", "X: y"]))
)
def test_joining_loses_no_line(lines: list[str]) -> None:
    joiner = Joiner()
    events = [joiner.add(line, at + 1) for at, line in enumerate(lines)]
    texts = [event[0] for event in (*events, joiner.flush()) if event]

    found = [line for text in texts for line in text.split("\n") if line.strip()]
    assert found == [line for line in lines if line.strip()]
