"""The real Sentry SDK for Python against the edge, served by uvicorn on loopback."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sentry_sdk
import uvicorn

from tests.unit.edge.world import PUBLIC, World
from watchkeeper.app.proxy import EngineProxy
from watchkeeper.app.roles.edge import EdgeApp
from watchkeeper.ingest import decode_spans
from watchkeeper.model import Kind
from watchkeeper.privacy import Scrubber


class Served:
    """An edge on a free port of loopback, over a real spool."""

    def __init__(self, directory: Path, max_bytes: int = 2**30) -> None:
        self.world = World(directory / "spool", max_bytes=max_bytes)
        world = self.world
        self.app = EdgeApp(
            world.acceptor,
            world.keys,
            Scrubber(),
            EngineProxy(directory / "engine.sock"),
            world.clock,
            world.metrics,
        )
        config = uvicorn.Config(self.app, host="127.0.0.1", port=0, log_level="error")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        while not self.server.started:
            self.thread.join(0.01)
            assert self.thread.is_alive() or self.server.started
        self.port = self.server.servers[0].sockets[0].getsockname()[1]

    def _run(self) -> None:
        asyncio.run(self.server.serve())

    def close(self) -> None:
        self.server.should_exit = True
        self.thread.join()
        self.world.spool.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    edge = Served(tmp_path)
    yield edge
    edge.close()


def start_sdk(served: Served, **options: Any) -> None:
    dsn = f"http://{PUBLIC}@127.0.0.1:{served.port}/1"
    sentry_sdk.init(dsn, default_integrations=False, auto_session_tracking=False, **options)


@pytest.fixture(autouse=True)
def silent_sdk() -> Iterator[None]:
    yield
    sentry_sdk.init()


def raise_and_capture() -> str:
    with sentry_sdk.new_scope() as scope:
        scope.set_tag("room", "edge")
        scope.set_user({"id": "u1", "email": "ann@example.com", "ip_address": "203.0.113.9"})
        try:
            password = "hunter2-secret"
            raise ValueError(f"no luck with {len(password)}")
        except ValueError as error:
            event_id = scope.capture_exception(error)
    sentry_sdk.flush(timeout=10)
    assert event_id is not None
    return event_id


def test_an_exception_arrives_scrubbed_and_is_on_disk(served: Served) -> None:
    start_sdk(served, include_local_variables=True)
    event_id = raise_and_capture()
    (event,) = served.world.events()
    assert event["event_id"] == event_id
    assert event["exception"]["values"][0]["value"] == "no luck with 14"
    assert event["tags"]["room"] == "edge"
    assert event["user"] == {"id": "u1", "email": "[Filtered]"}
    assert b"hunter2-secret" not in served.world.spool_bytes()
    assert isinstance(event["timestamp"], float)


def test_a_transaction_arrives_as_a_span(served: Served) -> None:
    start_sdk(served, traces_sample_rate=1.0)
    with sentry_sdk.start_transaction(name="t", op="test"):
        pass
    event_id = raise_and_capture()
    assert [event["event_id"] for event in served.world.events()] == [event_id]
    (record,) = served.world.records(Kind.SPANS)
    (span,) = decode_spans(record.payload)
    assert (span.name, span.op, span.is_entry, span.source) == ("t", "test", True, "sentry")


def test_a_full_spool_tells_the_sdk_when_to_come_back(tmp_path: Path) -> None:
    served = Served(tmp_path, max_bytes=100)
    try:
        start_sdk(served)
        raise_and_capture()
        assert served.world.events() == []
        assert served.world.dropped("spool_full") == 1
        transport = sentry_sdk.get_client().transport
        assert transport is not None
        assert not transport.is_healthy()
    finally:
        served.close()
