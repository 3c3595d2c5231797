"""What the Sentry routes answer, to good input and to bad."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from uuid import UUID

import cramjam
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.edge.world import DISABLED, FENCED, PUBLIC, Answer, World, call
from watchkeeper.app.proxy import EngineProxy
from watchkeeper.app.roles.edge import EdgeApp, EdgeHooks, EdgeOptions
from watchkeeper.ingest import BodyLimits, Rejection
from watchkeeper.ingest.protocols import SentryOptions
from watchkeeper.ingest.protocols.sentry import Category, parse
from watchkeeper.model import Kind
from watchkeeper.privacy import Scrubber

EVENT_ID = "9ec79c33ec9942ab8353589fcb2e04dc"
EVENT = {"event_id": EVENT_ID, "message": "boom", "timestamp": "2026-11-21T01:20:00Z"}
NOW_S = 1_795_224_000.0
AUTH = {"X-Sentry-Auth": f"Sentry sentry_key={PUBLIC}, sentry_version=7, sentry_client=test/1"}
ENVELOPE = "/api/1/envelope/"
LOG = b'{"items":[{"timestamp":1795224000,"level":"info","body":"hello"}]}'


def envelope(*items: tuple[str, bytes], header: dict[str, object] | None = None) -> bytes:
    lines = [orjson.dumps(header or {})]
    for kind, payload in items:
        lines += [orjson.dumps({"type": kind, "length": len(payload)}), payload]
    return b"\n".join(lines) + b"\n"


def event(**fields: object) -> bytes:
    return orjson.dumps({**EVENT, **fields})


class Edge:
    def __init__(self, directory: Path, **options: object) -> None:
        self.world = World(directory / "spool", max_bytes=int(str(options.pop("max_bytes", 2**30))))
        self.rejections: list[Rejection] = []
        self.reserved: set[int] = set()
        scrubber = options.pop("scrubber", None)
        self.scrubber = scrubber if isinstance(scrubber, Scrubber) else Scrubber()
        self.app = EdgeApp(
            self.world.acceptor,
            self.world.keys,
            self.scrubber,
            EngineProxy(directory / "engine.sock"),
            self.world.clock,
            self.world.metrics,
            EdgeOptions(**options),  # type: ignore[arg-type]
            hooks=EdgeHooks(
                write_rejections=self.rejections.extend,
                may_write_reserved=lambda project_id: project_id in self.reserved,
            ),
        )

    async def post(
        self,
        body: bytes | list[bytes],
        *,
        path: str = ENVELOPE,
        query: str = "",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        return await call(
            self.app, "POST", path, body, query=query, headers=AUTH if headers is None else headers
        )


@pytest.fixture
def edge(tmp_path: Path) -> Edge:
    return Edge(tmp_path)


async def test_an_event_is_acknowledged_with_its_id_and_kept(edge: Edge) -> None:
    answer = await edge.post(envelope(("event", event())))
    assert (answer.status, answer.json()) == (200, {"id": EVENT_ID})
    (kept,) = edge.world.events()
    assert kept == {**EVENT, "timestamp": 1_795_224_000.0}
    (record,) = edge.world.records()
    assert (record.project_id, record.received_ms) == (1, edge.world.clock())


async def test_an_item_without_length_ends_at_the_end_of_its_line(edge: Edge) -> None:
    body = b'{}\n{"type":"event"}\n' + event() + b'\n{"type":"session"}\n{}\n'
    assert (await edge.post(body)).status == 200
    assert len(edge.world.events()) == 1


async def test_a_payload_with_a_length_may_hold_newlines(edge: Edge) -> None:
    text = orjson.dumps(EVENT, option=orjson.OPT_INDENT_2)
    assert b"\n" in text
    assert (await edge.post(envelope(("attachment", b"a\nb"), ("event", text)))).status == 200
    assert edge.world.events()[0]["message"] == "boom"


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda body: zlib.compress(body, wbits=-15)),
        ("br", lambda body: bytes(cramjam.brotli.compress(body))),
        ("zstd", lambda body: bytes(cramjam.zstd.compress(body))),
        ("identity", bytes),
    ],
)
async def test_each_content_encoding_is_taken(edge: Edge, encoding: str, packed: object) -> None:
    assert callable(packed)
    body = packed(envelope(("event", event())))
    answer = await edge.post(body, headers={**AUTH, "Content-Encoding": encoding})
    assert answer.status == 200
    assert len(edge.world.events()) == 1


@pytest.mark.parametrize(
    ("headers", "query", "header"),
    [
        (AUTH, "", {}),
        ({"Authorization": f"Sentry sentry_key={PUBLIC}"}, "", {}),
        ({}, f"sentry_version=7&sentry_key={PUBLIC}&sentry_client=js", {}),
        ({}, "", {"dsn": f"https://{PUBLIC}@errors.example.com/1"}),
    ],
)
async def test_the_key_may_come_in_three_places(
    edge: Edge, headers: dict[str, str], query: str, header: dict[str, object]
) -> None:
    body = envelope(("event", event()), header=header)
    assert (await edge.post(body, headers=headers, query=query)).status == 200
    assert edge.world.keys.touched == [1]


async def test_a_body_in_pieces_is_put_together(edge: Edge) -> None:
    body = envelope(("event", event()))
    assert (await edge.post([body[:7], b"", body[7:50], body[50:]])).status == 200
    assert len(edge.world.events()) == 1


async def test_several_events_are_one_append_each_a_record(edge: Edge) -> None:
    events = [("event", event(event_id=f"{n:032x}")) for n in range(3)]
    assert (await edge.post(envelope(*events))).json() == {"id": f"{0:032x}"}
    assert [e["event_id"] for e in edge.world.events()] == [f"{n:032x}" for n in range(3)]


async def test_store_takes_one_event(edge: Edge) -> None:
    answer = await edge.post(event(), path="/api/1/store/")
    assert answer.json() == {"id": EVENT_ID}


async def test_every_route_also_lives_under_the_project(edge: Edge) -> None:
    assert (
        await edge.post(envelope(("event", event())), path="/p/1/api/1/envelope/")
    ).status == 200
    refused = await edge.post(envelope(("event", event())), path="/p/2/api/1/envelope/")
    assert refused.json()["error"]["code"] == "wrong_project"


async def test_an_event_without_id_gets_that_of_the_envelope_or_a_new_one(edge: Edge) -> None:
    bare = orjson.dumps({"message": "x"})
    dashed = str(UUID(EVENT_ID)).upper()
    named = await edge.post(envelope(("event", bare), header={"event_id": dashed}))
    assert named.json() == {"id": EVENT_ID}
    anonymous = (await edge.post(envelope(("event", bare)))).json()["id"]
    assert len(anonymous) == 32
    assert [e["event_id"] for e in edge.world.events()] == [EVENT_ID, anonymous]


@pytest.mark.parametrize(
    ("sent", "sent_at", "kept"),
    [
        ("2026-11-21T01:20:00.123456789Z", None, NOW_S + 0.123),
        ("2026-11-21T01:20:00", None, NOW_S),
        ("2026-11-21T03:20:00+02:00", None, NOW_S),
        (NOW_S - 10.5, None, NOW_S - 10.5),
        (int(NOW_S), None, NOW_S),
        (None, None, NOW_S),
        ("yesterday", None, NOW_S),
        (1e300, None, NOW_S),
        (True, None, NOW_S),
        (NOW_S + 3600, None, NOW_S),
        (NOW_S - 40 * 86_400, None, NOW_S),
        (NOW_S + 3590, "2026-11-21T02:20:00Z", NOW_S - 10),
    ],
)
async def test_an_event_gets_a_time_that_can_be_believed(
    edge: Edge, sent: object, sent_at: str | None, kept: float
) -> None:
    header: dict[str, object] = {"sent_at": sent_at} if sent_at else {}
    assert (
        await edge.post(envelope(("event", event(timestamp=sent)), header=header))
    ).status == 200
    assert edge.world.events()[0]["timestamp"] == pytest.approx(kept, abs=0.0005)


async def test_items_that_are_not_stored_are_counted_by_category(edge: Edge) -> None:
    items = [("metric_meta", b"{}"), ("metric_buckets", b"[]"), ("novelty", b"{}")]
    answer = await edge.post(envelope(*items, header={"event_id": EVENT_ID}))
    assert (answer.status, answer.json()) == (200, {"id": EVENT_ID})
    name = "watchkeeper_ingest_unsupported_items_total"
    for category in ("metric_meta", "metric_buckets", "other"):
        assert edge.world.counted(name, category=category) == 1
    assert edge.world.dropped("unsupported_item") == 3


async def test_an_item_that_cannot_be_read_does_not_cost_the_others(edge: Edge) -> None:
    answer = await edge.post(envelope(("event", event()), ("log", b"{"), ("transaction", b"{}")))
    assert answer.status == 200
    assert len(edge.world.events()) == 1
    assert edge.world.dropped("malformed") == 2


async def test_what_an_sdk_discarded_is_counted(edge: Edge) -> None:
    report = {"discarded_events": [{"reason": "network_error", "category": "error", "quantity": 3}]}
    assert (await edge.post(envelope(("client_report", orjson.dumps(report))))).status == 200
    assert edge.world.dropped("client_discarded") == 3
    name = "watchkeeper_ingest_client_discarded_total"
    assert edge.world.counted(name, category="error", reason="network_error") == 3


@pytest.mark.parametrize(
    ("key", "path", "origin", "status", "reason"),
    [
        ("", ENVELOPE, "", 401, "unknown_key"),
        ("f" * 32, ENVELOPE, "", 403, "unknown_key"),
        (DISABLED, ENVELOPE, "", 403, "disabled_key"),
        (PUBLIC, "/api/2/envelope/", "", 403, "wrong_project"),
        (FENCED, ENVELOPE, "https://evil.test", 403, "origin_not_allowed"),
    ],
)
async def test_a_key_that_may_not_is_refused_with_the_reason(
    edge: Edge, key: str, path: str, origin: str, status: int, reason: str
) -> None:
    headers = {"Origin": origin, "X-Sentry-Auth": f"Sentry sentry_key={key}" if key else "Sentry"}
    answer = await edge.post(envelope(("event", event())), path=path, headers=headers)
    assert answer.status == status
    assert answer.json()["error"]["code"] == reason
    assert answer.json()["detail"]
    assert edge.world.dropped(reason) == 1
    assert edge.world.records() == []


async def test_an_allowed_origin_is_let_in(edge: Edge) -> None:
    headers = {"Origin": "https://app.example.com", "X-Sentry-Auth": f"sentry_key={FENCED}"}
    assert (await edge.post(envelope(("event", event())), headers=headers)).status == 200


@pytest.mark.parametrize(
    ("body", "position"),
    [
        (b"", 0),
        (b"nonsense", 0),
        (b"[]\n", 0),
        (b"\xff\xfe\n", 0),
        (b'{}\n{"type":"event","length":99}\n{}', 3),
        (b'{}\n{"type":"event","length":-1}\n{}', 3),
        (b'{}\n{"type":"event","length":1}\n{}', 32),
        (b'{}\n{"length":2}\n{}', 3),
        (b'{}\n{"type":"event"}\n{"a":', 25),
        (b'{}\n{"type":"event"}\n[1]', 20),
        (b'{}\n{"type":"event"}\n\xff', 20),
        (b"{}\n" + b'{"type":"x"}\n{}\n' * 1001, 3 + 1000 * 16),
    ],
)
async def test_malformed_input_is_refused_with_its_place(
    edge: Edge, body: bytes, position: int
) -> None:
    answer = await edge.post(body)
    assert answer.status == 400
    error = answer.json()["error"]
    assert (error["code"], error["position"]) == ("malformed", position)
    assert error["message"]
    assert edge.world.dropped("malformed") == 1
    assert edge.world.records() == []


async def test_half_a_surrogate_pair_and_nan_do_not_cost_the_event(edge: Edge) -> None:
    text = b'{"message":"a\\ud83d","extra":{"x":NaN,"y":Infinity}}'
    assert (await edge.post(envelope(("event", text)))).status == 200
    (kept,) = edge.world.events()
    assert (kept["message"], kept["extra"]) == ("a?", {"x": None, "y": None})


async def test_deep_nesting_is_cut_not_crashed_on(edge: Edge) -> None:
    deep = b'{"extra":' + b'{"a":' * 900 + b"1" + b"}" * 901
    assert (await edge.post(envelope(("event", deep)))).status == 200
    assert b"nested too deep" in edge.world.spool_bytes()
    deeper = b'{"extra":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    assert (await edge.post(envelope(("event", deeper)))).status == 400


def small(directory: Path) -> Edge:
    limits = BodyLimits(max_bytes=1_000, max_unpacked_bytes=5_000)
    return Edge(directory, sentry=SentryOptions(limits=limits, max_event_bytes=2_000))


@pytest.mark.parametrize(
    ("body", "headers", "limit"),
    [
        ([b"x" * 600, b"x" * 600], {}, 1_000),
        (b"x", {"Content-Length": "99999"}, 1_000),
        (gzip.compress(b"x" * 100_000), {"Content-Encoding": "gzip"}, 5_000),
        (bytes(cramjam.brotli.compress(b"x" * 10**6)), {"Content-Encoding": "br"}, 5_000),
        (bytes(cramjam.zstd.compress(b"x" * 10**6)), {"Content-Encoding": "zstd"}, 5_000),
        (
            gzip.compress(envelope(("event", event(message="x" * 2_500)))),
            {"Content-Encoding": "gzip"},
            2_000,
        ),
    ],
)
async def test_too_much_is_refused_with_the_limit(
    tmp_path: Path, body: bytes | list[bytes], headers: dict[str, str], limit: int
) -> None:
    edge = small(tmp_path)
    answer = await edge.post(body, headers={**AUTH, **headers})
    assert answer.status == 413
    error = answer.json()["error"]
    assert (error["code"], error["limit_bytes"]) == ("too_large", limit)
    assert edge.world.dropped("too_large") == 1


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
async def test_a_damaged_body_is_malformed(edge: Edge, encoding: str) -> None:
    answer = await edge.post(b"\x1f\x8b damaged", headers={**AUTH, "Content-Encoding": encoding})
    assert (answer.status, answer.json()["error"]["code"]) == (400, "malformed")


async def test_a_cut_off_gzip_body_is_malformed(edge: Edge) -> None:
    body = gzip.compress(envelope(("event", event())))[:-9]
    answer = await edge.post(body, headers={**AUTH, "Content-Encoding": "gzip"})
    assert (answer.status, answer.json()["error"]["code"]) == (400, "malformed")


async def test_an_unknown_encoding_is_named(edge: Edge) -> None:
    answer = await edge.post(b"x", headers={**AUTH, "Content-Encoding": "lzma"})
    assert answer.status == 415
    assert "lzma" in answer.json()["detail"]


async def test_a_full_spool_is_503_with_when_to_come_back(tmp_path: Path) -> None:
    edge = Edge(tmp_path, max_bytes=100)
    answer = await edge.post(envelope(("event", event())))
    assert answer.status == 503
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["x-sentry-rate-limits"].endswith("::project:spool_full")
    assert edge.world.dropped("spool_full") == 1


async def test_bodies_in_memory_are_bounded(tmp_path: Path) -> None:
    edge = Edge(tmp_path, in_flight_bytes=100)
    answer = await edge.post(envelope(("event", event(message="x" * 200))))
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert (await edge.post(envelope(("session", b"{}")))).status == 200


async def test_a_project_over_its_quota_is_429_until_the_bucket_fills(tmp_path: Path) -> None:
    edge = Edge(tmp_path, sentry=SentryOptions(per_minute={Category.ERROR: 2}))
    for _ in range(2):
        assert (await edge.post(envelope(("event", event())))).status == 200
    refused = await edge.post(envelope(("event", event())))
    assert refused.status == 429
    assert refused.headers["x-sentry-rate-limits"] == "31:error:project:over_quota"
    mixed = await edge.post(envelope(("event", event()), ("log", LOG)))
    assert (mixed.status, "retry-after" in mixed.headers) == (200, False)
    assert mixed.headers["x-sentry-rate-limits"] == "31:error:project:over_quota"
    assert len(edge.world.records(Kind.LOGS)) == 1
    edge.world.clock.forward(31_000)
    assert (await edge.post(envelope(("event", event())))).status == 200


async def test_browsers_may_send_from_anywhere_and_read_the_limits(edge: Edge) -> None:
    preflight = await call(edge.app, "OPTIONS", ENVELOPE, headers={"Origin": "https://a.test"})
    assert preflight.status == 204
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "x-sentry-auth" in preflight.headers["access-control-allow-headers"]
    answer = await edge.post(envelope(("event", event())))
    exposed = answer.headers["access-control-expose-headers"]
    assert "x-sentry-rate-limits" in exposed
    assert "retry-after" in exposed
    assert "access-control-allow-credentials" not in answer.headers


async def test_minidumps_are_refused_clearly(edge: Edge) -> None:
    answer = await edge.post(b"MDMP", path="/api/1/minidump/")
    assert answer.status == 415
    assert "minidump" in answer.json()["detail"]


async def test_other_methods_are_refused(edge: Edge) -> None:
    assert (await call(edge.app, "GET", ENVELOPE)).status == 405


async def test_refusals_are_noted_without_the_key(edge: Edge) -> None:
    await edge.post(b"", headers={"User-Agent": "sdk/1"}, query=f"sentry_key={'f' * 32}")
    await edge.post(b"bad", headers={**AUTH, "User-Agent": "sdk/2"})
    for _ in range(100):
        await edge.post(b"bad")
    await edge.app.stop()
    assert len(edge.rejections) == 50
    first, second = edge.rejections[:2]
    assert (first.project_id, first.status, first.reason) == (0, 403, "unknown_key")
    assert (second.project_id, second.status, second.reason) == (1, 400, "malformed")
    assert (first.path, first.sender) == (ENVELOPE, "sdk/1")


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=300) | st.lists(st.binary(max_size=40)).map(b"\n".join))
def test_any_bytes_parse_or_are_malformed(body: bytes) -> None:
    position = 0
    try:
        _, items = parse.parse_envelope(body)
        for item in items:
            parse.parse_object(item.payload, item.position)
    except parse.MalformedEnvelope as error:
        position = error.position
    assert 0 <= position <= len(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text(), JSON, max_size=5), st.binary(max_size=30))
def test_whatever_an_envelope_holds_is_taken_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: dict[str, object], noise: bytes
) -> None:
    import asyncio
    import json

    edge = Edge(tmp_path_factory.mktemp("edge"))
    try:
        body = envelope(("event", json.dumps(content).encode()), ("event", noise))
        answer = asyncio.run(edge.post(body))
        assert answer.status in {200, 400}
    finally:
        edge.world.spool.close()
