"""Requests captured from real SDKs are taken; each file names the client and its version."""

from __future__ import annotations

import base64
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.unit.edge.test_envelope import Edge
from tests.unit.edge.world import Answer, call
from watchkeeper.ingest import SpanRow, decode_logs, decode_spans
from watchkeeper.ingest.envelope_rows import (
    AttachmentRow,
    FeedbackRow,
    ProfileRow,
    ReplayRow,
    SessionRow,
    decode_blob_rows,
    decode_envelope_rows,
)
from watchkeeper.ingest.rows import decode_series
from watchkeeper.issues.event import ErrorFacts, facts_of, read_event
from watchkeeper.model import Kind
from watchkeeper.traces.profiles.sentry import read_sentry

GOLDEN = Path(__file__).parents[2] / "golden" / "wire" / "sentry"
CAPTURES = sorted(GOLDEN.glob("*.json"))
CAPTURED_MS = 1_795_268_900_000
"""About when they were captured."""
SECRETS = (b"planted-secret", b"ada@example.com", b"203.0.113.9", b"123456")
CLIENTS = {
    "sentry-sdk 2.75.0 (Python)",
    "@sentry/node 10.78.0",
    "@sentry/node 11.12.0",
    "@sentry/browser 10.78.0",
    "@sentry/browser 11.12.0",
    "raven 6.10.0 (Python)",
    "raven 2.6.4 (Node)",
    "sentry-sdk 0.20.3 (Python)",
    "sentry-sdk 1.0.0 (Python)",
    "sentry-sdk 1.45.1 (Python)",
    "sentry-sdk 2.20.0 (Python)",
    "@sentry/node 6.19.7",
    "@sentry/node 7.120.4",
    "@sentry/browser 6.19.7",
    "@sentry/browser 7.120.4",
}
KINDS = {
    "browser-10": "ERROR_EVENT FEEDBACK LOGS REPLAYS SERIES SAMPLES METADATA SESSIONS SPANS",
    "browser-11": "ERROR_EVENT FEEDBACK LOGS REPLAYS SERIES SAMPLES METADATA SESSIONS SPANS",
    "node-10": "ATTACHMENTS CHECK_INS ERROR_EVENT FEEDBACK HISTOGRAMS LOGS METADATA SAMPLES SERIES"
    " SESSIONS SPANS",
    "node-11": "ATTACHMENTS CHECK_INS ERROR_EVENT FEEDBACK HISTOGRAMS LOGS METADATA SAMPLES SERIES"
    " SESSIONS SPANS",
    "python-celery": "ERROR_EVENT SPANS",
    "python-check_in": "CHECK_INS",
    "python-django": "ERROR_EVENT SESSIONS SPANS",
    "python-error": "ATTACHMENTS ERROR_EVENT",
    "python-fastapi": "ERROR_EVENT SESSIONS SPANS",
    "python-flask": "ERROR_EVENT SESSIONS SPANS",
    "python-logs": "ERROR_EVENT LOGS",
    "python-metrics": "HISTOGRAMS METADATA SAMPLES SERIES",
    "python-profile": "PROFILES SPANS",
    "python-session": "ERROR_EVENT SESSIONS",
    "python-stream": "SPANS",
    "python-transaction": "PROFILES SPANS",
    "raven-python": "ERROR_EVENT",
    "raven-node": "ERROR_EVENT",
    "python-0-errors": "ERROR_EVENT",
    "python-0-flask": "ERROR_EVENT SPANS",
    "python-1-flask": "SESSIONS SPANS",
    "python-1-profile": "PROFILES SPANS",
    "python-1-metrics": "HISTOGRAMS METADATA SAMPLES SERIES",
    "python-2-profile": "PROFILES",
    "node-6": "ERROR_EVENT SESSIONS SPANS",
    "node-7": "CHECK_INS PROFILES SPANS",
    "browser-6": "ERROR_EVENT SPANS",
    "browser-7": "ERROR_EVENT FEEDBACK REPLAYS",
}
"""What each scenario is stored as."""


def label_of(path: Path) -> str:
    return path.stem.rpartition("-")[0]


def captures(label: str) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in CAPTURES if label_of(path) == label]


async def replay(edge: Edge, captured: dict[str, Any]) -> Answer:
    edge.world.clock.now_ms = CAPTURED_MS
    return await call(
        edge.app,
        captured["method"],
        captured["path"],
        base64.b64decode(captured["body"]),
        query=captured["query"],
        headers=captured["headers"],
    )


@pytest.fixture
def edge(tmp_path: Path) -> Any:
    edge = Edge(tmp_path)
    yield edge
    edge.world.spool.close()


def rows(edge: Edge, kind: Kind) -> list[Any]:
    return [
        row
        for record in edge.world.records(kind)
        for row in decode_envelope_rows(kind, record.payload)
    ]


def blobs(edge: Edge, kind: Kind) -> list[Any]:
    return [
        row for record in edge.world.records(kind) for row in decode_blob_rows(kind, record.payload)
    ]


