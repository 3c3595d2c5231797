"""Error events from SDK to issue, beside Bugsink: how many, how soon, and whether all arrive.

Three parts. (1) The ratio: events of 5 kB over 8 connections, a round here and a round there,
medians. (2) Answers at 500 events a second, timed from the instant at which each was due, so that
a late sender counts too. (3) 2,000 a second for a minute: how far the digest is behind what was
acknowledged, sampled five times a second. At the end every acknowledged event must be stored.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from bench.bugsink import Bugsink
from bench.report import Bar, publish
from bench.server import Server
from bench.spool import (
    CONNECTIONS,
    EVENT_BYTES,
    VENV,
    Round,
    Target,
    event,
    measure,
    our_target,
    request,
    their_target,
)

ISSUES = 20
LATENCY_RATE, LAG_RATE = 500, 2_000
SAMPLE_S = 0.2
CATCH_UP_WITHIN_S = 120.0
_ID = uuid.UUID(int=0x5EED).hex


@dataclass
class Paced:
    """What one run at a fixed rate saw. acknowledged: seconds since its start, ascending."""

    waits_ms: list[float] = field(default_factory=list)
    acknowledged: list[float] = field(default_factory=list)
    lags_s: list[float] = field(default_factory=list)
    missing: int = 0


def main() -> None:
    """Measure and publish."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--events", type=int, default=2_000)
    arguments.add_argument("--warm-up", type=int, default=200)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--latency-s", type=int, default=20)
    arguments.add_argument("--lag-s", type=int, default=60)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        ours = Server(Path(directory) / "data")
        try:
            ours.start()
            target = our_target(ours)
            rounds = _beside_bugsink(target, Path(directory), given)
            waits = run_paced(target, LATENCY_RATE, given.latency_s)
            lag = run_paced(target, LAG_RATE, given.lag_s)
        finally:
            ours.stop()
    _publish(rounds, waits, lag, given)


def _beside_bugsink(
    target: Target, directory: Path, given: argparse.Namespace
) -> dict[str, list[Round]]:
    theirs = Bugsink(VENV, directory / "bugsink")
    theirs.install()
    try:
        theirs.start()
        targets = (target, their_target(theirs))
        return measure(targets, given.events, given.warm_up, given.rounds)
    finally:
        theirs.stop()


def run_paced(target: Target, rate: int, seconds: int) -> Paced:
    """Send `rate` events a second; afterwards wait until all that were acknowledged are stored."""
    before = target.digested()
    found = uvloop.run(_paced(target, rate, seconds, before))
    deadline = time.monotonic() + CATCH_UP_WITHIN_S
    while (stored := target.digested() - before) < len(found.acknowledged):
        if time.monotonic() > deadline:
            break
        time.sleep(0.05)
    found.missing = len(found.acknowledged) - stored
    return found


async def _paced(target: Target, rate: int, seconds: int, before: int) -> Paced:
    found = Paced()
    templates = [request(target, _with_known_id(event(n))) for n in range(ISSUES)]
    due: asyncio.Queue[tuple[float, bytes] | None] = asyncio.Queue()
    start = time.perf_counter()
    watching = asyncio.create_task(_watch(target, before, start, found))
    senders = [
        asyncio.create_task(_sender(target.port, due, start, found)) for _ in range(CONNECTIONS)
    ]
    async for number in _ticks(start, rate, rate * seconds):
        body = templates[number % ISSUES].replace(_ID.encode(), uuid.uuid4().hex.encode())
        due.put_nowait((start + number / rate, body))
    for _ in senders:
        due.put_nowait(None)
    await asyncio.gather(*senders)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    return found


async def _ticks(start: float, rate: int, count: int) -> AsyncIterator[int]:
    """0..count-1, each no earlier than its instant; behind time as many at once as are due."""
    for number in range(count):
        ahead_s = start + number / rate - time.perf_counter()
        if ahead_s > 0:
            await asyncio.sleep(ahead_s)
        elif number % 50 == 0:
            await asyncio.sleep(0)
        yield number


async def _sender(
    port: int, due: asyncio.Queue[tuple[float, bytes] | None], start: float, found: Paced
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while (job := await due.get()) is not None:
        due_at, body = job
        writer.write(body)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode("latin-1"))
        _, _, rest = head.lower().partition(b"content-length:")
        await reader.readexactly(int(rest.partition(b"\r\n")[0]))
        now = time.perf_counter()
        found.waits_ms.append((now - due_at) * 1000)
        found.acknowledged.append(now - start)
    writer.close()


async def _watch(target: Target, before: int, start: float, found: Paced) -> None:
    """Every fifth of a second: for how long the oldest event that is not stored has waited."""
    while True:
        await asyncio.sleep(SAMPLE_S)
        asked = time.perf_counter() - start
        stored = await asyncio.to_thread(target.digested) - before
        if stored < len(found.acknowledged):
            found.lags_s.append(max(0.0, asked - found.acknowledged[stored]))
        else:
            found.lags_s.append(0.0)


def _with_known_id(event_json: bytes) -> bytes:
    """The event with an id that is replaced, wherever it stands, at each sending."""
    start = event_json.index(b'"event_id": "') + len(b'"event_id": "')
    return event_json.replace(event_json[start : start + 32], _ID.encode())


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of all do not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def _publish(
    rounds: dict[str, list[Round]], waits: Paced, lag: Paced, given: argparse.Namespace
) -> None:
    accepted = {n: statistics.median(r.accepted_per_s for r in rs) for n, rs in rounds.items()}
    digested = {n: statistics.median(r.digested_per_s for r in rs) for n, rs in rounds.items()}
    lost = waits.missing + lag.missing
    bars = [
        _ratio("accepted_ratio", accepted, 10),
        _ratio("digested_ratio", digested, 20),
        _most("accept_p99_ms", quantile(waits.waits_ms, 0.99), "ms", 20),
        _most("digest_lag_s", quantile(lag.lags_s, 0.99), "s", 1),
        _most("lost", lost, "events", 0),
    ]
    figures = {
        "events": given.events,
        "event_bytes": EVENT_BYTES,
        "connections": CONNECTIONS,
        "accepted_per_s": accepted,
        "digested_per_s": digested,
        "rounds": {name: [vars(r) for r in rs] for name, rs in rounds.items()},
        "at_500_per_s": {
            "seconds": given.latency_s,
            "p50_ms": quantile(waits.waits_ms, 0.5),
            "p99_ms": quantile(waits.waits_ms, 0.99),
            "max_ms": max(waits.waits_ms, default=0.0),
        },
        "at_2000_per_s": {
            "seconds": given.lag_s,
            "acknowledged": len(lag.acknowledged),
            "took_s": max(lag.acknowledged, default=0.0),
            "lag_p50_s": quantile(lag.lags_s, 0.5),
            "lag_p99_s": quantile(lag.lags_s, 0.99),
            "lag_max_s": max(lag.lags_s, default=0.0),
            "accept_p99_ms": quantile(lag.waits_ms, 0.99),
        },
    }
    publish("errors", figures, bars)


def _ratio(name: str, figures: dict[str, float], limit: float) -> Bar:
    figure = figures["watchkeeper"] / figures["bugsink"]
    return Bar(name=name, figure=figure, unit="x", limit=limit, better="higher")


def _most(name: str, figure: float, unit: str, limit: float) -> Bar:
    return Bar(name=name, figure=figure, unit=unit, limit=limit, better="lower")


if __name__ == "__main__":
    main()
