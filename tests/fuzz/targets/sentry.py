"""Sentry's envelopes, whole and item by item, and the bodies of its other routes."""

from __future__ import annotations

import asyncio
import base64
import json
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from random import Random

import msgspec

from tests.fuzz.target import Run, Target
from tests.fuzz.targets.spool import Sink, finished
from tests.unit.edge.world import PUBLIC, KeyBox
from watchkeeper.ingest import AsgiMessage, BodyLimits, InFlight, Receive, Request
from watchkeeper.ingest.protocols.sentry import SentryEndpoint, SentryOptions
from watchkeeper.privacy import Scrubber

_HEADERS = {b"x-sentry-auth": f"Sentry sentry_key={PUBLIC}".encode()}
_LIMITS = BodyLimits(max_bytes=2**17, max_unpacked_bytes=2**18)
_TRACE, _SPAN = "5b02a64335ef45c690a0409342e23f56", "9cafd838f14ed476"
_TIMES: tuple[object, ...] = (
    1_795_224_000.5, "2026-11-21T01:20:00.123456Z", "2026-11-21", 0, -1, 1e300, True, None,
    "yesterday", "1795224000", [], 2**63, "\x00",
)  # fmt: skip
_ODD: tuple[object, ...] = (
    None, True, -1, 0, 1.5, 2**64, 1e308, "", "\x00", "\ud83d", "a" * 300, "password=hunter2", [],
    {}, [[]], {"value": 3, "type": "integer"}, {"a": {"b": {"c": []}}}, "4111 1111 1111 1111",
    "https://u:p@x.example.com/a/7?token=1", ["k", "v"], {"key": "token", "value": "x"},
)  # fmt: skip


@cache
def _runner() -> asyncio.Runner:
    """One loop with one thread a worker: each thread's stack and arena counts as its memory."""
    runner = asyncio.Runner()
    runner.get_loop().set_default_executor(ThreadPoolExecutor(max_workers=1))
    return runner


def _take(path: str) -> Run:
    sink, keys, scrubber, runner = Sink(), KeyBox(), Scrubber(), _runner()

    def run(data: bytes) -> str:
        sink.renew()
        endpoint = SentryEndpoint(
            acceptor=sink.acceptor,
            keys=keys,
            scrubber=scrubber,
            clock=sink.clock,
            in_flight=InFlight(),
            options=SentryOptions(limits=_LIMITS),
        )
        request = Request("POST", path, b"", _HEADERS, _sent(data))
        # Recordings are read in a thread; a loop costs more than most of the other inputs do.
        may_record = b"replay" in data or b"\\u" in data
        reply = runner.run(endpoint(request)) if may_record else finished(endpoint(request))
        assert reply.status in {200, 400, 401, 403, 413, 415}, f"answered {reply.status}"
        json.loads(reply.body)
        return f"{reply.status} {min(sink.spool.rows, 3)}"

    return run


def _sent(body: bytes) -> Receive:
    async def receive() -> AsgiMessage:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _typed(rng: Random) -> dict[str, object]:
    names = ("sentry.op", "user.id", "user.ip_address", "server.address", "db.system", "api_key")
    return {rng.choice(names): {"value": rng.choice(_ODD), "type": "string"} for _ in range(3)}


def _span(rng: Random) -> dict[str, object]:
    return {
        "trace_id": _TRACE, "span_id": _SPAN, "parent_span_id": rng.choice((None, _SPAN, 7)),
        "start_timestamp": rng.choice(_TIMES), "timestamp": rng.choice(_TIMES),
        "end_timestamp": rng.choice(_TIMES), "op": rng.choice(("db", "http.client", 1)),
        "description": rng.choice(_ODD), "status": rng.choice(("ok", "error", "not_found", 3)),
        "attributes": _typed(rng), "data": rng.choice(_ODD), "tags": rng.choice(_ODD),
        "links": [{"trace_id": _TRACE, "span_id": _SPAN}], "measurements": {"x": rng.choice(_ODD)},
    }  # fmt: skip


def _transaction(rng: Random) -> dict[str, object]:
    trace = {"trace_id": _TRACE, "span_id": _SPAN, "op": "http.server", "data": rng.choice(_ODD)}
    return {
        "transaction": rng.choice(_ODD), "timestamp": rng.choice(_TIMES),
        "start_timestamp": rng.choice(_TIMES), "spans": [_span(rng) for _ in range(2)],
        "contexts": {"trace": trace, "os": rng.choice(_ODD)}, "user": rng.choice(_ODD),
        "breadcrumbs": rng.choice(({"values": [rng.choice(_ODD)]}, [{}], 3)),
        "request": rng.choice(_ODD), "measurements": rng.choice(_ODD), "tags": rng.choice(_ODD),
    }  # fmt: skip


