"""One /metrics of two processes: families of the same name are joined under one heading."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATH = "/metrics"
OK = 200


class MergedMetrics:
    """Passes requests on; adds this process's metrics to what the engine answers on /metrics."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self._app = app
        self._registry = registry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == PATH:
            await self._merged(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _merged(self, scope: Scope, receive: Receive, send: Send) -> None:
        start: Message = {}
        parts: list[bytes] = []

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                parts.append(message.get("body", b""))

        await self._app(scope, receive, keep)
        body = b"".join(parts)
        if start["status"] == OK and scope["method"] == "GET":
            own = generate_latest(self._registry)
            body = merge_expositions({"edge": own, "engine": body})
        headers = [pair for pair in start["headers"] if pair[0].lower() != b"content-length"]
        start["headers"] = [*headers, (b"content-length", str(len(body)).encode())]
        await send(start)
        await send({"type": "http.response.body", "body": body})


def merge_expositions(text_by_process: dict[str, bytes]) -> bytes:
    """Join expositions family by family, with a `process` label on every sample."""
    heads: dict[bytes, list[bytes]] = {}
    samples: dict[bytes, list[bytes]] = {}
    for process, text in text_by_process.items():
        for family, line in _lines_with_family(text.splitlines()):
            if line.startswith(b"#"):
                known = heads.setdefault(family, [])
                if len(known) < 2 and line not in known:
                    known.append(line)
            else:
                samples.setdefault(family, []).append(_labelled(line, process))
    parts = [line for family, known in heads.items() for line in (*known, *samples.get(family, ()))]
    return b"\n".join(parts) + b"\n"


def _lines_with_family(lines: Iterable[bytes]) -> Iterable[tuple[bytes, bytes]]:
    family = b""
    for line in lines:
        if line.startswith((b"# HELP ", b"# TYPE ")):
            family = line.split(b" ", 3)[2]
        if line:
            yield family, line


def _labelled(line: bytes, process: str) -> bytes:
    """The sample line with `process` as its first label."""
    label = b'process="' + process.encode() + b'"'
    name, brace, rest = line.partition(b"{")
    if brace and b" " not in name:
        separator = b"" if rest.startswith(b"}") else b","
        return name + b"{" + label + separator + rest
    name, _, value = line.partition(b" ")
    return name + b"{" + label + b"} " + value
