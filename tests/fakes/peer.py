"""A foreign HTTP server under the test's hand: keeps what it was sent, answers what it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class HttpPeer:
    """status and body may be changed between requests; `received` grows with each request."""

    status: int = 200
    body: bytes = b"ok"
    content_type: str = "text/plain; version=0.0.4"
    received: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def bodies(self) -> list[Any]:
        """The JSON bodies received so far, in order."""
        return [json.loads(body) for _, _, body in list(self.received) if body]

    def wait_for(self, count: int, within_s: float) -> bool:
        """True once `count` requests have arrived."""
        with self.arrived:
            return self.arrived.wait_for(lambda: len(self.received) >= count, within_s)


@contextmanager
def http_peer() -> Iterator[HttpPeer]:
    """Serve on a free port of loopback until the block ends."""
    peer = HttpPeer()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            with peer.arrived:
                peer.received.append((self.path, dict(self.headers.items()), body))
                peer.arrived.notify_all()
            self.send_response(peer.status)
            self.send_header("Content-Type", peer.content_type)
            self.send_header("Content-Length", str(len(peer.body)))
            self.end_headers()
            self.wfile.write(peer.body)

        do_GET = do_POST = answer

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    peer.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield peer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