def spans(edge: Edge) -> list[SpanRow]:
    records = edge.world.records(Kind.SPANS)
    return [span for record in records for span in decode_spans(record.payload)]


def test_every_client_was_captured() -> None:
    assert {json.loads(path.read_text())["client"] for path in CAPTURES} == CLIENTS
    assert {label_of(path) for path in CAPTURES} == set(KINDS)


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
async def test_a_captured_request_is_taken_whole_and_scrubbed(path: Path, edge: Edge) -> None:
    answer = await replay(edge, json.loads(path.read_text()))
    assert answer.status == 200
    assert edge.world.dropped("malformed") == edge.world.dropped("too_large") == 0
    is_located = path.stem.startswith("python-1-metrics")  # where in the code metrics are counted
    assert edge.world.dropped("unsupported_item") == is_located
    content = edge.world.spool_bytes()
    assert not [secret for secret in SECRETS if secret in content]


@pytest.mark.parametrize("label", KINDS)
async def test_everything_is_stored_where_it_belongs(label: str, edge: Edge) -> None:
    for captured in captures(label):
        await replay(edge, captured)
    found = {record.kind.name for record in edge.world.records()}
    assert found == set(KINDS[label].split())


async def test_a_transaction_is_its_root_its_spans_and_its_profile(edge: Edge) -> None:
    for captured in captures("python-transaction"):
        await replay(edge, captured)
    root, query, call_out = spans(edge)
    assert (root.name, root.op, root.kind, root.is_entry) == (
        "/orders/{id}", "http.server", "server", True,
    )  # fmt: skip
    assert (root.service, root.release, root.host) == ("shop", "shop@1.2.3", "web-1")
    assert root.attributes["measurement.basket.items"] == "3"
    assert root.attributes["feature"] == "checkout"
    assert root.attributes["authorization"] == "[Filtered]"
    assert (query.op, query.db_system, query.statement) == (
        "db", "postgresql", "SELECT * FROM orders WHERE id = ?",
    )  # fmt: skip
    assert query.parent_id == call_out.parent_id == root.span_id
    assert (call_out.status, call_out.http_status) == ("error", 503)
    assert {span.transaction for span in (root, query, call_out)} == {"/orders/{id}"}
    (profile,) = rows(edge, Kind.PROFILES)
    assert isinstance(profile, ProfileRow)
    assert (profile.format, profile.trace_id) == ("sentry-1", root.trace_id)
    assert profile.span_id == root.span_id
    assert profile.duration_ns > 100_000_000
    assert json.loads(profile.payload)["profile"]["samples"]


async def test_a_framework_s_route_is_the_span_s(edge: Edge) -> None:
    for captured in captures("python-fastapi"):
        await replay(edge, captured)
    assert {span.route for span in spans(edge) if span.is_entry} == {"/users/{user_id}"}


async def test_streamed_spans_are_spans_too(edge: Edge) -> None:
    for captured in captures("python-stream"):
        await replay(edge, captured)
    found = {span.name: span for span in spans(edge)}
    root, query = found["/orders/{id}"], found["SELECT ?"]
    assert (root.is_entry, query.is_entry) == (True, False)
    assert query.parent_id == root.span_id
    assert query.transaction == "/orders/{id}"
    assert (query.attributes["api_key"], query.user_key) == ("[Filtered]", "id:42")


async def test_a_chunk_of_a_continuous_profile_joins_its_profiler(edge: Edge) -> None:
    for captured in captures("python-profile"):
        await replay(edge, captured)
    (chunk,) = rows(edge, Kind.PROFILES)
    (span,) = spans(edge)
    assert (chunk.format, chunk.profiler_id) == ("sentry-2", span.attributes["profiler_id"])
    assert 0 <= chunk.ts - span.ts_ns // 1_000_000 < 1_000


async def test_logs_keep_their_fields(edge: Edge) -> None:
    for captured in captures("python-logs"):
        await replay(edge, captured)
    (record,) = edge.world.records(Kind.LOGS)
    stock, login, payment = decode_logs(record.payload)
    assert (stock.severity, stock.body, stock.attributes["left"]) == (
        "warn", "stock of tea is low", "3",
    )  # fmt: skip
    assert login.body == "login with password=[Filtered] failed"
    assert (payment.severity_number, payment.attributes["logger.name"]) == (17, "shop.payments")
    assert {line.source for line in (stock, login, payment)} == {"sentry"}
    assert (stock.service, stock.environment, stock.host) == ("shop", "production", "web-1")


async def test_releases_fare_as_their_sessions_say(edge: Edge) -> None:
    for label in ("python-session", "python-flask"):
        for captured in captures(label):
            await replay(edge, captured)
    alone, summed = rows(edge, Kind.SESSIONS)
    assert isinstance(alone, SessionRow)
    assert (alone.status, alone.sessions, alone.errored, alone.crashed) == ("exited", 1, 1, 0)
    assert alone.user_key == "id:42"
    assert (summed.sessions, summed.crashed, summed.release) == (1, 1, "shop@1.2.3")


