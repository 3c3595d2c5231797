"""Writes what real Sentry SDKs send: `python -m tests.unit.edge.capture_sentry DIRECTORY`.

Needs the packages of tests/e2e/node for the SDKs of JavaScript, and Chromium for the browser's.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import shutil
import sys
import threading
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import sentry_sdk
import uvicorn
from playwright.sync_api import sync_playwright

from tests.e2e import sentry_app
from tests.e2e.browser import FLAGS
from tests.e2e.sentry_programs import NODE_VERSIONS, ROOT, run_node, run_python, visit

KEY = "a" * 32


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
        encoding = headers.get("content-encoding", "")
        headers.pop("content-length", None)
        self.requests.append(
            {
                "client": self.client,
                "method": scope["method"],
                "path": scope["path"],
                "query": scope["query_string"].decode(),
                "headers": headers,
                "body": base64.b64encode(packed_as_sent(body, encoding)).decode(),
            }
        )
        allowed = [(b"access-control-allow-origin", b"*"), (b"access-control-allow-headers", b"*")]
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
        record(
            target, f"python-{name}", f"sentry-sdk {sentry_sdk.VERSION} (Python)", run_python, name
        )
    for major, version in NODE_VERSIONS.items():
        record(target, f"node-{major}", f"@sentry/node {version}", run_node, major)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for major, version in NODE_VERSIONS.items():
            visit_with = partial(visit, browser)
            record(target, f"browser-{major}", f"@sentry/browser {version}", visit_with, major)
        browser.close()


def record(
    target: Path, label: str, client: str, program: Callable[[str, str], None], word: str
) -> None:
    """Run one program against a recorder and write its requests, one a file."""
    with recording(client) as (recorder, dsn):
        program(dsn, word)
    for number, request in enumerate(recorder.requests):
        if request["method"] == "POST":
            (target / f"{label}-{number}.json").write_text(json.dumps(request, indent=1) + "\n")


def neutral(body: bytes) -> bytes:
    """The same bytes with the paths of this machine replaced by others as long."""
    for path in (str(ROOT), sys.prefix, sys.base_prefix, str(Path.home())):
        other = "/srv/" + "shop" * len(path)
        body = body.replace(path.encode(), other[: len(path)].encode())
    return body


def packed_as_sent(body: bytes, encoding: str) -> bytes:
    """The neutral form of a body under its Content-Encoding."""
    if encoding == "gzip":
        return gzip.compress(neutral(gzip.decompress(body)), mtime=0)
    return neutral(body)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
