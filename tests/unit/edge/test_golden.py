"""Requests captured from real SDKs are taken; each file names the client and its version."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from tests.unit.edge.test_envelope import Edge
from tests.unit.edge.world import call

GOLDEN = Path(__file__).parents[2] / "golden" / "wire" / "sentry"
CAPTURES = sorted(GOLDEN.glob("*.json"))


def test_there_are_captures() -> None:
    assert len(CAPTURES) >= 3


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
async def test_a_captured_request_is_taken(path: Path, tmp_path: Path) -> None:
    edge = Edge(tmp_path)
    captured = json.loads(path.read_text())
    answer = await call(
        edge.app,
        captured["method"],
        captured["path"],
        base64.b64decode(captured["body"]),
        query=captured["query"],
        headers=captured["headers"],
    )
    assert answer.status == 200
    content = edge.world.spool_bytes()
    for secret in (b"planted-secret", b"ann@example.com", b"203.0.113.9", b"123456"):
        assert secret not in content
    edge.world.spool.close()


async def test_the_captures_hold_an_exception_and_a_message(tmp_path: Path) -> None:
    edge = Edge(tmp_path)
    for path in CAPTURES:
        captured = json.loads(path.read_text())
        body = base64.b64decode(captured["body"])
        await call(edge.app, "POST", captured["path"], body, headers=captured["headers"])
    events = edge.world.events()
    raised = [event for event in events if "exception" in event]
    assert [event["exception"]["values"][0]["type"] for event in raised] == ["ValueError"]
    assert [event["message"] for event in events if "message" in event] == ["hello"]
    edge.world.spool.close()
