"""A client that goes away takes its query with it, through edge and engine."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from bench.server import Server
from tests.e2e.eventually import eventually

_ONE_AT_A_TIME = {"CONCURRENT": "1", "QUEUED": "0"}
LONG = " + ".join(["sum_over_time(vector(1)[30d:1s])"] * 1000)
"""Minutes of work in steps of a second at most."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    directory: Path = tmp_path_factory.mktemp("cancelled")
    environ = {f"WATCHKEEPER_QUERY_MAX_{what}": n for what, n in _ONE_AT_A_TIME.items()}
    server = Server(directory / "data", environ=environ)
    facts = server.setup()
    server.start()
    try:
        yield server, str(facts["api_token"])
    finally:
        server.kill()


def test_a_closed_connection_frees_the_only_place(server: tuple[Server, str]) -> None:
    running, token = server
    with httpx.Client(
        base_url=running.url, headers={"Authorization": f"Bearer {token}"}, timeout=30
    ) as client:

        def status() -> int:
            return client.get("/api/v1/query", params={"query": "1"}).status_code

        assert status() == 200
        connection = ask_and_wait(running.port, token)
        try:
            eventually(lambda: status() == 503, within_s=10, what="the only place taken")
        finally:
            connection.close()
        began = time.monotonic()
        eventually(lambda: status() == 200, within_s=20, what="the place free again")

    assert time.monotonic() - began < 20


def ask_and_wait(port: int, token: str) -> socket.socket:
    """A raw connection on which the long query was asked."""
    body = urlencode({"query": LONG})
    head = (
        "POST /api/v1/query HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    )
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    connection.sendall((head + body).encode())
    return connection
