"""What to put where, what has arrived and what was refused."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter

from watchkeeper.api.wk.shapes import ERRORS, Answer

router = APIRouter(tags=["setup"], responses=ERRORS)


class Addresses(Answer):
    """Addresses with the project's keys filled in. server_key: null below role member."""

    sentry_dsn: str
    ingest_key: str
    server_key: str | None
    otlp_endpoint: str
    prometheus_url: str
    posthog_host: str
    statsd_address: str
    public_url: str


class SeenSource(Answer):
    """records: how many in the last window_s seconds; first_ms: of the first ever, if known."""

    source: Literal["samples", "errors", "logs"]
    first_ms: int | None
    last_ms: int
    records: int
    window_s: int


class Rejection(Answer):
    """A request that was refused, the usual trouble of a first set-up. sender: address."""

    at_ms: int
    method: str
    path: str
    status: int
    reason: str
    sender: str


class SetupAnswer(Answer):
    """Everything the page "waiting for the first record" shows."""

    addresses: Addresses
    seen: list[SeenSource]
    rejections: list[Rejection]


class TestErrorAnswer(Answer):
    """event_id: 32 hex digits of the event that was accepted."""

    event_id: str


@router.get("/projects/{project_id}/setup")
def get_setup(project_id: int) -> SetupAnswer:
    """Addresses and keys, the sources seen, and the latest refused requests."""
    raise NotImplementedError


@router.post("/projects/{project_id}/test-error", status_code=202)
def send_test_error(project_id: int) -> TestErrorAnswer:
    """Send an error through the whole road, as an SDK would. Needs role member."""
    raise NotImplementedError
