"""A panel over 1,000 counters asked again and again while 100,000 samples a second come in.

Four senders of 500 series each; first six hours of history, then the measured load, which runs
faster than the clock in data time: each request is fifteen seconds after the last one.
"""

from __future__ import annotations

import argparse
import http.client
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.metrics.payload import STEP_MS, Sender
from bench.metrics.peers import Peer, our_server
from bench.metrics.query import HOUR_MS, SPAN_MS, Asked, asked_of, write_to
from bench.report import Bar, publish

SENDERS, SERIES = 4, 500
SAMPLES_A_SECOND = 100_000
_PAUSE_S = 0.2
_PANEL = "sum by (job) (rate(http_requests_total[5m]))"


@dataclass
class Feed:
    """One connection that sends samples at a pace. late_s: how far it fell back at most."""

    peer: Peer
    sender: Sender
    period_s: float
    sent: int = 0
    late_s: float = 0.0
    _connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", self.peer.port, timeout=60)

    def fill(self, requests: int) -> None:
        for _ in range(requests):
            write_to(self._connection, self.peer, self.sender.next())

    def run(self, stop: threading.Event) -> None:
        due = time.monotonic()
        while not stop.is_set():
            write_to(self._connection, self.peer, self.sender.next())
            self.sent += SERIES
            due += self.period_s
            self.late_s = max(self.late_s, time.monotonic() - due)
            stop.wait(max(0.0, due - time.monotonic()))


def main(words: Sequence[str] | None = None) -> None:
    """Measure and publish."""
    arguments = argparse.ArgumentParser(prog="bench.metrics.query_load", description=__doc__)
    arguments.add_argument("--seconds", type=float, default=60.0)
    given = arguments.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="bench-load-") as name:
        peer = our_server(Path(name))
        try:
            _measure(peer, given.seconds)
        finally:
            peer.stop()


def _measure(peer: Peer, seconds: float) -> None:
    rate = SAMPLES_A_SECOND / SENDERS / SERIES
    ahead_ms = round(rate * seconds * STEP_MS) + HOUR_MS
    start_ms = (int(time.time() * 1000) - ahead_ms - SPAN_MS) // 60_000 * 60_000
    feeds = [Feed(peer, Sender(SERIES, n, start_ms), 1 / rate) for n in range(SENDERS)]
    _together([threading.Thread(target=f.fill, args=(SPAN_MS // STEP_MS,)) for f in feeds])
    asked, stop = asked_of(peer), threading.Event()
    threads = [threading.Thread(target=feed.run, args=(stop,)) for feed in feeds]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    took = _ask(asked, feeds, seconds)
    stop.set()
    for thread in threads:
        thread.join()
    _publish(took, sum(feed.sent for feed in feeds) / (time.monotonic() - began), feeds)


def _together(threads: Sequence[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _ask(asked: Asked, feeds: Sequence[Feed], seconds: float) -> list[float]:
    """Milliseconds of each answer; the panel ends where the data end."""
    took: list[float] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        sender = feeds[0].sender
        end_ms = (sender.start_ms + sender.step * STEP_MS) // 60_000 * 60_000
        took.append(asked.ask(_PANEL, end_ms)[0])
        time.sleep(_PAUSE_S)
    return took


def _publish(took: Sequence[float], rate: float, feeds: Sequence[Feed]) -> None:
    p95 = statistics.quantiles(took, n=20)[-1]
    print(f"{len(took)} panels; median {statistics.median(took):.0f} ms, p95 {p95:.0f} ms")
    print(
        f"{rate:,.0f} samples/s written; senders fell back by {max(f.late_s for f in feeds):.1f} s"
    )
    bars = [
        Bar(name="query_p95_under_load", figure=p95, unit="ms", limit=150, better="lower"),
        Bar(
            name="written_under_load",
            figure=rate,
            unit="samples/s",
            limit=SAMPLES_A_SECOND * 0.95,
            better="higher",
        ),
    ]
    figures = {"panels": len(took), "median_ms": statistics.median(took), "samples_per_s": rate}
    publish("query_load", figures, bars)


if __name__ == "__main__":
    main()
