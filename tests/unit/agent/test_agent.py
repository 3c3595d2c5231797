"""The agent: what it sends, what it keeps while the server is away, what it is told wrongly."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cramjam
import pytest

from tests.fakes.clock import HandClock
from tests.unit.edge.world import SERVER, World, call
from watchkeeper.agent import OptionInvalid, read_options
from watchkeeper.agent.expose import expose, exposition
from watchkeeper.agent.payload import Encoder
from watchkeeper.agent.run import Agent, measure_until
from watchkeeper.agent.send import Answer, HttpPost, Outbox
from watchkeeper.app.proxy import EngineProxy
from watchkeeper.app.roles.edge import EdgeApp
from watchkeeper.ingest import decode_samples, decode_series
from watchkeeper.model import Kind
from watchkeeper.privacy import Scrubber

URL = "WATCHKEEPER_AGENT_URL"
KEY = "WATCHKEEPER_AGENT_KEY"
OK = Answer(204, "")


class Answers:
    """Answers in turn, the last answer for ever; keeps what it was sent."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.bodies: list[bytes] = []
        self.said: list[str] = []

    def __call__(self, body: bytes) -> Answer:
        self.bodies.append(body)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def outbox(self, max_bytes: int = 1_000) -> Outbox:
        return Outbox(self, max_bytes=max_bytes, say=self.said.append)


def test_requests_go_out_in_the_order_measured() -> None:
    server = Answers(OK)
    outbox = server.outbox()
    outbox.put(b"one", 3)
    outbox.put(b"two", 4)

    assert [outbox.send_one(), outbox.send_one()] == [0.0, 0.0]

    assert server.bodies == [b"one", b"two"]
    assert (outbox.sent, outbox.dropped, outbox.failed) == (7, 0, 0)


@pytest.mark.parametrize("status", [0, 401, 429, 500, 503])
def test_what_may_succeed_later_is_kept_and_tried_ever_more_rarely(status: int) -> None:
    server = Answers(*[Answer(status, "no")] * 8, OK)
    outbox = server.outbox()
    outbox.put(b"one", 1)

    pauses = [outbox.send_one() for _ in range(8)]

    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    assert outbox.send_one() == 0
    assert (outbox.sent, outbox.failed) == (1, 8)
    assert server.said[-1] == "the server takes samples again"


def test_the_server_may_ask_for_a_longer_pause() -> None:
    outbox = Answers(Answer(503, "busy", 30)).outbox()
    outbox.put(b"one", 1)

    assert outbox.send_one() == 30


def test_what_the_server_refuses_is_dropped_and_said() -> None:
    server = Answers(Answer(400, "too old"))
    outbox = server.outbox()
    outbox.put(b"one", 5)

    assert outbox.send_one() == 0
    assert outbox.dropped == 5
    assert "too old" in server.said[0]


def test_the_oldest_makes_room() -> None:
    server = Answers(OK)
    outbox = server.outbox(max_bytes=250)
    for number in range(4):
        outbox.put(bytes([number]) * 100, 10)

    outbox.end()
    outbox.run()

    assert [body[0] for body in server.bodies] == [2, 3]
    assert (outbox.sent, outbox.dropped) == (20, 20)


def test_the_thread_sends_what_comes_and_ends_when_told() -> None:
    server = Answers(OK)
    outbox = server.outbox()
    thread = threading.Thread(target=outbox.run)
    thread.start()
    outbox.put(b"one", 1)
    outbox.end()

    thread.join(10)

    assert not thread.is_alive()
    assert server.bodies == [b"one"]


async def test_a_request_is_remote_write_as_the_server_reads_it(tmp_path: Path) -> None:
    world = World(tmp_path / "spool")
    edge = EdgeApp(
        world.acceptor,
        world.keys,
        Scrubber(),
        EngineProxy(tmp_path / "engine.sock"),
        world.clock,
        world.metrics,
    )
    encoder = Encoder({"job": "node", "instance": "db-1", "site": ""})
    readings = [("node_load1", (), 0.5), ("node_network_up", (("device", "eth0"),), 0.0)]
    body = bytes(cramjam.snappy.compress_raw(encoder.request(readings, world.clock())))
    headers = {"Authorization": f"Bearer {SERVER}", "Content-Encoding": "snappy",
               "Content-Type": "application/x-protobuf"}  # fmt: skip

    answer = await call(edge, "POST", "/api/v1/write", body, headers=headers)

    assert answer.status == 204
    (announced,) = world.records(Kind.SERIES)
    assert [row.labels for row in decode_series(announced.payload)] == [
        (("__name__", "node_load1"), ("instance", "db-1"), ("job", "node")),
        (
            ("__name__", "node_network_up"),
            ("device", "eth0"),
            ("instance", "db-1"),
            ("job", "node"),
        ),
    ]
    (samples,) = world.records(Kind.SAMPLES)
    _, times, values = decode_samples(samples.payload)
    assert times.tolist() == [world.clock()] * 2
    assert values.tolist() == [0.5, 0.0]


