"""What the server of a small team costs: little of everything, all day.

A second: one error, a trace of 5 spans, 20 log lines in two requests; 1,000 samples each 15 s.
cpu_pct: processor time of the server's processes, in percent of one core, over `--seconds`.
live_s: from the answer to an error until the server has stored it, the median and the longest.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import re
import statistics
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

import cramjam

from bench.load import envelopes, labels_of, part, sample_of
from bench.report import Bar, publish
from bench.server import Server
from bench.spans import cpu_s, payload

SAMPLES = 1_000
LINES = 10
SPANS = 5
LIMIT_PCT = 20.0
_SETTLE_S = 20.0
_ERRORS = re.compile(
    r"^watchkeeper_digest_records_total\{[^}]*kind=\"error_event\"[^}]*\} (\S+)$", re.MULTILINE
)

Request = tuple[str, Mapping[str, str], bytes]


def main() -> None:
    """Measure and publish."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=60.0)
    seconds = arguments.parse_args().seconds
    with tempfile.TemporaryDirectory() as directory:
        server = Server(Path(directory) / "data", environ={"WATCHKEEPER_OTLP_GRPC_LISTEN": ""})
        facts = server.setup()
        server.start()
        figures = _measure(server, facts, seconds)
        server.stop()
    publish(
        "small",
        figures,
        [
            Bar(
                name="small_cpu_pct",
                figure=figures["cpu_pct"],
                unit="%",
                limit=LIMIT_PCT,
                better="lower",
            ),
            Bar(name="live_s", figure=figures["live_s"], unit="s", limit=1, better="lower"),
        ],
    )


def _measure(server: Server, facts: Mapping[str, object], seconds: float) -> dict[str, float]:
    stop, live = threading.Event(), list[float]()
    threads = [
        threading.Thread(target=_send, args=(server.port, request, period_s, stop))
        for request, period_s in _requests(facts)
    ]
    threads.append(threading.Thread(target=_send_errors, args=(server, facts, stop, live)))
    for thread in threads:
        thread.start()
    time.sleep(_SETTLE_S)
    live.clear()
    before_s, began = cpu_s(server), time.monotonic()
    time.sleep(seconds)
    spent_s, took_s = cpu_s(server) - before_s, time.monotonic() - began
    stop.set()
    for thread in threads:
        thread.join()
    return {
        "cpu_pct": 100 * spent_s / took_s,
        "live_s": statistics.median(live),
        "live_longest_s": max(live),
    }


def _requests(facts: Mapping[str, object]) -> list[tuple[Callable[[], Request], float]]:
    key = {"Authorization": f"Bearer {facts['server_key']}"}
    chance = random.Random(1)

    def spans() -> Request:
        headers = {**key, "Content-Type": "application/x-protobuf"}
        return "/v1/traces", headers, payload(chance, time.time_ns(), spans=SPANS)

    def lines() -> Request:
        told = [{"level": "info", "msg": f"paid {chance.random()}"} for _ in range(LINES)]
        return "/v1/logs/json?service=shop", key, json.dumps(told).encode()

    def samples() -> Request:
        now_ms = time.time_ns() // 1_000_000
        written = b"".join(
            part(1, labels_of(0, slot) + part(2, sample_of(now_ms, chance.random())))
            for slot in range(SAMPLES)
        )
        headers = {
            **key,
            "Content-Type": "application/x-protobuf",
            "Content-Encoding": "snappy",
            "X-Prometheus-Remote-Write-Version": "0.1.0",
        }
        return (
            f"/p/{facts['project_id']}/api/v1/write",
            headers,
            bytes(cramjam.snappy.compress_raw(written)),
        )

    return [(spans, 1.0), (lines, 0.5), (samples, 15.0)]


def _send(
    port: int, request: Callable[[], Request], period_s: float, stop: threading.Event
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    while not stop.wait(period_s):
        path, headers, body = request()
        connection.request("POST", path, body, dict(headers))
        answer = connection.getresponse()
        said = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{path}: {answer.status} {said[:200]!r}")
    connection.close()


def _send_errors(
    server: Server, facts: Mapping[str, object], stop: threading.Event, live: list[float]
) -> None:
    """One a second; how long each takes to be stored, as the server's own metrics tell it."""
    request = envelopes(int(str(facts["project_id"])), str(facts["ingest_key"]))
    number = 0
    while not stop.wait(1.0):
        path, headers, body = request(1, number)
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request("POST", path, body, headers)
        connection.getresponse().read()
        connection.close()
        number += 1
        began = time.monotonic()
        while number % 10 == 0 and _stored_errors(server) < number:
            time.sleep(0.05)
        if number % 10 == 0:
            live.append(time.monotonic() - began)


def _stored_errors(server: Server) -> float:
    with urllib.request.urlopen(f"{server.url}/metrics") as answer:
        found = _ERRORS.search(answer.read().decode())
    return float(found[1]) if found else 0.0


if __name__ == "__main__":
    main()
