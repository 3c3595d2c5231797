"""What the edge's tests share: a spool on disk, keys in memory, and an ASGI caller."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from prometheus_client import CollectorRegistry

from tests.fakes.clock import HandClock
from watchkeeper.access import IngestKey, KeyKind
from watchkeeper.ingest import Acceptor, IngestMetrics, SeriesRegistry
from watchkeeper.model import Kind, Record
from watchkeeper.store.spool import FilePort, Position, SegmentReader, SegmentWriter, SpoolOptions

PUBLIC = "a" * 32
SERVER = "b" * 32
DISABLED = "c" * 32
FENCED = "d" * 32


def ingest_key(
    key_id: int,
    kind: KeyKind = KeyKind.PUBLIC,
    *,
    project_id: int = 1,
    enabled: bool = True,
    allowed_origins: tuple[str, ...] = (),
) -> IngestKey:
    return IngestKey(
        id=key_id,
        project_id=project_id,
        org_id=1,
        kind=kind,
        enabled=enabled,
        allowed_origins=allowed_origins,
    )


@dataclass
class KeyBox:
    """A key ring in memory."""

    keys: dict[str, IngestKey] = field(
        default_factory=lambda: {
            PUBLIC: ingest_key(1),
            SERVER: ingest_key(2, KeyKind.SERVER),
            DISABLED: ingest_key(3, enabled=False),
            FENCED: ingest_key(4, allowed_origins=("https://*.example.com",)),
        }
    )
    touched: list[int] = field(default_factory=list)

    def lookup(self, key: str) -> IngestKey | None:
        return self.keys.get(key)

    def touch(self, key_id: int) -> None:
        self.touched.append(key_id)

    def refresh_if_changed(self) -> None:
        return None


class World:
    """An acceptor over a real spool in a directory."""

    def __init__(
        self, directory: Path, files: FilePort | None = None, max_bytes: int = 2**30
    ) -> None:
        self.directory = directory
        self.clock = HandClock()
        self.registry = CollectorRegistry()
        self.metrics = IngestMetrics(self.registry)
        options = SpoolOptions(max_bytes=max_bytes, segment_bytes=min(max_bytes, 2**25))
        self.spool = SegmentWriter(
            directory, "edge", clock=self.clock, files=files, options=options
        )
        self.series = SeriesRegistry()
        self.keys = KeyBox()
        self.acceptor = Acceptor(
            spool=self.spool, series=self.series, clock=self.clock, metrics=self.metrics
        )

    def records(self, kind: Kind | None = None) -> list[Record]:
        reader, position = SegmentReader(self.directory), Position(0, 0)
        found: list[Record] = []
        while (batch := reader.read("edge", position, max_bytes=2**24)) is not None:
            found.extend(batch.records)
            position = Position(batch.cut.segment, batch.cut.end)
        return [record for record in found if kind is None or record.kind is kind]

    def events(self) -> list[dict[str, Any]]:
        return [orjson.loads(record.payload) for record in self.records(Kind.ERROR_EVENT)]

    def spool_bytes(self) -> bytes:
        return b"".join(path.read_bytes() for path in sorted(self.directory.rglob("*.seg")))

    def counted(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0.0

    def dropped(self, reason: str) -> float:
        return self.counted("watchkeeper_ingest_dropped_total", reason=reason)


@dataclass
class Answer:
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        return orjson.loads(self.body)


async def call(
    app: Any,
    method: str,
    path: str,
    body: bytes | Iterable[bytes] = b"",
    *,
    query: str = "",
    headers: dict[str, str] | None = None,
) -> Answer:
    """One request to an ASGI application; an iterable body comes in as many pieces."""
    pieces = [body] if isinstance(body, bytes) else list(body)
    messages = [
        {"type": "http.request", "body": piece, "more_body": at + 1 < len(pieces)}
        for at, piece in enumerate(pieces)
    ]
    answer = Answer()

    async def receive() -> MutableMapping[str, Any]:
        if messages:
            return messages.pop(0)
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {k.decode(): v.decode() for k, v in message["headers"]}
        else:
            answer.body += message.get("body", b"")

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "scheme": "http",
        "client": ("127.0.0.1", 50_000),
        "headers": [(k.lower().encode(), v.encode()) for k, v in (headers or {}).items()],
    }
    await app(scope, receive, send)
    return answer
