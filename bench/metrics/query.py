"""Nine dashboard queries at two sizes, ours beside Prometheus and VictoriaMetrics, through HTTP.

Six hours at 60 s from data every 15 s. Every server holds the same samples, written by remote
write; they are asked in turn, and the median of each counts. A first asking that nobody times lets
each server bring its data into memory. Then the same panels 15 s later, each with its caches.
"""

from __future__ import annotations

import argparse
import http.client
import json
import math
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlencode

from bench.metrics.payload import STEP_MS, Sender
from bench.metrics.peers import Peer, our_server, prometheus, victoria_metrics
from bench.report import Bar, publish

HOUR_MS = 3_600_000
SPAN_MS = 6 * HOUR_MS
STEP_S = 60
SIZES = (1_000, 10_000)
_LEAD_MS = 90 * 60_000
_SETTLE_S = 5.0
_PHASE_MS = 7_000
"""No sample at a step: Prometheus 2 counts one at the start of a window, version 3 does not.

For the same reason answers are compared half a step off the subquery's steps.
"""

QUERIES: Mapping[str, str] = {
    "rate": "sum by (job) (rate(http_requests_total[5m]))",
    "errors": 'sum by (instance) (rate(http_requests_total{code=~"5.."}[5m]))'
    " / sum by (instance) (rate(http_requests_total[5m]))",
    "p99": "histogram_quantile(0.99, sum by (job, le) "
    "(rate(http_request_duration_seconds_bucket[5m])))",
    "topk": "topk(5, increase(http_requests_total[1h]))",
    "raw": "http_requests_total",
    "count": "count by (code) (http_requests_total)",
    "average": "avg_over_time(http_requests_total[1h])",
    "instance": 'http_requests_total{instance="10.0.0.3:9100"}',
    "subquery": "max_over_time(sum by (job) (rate(http_requests_total[5m]))[30m:1m])",
}


@dataclass
class Asked:
    """One server that answers range queries over a connection that stays open."""

    peer: Peer
    path: str
    headers: Mapping[str, str]
    connection: http.client.HTTPConnection | None = None

    def ask(self, query: str, end_ms: int, *, anew: bool = True) -> tuple[float, bytes]:
        """Milliseconds until the whole answer was here, and the answer.

        anew: no remembered answer, of those servers that have any.
        """
        words = {
            "query": query,
            "start": f"{(end_ms - SPAN_MS) / 1000:.3f}",
            "end": f"{end_ms / 1000:.3f}",
            "step": str(STEP_S),
            **({"nocache": "1"} if anew else {}),
        }
        target = f"{self.path}?{urlencode(words)}"
        began = time.perf_counter()
        try:
            answer = self._sent(target)
        except http.client.RemoteDisconnected:  # kept open for too long without a question
            self.connection, began = None, time.perf_counter()
            answer = self._sent(target)
        content = answer.read()
        took_ms = (time.perf_counter() - began) * 1000
        if answer.status != 200:
            raise RuntimeError(f"{self.peer.name} answered {answer.status}: {content[:300]!r}")
        return took_ms, content

    def _sent(self, target: str) -> http.client.HTTPResponse:
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.peer.port, timeout=120)
        self.connection.request("GET", target, headers=dict(self.headers))
        return self.connection.getresponse()


@dataclass(frozen=True, slots=True)
class Cell:
    """Median milliseconds of one query at one size."""

    query: str
    series: int
    watchkeeper: float
    prometheus: float
    victoria_metrics: float


def main(words: Sequence[str] | None = None) -> None:
    """Measure and publish."""
    arguments = argparse.ArgumentParser(prog="bench.metrics.query", description=__doc__)
    arguments.add_argument("--series", type=int, nargs="+", default=list(SIZES))
    arguments.add_argument("--runs", type=int, default=7)
    given = arguments.parse_args(words)
    cells: list[Cell] = []
    refreshed: list[Cell] = []
    for series in given.series:
        with tempfile.TemporaryDirectory(prefix="bench-query-") as name:
            fresh, again = _size(Path(name), series, given.runs)
        cells += fresh
        refreshed += again
    _publish(cells, refreshed, given.runs)


def _size(directory: Path, series: int, runs: int) -> tuple[list[Cell], list[Cell]]:
    end_ms = int(time.time() * 1000) // 60_000 * 60_000
    ours, theirs = our_server(directory), prometheus(directory)
    fast = victoria_metrics(directory, ["-search.disableCache"])
    peers = [ours, theirs, fast]
    try:
        for peer in peers:
            _fill(peer, series, end_ms)
        time.sleep(_SETTLE_S)
        asked = {peer.name: asked_of(peer) for peer in peers}
        if series == SIZES[0]:
            _compare(asked, end_ms - STEP_S * 500)
        cells = _table("nothing cached", asked, series, runs, lambda run: end_ms, warm=False)
        fast.stop()
        peers[2] = fast = victoria_metrics(directory)
        asked[fast.name] = asked_of(fast)
        moved = _table(
            "15 s later",
            asked,
            series,
            runs,
            lambda run: end_ms - runs * 15_000 + run * 15_000,
            warm=True,
        )
    finally:
        for peer in peers:
            peer.stop()
    return cells, moved


def asked_of(peer: Peer) -> Asked:
    """The server's range queries, with a token where one is needed."""
    path = peer.write_path.removesuffix("write") + "query_range"
    if peer.server is None:
        return Asked(peer, path, {})
    token = peer.server.setup()["api_token"]
    return Asked(peer, path, {"Authorization": f"Bearer {token}"})


