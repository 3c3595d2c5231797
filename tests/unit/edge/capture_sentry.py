"""Writes what real Sentry SDKs send: `python -m tests.unit.edge.capture_sentry DIRECTORY`.

Needs the packages of tests/e2e/node for the SDKs of JavaScript, and Chromium for the browser's.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sentry_sdk
import uvicorn

from tests.e2e import sentry_app

KEY = "a" * 32
E2E = Path(__file__).parents[2] / "e2e"


class Recorder:
    """Answers 200 to everything and keeps it."""

    def __init__(self, client: str) -> None:
        self.client = client
        self.requests: list[dict[str, object]] = []

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = {k.decode(): v.decode() for k, v in scope["headers"] if k != b"host"}
        self.requests.append(
            {
                "client": self.client,
                "method": scope["method"],
                "path": scope["path"],
                "query": scope["query_string"].decode(),
                "headers": headers,
                "body": base64.b64encode(body).decode(),
            }
        )
        allowed = [(b"access-control-allow-origin", b"*")]
        await send({"type": "http.response.start", "status": 200, "headers": allowed})
        await send({"type": "http.response.body", "body": b"{}"})


@contextmanager
def recording(client: str) -> Iterator[tuple[Recorder, str]]:
    """A recorder on loopback and the DSN that leads to it."""
    recorder = Recorder(client)
    config = uvicorn.Config(recorder, port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    while not server.started:
        thread.join(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield recorder, f"http://{KEY}@127.0.0.1:{port}/1"
    finally:
        server.should_exit = True
        thread.join()


def main(target: Path) -> None:
    """Record every scenario of every SDK, each in a process of its own."""
    for name in sentry_app.SCENARIOS:
        client = f"sentry-sdk {sentry_sdk.VERSION} (Python)"
        program = [sys.executable, "-m", "tests.e2e.sentry_app"]
        record(target, client, f"python-{name}", program, name)


def record(target: Path, client: str, label: str, program: list[str], *words: str) -> None:
    """Run one program against a recorder and write its requests, one a file."""
    with recording(client) as (recorder, dsn):
        subprocess.run([*program, dsn, *words], check=True, timeout=120)
    version = re.sub(r"[^0-9.]", "", client.split(" ")[1])
    for number, request in enumerate(recorder.requests):
        path = target / f"{label}-{version}-{number}.json"
        path.write_text(json.dumps(request, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
