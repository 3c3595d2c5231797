"""Samples a CPU-second by remote write, ours beside Prometheus and VictoriaMetrics.

Each connection is a sender of N series of its own; a request holds one sample of each, fifteen
seconds of data after the last one. CPU counts for the server and its children from the first
request until nothing works any more: spool drained, merges done. Ours has synced what it
acknowledged; the peers' logs are not synced.
"""

from __future__ import annotations

import argparse
import http.client
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.metrics.payload import STEP_MS, Sender
from bench.metrics.peers import Peer, our_server, prometheus, victoria_metrics
from bench.report import Bar, publish

SHAPES = (1_000, 10_000)
CONNECTIONS = 4
IDLE_SHARE = 0.04
"""Of a core: a server that takes less for a while has nothing left to do."""
_IDLE_S, _SETTLE_WITHIN_S = 5.0, 180.0
_MOST_AHEAD = 60
"""Requests that a sender may be ahead of the slowest."""
_GONE = 2**48
"""Added to what a sender has sent when it has ended."""
_BACK_MS = 85 * 24 * 3_600_000
"""How long ago the data begins: it runs faster than the clock, and may not pass it."""

PEERS: Mapping[str, Callable[[Path], Peer]] = {
    "watchkeeper": our_server,
    "prometheus": prometheus,
    "victoria-metrics": victoria_metrics,
}


@dataclass(frozen=True, slots=True)
class Round:
    """One server under one shape of load."""

    server: str
    series: int
    samples: int
    wall_s: float
    cpu_s: float
    settle_s: float
    peak_rss_mb: float

    @property
    def per_cpu_s(self) -> float:
        return self.samples / self.cpu_s


def main(words: Sequence[str] | None = None) -> None:
    """Measure and publish."""
    arguments = argparse.ArgumentParser(prog="bench.metrics.write", description=__doc__)
    arguments.add_argument("--seconds", type=float, default=300.0)
    arguments.add_argument("--rounds", type=int, default=1)
    arguments.add_argument("--series", type=int, nargs="+", default=list(SHAPES))
    arguments.add_argument("--servers", nargs="+", default=list(PEERS), choices=list(PEERS))
    arguments.add_argument("--connections", type=int, default=CONNECTIONS)
    given = arguments.parse_args(words)
    rounds = [
        _round(name, series, given.connections, given.seconds)
        for series in given.series
        for _ in range(given.rounds)
        for name in given.servers
    ]
    _publish(rounds, given)


def _round(name: str, series: int, connections: int, seconds: float) -> Round:
    with tempfile.TemporaryDirectory() as directory:
        peer = PEERS[name](Path(directory))
        try:
            done = _load(peer, series, connections, seconds)
        finally:
            peer.stop()
    print(
        f"{name:17} {series:6} series  {done.samples / done.wall_s / 1e3:8.0f} k/s wall "
        f"{done.per_cpu_s / 1e3:8.0f} k/CPU-s  {done.cpu_s:6.1f} CPU-s  "
        f"settled in {done.settle_s:.0f} s  {done.peak_rss_mb:.0f} MiB",
        flush=True,
    )
    return done


def _load(peer: Peer, series: int, connections: int, seconds: float) -> Round:
    _settle(peer)
    sent: Any = multiprocessing.Array("q", connections)
    barrier = multiprocessing.Barrier(connections + 1)
    start_ms = int(time.time() * 1000) // STEP_MS * STEP_MS - _BACK_MS
    clients = [
        multiprocessing.Process(
            target=_send,
            args=(peer.port, peer.write_path, peer.headers, barrier, sent, seconds),
            kwargs={"sender": (series, number, start_ms)},
        )
        for number in range(connections)
    ]
    for client in clients:
        client.start()
    barrier.wait()
    began, cpu_s = time.monotonic(), peer.cpu_s()
    peak = 0.0
    while any(client.is_alive() for client in clients):
        peak = max(peak, peer.rss_mb())
        time.sleep(0.5)
    wall_s = time.monotonic() - began
    if any(client.exitcode for client in clients):
        raise RuntimeError(f"{peer.name} refused what was sent")
    _settle(peer)
    settle_s = time.monotonic() - began - wall_s
    total_s = peer.cpu_s() - cpu_s
    return Round(
        peer.name,
        series,
        sum(n % _GONE for n in sent[:]),
        wall_s,
        total_s,
        settle_s,
        max(peak, peer.rss_mb()),
    )


def _send(
    port: int,
    path: str,
    headers: dict[str, str],
    barrier: Any,
    sent: Any,
    seconds: float,
    *,
    sender: tuple[int, int, int],
) -> None:
    """Send until the time is over; one client process."""
    count, number, start_ms = sender
    source = Sender(count, number, start_ms)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    told = {
        "Content-Type": "application/x-protobuf",
        "Content-Encoding": "snappy",
        "X-Prometheus-Remote-Write-Version": "0.1.0",
        **headers,
    }
    body = source.next()
    barrier.wait()
    until, samples = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        _wait_for_others(sent, samples, most_ahead=_MOST_AHEAD * count)
        connection.request("POST", path, body, told)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status not in {200, 204}:
            raise SystemExit(f"{answer.status}: {text[:300]!r}")
        samples += count
        sent[number] = samples
        body = source.next()
    sent[number] = samples + _GONE


def _wait_for_others(sent: Any, samples: int, *, most_ahead: int) -> None:
    """Senders keep together: Prometheus takes no sample an hour older than its newest."""
    while samples - min(sent) > most_ahead:
        time.sleep(0.001)


def _settle(peer: Peer) -> None:
    """Wait until the server takes next to no CPU for a while."""
    deadline = time.monotonic() + _SETTLE_WITHIN_S
    quiet_s, last = 0.0, peer.cpu_s()
    while quiet_s < _IDLE_S and time.monotonic() < deadline:
        time.sleep(1.0)
        now = peer.cpu_s()
        quiet_s = quiet_s + 1.0 if now - last < IDLE_SHARE else 0.0
        last = now


def _publish(rounds: Sequence[Round], given: argparse.Namespace) -> None:
    medians = {
        (name, series): statistics.median(
            one.per_cpu_s for one in rounds if (one.server, one.series) == (name, series)
        )
        for name in given.servers
        for series in given.series
    }
    bars = []
    for name, peer, limit in (
        ("remote_write_ratio", "prometheus", 3),
        ("remote_write_vm_ratio", "victoria-metrics", 1),
    ):
        if {"watchkeeper", peer} <= set(given.servers):
            ratios = [medians["watchkeeper", n] / medians[peer, n] for n in given.series]
            bars.append(Bar(name=name, figure=min(ratios), unit="x", limit=limit, better="higher"))
    figures = {
        "seconds": given.seconds,
        "connections": given.connections,
        "samples_per_cpu_s": {f"{name}/{series}": m for (name, series), m in medians.items()},
        "rounds": [asdict(one) for one in rounds],
    }
    publish("remote_write", figures, bars)


if __name__ == "__main__":
    main()
