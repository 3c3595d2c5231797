"""OTLP spans from protobuf to the store: how many a second, and what each costs.

Batches of 512 spans with six attributes, half of them requests with a path and a port of their own,
half of them database calls; sent over two connections until `--seconds` have passed.
spans_per_s: from the first byte sent until the last span is stored, by the clock of the wall.
spans_per_cpu_s: the same by the processor time of the server's processes; twice that is what two
cores do, whatever else this machine is busy with.
"""

from __future__ import annotations

import argparse
import http.client
import random
import re
import tempfile
import threading
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from bench.report import Bar, publish
from bench.server import Server

BATCH = 512
PAYLOADS = 100
SENDERS = 2
BAR = 50_000
_RESOURCE = {
    "service.name": "shop",
    "service.version": "1.2.3",
    "deployment.environment.name": "production",
    "host.name": "web-1",
    "telemetry.sdk.language": "python",
    "telemetry.sdk.name": "opentelemetry",
    "telemetry.sdk.version": "1.45.2",
}
_STORED = re.compile(
    r"^watchkeeper_digest_records_total\{[^}]*kind=\"spans\"[^}]*\} (\S+)$", re.MULTILINE
)


def main() -> None:
    """Measure and publish."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=60.0)
    seconds = arguments.parse_args().seconds
    chance = random.Random(1)
    payloads = [payload(chance, time.time_ns()) for _ in range(PAYLOADS)]
    with tempfile.TemporaryDirectory() as directory:
        server = Server(Path(directory) / "data", environ={"WATCHKEEPER_OTLP_GRPC_LISTEN": ""})
        key = str(server.setup()["server_key"])
        server.start()
        figures = measure(server, key, payloads, seconds)
        server.stop()
    wall, cpu = figures["spans_per_s"], figures["spans_per_cpu_s"]
    publish(
        "spans",
        figures,
        [
            Bar(name="spans_per_s", figure=wall, unit="1/s", limit=BAR, better="higher"),
            Bar(name="spans_2_cores", figure=2 * cpu, unit="1/s", limit=BAR, better="higher"),
        ],
    )


def measure(server: Server, key: str, payloads: list[bytes], seconds: float) -> dict[str, float]:
    """Send for so long, wait until all of it is stored."""
    sent: list[int] = []
    before_s = cpu_s(server)
    began = time.monotonic()
    senders = [
        threading.Thread(target=_send, args=(server, key, payloads, began + seconds, sent))
        for _ in range(SENDERS)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    accepted_s = time.monotonic() - began
    spans = BATCH * sum(sent)
    while _stored_records(server) < sum(sent):
        time.sleep(0.05)
    stored_s = time.monotonic() - began
    spent_s = cpu_s(server) - before_s
    return {
        "spans": spans,
        "bytes_a_span": sum(map(len, payloads)) / len(payloads) / BATCH,
        "accepted_per_s": spans / accepted_s,
        "spans_per_s": spans / stored_s,
        "spans_per_cpu_s": spans / spent_s,
        "stored_after_s": stored_s - accepted_s,
    }


def payload(chance: random.Random, now_ns: int, *, spans: int = BATCH) -> bytes:
    """One export request."""
    made = ExportTraceServiceRequest()
    of_resource = made.resource_spans.add()
    _fill(of_resource.resource, _RESOURCE)
    of_scope = of_resource.scope_spans.add()
    of_scope.scope.name = "opentelemetry.instrumentation.flask"
    for number in range(spans):
        _fill_span(of_scope.spans.add(), number, chance, now_ns)
    return made.SerializeToString()


def _fill_span(span: Span, number: int, chance: random.Random, now_ns: int) -> None:
    span.trace_id, span.span_id = chance.randbytes(16), chance.randbytes(8)
    span.start_time_unix_nano = now_ns + number * 1_000
    span.end_time_unix_nano = span.start_time_unix_nano + chance.randrange(10**9)
    if number % 2:
        span.name, span.kind = "GET /users/{id}", Span.SPAN_KIND_SERVER
        _fill(
            span,
            {
                "http.request.method": "GET",
                "http.route": "/users/{id}",
                "url.path": f"/users/{chance.randrange(10**6)}",
                "http.response.status_code": 200,
                "server.address": "shop.example.com",
                "network.peer.port": chance.randrange(1_024, 65_536),
            },
        )
    else:
        span.name, span.kind = "SELECT shop.users", Span.SPAN_KIND_CLIENT
        span.parent_span_id = chance.randbytes(8)
        column = chance.randrange(50)
        _fill(
            span,
            {
                "db.system.name": "postgresql",
                "db.query.text": f"SELECT id, name, c_{column} FROM users WHERE id = $1",
                "db.namespace": "shop",
                "db.operation.name": "SELECT",
                "server.address": "db.example.com",
                "thread.id": chance.randrange(100_000),
            },
        )


def _fill(holder: object, pairs: Mapping[str, str | int]) -> None:
    for name, value in pairs.items():
        of_pair = holder.attributes.add(key=name)  # type: ignore[attr-defined]
        if isinstance(value, int):
            of_pair.value.int_value = value
        else:
            of_pair.value.string_value = value


def _send(server: Server, key: str, payloads: list[bytes], until: float, sent: list[int]) -> None:
    """Send one payload after the other; a refusal is tried again after the time it names."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/x-protobuf"}
    count = 0
    while time.monotonic() < until:
        connection.request("POST", "/v1/traces", payloads[count % len(payloads)], headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status == 200:
            count += 1
        else:
            time.sleep(float(answer.headers.get("retry-after", "1")))
    sent.append(count)


def _stored_records(server: Server) -> float:
    """Each request is one record."""
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=30) as answer:
        return sum(float(number) for number in _STORED.findall(answer.read().decode()))


def cpu_s(server: Server) -> float:
    """Processor time of the server's processes so far, in seconds."""
    return sum(each.cpu_times().user + each.cpu_times().system for each in server.tree())


if __name__ == "__main__":
    main()