async def test_check_ins_come_in_pairs(edge: Edge) -> None:
    for captured in captures("python-check_in"):
        await replay(edge, captured)
    begun, done = rows(edge, Kind.CHECK_INS)
    assert (begun.status, done.status) == ("in_progress", "ok")
    assert begun.check_in_id == done.check_in_id
    assert (begun.monitor, done.duration_ms >= 10) == ("nightly", True)
    assert json.loads(begun.config)["schedule"] == {"type": "crontab", "value": "*/5 * * * *"}


@pytest.mark.parametrize("label", ["node-10", "node-11", "browser-10", "browser-11"])
async def test_feedback_is_kept_without_the_address(label: str, edge: Edge) -> None:
    for captured in captures(label):
        await replay(edge, captured)
    (feedback,) = rows(edge, Kind.FEEDBACK)
    assert isinstance(feedback, FeedbackRow)
    assert (feedback.name, feedback.message) == ("Ada", "The basket is slow.")
    assert (feedback.email, feedback.user_key) == ("[Filtered]", "id:42")


@pytest.mark.parametrize("label", ["node-10", "node-11", "python-error"])
async def test_attachments_belong_to_their_event(label: str, edge: Edge) -> None:
    for captured in captures(label):
        await replay(edge, captured)
    ((attachment, content),) = blobs(edge, Kind.ATTACHMENTS)
    assert isinstance(attachment, AttachmentRow)
    assert attachment.event_id in {event["event_id"] for event in edge.world.events()}
    assert attachment.name in {"basket.json", "basket.txt"}
    assert attachment.size_bytes == len(content)


@pytest.mark.parametrize("label", ["browser-10", "browser-11"])
async def test_a_replay_is_kept_segment_by_segment(label: str, edge: Edge) -> None:
    for captured in captures(label):
        await replay(edge, captured)
    found = blobs(edge, Kind.REPLAYS)
    parts = Counter((row.segment_id, row.part) for row, _content in found)
    segments = {row.segment_id for row, _content in found}
    assert segments == set(range(len(segments)))
    assert parts == {(n, part): 1 for n in segments for part in ("event", "recording")}
    assert len({row.replay_id for row, _content in found}) == 1
    for row, content in found:
        assert isinstance(row, ReplayRow)
        assert (row.part == "recording") == bool(content)
        assert row.unpacked_bytes >= row.size_bytes > 0


async def test_raven_s_events_read_as_today_s(edge: Edge) -> None:
    for captured in captures("raven-python"):
        await replay(edge, captured)
    found = [read_facts(event) for event in edge.world.events()]
    error, message, plain, query, request = found
    assert (error.title, error.culprit) == (
        "ValueError: no price for “tea” ☕", "__main__ in charge",
    )  # fmt: skip
    assert (error.level, error.user_key, error.tags["feature"]) == ("error", "id:42", "checkout")
    assert message.title == "stock of 'tea' is 3"
    assert (message.level, message.groupable.template) == ("warning", "stock of %s is %d")
    assert (plain.level, plain.groupable.fingerprint) == ("info", ("{{ default }}", "x"))
    assert (query.title, query.culprit) == ("SELECT 1", "here")
    assert (request.title, request.url) == ("with a request", "http://shop.example.com/pay")


def read_facts(event: dict[str, Any]) -> ErrorFacts:
    return facts_of(read_event(json.dumps(event).encode()), received_ms=CAPTURED_MS)


@pytest.mark.parametrize("label", ["browser-6", "node-6"])
async def test_words_for_levels_of_old_are_today_s(label: str, edge: Edge) -> None:
    for captured in captures(label):
        await replay(edge, captured)
    levels = {
        event["message"]: read_facts(event).level
        for event in edge.world.events()
        if "message" in event
    }
    assert levels["a plain log line"] == "info"
    assert levels["shop opened"] == "warning"


async def test_metrics_of_old_are_series(edge: Edge) -> None:
    for captured in captures("python-1-metrics"):
        await replay(edge, captured)
    names = {
        dict(row.labels)["__name__"]
        for record in edge.world.records(Kind.SERIES)
        for row in decode_series(record.payload)
    }
    assert names == {"orders_total", "checkout_time_milliseconds"}


@pytest.mark.parametrize("label", ["python-1-profile", "python-2-profile", "node-7"])
async def test_profiles_of_old_can_be_shown(label: str, edge: Edge) -> None:
    for captured in captures(label):
        await replay(edge, captured)
    (profile,) = rows(edge, Kind.PROFILES)
    stacks = read_sentry(profile.payload)
    names = {stacks.frames[at].function for sample in stacks.samples for at in sample.frames}
    assert "work" in names
    assert profile.duration_ns > 50_000_000
