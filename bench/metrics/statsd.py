"""How many StatsD lines a second arrive whole, by real datagrams to a real server on loopback.

Rates rise from the promise on; each is held for some seconds by a sender that does not look back.
The figure is lines for each second of CPU that the server used, all its processes and the kernel's
work for them included, in a round without loss: what one core takes. Every datagram holds one line,
the costliest shape; a last round packs them as clients do.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.report import Bar, publish
from bench.server import Server, free_port

PROMISE = 150_000
RATES = (PROMISE, 200_000, 250_000, 300_000)
LINES = 50_000
LINES_A_PACKET = 20
SETTLE_S = 4.0

SENDER = """
import socket, sys, time
port, rate, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
packets = open(sys.argv[4], "rb").read().split(b"\\0")
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    sock.connect(("127.0.0.1", port))
    send, count, sent = sock.send, len(packets), 0
    began = time.perf_counter()
    while (passed := time.perf_counter() - began) < seconds:
        due = int(passed * rate)
        while sent < due:
            send(packets[sent % count])
            sent += 1
        time.sleep(0.0005)
    print(sent, time.perf_counter() - began)
"""


@dataclass(frozen=True)
class Round:
    """One rate, held. lines_per_cpu_s: lines for each second of CPU of all server processes."""

    asked_per_s: int
    lines_a_packet: int
    sent: int
    sent_per_s: float
    taken: int
    loss_ratio: float
    cores: float
    lines_per_cpu_s: float


def main() -> None:
    """Measure and publish."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=10.0)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        port = free_port()
        listen = {"WATCHKEEPER_STATSD_LISTEN": f"udp://127.0.0.1:{port}"}
        server = Server(Path(directory) / "data", environ=listen)
        server.setup()
        server.start()
        try:
            rounds = list(_measure(server, port, given.seconds, Path(directory)))
        finally:
            server.stop()
    _publish(rounds, given.seconds)


def _measure(server: Server, port: int, seconds: float, directory: Path) -> Iterator[Round]:
    single, packed = directory / "single", directory / "packed"
    lines = list(_lines())
    single.write_bytes(b"\0".join(lines))
    packed.write_bytes(
        b"\0".join(
            b"\n".join(lines[at : at + LINES_A_PACKET])
            for at in range(0, len(lines), LINES_A_PACKET)
        )
    )
    _round(server, port, PROMISE // 3, 2.0, single, 1)  # every line is new once
    for rate in RATES:
        yield _round(server, port, rate, seconds, single, 1)
    yield _round(server, port, 2 * PROMISE, seconds, packed, LINES_A_PACKET)


def _round(
    server: Server, port: int, rate: int, seconds: float, packets: Path, lines_a_packet: int
) -> Round:
    taken, cpu_s = _taken(server), _cpu_s(server)
    command = [sys.executable, "-c", SENDER, str(port), str(rate // lines_a_packet), str(seconds)]
    done = subprocess.run([*command, str(packets)], check=True, capture_output=True, text=True)
    packets_sent, took_s = done.stdout.split()
    sent = int(packets_sent) * lines_a_packet
    time.sleep(SETTLE_S)
    cpu_s = _cpu_s(server) - cpu_s
    taken = _taken(server) - taken
    return Round(
        asked_per_s=rate,
        lines_a_packet=lines_a_packet,
        sent=sent,
        sent_per_s=sent / float(took_s),
        taken=taken,
        loss_ratio=1 - taken / sent,
        cores=cpu_s / float(took_s),
        lines_per_cpu_s=taken / cpu_s,
    )


def _lines() -> Iterator[bytes]:
    """What an application of the seeds sends: half counters, a quarter timers, a quarter gauges."""
    pick = random.Random(7)
    for number in range(LINES):
        path = f"endpoint:/api/v1/resource/{number % 200},method:GET"
        match number % 4:
            case 0:
                line = f"sigma_playground.api.calls:1|c|#{path},status_code:200"
            case 1:
                line = f"sigma_playground.api.response_time:{pick.randrange(1, 3_000)}|ms|#{path}"
            case 2:
                line = f"sigma_playground.workbook.views:1|c|#workbook_id:w{number % 999}"
            case _:
                line = f"sigma_playground.queue.depth:{pick.randrange(500)}|g|#queue:q{number % 50}"
        yield line.encode()


def _taken(server: Server) -> int:
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=30) as answer:
        text = answer.read().decode()
    lines = (
        line for line in text.splitlines() if line.startswith("watchkeeper_statsd_lines_total")
    )
    return round(float(next(lines).rpartition(" ")[2]))


def _cpu_s(server: Server) -> float:
    return sum(sum(each.cpu_times()[:2]) for each in server.tree())


def _publish(rounds: list[Round], seconds: float) -> None:
    single = [each for each in rounds if each.lines_a_packet == 1]
    held = max((each.lines_per_cpu_s for each in single if each.taken == each.sent), default=0.0)
    figures = {"seconds": seconds, "rounds": [asdict(each) for each in rounds]}
    print(json.dumps(figures["rounds"], indent=1))
    bars = [
        Bar(
            name="statsd_lines_per_s", figure=held, unit="lines/s", limit=PROMISE,
            better="higher",
        ),
        Bar(
            name="statsd_loss", figure=rounds[0].loss_ratio, unit="ratio", limit=0,
            better="lower",
        ),
    ]  # fmt: skip
    publish("statsd", figures, bars)


if __name__ == "__main__":
    main()
