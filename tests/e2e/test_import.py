"""`watchkeeper import prometheus` beside a real Prometheus: all of it, once, also after a kill."""

from __future__ import annotations

import json
import math
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cramjam
import httpx
import pytest

from bench.server import Server
from tests.e2e.eventually import eventually
from tests.servers.prometheus import INSTALLED, prometheus_server
from tests.unit.ingest.native_samples import histogram_request

pytestmark = [
    pytest.mark.prometheus,
    pytest.mark.skipif(not INSTALLED, reason="prometheus is not installed"),
]
HOUR_S = 3600
STEP_S = 60
SPAN_S = 48 * HOUR_S
METRICS = [f"app_{name}_total" for name in ("hits", "misses", "bytes", "jobs")] + ["up", "load"]


def openmetrics(start_s: int) -> Iterator[str]:
    """Two days of six metrics with four series each; one of them ends after a day."""
    for metric in METRICS:
        is_counter = metric.endswith("_total")
        family = metric.removesuffix("_total")
        yield f"# HELP {family} About {family}.\n"
        yield f"# TYPE {family} {'counter' if is_counter else 'gauge'}\n"
        for number in range(4):
            length_s = SPAN_S // 2 if metric == "load" and number == 3 else SPAN_S
            for tick in range(length_s // STEP_S):
                at = start_s + tick * STEP_S + number * 0.25
                value = tick * (number + 1) if is_counter else math.sin(tick / 50) + number
                shown = 1 if metric == "up" else round(value, 6)
                yield f'{metric}{{instance="i{number}",job="app"}} {shown} {at}\n'
    yield "# EOF\n"


@dataclass(frozen=True, slots=True)
class Move:
    """Both servers. start_s: when the history begins."""

    theirs: httpx.Client
    ours: httpx.Client
    server: Server
    facts: dict[str, object]
    start_s: int

    @property
    def end_s(self) -> int:
        return self.start_s + SPAN_S

    def words(self, *more: str, url: str = "") -> list[str]:
        since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.start_s))
        until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.end_s + 60))
        url = (url or str(self.theirs.base_url)).rstrip("/")
        words = ["import", "prometheus", url, "--since", since, "--until", until, *more]
        return self.server.command(*words)

    def run(self, *more: str) -> str:
        done = subprocess.run(
            self.words(*more), capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def raw(self, client: httpx.Client, metric: str) -> dict[str, list[Any]]:
        """Every sample of a metric, by instance."""
        found: dict[str, list[Any]] = {}
        for day in (1, 2):
            at = self.start_s + day * SPAN_S // 2 - 0.001
            answer = client.post(
                "/api/v1/query", data={"query": f"{metric}[{SPAN_S // 2 * 1000}ms]", "time": at}
            ).json()
            for one in answer["data"]["result"]:
                found.setdefault(one["metric"]["instance"], []).extend(one["values"])
        return found

    def counted(self) -> int:
        return sum(len(one) for m in METRICS for one in self.raw(self.ours, m).values())

    def assert_alike(self) -> None:
        eventually(
            lambda: all(self.raw(self.ours, m) == self.raw(self.theirs, m) for m in METRICS),
            within_s=30,
            what="all of the history",
        )


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    directory = tmp_path_factory.mktemp("history")
    start_s = (int(time.time()) - SPAN_S - 4 * HOUR_S) // HOUR_S * HOUR_S
    text = directory / "history.txt"
    text.write_text("".join(openmetrics(start_s)))
    blocks = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "-q", str(text)]
    subprocess.run([*blocks, str(directory / "tsdb")], check=True, capture_output=True)
    with prometheus_server(directory, "--enable-feature=native-histograms") as url:
        yield url, start_s


@pytest.fixture
def move(tmp_path: Path, prometheus: tuple[str, int]) -> Iterator[Move]:
    server = Server(tmp_path / "data")
    facts = server.setup()
    server.start()
    url, start_s = prometheus
    token = {"Authorization": f"Bearer {facts['api_token']}"}
    base_url = f"{server.url}/p/{facts['project_id']}"
    try:
        with (
            httpx.Client(base_url=url, timeout=30) as theirs,
            httpx.Client(base_url=base_url, headers=token, timeout=30) as ours,
        ):
            yield Move(theirs, ours, server, facts, start_s)
    finally:
        server.kill()


TOTAL = 4 * len(METRICS) * SPAN_S // STEP_S - SPAN_S // STEP_S // 2


def test_all_samples_come_over_once(move: Move) -> None:
    first = move.run()
    move.assert_alike()
    again = move.run("--restart")
    caught_up = move.run()

    assert f"{TOTAL:,} samples kept, 0 were there already" in first
    assert f"0 samples kept, {TOTAL:,} were there already" in again
    assert "0 samples kept, 0 were there already (resumed)" in caught_up
    assert move.counted() == TOTAL
    count = move.ours.get(
        "/api/v1/query",
        params={"query": f"count_over_time(load[{SPAN_S}s])", "time": move.end_s - 0.001},
    ).json()
    assert sum(float(one["value"][1]) for one in count["data"]["result"]) == 3.5 * SPAN_S / STEP_S


