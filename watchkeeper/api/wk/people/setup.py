"""What to put where, what has arrived and what was refused."""

from __future__ import annotations

import json
import sys
import uuid
from typing import Literal

from watchkeeper import __version__
from watchkeeper.access import KeyKind, KeyRecord
from watchkeeper.api import repo
from watchkeeper.api.auth import Caller, MemberScope, RoomsHere
from watchkeeper.api.bounds import TEST_ERROR, enter
from watchkeeper.api.rooms import Rooms
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.shapes import ERRORS, Answer

router = LateRouter(tags=["setup"], responses=ERRORS)


class Addresses(Answer):
    """Addresses with the project's keys filled in; a key is null when none is switched on."""

    sentry_dsn: str
    ingest_key: str | None
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
def get_setup(rooms: RoomsHere, caller: Caller, scope: MemberScope) -> SetupAnswer:
    """Addresses and keys, the sources seen, the latest refused requests. Needs role member."""
    keys = rooms.access.keys(caller, scope.project_id)
    with rooms.meta.read() as conn:
        refused = repo.rejections(conn, scope)
    return SetupAnswer(
        addresses=_addresses(rooms, scope.project_id, keys),
        seen=[
            SeenSource(
                source=each.source,
                first_ms=each.first_ms,
                last_ms=each.last_ms,
                records=each.records,
                window_s=each.window_s,
            )
            for each in repo.seen(rooms.columns, scope, rooms.clock())
        ],
        rejections=[
            Rejection(
                at_ms=each.at_ms,
                method=each.method,
                path=each.path,
                status=each.status,
                reason=each.reason,
                sender=each.sender,
            )
            for each in refused
        ],
    )


@router.post("/projects/{project_id}/test-error", status_code=202)
def send_test_error(rooms: RoomsHere, caller: Caller, scope: MemberScope) -> TestErrorAnswer:
    """Send an error down the road that an SDK's errors take. Needs role member."""
    enter(rooms.limiter, TEST_ERROR, str(scope.project_id))
    event_id = uuid.uuid4().hex
    event = _test_event(event_id, rooms.clock(), sent_by=caller.name or "an API token")
    rooms.acceptor.accept_error_blocking(scope.project_id, json.dumps(event).encode())
    return TestErrorAnswer(event_id=event_id)


def _addresses(rooms: Rooms, project_id: int, keys: list[KeyRecord]) -> Addresses:
    public, server = _oldest(keys, KeyKind.PUBLIC), _oldest(keys, KeyKind.SERVER)
    public_url = rooms.options.public_url
    facts = rooms.addresses(
        public_url,
        project_id=project_id,
        public_key=public or "",
        server_key=server or "",
        api_token="",
    )
    return Addresses(
        sentry_dsn=facts.sentry_dsn,
        ingest_key=public,
        server_key=server,
        otlp_endpoint=facts.otlp_endpoint,
        prometheus_url=facts.prometheus_url,
        posthog_host=facts.posthog_host,
        statsd_address=facts.statsd_address,
        public_url=public_url,
    )


def _oldest(keys: list[KeyRecord], kind: KeyKind) -> str | None:
    """The digits of the oldest key of this kind that is switched on."""
    return next((key.key for key in keys if key.kind is kind and key.enabled), None)


def _test_event(event_id: str, now_ms: int, *, sent_by: str) -> dict[str, object]:
    """An event in Sentry's form whose stack is the place in this file that sends it."""
    frame = sys._getframe()
    place = {
        "filename": "watchkeeper/api/wk/setup.py",
        "module": __name__,
        "function": frame.f_code.co_name,
        "lineno": frame.f_lineno,
        "in_app": True,
    }
    return {
        "event_id": event_id,
        "timestamp": now_ms / 1000,
        "platform": "python",
        "level": "error",
        "environment": "test",
        "release": f"watchkeeper@{__version__}",
        "exception": {
            "values": [
                {
                    "type": "TestError",
                    "value": f"Sent from Watchkeeper by {sent_by} to try the road",
                    "mechanism": {"type": "test", "handled": True},
                    "stacktrace": {"frames": [place]},
                }
            ]
        },
        "tags": {"watchkeeper.test": "yes"},
    }
