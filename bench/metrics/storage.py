"""Bytes on disk a sample, memory of a million active series, and panels while samples pour in.

The samples are those of the other benches: half counters, half 10-bucket histograms, every 15 s.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

from bench.metrics.payload import STEP_MS, Sender
from bench.metrics.peers import Peer, our_server
from bench.report import Bar, publish

_HOURS = 6
_STEPS = _HOURS * 3_600_000 // STEP_MS
_SENDERS = 100
_SERIES_EACH = 10_000
_PANEL = "sum by (job) (rate(http_requests_total[5m]))"
_PANEL_SERIES = 2_000
"""Of one sender, half of them counters: the panel reads a thousand."""
_POUR_PER_S = 100_000
_SIZES = """
import json, sys
from pathlib import Path
from watchkeeper.store.columns import EmbeddedOptions
from watchkeeper.store.columns.embedded import open_embedded

columns = open_embedded(Path(sys.argv[1]), options=EmbeddedOptions(query_time_s=600.0))
for table in ("samples", "series", "samples_1h", "samples_1d"):
    columns.execute(f"OPTIMIZE TABLE {table} FINAL")
print(json.dumps({each.table: [each.rows, each.bytes_on_disk] for each in columns.sizes()}))
columns.close()
"""


def main(words: Sequence[str] | None = None) -> None:
    """Measure and publish."""
    arguments = argparse.ArgumentParser(prog="bench.metrics.storage", description=__doc__)
    arguments.add_argument("--pour-seconds", type=float, default=60.0)
    given = arguments.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="bench-storage-") as name:
        sizes = _on_disk(Path(name))
    with tempfile.TemporaryDirectory(prefix="bench-series-") as name:
        rss_mb, known = _million(Path(name))
    with tempfile.TemporaryDirectory(prefix="bench-panel-") as name:
        took_ms, poured = _panels(Path(name), given.pour_seconds)
    _publish(sizes, rss_mb, known, took_ms, poured)


def _on_disk(directory: Path) -> dict[str, tuple[int, int]]:
    """Rows and bytes by table, after six hours of 10 k series and merging."""
    peer = our_server(directory)
    start_ms = int(time.time() * 1000) // STEP_MS * STEP_MS - (_STEPS + 1) * STEP_MS
    sender = Sender(_SERIES_EACH, 0, start_ms)
    connection = _Line(peer)
    for _ in range(_STEPS):
        connection.post(sender.next())
    _until_stored(peer)
    peer.stop()
    command = [sys.executable, "-c", _SIZES, str(directory / "watchkeeper" / "columns")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    sizes = {table: (rows, size) for table, (rows, size) in json.loads(done.stdout).items()}
    for table, (rows, size) in sizes.items():
        if rows:
            print(f"{table:14} {rows:12,} rows {size:14,} bytes {size / rows:8.2f} a row")
    return sizes


def _million(directory: Path) -> tuple[float, int]:
    """Resident memory of all processes with a million active series, and how many were stored."""
    environ = {
        "WATCHKEEPER_SERIES_MAX_PER_METRIC": "1000000",
        "WATCHKEEPER_SERIES_MAX_PER_PROJECT": "2000000",
    }
    peer = our_server(directory, environ)
    start_ms = int(time.time() * 1000) // STEP_MS * STEP_MS - 4 * STEP_MS
    connection = _Line(peer)
    senders = [Sender(_SERIES_EACH, number, start_ms) for number in range(_SENDERS)]
    peak_mb = 0.0
    for _ in range(3):
        for sender in senders:
            connection.post(sender.next())
            peak_mb = max(peak_mb, peer.rss_mb())
    _until_stored(peer)
    peak_mb = max(peak_mb, peer.rss_mb())
    content = _Reader(peer).api("query", query='count({__name__=~"http_.+"})')
    known = int(float(json.loads(content)["data"]["result"][0]["value"][1]))
    print(f"{known:,} series, peak {peak_mb:.0f} MiB, now {peer.rss_mb():.0f} MiB")
    peer.stop()
    return peak_mb, known


def _panels(directory: Path, seconds: float) -> tuple[list[float], float]:
    """Milliseconds of a panel of 1 k series, asked each second while samples are written."""
    peer = our_server(directory)
    end_ms = int(time.time() * 1000) // STEP_MS * STEP_MS
    history = Sender(_PANEL_SERIES, 0, end_ms - _STEPS * STEP_MS)
    connection = _Line(peer)
    for _ in range(_STEPS):
        connection.post(history.next())
    _until_stored(peer)
    stop = threading.Event()
    poured: list[float] = []
    pouring = threading.Thread(target=_pour, args=(peer, stop, poured))
    pouring.start()
    reader, took_ms = _Reader(peer), []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        end_s = int(time.time()) // 15 * 15
        began = time.perf_counter()
        reader.api("query_range", query=_PANEL, start=end_s - _HOURS * 3600, end=end_s, step=60)
        took_ms.append((time.perf_counter() - began) * 1000)
        time.sleep(0.5)
    stop.set()
    pouring.join()
    peer.stop()
    print(
        f"panel p50 {statistics.median(took_ms):.1f} ms, {poured[0] / 1e3:.0f} k samples/s poured"
    )
    return took_ms, poured[0]


def _pour(peer: Peer, stop: threading.Event, poured: list[float]) -> None:
    """Write 100 k samples a second of other series, evenly; notes what was reached."""
    start_ms = int(time.time() * 1000) - 50 * 24 * 3_600_000
    senders = [Sender(_SERIES_EACH, number, start_ms) for number in range(50, 60)]
    connection, sent, began = _Line(peer), 0, time.monotonic()
    while not stop.is_set():
        connection.post(senders[sent // _SERIES_EACH % len(senders)].next())
        sent += _SERIES_EACH
        stop.wait(max(0.0, began + sent / _POUR_PER_S - time.monotonic()))
    poured.append(sent / (time.monotonic() - began))


class _Line:
    """One connection that writes, and waits when it is told to."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._connection = http.client.HTTPConnection("127.0.0.1", peer.port, timeout=120)
        self._headers = {
            "Content-Type": "application/x-protobuf",
            "Content-Encoding": "snappy",
            "X-Prometheus-Remote-Write-Version": "0.1.0",
            **peer.headers,
        }

    def post(self, body: bytes) -> None:
        """Raises RuntimeError if it is refused for good."""
        while True:
            self._connection.request("POST", self._peer.write_path, body, self._headers)
            answer = self._connection.getresponse()
            text = answer.read()
            if answer.status in {200, 204}:
                return
            if answer.status not in {429, 503}:
                raise RuntimeError(f"{answer.status}: {text[:300]!r}")
            time.sleep(0.5)


