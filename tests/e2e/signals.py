"""Traces and log lines as OpenTelemetry's SDKs put them into JSON."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from typing import Any

import httpx

from tests.e2e.eventually import eventually

SERVER, CLIENT = 2, 3
FAILED = 2


def attribute(key: str, value: str | int) -> dict[str, Any]:
    """One attribute as OTLP writes it."""
    return {
        "key": key,
        "value": {"intValue": value} if isinstance(value, int) else {"stringValue": value},
    }


def span(
    trace_id: str,
    name: str,
    *,
    start_ns: int,
    length_ns: int,
    parent_id: str = "",
    kind: int = SERVER,
    attributes: Sequence[dict[str, Any]] = (),
    message: str = "",
) -> dict[str, Any]:
    """One span; with a message it has failed."""
    return {
        "traceId": trace_id,
        "spanId": secrets.token_hex(8),
        "parentSpanId": parent_id,
        "name": name,
        "kind": kind,
        "startTimeUnixNano": str(start_ns),
        "endTimeUnixNano": str(start_ns + length_ns),
        "attributes": list(attributes),
        "status": {"code": FAILED, "message": message} if message else {},
    }


def send_spans(url: str, facts: dict[str, Any], service: str, spans: list[dict[str, Any]]) -> None:
    """Hand over spans of one service; they are on disk when this returns."""
    _post(url, facts, "traces", {
        "resourceSpans": [{"resource": _resource(service), "scopeSpans": [{"spans": spans}]}]
    })  # fmt: skip


def send_lines(
    url: str,
    facts: dict[str, Any],
    service: str,
    lines: Sequence[tuple[str, str]],
    trace_id: str = "",
) -> None:
    """Hand over log lines (severity, text) of one service, a millisecond apart."""
    now_ns = time.time_ns()
    records = [
        {
            "timeUnixNano": str(now_ns - (len(lines) - i) * 1_000_000),
            "severityText": severity,
            "body": {"stringValue": text},
            "attributes": [attribute("order.id", i)],
            **({"traceId": trace_id} if trace_id else {}),
        }
        for i, (severity, text) in enumerate(lines)
    ]
    _post(url, facts, "logs", {
        "resourceLogs": [{"resource": _resource(service), "scopeLogs": [{"logRecords": records}]}]
    })  # fmt: skip


def send_a_checkout(url: str, facts: dict[str, Any]) -> str:
    """A failed request over two services with a repeated statement, and two lines.

    Returns the trace's id once all of it is stored.
    """
    trace_id = secrets.token_hex(16)
    now_ns = time.time_ns() - 2_000_000_000
    ms = 1_000_000
    root = span(
        trace_id,
        "GET /checkout",
        start_ns=now_ns,
        length_ns=900 * ms,
        message="card declined",
        attributes=[
            attribute("http.route", "/checkout"),
            attribute("http.request.method", "GET"),
            attribute("http.response.status_code", 500),
        ],
    )
    call = span(
        trace_id,
        "POST /orders",
        start_ns=now_ns + 40 * ms,
        length_ns=700 * ms,
        parent_id=root["spanId"],
        attributes=[attribute("http.route", "/orders"), attribute("http.request.method", "POST")],
    )
    queries = [
        span(
            trace_id,
            "SELECT item",
            start_ns=now_ns + (80 + 40 * i) * ms,
            length_ns=20 * ms,
            parent_id=call["spanId"],
            kind=CLIENT,
            attributes=[
                attribute("db.system.name", "postgresql"),
                attribute("db.query.text", "SELECT id, price FROM item WHERE cart_id = 7"),
            ],
        )
        for i in range(6)
    ]
    send_spans(url, facts, "web", [root])
    send_spans(url, facts, "orders", [call, *queries])
    send_lines(
        url,
        facts,
        "orders",
        [("INFO", "order 4821 placed"), ("ERROR", "card declined for order 4821")],
        trace_id,
    )
    wait_for(url, facts, f"traces/{trace_id}", "spans")
    wait_for(url, facts, "logs?q=declined", "lines")
    return trace_id


def wait_for(url: str, facts: dict[str, Any], path: str, key: str) -> None:
    """Until `path` of the JSON API answers with something under `key`."""
    root = f"{url}/api/wk/projects/{facts['project_id']}"
    token = {"Authorization": f"Bearer {facts['api_token']}"}

    def ask() -> object:
        answer = httpx.get(f"{root}/{path}", headers=token, timeout=30)
        return answer.json().get(key) if answer.status_code == 200 else None

    eventually(ask, within_s=30, what=path)


def _resource(service: str) -> dict[str, Any]:
    named = [
        attribute("service.name", service),
        attribute("deployment.environment.name", "production"),
    ]
    return {"attributes": named}


def _post(url: str, facts: dict[str, Any], signal: str, body: dict[str, Any]) -> None:
    key = {"Authorization": f"Bearer {facts['server_key']}"}
    answer = httpx.post(
        f"{url}/p/{facts['project_id']}/v1/{signal}", json=body, headers=key, timeout=30
    )
    assert answer.status_code == 200, answer.text
