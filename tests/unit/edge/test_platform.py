"""What a platform tells becomes deploys, spans and lines."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.house import SCOPE, House, open_house
from tests.unit.edge.test_envelope import Edge
from tests.unit.edge.world import PUBLIC, SERVER, Answer
from watchkeeper.artifacts import Deploy, DeployStatus, Releases
from watchkeeper.ingest import LogRow, SpanRow, decode_logs, decode_spans
from watchkeeper.ingest.deploy_rows import decode_deploys, encode_deploys
from watchkeeper.ingest.pipeline import SpanOrigin, finish_log, finish_span
from watchkeeper.ingest.protocols.platform import Subject, read_events, tell
from watchkeeper.ingest.rows import encode_logs
from watchkeeper.ingest.span_columns import encode_spans
from watchkeeper.model import Kind
from watchkeeper.privacy import Scrubber
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta

PATH = "/v1/platform/events"
BEARER = {"authorization": f"Bearer {SERVER}"}
NOW_MS = 1_795_224_000_000


class PlatformEdge(Edge):
    """An edge, and what was made of the events sent to it."""

    async def tell(self, *events: object, **headers: str) -> Answer:
        body = json.dumps(events[0] if len(events) == 1 else events).encode()
        return await self.post(body, path=PATH, headers={**BEARER, **headers})

    def spans(self) -> list[SpanRow]:
        found = self.world.records(Kind.SPANS)
        return [row for each in found for row in decode_spans(each.payload)]

    def lines(self) -> list[LogRow]:
        found = self.world.records(Kind.LOGS)
        return [row for each in found for row in decode_logs(each.payload)]


@pytest.fixture
def edge(tmp_path: Path) -> PlatformEdge:
    (tmp_path / "edge").mkdir()
    return PlatformEdge(tmp_path / "edge")


async def test_a_deployment_and_its_build_are_one_trace(edge: PlatformEdge) -> None:
    answer = await edge.tell(
        {"type": "deployment_started", "deployment_id": "d-42", "timestamp": NOW_MS - 42_000},
        {"deployment_id": "d-42", "phase": "install", "start_time": NOW_MS - 40_000,
         "end_time": NOW_MS - 10_000, "status": "success", "asset_count": 12},
        {"type": "deployment_completed", "deployment_id": "d-42", "status": "success",
         "duration_ms": 42_000, "timestamp": NOW_MS, "environment": "production"},
    )  # fmt: skip

    assert (answer.status, answer.json()) == (200, {"accepted": 3, "refused": []})
    phase, root = edge.spans()
    assert (phase.trace_id, phase.parent_id) == (root.trace_id, root.span_id)
    assert (phase.op, phase.name, phase.service) == ("build.install", "install", "builds")
    assert (phase.duration_ns, phase.is_entry) == (30_000_000_000, False)
    assert phase.attributes["asset_count"] == "12"
    assert (root.op, root.status, root.environment) == ("deploy", "ok", "production")
    assert root.ts_ns == (NOW_MS - 42_000) * 1_000_000
    assert [line.body for line in edge.lines()] == [
        "Deployment d-42 started",
        "Build of d-42: install succeeded in 30.0 s",
        "Deployment d-42 succeeded in 42.0 s",
    ]


async def test_a_function_that_fails_is_a_span_and_a_line(edge: PlatformEdge) -> None:
    await edge.tell(
        {"functionId": "resize", "startTime": NOW_MS},
        {"functionId": "resize", "status": "success", "durationMs": 7, "error": None},
        {"functionId": "resize", "status": "error", "durationMs": 13.5,
         "error": "password=hunter22 is wrong", "userId": "u-1"},
    )  # fmt: skip

    good, bad = edge.spans()
    assert (good.op, good.name, good.route, good.status) == ("function", "resize", "resize", "ok")
    assert (bad.status, bad.duration_ns, bad.user_key) == ("error", 13_500_000, "id:u-1")
    began, failed = edge.lines()
    assert (began.severity, began.body) == ("debug", "Function resize started")
    assert (failed.severity, failed.trace_id) == ("error", bad.trace_id)
    assert failed.body.startswith("Function resize failed in 14 ms: ")
    assert b"hunter22" not in edge.world.spool_bytes()


async def test_an_api_call_is_a_request_by_route(edge: PlatformEdge) -> None:
    call = {"method": "get", "status_code": 503, "response_time_ms": 12}
    await edge.tell({"endpoint": "/users/8237", **call}, {"endpoint": "/users/:id", **call})

    sent, template = edge.spans()
    assert (sent.op, sent.route, sent.http_method) == ("http.server", "/users/{id}", "GET")
    assert (sent.http_status, sent.status, sent.name) == (503, "error", "GET /users/{id}")
    assert template.route == "/users/:id"
    assert edge.lines() == []


async def test_domains_and_certificates_are_lines(edge: PlatformEdge) -> None:
    await edge.tell(
        {"type": "ssl_expiring", "domain": "a.example", "expires_at": "2026-12-01"},
        {"type": "ssl_failed", "domain": "a.example", "error": "DNS"},
        {"type": "domain_added", "domain": "b.example"},
    )

    assert [(line.severity, line.body) for line in edge.lines()] == [
        ("warn", "ssl expiring a.example"),
        ("error", "ssl failed a.example: DNS"),
        ("info", "domain added b.example"),
    ]
    assert edge.lines()[0].attributes["expires_at"] == "2026-12-01"
    assert edge.spans() == []


async def test_what_cannot_be_understood_is_named_and_counted(edge: PlatformEdge) -> None:
    answer = await edge.tell({"phase": "clone", "duration_ms": 5}, {"what": 1}, {"type": "build"})

    assert answer.json()["accepted"] == 1
    refused = answer.json()["refused"]
    assert [one["number"] for one in refused] == [2, 3]
    assert "deployment_id" in refused[0]["reason"]
    assert "needs phase" in refused[1]["reason"]
    assert edge.world.dropped("malformed") == 2


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{}", {}, 401),
        (b"{}", {"authorization": f"Bearer {PUBLIC}"}, 403),
        (b"{}", BEARER, 400),
        (b'{"deployment_id": ', BEARER, 400),
        (b"[" + b'{"domain":"a"},' * 10_000 + b'{"domain":"a"}]', BEARER, 413),
        (b'{"domain":"a"}\n' * 10_001, BEARER, 413),
        (b"x", {**BEARER, "content-encoding": "rot13"}, 415),
    ],
)
async def test_what_cannot_be_taken_is_refused(
    edge: PlatformEdge, body: bytes, headers: dict[str, str], status: int
) -> None:
    answer = await edge.post(body, path=PATH, headers=headers)

    assert answer.status == status
    assert edge.world.records() == []


@pytest.mark.parametrize(
    ("told", "subject", "status"),
    [
        ({"type": "deployment", "deployment_id": 7, "status": "in_progress"}, "deployment",
         "in_progress"),
        ({"type": "deploy.failed", "deployment_id": "d"}, "deployment", "failure"),
        ({"event": "function-invocation", "function_id": "f", "duration_ms": 1}, "function",
         "success"),
        ({"function_id": "f", "error": {"code": 1}}, "function", "failure"),
        ({"function_id": "f"}, "function", "started"),
        ({"deployment_id": "d", "phase": "upload"}, "build", "started"),
        ({"type": "certificate_renewed", "domain": "a"}, "domain", "success"),
        ({"endpoint": "/", "duration_ms": True}, "api_call", "success"),
    ],
)  # fmt: skip
def test_subject_and_status_are_found(told: dict[str, Any], subject: str, status: str) -> None:
    (event,), refused = read_events(json.dumps(told).encode(), received_ms=NOW_MS)

    assert (event.subject, event.status, refused) == (Subject(subject), status, [])
    assert event.at_ns == NOW_MS * 1_000_000


_WORDS = st.sampled_from([
    "type", "deployment_id", "phase", "functionId", "endpoint", "domain", "timestamp", "start_time",
    "end_time", "duration_ms", "status", "error", "method", "status_code", "trace_id", "release",
])  # fmt: skip
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
_VALUES = _SCALARS | st.lists(_SCALARS, max_size=3) | st.dictionaries(st.text(), _SCALARS)


@given(st.lists(st.dictionaries(_WORDS | st.text(max_size=9), _VALUES | _WORDS), max_size=3))
@settings(max_examples=150, deadline=None)
def test_any_event_is_refused_or_becomes_rows(found: list[dict[str, object]]) -> None:
    body = json.dumps(found).encode()
    events, refused = read_events(body, received_ms=NOW_MS)

    assert len(events) + len(refused) == len(found) or not events
    scrubber = Scrubber()
    for made in map(tell, events):
        if made.span is not None:
            origin = SpanOrigin(source="platform")
            row = finish_span(made.span, origin, scrubber=scrubber, cuts=Counter())
            assert len(row.trace_id) == 32
            encode_spans([row])
        if made.line is not None:
            encode_logs([finish_log(made.line, received_ms=NOW_MS, scrubber=scrubber)])
        if made.deploy is not None:
            assert decode_deploys(encode_deploys([made.deploy])) == [made.deploy]


@given(st.binary(max_size=60))
def test_any_bytes_are_read_without_a_crash(body: bytes) -> None:
    events, refused = read_events(body, received_ms=NOW_MS)
    assert events == [] or refused == []


async def told(house: House, edge: PlatformEdge, *events: dict[str, object]) -> list[Deploy]:
    before = len(edge.world.records(Kind.DEPLOYS))
    await edge.tell(*events)
    fresh = edge.world.records(Kind.DEPLOYS)[before:]
    house.receive([record.payload for record in fresh], Kind.DEPLOYS)
    house.digest().run_once()
    return Releases(house.meta, house.columns, house.clock).deploys(SCOPE)


async def test_a_deploy_is_noted_once_whatever_the_order(
    edge: PlatformEdge, tmp_path: Path, sqlite_meta: Meta, empty_columns: Columns
) -> None:
    started = {"type": "deployment_started", "deployment_id": "d", "timestamp": NOW_MS - 60_000}
    ended = {"type": "deployment_completed", "deployment_id": "d", "status": "failure",
             "timestamp": NOW_MS, "release": "shop@1.2.0"}  # fmt: skip
    with open_house(tmp_path, sqlite_meta, empty_columns) as house:
        (after_end,) = await told(house, edge, ended)
        (late,) = await told(house, edge, started)
        (again,) = await told(house, edge, started, ended)
        (stray,) = await told(house, edge, {**started, "timestamp": NOW_MS + 5_000})

    assert (after_end.status, after_end.release) == (DeployStatus.FAILURE, "shop@1.2.0")
    assert (late.status, late.started_ms) == (DeployStatus.FAILURE, NOW_MS - 60_000)
    assert (late.duration_ms, late.environment) == (60_000, "production")
    assert again == late
    assert stray == late


async def test_a_release_that_cannot_be_is_left_out(
    edge: PlatformEdge, tmp_path: Path, sqlite_meta: Meta, empty_columns: Columns
) -> None:
    with open_house(tmp_path, sqlite_meta, empty_columns) as house:
        (deploy,) = await told(
            house, edge, {"deployment_id": "d", "status": "success", "release": "a\nb"}
        )

    assert (deploy.status, deploy.release) == (DeployStatus.SUCCESS, "")
