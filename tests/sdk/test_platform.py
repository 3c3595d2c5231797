"""Events of a platform leave the app in batches, and nothing comes back into it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from watchkeeper_sdk import PlatformEvents

from watchkeeper.ingest.protocols.platform import read_events


class Peer:
    """A server that keeps what it is sent and answers as told, 200 when nothing is left to tell."""

    def __init__(self) -> None:
        self.events: list[dict[str, object]] = []
        self.statuses: list[int] = []
        self.keys: set[str] = set()
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                status = peer.statuses.pop(0) if peer.statuses else 200
                peer.keys.add(self.headers["authorization"])
                if status == 200:
                    peer.events.extend(json.loads(body))
                self.send_response(status)
                self.send_header("retry-after", "0")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_words: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.close()


def test_each_call_is_an_event_that_the_server_knows(peer: Peer) -> None:
    platform = PlatformEvents(peer.url, "the-key", every_s=0)
    platform.record_deployment_event("d", "started", release="r@1")
    platform.record_build_event("d", "install", duration_ms=5, status="success")
    platform.record_function_invocation("f", status="error", duration_ms=3, error="boom")
    platform.record_api_call("/a", "GET", 200, 1.5, user_id="u")
    platform.record_domain_event("a.example", "ssl_expiring")

    assert platform.flush()
    events, refused = read_events(json.dumps(peer.events).encode(), received_ms=1)
    assert [(str(event.subject), event.name, event.status) for event in events] == [
        ("deployment", "d", "started"),
        ("build", "install", "success"),
        ("function", "f", "failure"),
        ("api_call", "/a", "success"),
        ("domain", "a.example", "success"),
    ]
    assert (refused, platform.dropped, peer.keys) == ([], 0, {"Bearer the-key"})


def test_a_busy_server_is_asked_again_and_a_refusal_is_counted(peer: Peer) -> None:
    peer.statuses = [503, 503, 200, 400]
    platform = PlatformEvents(peer.url, "k", every_s=0)
    platform.record_domain_event("a", "domain_added")
    assert platform.flush(20)
    assert [event["domain"] for event in peer.events] == ["a"]

    platform.record_domain_event("b", "domain_added")
    assert platform.flush()
    assert platform.dropped == 1


def test_without_a_server_or_a_key_the_app_goes_on(peer: Peer) -> None:
    peer.close()
    lost = PlatformEvents(peer.url, "k", every_s=0)
    lost.record_function_invocation("f", error=object())
    assert not lost.flush(0.1)

    silent = PlatformEvents(peer.url, "")
    silent.record_function_invocation("f")
    assert (silent.flush(0.1), silent.dropped) == (True, 1)