def test_measurements_are_at_multiples_of_the_interval() -> None:
    server = Answers(OK)
    outbox = server.outbox(max_bytes=2**20)
    clock = HandClock(1_795_224_000_123)
    pauses: list[float] = []

    def pause(seconds: float) -> bool:
        pauses.append(seconds)
        clock.forward(round(seconds * 1000))
        return len(pauses) > 2

    options = read_options({URL: "http://h", KEY: "k"})
    measure_until(pause, Agent(options, outbox), interval_ms=15_000, clock=clock)

    assert pauses == [14.877, 15.0, 15.0]
    outbox.end()
    outbox.run()
    assert len(server.bodies) == 2
    assert b"node_cpu_seconds_total" in bytes(cramjam.snappy.decompress_raw(server.bodies[0]))


@pytest.fixture
def peer() -> Iterator[tuple[str, list[tuple[str, dict[str, str], bytes]]]]:
    """A server on loopback that keeps the requests it gets."""
    got: list[tuple[str, dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.path, dict(self.headers), body))
            self.send_response(503 if len(got) == 1 else 204)
            self.send_header("Retry-After", "7")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", got
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_request_carries_the_key_and_the_protocol(
    peer: tuple[str, list[tuple[str, dict[str, str], bytes]]],
) -> None:
    url, got = peer
    post = HttpPost(f"{url}/p/3/api/v1/write", "secret")

    answers = [post(b"x"), post(b"y")]
    post.close()

    assert answers == [Answer(503, "", 7.0), Answer(204, "", 7.0)]
    path, headers, body = got[1]
    assert (path, body) == ("/p/3/api/v1/write", b"y")
    assert headers["Authorization"] == "Bearer secret"
    assert headers["X-Prometheus-Remote-Write-Version"] == "0.1.0"


def test_nobody_there_is_an_answer_too() -> None:
    answer = HttpPost("http://127.0.0.1:1/api/v1/write", "k")(b"x")

    assert answer.status == 0
    assert "refused" in answer.text.lower()


def test_the_process_measures_sends_and_ends(
    peer: tuple[str, list[tuple[str, dict[str, str], bytes]]],
) -> None:
    url, got = peer
    command = [sys.executable, "-m", "watchkeeper.agent"]
    environ = {**os.environ, URL: url, KEY: "k", "WATCHKEEPER_AGENT_INTERVAL_S": "1"}
    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        lines = [process.stderr.readline(), process.stderr.readline()]
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0

    assert "measuring this host every 1 s" in lines[0]
    assert "cannot send, trying again: 503" in lines[1]
    assert len(got) >= 2


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, r"WATCHKEEPER_AGENT_URL \(--url\) must be like"),
        ({URL: "watch.example.com", KEY: "k"}, "must be like https"),
        ({URL: "http://h"}, r"WATCHKEEPER_AGENT_KEY \(--key\) is missing"),
        ({URL: "http://h", KEY: "k", "WATCHKEEPER_AGENT_INTERVAL_S": "0"}, "must be 1..3600"),
        ({URL: "http://h", KEY: "k", "WATCHKEEPER_AGENT_INTERVAL_S": "x"}, "must be a number"),
        ({URL: "http://h", KEY: "k", "WATCHKEEPER_AGENT_LABELS": "a-b=c"}, "site=berlin"),
        ({URL: "http://h", KEY: "k", "WATCHKEEPER_AGENT_LISTEN": "x"}, "must be HOST:PORT"),
        ({URL: "http://h", KEY: "k", "WATCHKEEPER_AGENT_COLOUR": "x"}, "Unknown variable"),
        ({URL: "http://h", "WATCHKEEPER_AGENT_KEY_FILE": "/none"}, "cannot be read"),
    ],
)
def test_what_is_wrong_is_named(environ: dict[str, str], said: str) -> None:
    with pytest.raises(OptionInvalid, match=said):
        read_options(environ)


def test_the_key_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("secret\n")

    options = read_options(
        {
            URL: "https://h/p/2/",
            "WATCHKEEPER_AGENT_KEY_FILE": str(tmp_path / "key"),
            "WATCHKEEPER_AGENT_LABELS": "site=berlin, role=db",
            "WATCHKEEPER_AGENT_INSTANCE": "db-1",
        }
    )

    assert (options.key, options.write_url) == ("secret", "https://h/p/2/api/v1/write")
    assert options.target_labels == {
        "site": "berlin", "role": "db", "job": "node", "instance": "db-1",
    }  # fmt: skip


def test_the_local_metrics_are_prometheus_text() -> None:
    server = expose("127.0.0.1:0", lambda: [("a_total", (("x", 'q"\\\n'),), 1.0), ("b", (), 2.5)])
    url = f"http://127.0.0.1:{server.server_address[1]}/metrics"
    with urllib.request.urlopen(url, timeout=10) as answer:
        text = answer.read().decode()
    server.shutdown()
    server.server_close()

    assert text == (
        '# TYPE a_total counter\na_total{x="q\\"\\\\\\n"} 1.0\n# TYPE b gauge\nb{} 2.5\n'
    )
    assert exposition([]) == "\n"