def _fill(peer: Peer, series: int, end_ms: int) -> None:
    """All samples, an interval a request, at times that end at `end_ms`."""
    steps = (SPAN_MS + _LEAD_MS) // STEP_MS
    sender = Sender(series, 0, end_ms - _PHASE_MS - (steps - 1) * STEP_MS)
    connection = http.client.HTTPConnection("127.0.0.1", peer.port, timeout=60)
    for _ in range(steps):
        write_to(connection, peer, sender.next())
    connection.close()
    _wait_for_the_last(peer, series, end_ms)


def write_to(connection: http.client.HTTPConnection, peer: Peer, body: bytes) -> None:
    """One remote write; again while the server asks for patience."""
    headers = {
        "Content-Type": "application/x-protobuf",
        "Content-Encoding": "snappy",
        "X-Prometheus-Remote-Write-Version": "0.1.0",
        **peer.headers,
    }
    while True:
        connection.request("POST", peer.write_path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status in (200, 204):
            return
        if answer.status not in (429, 503):
            raise RuntimeError(f"{peer.name} answered {answer.status}: {content[:300]!r}")
        time.sleep(0.2)


def _wait_for_the_last(peer: Peer, series: int, end_ms: int) -> None:
    """Return once the last interval is answered."""
    asked = asked_of(peer)
    deadline = time.monotonic() + 300
    wanted = float(series - series // 2)
    while time.monotonic() < deadline:
        _, content = asked.ask("count(last_over_time(http_requests_total[15s]))", end_ms)
        found = json.loads(content)["data"]["result"]
        if found and float(found[0]["values"][-1][1]) == wanted and _ends(found, end_ms):
            return
        time.sleep(0.5)
    raise TimeoutError(f"{peer.name} does not answer what was written")


def _ends(found: Sequence[Mapping[str, list[tuple[float, str]]]], end_ms: int) -> bool:
    return float(found[0]["values"][-1][0]) * 1000 == end_ms


def _compare(asked: Mapping[str, Asked], end_ms: int) -> None:
    """Ours says what Prometheus says, to nine digits; topk by its values."""
    for name, query in QUERIES.items():
        ours = _points(asked["watchkeeper"].ask(query, end_ms)[1])
        theirs = _points(asked["prometheus"].ask(query, end_ms)[1])
        if name == "topk":  # equal values rank as they come
            ours, theirs = _without_names(ours), _without_names(theirs)
        if ours.keys() != theirs.keys():
            raise RuntimeError(f"{name}: {len(ours)} points, Prometheus has {len(theirs)}")
        for key, value in ours.items():
            other = theirs[key]
            same = math.isclose(value, other, rel_tol=1e-9) or (
                math.isnan(value) and math.isnan(other)
            )
            if not same:
                raise RuntimeError(f"{name}: {key} is {value}, Prometheus says {other}")


def _points(content: bytes) -> dict[tuple[str, float], float]:
    return {
        (json.dumps(series["metric"], sort_keys=True), float(when)): float(value)
        for series in json.loads(content)["data"]["result"]
        for when, value in series["values"]
    }


def _without_names(points: Mapping[tuple[str, float], float]) -> dict[tuple[str, float], float]:
    by_time: dict[float, list[float]] = {}
    for (_, when), value in points.items():
        by_time.setdefault(when, []).append(value)
    return {
        (str(rank), when): value
        for when, values in by_time.items()
        for rank, value in enumerate(sorted(values))
    }


def _table(
    title: str,
    asked: Mapping[str, Asked],
    series: int,
    runs: int,
    end_of: Callable[[int], int],
    *,
    warm: bool,
) -> list[Cell]:
    print(f"\n{title}, {series:,} series; median ms of {runs}")
    print(f"{'':10}{'ours':>9}{'Prom.':>9}{'VM':>9}{'/Prom':>8}{'/VM':>8}")
    cells = []
    for name, query in QUERIES.items():
        took: dict[str, list[float]] = {server: [] for server in asked}
        for one in asked.values():
            one.ask(query, end_of(-1), anew=not warm)
        for run in range(runs):
            for server, one in asked.items():
                took[server].append(one.ask(query, end_of(run), anew=not warm)[0])
        ours, theirs, fast = (statistics.median(times) for times in took.values())
        cells.append(Cell(name, series, ours, theirs, fast))
        print(
            f"{name:10}{ours:9.1f}{theirs:9.1f}{fast:9.1f}{ours / theirs:8.2f}{ours / fast:8.2f}",
            flush=True,
        )
    return cells


def _publish(cells: Sequence[Cell], refreshed: Sequence[Cell], runs: int) -> None:
    to_prometheus = [cell.watchkeeper / cell.prometheus for cell in cells]
    to_vm = [cell.watchkeeper / cell.victoria_metrics for cell in cells]
    again = [cell.watchkeeper / cell.victoria_metrics for cell in refreshed]
    bars = [
        Bar(
            name="query_median_ratio",
            figure=statistics.median(to_prometheus),
            unit="x",
            limit=0.7,
            better="lower",
        ),
        Bar(
            name="query_worst_ratio", figure=max(to_prometheus), unit="x", limit=1.0, better="lower"
        ),
        Bar(
            name="query_vm_ratio",
            figure=statistics.median(to_vm),
            unit="x",
            limit=2.0,
            better="lower",
        ),
        Bar(
            name="refresh_vm_ratio",
            figure=statistics.median(again),
            unit="x",
            limit=1.0,
            better="lower",
        ),
    ]
    print()
    publish(
        "query",
        {
            "runs": runs,
            "cells": [asdict(cell) for cell in cells],
            "refreshed": [asdict(cell) for cell in refreshed],
        },
        bars,
    )


if __name__ == "__main__":
    main()
