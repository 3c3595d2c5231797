"""Writes what the installed Sentry SDK sends: `python capture_sentry.py TARGET_DIRECTORY`."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import threading
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import sentry_sdk
import uvicorn

KEY = "a" * 32


def tell_who_and_what() -> None:
    """Far from the raising line, so that the source shown with it does not quote this."""
    sentry_sdk.set_user({"id": "7", "email": "ann@example.com", "ip_address": "203.0.113.9"})
    sentry_sdk.add_breadcrumb(category="query", message="SELECT 1 WHERE id = 123456")


class Recorder:
    """Answers 200 to everything and keeps it."""

    def __init__(self) -> None:
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
                "client": f"sentry-sdk {sentry_sdk.VERSION} (Python)",
                "method": scope["method"],
                "path": scope["path"],
                "query": scope["query_string"].decode(),
                "headers": headers,
                "body": base64.b64encode(body).decode(),
            }
        )
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})


def main(target: Path) -> None:
    """Record one request of each kind."""
    recorder = Recorder()
    config = uvicorn.Config(recorder, port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    while not server.started:
        thread.join(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    send_everything(f"http://{KEY}@127.0.0.1:{port}/1")
    server.should_exit = True
    thread.join()
    for number, request in enumerate(recorder.requests):
        path = target / f"python-{number}.json"
        path.write_text(json.dumps(request, indent=1) + "\n")


def send_everything(dsn: str) -> None:
    """An exception with its surroundings, a message, a transaction and a session."""
    sentry_sdk.init(dsn, traces_sample_rate=1.0, release="shop@1.0.0", environment="test",
                    server_name="web-1", send_default_pii=True)  # fmt: skip
    tell_who_and_what()
    with sentry_sdk.start_transaction(name="checkout", op="task"):
        try:
            api_key = "planted-secret"
            raise ValueError(f"no price for {len(api_key)}")
        except ValueError as error:
            sentry_sdk.capture_exception(error)
    sentry_sdk.capture_message("hello")
    sentry_sdk.get_client().close(timeout=5)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