def _object(rng: Random, kind: str) -> dict[str, object]:
    """One item's content, mostly right."""
    if kind == "transaction":
        return _transaction(rng)
    if kind == "span":
        return {"items": [_span(rng)]} if rng.random() < 0.5 else _span(rng)
    if kind == "log":
        line = {"timestamp": rng.choice(_TIMES), "level": rng.choice(_ODD), "body": "b"}
        return {"items": [{**line, "attributes": _typed(rng), "trace_id": _TRACE}]}
    if kind == "trace_metric":
        point = {"name": rng.choice(("a.b", "", 1)), "type": rng.choice(("counter", "gauge", "x"))}
        more = {"value": rng.choice((1, 2.5, -1, 1e308, "1", None)), "unit": rng.choice(_ODD)}
        return {"items": [{**point, **more, "attributes": _typed(rng)}]}
    common = {"timestamp": rng.choice(_TIMES), "release": rng.choice(("a@1", 1)), "status": "ok"}
    own = {name: rng.choice(_ODD) for name in rng.sample(_FIELDS, 8)}
    return {**common, "sid": _TRACE, "attrs": {"release": "a@1"}, **own}


_FIELDS = (
    "event_id", "did", "started", "duration", "aggregates", "monitor_slug", "check_in_id",
    "monitor_config", "contexts", "comments", "replay_id", "segment_id", "urls", "profile",
    "transaction", "transactions", "chunk_id", "profiler_id", "exception", "message", "user",
    "tags", "seq", "errors", "platform", "csp-report", "discarded_events", "email", "level",
    "sentry.interfaces.Exception", "sentry.interfaces.Http", "stacktrace", "threads", "dist",
)  # fmt: skip
_KINDS = (
    "event", "transaction", "span", "log", "trace_metric", "session", "sessions", "check_in",
    "feedback", "user_report", "attachment", "replay_event", "replay_recording", "replay_video",
    "profile", "profile_chunk", "client_report", "raw_security", "statsd", "novelty",
)  # fmt: skip


def _payload(rng: Random, kind: str) -> bytes:
    content = json.dumps(_object(rng, kind)).encode()
    if kind == "replay_recording":
        recording = rng.choice((b"[]", zlib.compress(b"[{}]" * 50), b"\x78\x9c\xff", b""))
        return b'{"segment_id":%d}\n' % rng.randrange(3) + recording
    if kind == "statsd":
        value = rng.choice((b"1", b"2.5:3", b"nan", b"1e999", b"x", b""))
        return b"a.b@none:%s|%s|#k:\\u{7c}v,e|T1\n" % (value, rng.choice((b"c", b"d", b"s", b"q")))
    if kind == "replay_video":
        parts = {"replay_event": content, "replay_recording": b"{}\n[]", "replay_video": b"v"}
        return msgspec.msgpack.encode(parts)
    return content


def _envelope(rng: Random) -> bytes:
    header = {"event_id": rng.choice((_TRACE, 1, None)), "sent_at": rng.choice(_TIMES)}
    out = json.dumps({**header, "trace": rng.choice(_ODD)}).encode() + b"\n"
    for _ in range(1 + rng.randrange(3)):
        kind = rng.choice(_KINDS)
        payload = _payload(rng, kind)
        item: dict[str, object] = {"type": kind, "filename": rng.choice(_ODD)}
        if b"\n" in payload or rng.random() < 0.5:
            item["length"] = len(payload)
        out += json.dumps(item).encode() + b"\n" + payload + b"\n"
    return out


def _report(rng: Random) -> bytes:
    body = {"effectiveDirective": rng.choice(_ODD), "blockedURL": rng.choice(_ODD)}
    classic = {"violated-directive": rng.choice(_ODD), "blocked-uri": rng.choice(_ODD)}
    forms: Sequence[object] = (
        {"csp-report": classic},
        [{"type": "csp-violation", "url": rng.choice(_ODD), "body": body}],
        {"expect-ct-report": {"hostname": rng.choice(_ODD)}},
        {"hostname": "a", "known-pins": rng.choice(_ODD)},
        [{"type": "deprecation", "body": {"id": rng.choice(_ODD)}}],
    )
    return json.dumps(rng.choice(forms)).encode()


def _stored(rng: Random) -> bytes:
    event = json.dumps(_object(rng, "event")).encode()
    return rng.choice((event, zlib.compress(event), base64.b64encode(zlib.compress(event))))


_TOKENS = (
    b'"type":"', b'"length":', b"\n", b"{}", b"[]", b'"items":', b'"attributes":', b"NaN", b"null",
    b'"spans":', b'"trace_id":"', b"\\ud83d", b"\\u0000", b"1e999",
)  # fmt: skip

TARGETS = (
    Target(
        name="sentry-envelope",
        make=lambda: _take("/api/1/envelope/"),
        refusals=(),
        generate=_envelope,
        tokens=_TOKENS,
        share=40,
    ),
    Target(
        name="sentry-store",
        make=lambda: _take("/api/1/store/"),
        refusals=(),
        generate=_stored,
        tokens=_TOKENS,
        share=20,
    ),
    Target(
        name="sentry-security",
        make=lambda: _take("/api/1/security/"),
        refusals=(),
        generate=_report,
        tokens=_TOKENS,
        share=20,
    ),
)
