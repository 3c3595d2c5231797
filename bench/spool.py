"""How many error events a second are acknowledged and digested, beside Bugsink.

2,000 events of 5 kB over 8 connections after a warm-up, a round here and a round there, medians.
Acknowledged means that it survives a loss of power; digested means stored and grouped.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import uvloop

from bench.bugsink import Bugsink
from bench.report import Bar, publish
from bench.server import Server

CONNECTIONS = 8
EVENT_BYTES = 5_000
ISSUES = 20
DIGEST_WITHIN_S = 600.0
VENV = Path(__file__).resolve().parents[1] / ".bench" / "bugsink"


@dataclass(frozen=True)
class Target:
    """Where events go, and how to learn how many are digested."""

    name: str
    port: int
    project_id: int
    key: str
    digested: Callable[[], int]


@dataclass(frozen=True)
class Round:
    """What one round took, in events a second."""

    accepted_per_s: float
    digested_per_s: float


def main() -> None:
    """Measure and publish."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--events", type=int, default=2_000)
    arguments.add_argument("--warm-up", type=int, default=200)
    arguments.add_argument("--rounds", type=int, default=5)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        ours = Server(Path(directory) / "data")
        theirs = Bugsink(VENV, Path(directory) / "bugsink")
        theirs.install()
        try:
            theirs.start()
            ours.start()
            targets = (our_target(ours), their_target(theirs))
            rounds = measure(targets, given.events, given.warm_up, given.rounds)
        finally:
            ours.stop()
            theirs.stop()
    _publish(rounds, given)


def measure(
    targets: Sequence[Target], events: int, warm_up: int, count: int
) -> dict[str, list[Round]]:
    for target in targets:
        _round(target, warm_up)
    rounds: dict[str, list[Round]] = {target.name: [] for target in targets}
    for _ in range(count):
        for target in targets:
            rounds[target.name].append(_round(target, events))
    return rounds


def _publish(rounds: dict[str, list[Round]], given: argparse.Namespace) -> None:
    accepted = {n: statistics.median(r.accepted_per_s for r in rs) for n, rs in rounds.items()}
    digested = {n: statistics.median(r.digested_per_s for r in rs) for n, rs in rounds.items()}
    bars = [
        Bar(
            name=name,
            figure=figures["watchkeeper"] / figures["bugsink"],
            unit="x",
            limit=10,
            better="higher",
        )
        for name, figures in (("accepted_ratio", accepted), ("digested_ratio", digested))
    ]
    figures = {
        "events": given.events,
        "event_bytes": EVENT_BYTES,
        "connections": CONNECTIONS,
        "accepted_per_s": accepted,
        "digested_per_s": digested,
        "rounds": {name: [vars(r) for r in rs] for name, rs in rounds.items()},
    }
    publish("spool", figures, bars)


def our_target(server: Server) -> Target:
    printed = server.setup()
    project_id = int(str(printed["project_id"]))

    def digested() -> int:
        database = f"file:{server.data_dir / 'meta.sqlite'}?mode=ro"
        connection = sqlite3.connect(database, uri=True, timeout=30)
        try:
            query = "SELECT count(*) FROM seen_events WHERE project_id = ?"
            (count,) = connection.execute(query, (project_id,)).fetchone()
            return int(count)
        finally:
            connection.close()

    return Target("watchkeeper", server.port, project_id, str(printed["ingest_key"]), digested)


def their_target(server: Bugsink) -> Target:
    return Target("bugsink", server.port, server.project_id, server.key, server.digested)


def _round(target: Target, count: int) -> Round:
    """Send `count` events and wait until all are digested."""
    payloads = [request(target, event(n)) for n in range(count)]
    before = target.digested()
    began = time.perf_counter()
    uvloop.run(_send_all(target.port, payloads))
    accepted_s = time.perf_counter() - began
    while target.digested() < before + count:
        if time.perf_counter() - began > DIGEST_WITHIN_S:
            raise TimeoutError(f"{target.name} did not digest {count} events")
        time.sleep(0.02)
    digested_s = time.perf_counter() - began
    return Round(count / accepted_s, count / digested_s)


async def _send_all(port: int, requests: Sequence[bytes]) -> None:
    waiting = iter(requests)

    async def connection() -> None:
        reader = writer = None
        for request in waiting:
            if reader is None or writer is None:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request)
            if await _is_closing(reader):
                writer.close()
                reader = writer = None
        if writer is not None:
            writer.close()

    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))


async def _is_closing(reader: asyncio.StreamReader) -> bool:
    """Read one answer, which must be 200; True if the connection ends with it."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if not head.startswith((b"http/1.1 200", b"http/1.0 200")):
        raise RuntimeError(head.decode("latin-1"))
    _, _, rest = head.partition(b"content-length:")
    await reader.readexactly(int(rest.partition(b"\r\n")[0]))
    return b"connection: close" in head or head.startswith(b"http/1.0")


def request(target: Target, event: bytes) -> bytes:
    header = b'{"event_id":"%s"}\n' % json.loads(event)["event_id"].encode()
    item = b'{"type":"event","content_type":"application/json","length":%d}\n' % len(event)
    body = header + item + event + b"\n"
    auth = f"Sentry sentry_key={target.key}, sentry_version=7, sentry_client=bench/1"
    head = (
        f"POST /api/{target.project_id}/envelope/ HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{target.port}\r\n"
        f"X-Sentry-Auth: {auth}\r\n"
        "Content-Type: application/x-sentry-envelope\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def event(n: int) -> bytes:
    """An event as the Python SDK sends it, of about 5 kB; every twentieth is of one issue.

    No two are alike: the message, the user and the variables of the innermost frame change, as
    they do where an error comes again and again.
    """
    issue = n % ISSUES
    event_id = uuid.uuid4().hex
    frames = [_frame(issue, depth) for depth in range(8)]
    frames[-1]["vars"] = {"self": "<shop.Order object>", "rows": "[]", "order": f"'{event_id}'"}
    value = {"type": "ValueError", "value": f"order {n} has no price", "module": None}
    event = {
        "event_id": event_id,
        "timestamp": time.time(),
        "platform": "python",
        "level": "error",
        "release": "shop@1.4.2",
        "environment": "production",
        "server_name": "web-1",
        "transaction": f"/orders/{issue}",
        "tags": {"region": "eu", "plan": "pro"},
        "user": {"id": str(n % 500)},
        "exception": {"values": [{**value, "stacktrace": {"frames": frames}}]},
        "request": {
            "url": f"https://shop.example.com/orders/{issue}?page=2",
            "method": "POST",
            "headers": {"Accept": "*/*", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64)"},
        },
        "contexts": {"runtime": {"name": "CPython", "version": "3.11.2"}},
        "sdk": {"name": "sentry.python", "version": "2.75.0"},
        "extra": {"note": ""},
    }
    missing = EVENT_BYTES - len(json.dumps(event))
    event["extra"] = {"note": "n" * max(0, missing)}
    return json.dumps(event).encode()


def _frame(issue: int, depth: int) -> dict[str, object]:
    return {
        "filename": f"shop/module_{depth}.py",
        "abs_path": f"/srv/shop/module_{depth}.py",
        "function": f"step_{issue}_{depth}",
        "module": f"shop.module_{depth}",
        "lineno": 40 + depth,
        "in_app": True,
        "pre_context": ["    def total(self):", "        rows = self.rows", "        if not rows:"],
        "context_line": "            raise ValueError(message)",
        "post_context": ["        return sum(rows)", ""],
        "vars": {"self": "<shop.Order object>", "rows": "[]", "message": "'no price'"},
    }


if __name__ == "__main__":
    main()
