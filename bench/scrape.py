"""Whether scrape intervals hold with many targets, and what scraping costs.

One process serves all targets, each on an address of its own (127.x.y.z) with 100 series; the real
server scrapes them by file. Jitter is measured at the targets, from when requests arrive, and from
the times of the stored `up` samples. The parsers are measured in this process, on known series.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

from bench.report import Bar, publish
from bench.server import Server, free_port
from watchkeeper.ingest.exposition import Format, Memory, Pairs, read_exposition

SERIES = 100
WARM_UP_INTERVALS = 2
PARSED_SERIES = 20_000
PARSE_ROUNDS = 15


class Targets:
    """Answers every request with the same body and notes when it came, by the address asked."""

    def __init__(self, port: int, body: bytes) -> None:
        self.port = port
        self.arrivals: dict[str, list[float]] = defaultdict(list)
        self.connections = 0
        head = (
            f"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        self._reply = head.encode() + body

    async def serve(self, ready: threading.Event) -> None:
        server = await asyncio.start_server(self._answer, "0.0.0.0", self.port, backlog=1024)
        ready.set()
        await server.serve_forever()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        address = writer.get_extra_info("sockname")[0]
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                self.arrivals[address].append(time.time())
                writer.write(self._reply)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


def exposition(series: int, *, openmetrics: bool = False) -> bytes:
    """A counter with so many series."""
    family = "requests" if openmetrics else "requests_total"
    lines = [f"# TYPE {family} counter"]
    lines += [
        f'requests_total{{method="GET",code="200",handler="/v1/things/{number}"}} {number * 1.5}'
        for number in range(series)
    ]
    return "\n".join([*lines, "# EOF\n" if openmetrics else ""]).encode()


def parsed_per_s(kind: Format) -> float:
    """Samples of known series that one core reads in a second; the best of some rounds."""
    body = exposition(PARSED_SERIES, openmetrics=kind is Format.OPENMETRICS)
    memory, learned = Memory(), list[Pairs]()

    def learn(pairs: Pairs) -> int:
        learned.append(pairs)
        return len(learned) - 1

    read_exposition(body, kind, memory, learn)
    seconds = []
    for _ in range(PARSE_ROUNDS):
        began = time.process_time()
        found = read_exposition(body, kind, memory, learn)
        seconds.append(time.process_time() - began)
        assert len(found.numbers) == PARSED_SERIES
    return PARSED_SERIES / min(seconds)


def deviations(arrivals: dict[str, list[float]], interval_s: float) -> list[float]:
    """How far each gap between two scrapes of a target is from the interval, as a ratio of it."""
    return [
        abs(later - earlier - interval_s) / interval_s
        for times in arrivals.values()
        for earlier, later in pairwise(times)
    ]


def quantile(values: list[float], q: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * q), len(ordered) - 1)]


def stored_times(server: Server, token: str, seconds: int) -> dict[str, list[float]]:
    """The times of stored `up` samples, in seconds by instance."""
    query = urllib.parse.urlencode({"query": f'up{{job="bench"}}[{seconds}s]'})
    request = urllib.request.Request(
        f"{server.url}/api/v1/query?{query}", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        result = json.loads(answer.read())["data"]["result"]
    return {each["metric"]["instance"]: [at for at, _ in each["values"]] for each in result}


def cpu_s(server: Server) -> float:
    """CPU seconds of the server and its children so far."""
    return sum(sum(process.cpu_times()[:2]) for process in server.tree())


def measure(
    directory: Path, *, targets: int, interval_s: float, seconds: float
) -> dict[str, float]:
    port = free_port()
    peer, ready = Targets(port, exposition(SERIES)), threading.Event()
    threading.Thread(target=lambda: asyncio.run(peer.serve(ready)), daemon=True).start()
    ready.wait()
    listed = [f"127.1.{number // 250}.{number % 250 + 1}:{port}" for number in range(targets)]
    config = {
        "global": {"scrape_interval": f"{round(interval_s * 1000)}ms"},
        "scrape_configs": [{"job_name": "bench", "static_configs": [{"targets": listed}]}],
    }
    (directory / "prometheus.yml").write_text(json.dumps(config))
    server = Server(
        directory / "data",
        environ={
            "WATCHKEEPER_SCRAPE_FILE": str(directory / "prometheus.yml"),
            "WATCHKEEPER_SCRAPE_PROJECT": "acme/web",
        },
    )
    server.start()
    try:
        token = str(server.setup()["api_token"])
        time.sleep(WARM_UP_INTERVALS * interval_s + 5)
        peer.arrivals.clear()
        connections, before, began = peer.connections, cpu_s(server), time.monotonic()
        time.sleep(seconds)
        used, took = cpu_s(server) - before, time.monotonic() - began
        arrivals = {address: list(times) for address, times in peer.arrivals.items()}
        stored = stored_times(server, token, int(seconds))
    finally:
        server.stop()
    at_targets, in_store = deviations(arrivals, interval_s), deviations(stored, interval_s)
    return {
        "targets": len(arrivals),
        "scrapes": sum(len(times) for times in arrivals.values()),
        "new_connections": peer.connections - connections,
        "cpu_ratio_of_one_core": used / took,
        "deviation_median": statistics.median(at_targets),
        "deviation_p99": quantile(at_targets, 0.99),
        "deviation_max": max(at_targets),
        "stored_deviation_max": max(in_store),
        "stored_within_2_pct_ratio": sum(d <= 0.02 for d in in_store) / len(in_store),
        "within_2_pct_ratio": sum(d <= 0.02 for d in at_targets) / len(at_targets),
    }


def main() -> None:
    """Measure and publish."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--targets", type=int, default=500)
    arguments.add_argument("--interval", type=float, default=5.0)
    arguments.add_argument("--seconds", type=float, default=60.0)
    given = arguments.parse_args()
    parsers = {kind.value: parsed_per_s(kind) for kind in (Format.TEXT, Format.OPENMETRICS)}
    with tempfile.TemporaryDirectory() as directory:
        intervals = measure(
            Path(directory),
            targets=given.targets,
            interval_s=given.interval,
            seconds=given.seconds,
        )
    publish(
        "scrape",
        {"parsed_per_s": parsers, "interval_s": given.interval, **intervals},
        [
            Bar(
                name="scrape_samples_per_s",
                figure=min(parsers.values()),
                unit="samples/s",
                limit=1_000_000,
                better="higher",
            ),
            Bar(
                name="scrape_interval_deviation",
                figure=intervals["stored_deviation_max"],
                unit="ratio",
                limit=0.02,
                better="lower",
            ),
        ],
    )


if __name__ == "__main__":
    main()