class _Reader:
    """Asks with the project's API token."""

    def __init__(self, peer: Peer) -> None:
        assert peer.server is not None
        token = peer.server.setup()["api_token"]
        self._peer = replace(peer, headers={"Authorization": f"Bearer {token}"})
        self._base = peer.write_path.removesuffix("write")

    def api(self, path: str, **words: str | int) -> bytes:
        """An answer of the query API."""
        return self.page(f"{self._base}{path}?{urlencode(words)}")

    def page(self, path: str) -> bytes:
        return self._peer.get(path, timeout_s=120)


def _until_stored(peer: Peer) -> None:
    """Return once the spool is empty."""
    reader, quiet = _Reader(peer), 0
    while quiet < 3:
        text = reader.page("/metrics")
        depth = [
            float(line.rpartition(" ")[2])
            for line in text.decode().splitlines()
            if line.startswith("watchkeeper_spool_depth_bytes{")
        ]
        quiet = quiet + 1 if depth and max(depth) == 0 else 0
        time.sleep(1.0)


def _publish(
    sizes: dict[str, tuple[int, int]],
    rss_mb: float,
    known: int,
    took_ms: list[float],
    poured: float,
) -> None:
    rows, size = sizes["samples"]
    p95_ms = statistics.quantiles(took_ms, n=20)[-1]
    figures = {
        "tables": {table: {"rows": r, "bytes": s} for table, (r, s) in sizes.items()},
        "active_series": known,
        "panel_ms": {"p50": statistics.median(took_ms), "p95": p95_ms, "asked": len(took_ms)},
        "poured_samples_per_s": poured,
    }
    bars = [
        Bar(name="bytes_per_sample", figure=size / rows, unit="B", limit=1.4, better="lower"),
        Bar(name="active_series_rss_mb", figure=rss_mb, unit="MiB", limit=2048, better="lower"),
        Bar(name="panel_while_writing_p95_ms", figure=p95_ms, unit="ms", limit=150, better="lower"),
    ]
    publish("storage", figures, bars)


if __name__ == "__main__":
    main()