def test_it_goes_on_after_a_kill(move: Move) -> None:
    states = move.server.data_dir / "imports"
    first, is_over = threading.Lock(), threading.Event()

    def only_the_first() -> httpx.Response | None:
        if first.acquire(blocking=False):
            return None
        is_over.wait(60)
        return httpx.Response(503)

    with between(str(move.theirs.base_url), only_the_first) as url:
        process = subprocess.Popen(move.words(url=url), stdout=subprocess.DEVNULL)
        eventually(lambda: any(states.glob("*.json")), within_s=60, what="the first piece")
        process.send_signal(signal.SIGKILL)
        assert process.wait() != 0
        is_over.set()
        (state,) = states.glob("*.json")
        before = json.loads(state.read_text())["kept"]

    said = move.run("--state", str(state))

    move.assert_alike()
    assert 0 < before < TOTAL
    assert "(resumed)" in said
    assert move.counted() == TOTAL


def test_some_of_it_by_key_over_the_network(move: Move) -> None:
    said = move.run(
        "--url", move.server.url, "--key", str(move.facts["server_key"]),
        "--match", '{job="app",instance=~"i[01]"}', "--match", "load",
        "--state", str(move.server.data_dir / "state.json"),
    )  # fmt: skip
    instances = {m: set(move.raw(move.theirs, m)) for m in ("app_hits_total", "load")}
    eventually(lambda: len(move.raw(move.ours, "load")) == 4, within_s=30, what="the samples")

    assert instances["load"] == {"i0", "i1", "i2", "i3"}
    assert set(move.raw(move.ours, "app_hits_total")) == {"i0", "i1"}
    assert move.raw(move.ours, "load") == move.raw(move.theirs, "load")
    assert "refused" not in said
    assert set(move.raw(move.ours, "up")) == {"i0", "i1"}


def test_by_queries_where_remote_read_does_not_answer(move: Move) -> None:
    with between(str(move.theirs.base_url), lambda: httpx.Response(404)) as url:
        words = move.words(url=url)
        done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == 0, done.stderr + done.stdout
    assert "samples were read by queries" in done.stdout
    move.assert_alike()


class between:
    """A proxy before a Prometheus. instead: the answer to a remote read; None passes it on."""

    def __init__(self, url: str, instead: Callable[[], httpx.Response | None]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                headers = {"accept-encoding": "identity"}
                self._answer(httpx.get(f"{url.rstrip('/')}{self.path}", headers=headers))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                answer = instead() if self.path == "/api/v1/read" else None
                sent = ("content-type", "content-encoding", "x-prometheus-remote-read-version")
                headers = {name: value for name in sent if (value := self.headers[name])}
                headers["accept-encoding"] = "identity"
                address = f"{url.rstrip('/')}{self.path}"
                self._answer(answer or httpx.post(address, content=body, headers=headers))

            def _answer(self, answer: httpx.Response) -> None:
                self.send_response(answer.status_code)
                kept = ("content-type", "content-encoding")
                for name in (name for name in kept if name in answer.headers):
                    self.send_header(name, answer.headers[name])
                self.send_header("content-length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            def log_message(self, *_words: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> str:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_problem: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def test_native_histograms_that_are_not_shown_are_told(move: Move) -> None:
    """Prometheus 2.42 answers remote read of such a series with its labels alone."""
    start_ms = int(time.time() * 1000) - 120_000
    headers = {
        "content-type": "application/x-protobuf",
        "content-encoding": "snappy",
        "x-prometheus-remote-write-version": "0.1.0",
    }
    body = bytes(cramjam.snappy.compress_raw(histogram_request(start_ms)))
    answer = move.theirs.post("/api/v1/write", content=body, headers=headers)
    assert answer.status_code in (200, 204), answer.text
    words = move.words("--match", "latency", "--until", "0s", "--since", "1h")
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

    said = " ".join(done.stdout.split())
    assert "1 times the native histograms of a series were left out" in said


def test_mistakes_are_told(move: Move) -> None:
    def said(*more: str) -> str:
        done = subprocess.run(move.words(*more), capture_output=True, text=True, check=False)
        assert done.returncode != 0
        assert "Traceback" not in done.stderr
        return " ".join((done.stderr + done.stdout).split())

    assert "no series selector" in said("--match", "rate(load[5m])")
    assert "is no time" in said("--since", "yesterday")
    assert "There is no project" in said("--project", "acme/nothing")
    assert "unknown_key" in said("--url", move.server.url, "--key", "wrong")
