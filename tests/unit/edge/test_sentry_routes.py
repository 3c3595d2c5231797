"""The routes beside /envelope/, the places of a key, tunnels, limits by category, hostile items."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import msgspec
import orjson
import pytest

from tests.unit.edge.test_envelope import AUTH, ENVELOPE, EVENT_ID, LOG, Edge, envelope, event
from tests.unit.edge.world import FENCED, PUBLIC, SERVER, call
from watchkeeper.ingest import decode_samples, decode_spans
from watchkeeper.ingest.envelope_rows import decode_blob_rows, decode_envelope_rows
from watchkeeper.ingest.protocols import SentryOptions
from watchkeeper.ingest.protocols.sentry import Category, limited_as
from watchkeeper.model import Kind

DSN = f"https://{PUBLIC}@errors.example.com/1"
CSP = {
    "document-uri": "https://shop.example.com/cart",
    "violated-directive": "script-src-elem https:",
    "effective-directive": "script-src-elem",
    "blocked-uri": "https://evil.test/x.js?user=7",
    "original-policy": "script-src 'self'",
}
SPAN_IDS = {"trace_id": "5b02a64335ef45c690a0409342e23f56", "span_id": "9cafd838f14ed476"}


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Edge]:
    edge = Edge(tmp_path)
    yield edge
    edge.world.spool.close()


def log_envelope(**header: object) -> bytes:
    return envelope(("log", LOG), header=header)


@pytest.mark.parametrize(
    "body",
    [
        event(),
        zlib.compress(event()),
        base64.b64encode(zlib.compress(event())),
        base64.urlsafe_b64encode(zlib.compress(event())).rstrip(b"="),
        base64.b64encode(event()),
        b"sentry_data=" + quote(event()).encode(),
        b"sentry_data=" + quote(base64.b64encode(zlib.compress(event()))).encode(),
    ],
)
async def test_store_takes_what_sdks_of_old_send(edge: Edge, body: bytes) -> None:
    answer = await edge.post(body, path="/api/1/store/")
    assert (answer.status, answer.json()) == (200, {"id": EVENT_ID})
    assert len(edge.world.events()) == 1


async def test_store_takes_an_event_by_get(edge: Edge) -> None:
    data = quote(base64.b64encode(zlib.compress(event())))
    query = f"sentry_key={PUBLIC}&sentry_data={data}"
    answer = await call(edge.app, "GET", "/api/1/store/", query=query)
    assert (answer.status, answer.json()) == (200, {"id": EVENT_ID})


async def test_what_is_neither_json_nor_packed_is_refused(edge: Edge) -> None:
    answer = await edge.post(b"%%%", path="/api/1/store/")
    assert (answer.status, answer.json()["error"]["code"]) == (400, "malformed")


@pytest.mark.parametrize("pack", [gzip.compress])
async def test_a_packed_body_whose_sender_forgot_to_say_so_is_taken(
    edge: Edge, pack: object
) -> None:
    assert callable(pack)
    assert (await edge.post(pack(envelope(("event", event()))))).status == 200
    assert len(edge.world.events()) == 1


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"Authorization": f"Basic {base64.b64encode(f'{PUBLIC}:'.encode()).decode()}"}, ""),
        ({"X-Sentry-Auth": f'Sentry sentry_version=7, sentry_key="{PUBLIC}"'}, ""),
        ({"X-Sentry-Auth": f"Sentry sentry_key={SERVER}, sentry_secret=x"}, ""),
        ({}, f"sentry_key={PUBLIC}"),
    ],
)
async def test_a_key_may_stand_where_sdks_put_it(
    edge: Edge, headers: dict[str, str], query: str
) -> None:
    answer = await edge.post(envelope(("event", event())), headers=headers, query=query)
    assert answer.status == 200


@pytest.mark.parametrize("path", ["/api/tunnel/", "/api/tunnel", ENVELOPE])
async def test_a_tunnel_goes_by_the_dsn_in_the_envelope(edge: Edge, path: str) -> None:
    answer = await edge.post(log_envelope(dsn=DSN), path=path, headers={})
    assert answer.status == 200
    assert [record.project_id for record in edge.world.records(Kind.LOGS)] == [1]


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ({}, 401),
        ({"dsn": "https://errors.example.com/1"}, 401),
        ({"dsn": f"https://{'e' * 32}@sentry.example.com/1"}, 403),
        ({"dsn": f"https://{PUBLIC}@errors.example.com/2"}, 403),
        ({"dsn": 7}, 401),
    ],
)
async def test_a_tunnel_takes_our_keys_only(
    edge: Edge, header: dict[str, object], status: int
) -> None:
    answer = await edge.post(log_envelope(**header), path="/api/tunnel/", headers={})
    assert answer.status == status
    assert edge.world.records() == []


async def test_a_tunnel_minds_the_key_s_origins(edge: Edge) -> None:
    body = log_envelope(dsn=f"https://{FENCED}@errors.example.com/1")
    refused = await edge.post(body, path="/api/tunnel/", headers={"Origin": "https://evil.test"})
    assert refused.json()["error"]["code"] == "origin_not_allowed"


async def test_a_csp_report_is_an_event_of_directive_and_host(edge: Edge) -> None:
    query = f"sentry_key={PUBLIC}&sentry_release=shop%401.2.3&sentry_environment=production"
    body = orjson.dumps({"csp-report": CSP})
    headers = {"Content-Type": "application/csp-report", "User-Agent": "Firefox/130"}
    answer = await edge.post(body, path="/api/1/security/", headers=headers, query=query)
    assert answer.status == 200
    (found,) = edge.world.events()
    assert found["message"] == "Blocked 'script' from 'evil.test'"
    assert found["fingerprint"] == ["csp", "script-src-elem", "evil.test"]
    assert (found["release"], found["environment"]) == ("shop@1.2.3", "production")
    assert found["request"]["headers"]["User-Agent"] == "Firefox/130"
    assert found["contexts"]["csp"]["original-policy"] == "script-src 'self'"


@pytest.mark.parametrize(
    ("report", "fingerprint"),
    [
        ({"csp-report": {**CSP, "blocked-uri": "inline"}}, ["csp", "script-src-elem", "inline"]),
        (
            {"csp-report": {**CSP, "blocked-uri": "https://shop.example.com/x.js"}},
            ["csp", "script-src-elem", "self"],
        ),
        (
            [{"type": "csp-violation", "url": "https://shop.example.com/",
              "body": {"effectiveDirective": "img-src", "blockedURL": "https://cdn.test/a.png"}}],
            ["csp", "img-src", "cdn.test"],
        ),
        ({"expect-ct-report": {"hostname": "a.test", "port": 443}}, ["expect-ct", "a.test"]),
        ({"expect-staple-report": {"hostname": "a.test"}}, ["expect-staple", "a.test"]),
        ({"hostname": "a.test", "known-pins": ["x"]}, ["hpkp", "a.test"]),
        (
            [{"type": "deprecation", "body": {"id": "Sync", "message": "Sync XHR is going"}}],
            ["deprecation", "Sync"],
        ),
    ],
)  # fmt: skip
async def test_each_kind_of_report_is_grouped(
    edge: Edge, report: object, fingerprint: list[str]
) -> None:
    answer = await edge.post(orjson.dumps(report), path="/api/1/security/")
    assert answer.status == 200
    assert edge.world.events()[0]["fingerprint"] == fingerprint


async def test_what_is_no_report_is_refused(edge: Edge) -> None:
    for body in (b"{}", b"[]", b"nonsense"):
        assert (await edge.post(body, path="/api/1/security/")).status == 400


@pytest.mark.parametrize("endpoint", ["minidump", "unreal", "playstation"])
async def test_crash_dumps_are_refused_with_a_sentence(edge: Edge, endpoint: str) -> None:
    answer = await edge.post(b"MDMP", path=f"/api/1/{endpoint}/")
    assert answer.status == 415
    assert f"/{endpoint}/" in answer.json()["detail"]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_job_checks_in_by_a_plain_request(edge: Edge, method: str) -> None:
    path = f"/api/1/cron/Nightly%20Job/{PUBLIC}/".replace("%20", " ")
    query = "status=in_progress&environment=production"
    assert (await call(edge.app, method, path, query=query)).status == 200
    (record,) = edge.world.records(Kind.CHECK_INS)
    (check_in,) = decode_envelope_rows(record.kind, record.payload)
    assert msgspec.structs.asdict(check_in)["monitor"] == "nightly-job"
    assert msgspec.structs.asdict(check_in)["status"] == "in_progress"


async def test_each_category_has_its_own_limit(tmp_path: Path) -> None:
    per_minute = {limited_as("log"): 1, limited_as("session"): 1}
    edge = Edge(tmp_path, sentry=SentryOptions(per_minute=per_minute))
    session = orjson.dumps({"sid": "a" * 32, "status": "ok", "attrs": {"release": "a@1"}})
    items = (("log", LOG), ("session", session))
    assert (await edge.post(envelope(*items))).status == 200
    mixed = await edge.post(envelope(("event", event()), *items))
    assert mixed.status == 200
    assert mixed.headers["x-sentry-rate-limits"] == "61:log_item;session:project:over_quota"
    assert len(edge.world.events()) == 1
    alone = await edge.post(envelope(*items))
    assert (alone.status, alone.headers["retry-after"]) == (429, "61")
    assert edge.world.dropped("over_quota") == 4
    edge.world.spool.close()


def test_an_unknown_category_is_named() -> None:
    assert limited_as("check_in") is Category.MONITOR
    with pytest.raises(ValueError, match="no such category: 'gauge'; there are attachment, "):
        limited_as("gauge")


async def test_an_attachment_that_is_too_large_does_not_cost_its_event(edge: Edge) -> None:
    items = (("event", event()), ("attachment", b"x" * (41 * 2**20)))
    body = gzip.compress(envelope(*items, header={"event_id": EVENT_ID}))
    answer = await edge.post(body, headers={**AUTH, "Content-Encoding": "gzip"})
    assert answer.status == 200
    assert {record.kind for record in edge.world.records()} == {Kind.ERROR_EVENT}
    assert edge.world.dropped("too_large") == 1


async def test_a_replay_that_unpacks_to_too_much_is_refused(edge: Edge) -> None:
    bomb = b'{"segment_id":0}\n' + zlib.compress(b"[" + b" " * (101 * 2**20))
    body = envelope_with_length("replay_recording", bomb, event_id=EVENT_ID)
    answer = await edge.post(body)
    assert (answer.status, answer.json()["error"]["code"]) == (413, "too_large")
    assert edge.world.records() == []


def envelope_with_length(kind: str, payload: bytes, **header: object) -> bytes:
    item = orjson.dumps({"type": kind, "length": len(payload)})
    return b"\n".join((orjson.dumps(header), item, payload, b""))


async def test_a_plain_recording_is_kept_packed_and_whole(edge: Edge) -> None:
    events = orjson.dumps([{"type": 4, "data": {"href": "https://shop.example.com/"}}])
    recording = b'{"segment_id":2}\n' + events
    body = envelope_with_length("replay_recording", recording, event_id=EVENT_ID)
    assert (await edge.post(body)).status == 200
    (record,) = edge.world.records(Kind.REPLAYS)
    ((row, content),) = decode_blob_rows(record.kind, record.payload)
    assert msgspec.structs.asdict(row)["segment_id"] == 2
    assert zlib.decompress(content) == events


async def test_a_mobile_replay_is_taken_apart(edge: Edge) -> None:
    parts = {
        "replay_event": orjson.dumps({"replay_id": EVENT_ID, "segment_id": 1, "urls": ["Cart"]}),
        "replay_recording": b'{"segment_id":1}\n[{"type":4}]',
        "replay_video": b"\x00\x00mp4",
    }
    body = envelope_with_length("replay_video", msgspec.msgpack.encode(parts), event_id=EVENT_ID)
    assert (await edge.post(body)).status == 200
    found = [
        msgspec.structs.asdict(row)
        for record in edge.world.records(Kind.REPLAYS)
        for row, _content in decode_blob_rows(record.kind, record.payload)
    ]
    assert [(row["part"], row["segment_id"]) for row in found] == [
        ("event", 1), ("recording", 1), ("video", 1),
    ]  # fmt: skip


async def test_an_old_user_report_is_feedback(edge: Edge) -> None:
    report = {"event_id": EVENT_ID, "name": "Ada", "email": "ada@example.com", "comments": "slow"}
    assert (await edge.post(envelope(("user_report", orjson.dumps(report))))).status == 200
    (record,) = edge.world.records(Kind.FEEDBACK)
    (row,) = decode_envelope_rows(record.kind, record.payload)
    found = msgspec.structs.asdict(row)
    assert (found["event_id"], found["message"], found["source"]) == (
        EVENT_ID, "slow", "user_report",
    )  # fmt: skip
    assert b"ada@example.com" not in edge.world.spool_bytes()


async def test_counters_add_up_from_envelope_to_envelope(edge: Edge) -> None:
    point = {"timestamp": 1_795_224_000, "name": "orders", "type": "counter", "value": 2}
    body = envelope(("trace_metric", json.dumps({"items": [point, point]}).encode()))
    for _ in range(2):
        assert (await edge.post(body)).status == 200
    samples = [decode_samples(record.payload) for record in edge.world.records(Kind.SAMPLES)]
    values = [value for _ids, _times, values in samples for value in values.tolist()]
    times = [ts for _ids, times, _values in samples for ts in times.tolist()]
    assert values == [0.0, 4.0, 8.0]
    assert times == sorted(set(times))


async def test_a_counter_that_falls_is_refused(edge: Edge) -> None:
    point = {"name": "orders", "type": "counter", "value": -2}
    body = envelope(("trace_metric", json.dumps({"items": [point]}).encode()))
    assert (await edge.post(body)).status == 200
    assert edge.world.dropped("malformed") == 1


async def test_a_span_of_version_1_that_came_alone_is_a_span(edge: Edge) -> None:
    span = {
        **SPAN_IDS, "op": "ui.interaction.click", "description": "body > button",
        "start_timestamp": 1_795_224_000.0, "timestamp": 1_795_224_000.2, "is_segment": False,
        "measurements": {"inp": {"value": 200, "unit": "millisecond"}},
    }  # fmt: skip
    assert (await edge.post(envelope(("span", orjson.dumps(span))))).status == 200
    (record,) = edge.world.records(Kind.SPANS)
    (row,) = decode_spans(record.payload)
    assert (row.op, row.is_entry) == ("ui.interaction.click", False)
    assert row.attributes["measurement.inp"] == "200"
    assert row.duration_ns == 200_000_000


async def test_a_sender_with_a_wrong_clock_is_corrected(edge: Edge) -> None:
    trace = {"contexts": {"trace": SPAN_IDS}, "transaction": "t"}
    times = {"start_timestamp": 1_795_227_590.0, "timestamp": 1_795_227_591.0}
    body = envelope(
        ("transaction", orjson.dumps({**trace, **times})),
        header={"sent_at": "2026-11-21T02:20:00Z"},
    )
    assert (await edge.post(body)).status == 200
    (record,) = edge.world.records(Kind.SPANS)
    (row,) = decode_spans(record.payload)
    assert (row.ts_ns, row.duration_ns) == (1_795_223_990_000_000_000, 1_000_000_000)
