"""Stands between an SDK and the server: passes every request on and keeps it with its answer."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

_OF_ONE_HOP = {"connection", "transfer-encoding", "keep-alive", "content-length", "host"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """One request and how it was answered. body: as sent, without its chunks."""

    label: str
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    status: int
    answer: bytes


@dataclass(slots=True)
class Relay:
    """port: where SDKs send to. label: what the next requests are filed under."""

    port: int = 0
    label: str = ""
    passed: list[Passed] = field(default_factory=list)


@contextmanager
def relay_to(upstream_port: int) -> Iterator[Relay]:
    """A relay on a free port of loopback."""
    relay = Relay()
    handler = type("Handler", (_Handler,), {"relay": relay, "upstream_port": upstream_port})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    relay.port = server.server_port
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield relay
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    relay: ClassVar[Relay]
    upstream_port: ClassVar[int]
    protocol_version = "HTTP/1.1"

    def _pass(self) -> None:
        label = self.relay.label
        body = self._body()
        headers = {k: v for k, v in self.headers.items() if k.lower() not in _OF_ONE_HOP}
        upstream = http.client.HTTPConnection("127.0.0.1", self.upstream_port, timeout=60)
        upstream.request(self.command, self.path, body=body, headers=headers)
        reply = upstream.getresponse()
        answer = reply.read()
        upstream.close()
        self.relay.passed.append(
            Passed(
                label=label,
                method=self.command,
                path=self.path,
                headers={k.lower(): v for k, v in self.headers.items()},
                body=body,
                status=reply.status,
                answer=answer,
            )
        )
        self.send_response(reply.status)
        for name, value in reply.getheaders():
            if name.lower() not in _OF_ONE_HOP:
                self.send_header(name, value)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PUT = do_OPTIONS = do_DELETE = do_HEAD = _pass

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            return b"".join(self._chunks())
        return self.rfile.read(int(self.headers.get("content-length", "0")))

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
