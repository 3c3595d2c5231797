"""StatsD over real sockets, through the real receiving process, into a real spool."""

from __future__ import annotations

import os
import select
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bench.server import free_port
from tests.unit.edge.world import World
from watchkeeper.ingest import decode_logs, decode_samples, decode_series
from watchkeeper.ingest.protocols.statsd import (
    Aggregator,
    Listener,
    MappingRules,
    ProjectLines,
    StatsdMetrics,
    StatsdService,
    TagPolicy,
)
from watchkeeper.ingest.protocols.statsd.receiving import Frame, ReceiverProcess
from watchkeeper.lib.listening import CannotListen, parse_addresses
from watchkeeper.model import METRIC_NAME, Kind
from watchkeeper.privacy import Scrubber, ScrubRules

FLUSH_MS = 1_000


class Statsd:
    """A service on one address, with a project that exists as long as `project_id` is set."""

    def __init__(self, directory: Path, *addresses: str, is_optional: bool = False) -> None:
        self.world = World(directory / "spool")
        self.project_id: int | None = 1
        self.lines = ProjectLines(
            Aggregator(MappingRules(), TagPolicy()),
            self.world.acceptor,
            scrubber=Scrubber(ScrubRules(salt=b"salt")),
            flush_ms=FLUSH_MS,
        )
        self.service = StatsdService(
            [
                Listener(address=address, is_optional=is_optional)
                for text in addresses
                for address in parse_addresses(text)
            ],
            {"": self.lines},
            find_project=lambda _name: self.project_id,
            clock=self.world.clock,
            metrics=StatsdMetrics(self.world.registry, self.world.metrics),
            flush_ms=FLUSH_MS,
        )

    def take(self, lines: int) -> None:
        """Run until so many lines were read; the clock stands still."""
        while self.lines.aggregator.lines < lines:
            self.service.run_once()

    def flush(self) -> None:
        self.world.clock.forward(FLUSH_MS)
        self.service.run_once()

    def stored(self) -> dict[str, float]:
        """The newest sample of each metric in the spool; metrics here have no labels."""
        names = {
            row.series_id: dict(row.labels)[METRIC_NAME]
            for record in self.world.records(Kind.SERIES)
            for row in decode_series(record.payload)
        }
        found: dict[str, float] = {}
        for record in self.world.records(Kind.SAMPLES):
            ids, times, values = decode_samples(record.payload)
            for at in np.argsort(times, kind="stable").tolist():
                found[names[int(ids[at])]] = float(values[at])
        return found


@pytest.fixture
def started(tmp_path: Path) -> Iterator[list[StatsdService]]:
    services: list[StatsdService] = []
    yield services
    for service in services:
        service.close()


@pytest.fixture
def statsd(tmp_path: Path, started: list[StatsdService]) -> Statsd:
    made = Statsd(
        tmp_path, "127.0.0.1:0", f"unixgram://{tmp_path}/d.sock", f"unix://{tmp_path}/s.sock"
    )
    made.service.open()
    started.append(made.service)
    return made


def port(statsd: Statsd, place: int) -> tuple[str, int]:
    return "127.0.0.1", statsd.service.addresses[place][1]


def test_events_and_checks_are_log_lines_like_any_other(statsd: Statsd) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        lines = (
            b"_e{6,16}:Deploy|password=hunter2|t:warning|h:web-1|#service:shop,env:prod,team:a\n"
            b"_sc|db.up|2|h:db-1|#env:prod|m:token=abcdef0123456789abcdef\n"
        )
        udp.sendto(lines, port(statsd, 0))
        statsd.take(2)

    statsd.flush()

    records = statsd.world.records(Kind.LOGS)
    event, check = [row for record in records for row in decode_logs(record.payload)]
    assert (event.severity, event.severity_number, event.source) == ("warn", 13, "statsd")
    assert (event.service, event.environment, event.host) == ("shop", "prod", "web-1")
    assert event.attributes["team"] == "a"
    assert (check.severity, check.environment, check.host) == ("error", "prod", "db-1")
    assert "hunter2" not in event.body
    assert "abcdef0123456789" not in check.body


def test_lines_come_over_every_kind_of_socket(statsd: Statsd, tmp_path: Path) -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        socket.create_connection(port(statsd, 1)) as tcp,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as unixgram,
        socket.socket(socket.AF_UNIX) as unix,
    ):
        udp.sendto(b"udp:1|c\nudp:2|c", port(statsd, 0))
        udp.sendto(b"udp:4|c\n", port(statsd, 0))
        tcp.sendall(b"tcp:1|c\r\ntc")
        unixgram.sendto(b"unixgram:1|g", str(tmp_path / "d.sock"))
        unix.connect(str(tmp_path / "s.sock"))
        unix.sendall(b"unix:7|g")
        unix.shutdown(socket.SHUT_WR)
        statsd.take(6)
        tcp.sendall(b"p:2|c\n")
        statsd.take(7)

    statsd.flush()

    assert statsd.stored() == {"udp": 7.0, "tcp": 3.0, "unixgram": 1.0, "unix": 7.0}
    assert statsd.world.counted("watchkeeper_statsd_packets_total") == 3
    assert statsd.world.counted("watchkeeper_statsd_lines_total") == 7


def test_the_largest_datagram_arrives_whole(statsd: Statsd) -> None:
    text = b"\n".join(b"hits:1|c" for _ in range(7_000))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.sendto(text, port(statsd, 0))
    statsd.take(7_000)

    statsd.flush()

    assert statsd.stored() == {"hits": 7_000.0}


def test_a_bad_line_is_counted_by_both_reasons(statsd: Statsd) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.sendto(b"junk\nup:1|g", port(statsd, 0))
    statsd.take(2)

    statsd.flush()

    refused = "watchkeeper_statsd_refused_total"
    assert statsd.world.counted(refused, reason="malformed_line") == 1
    assert (statsd.world.dropped("malformed"), statsd.world.dropped("reserved_name")) == (1, 1)


def test_lines_wait_until_there_is_a_project(statsd: Statsd) -> None:
    statsd.project_id = None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.sendto(b"hits:1|c", port(statsd, 0))
        statsd.take(1)
        statsd.flush()
        assert statsd.stored() == {}
        udp.sendto(b"hits:1|c", port(statsd, 0))
    statsd.take(1)

    statsd.project_id = 1
    statsd.flush()

    assert statsd.stored() == {"hits": 2.0}


def test_a_receiver_that_dies_is_started_again_and_nothing_is_lost(statsd: Statsd) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.sendto(b"hits:1|c", port(statsd, 0))
        statsd.take(1)
        receiver = statsd.service._receiver
        assert receiver is not None
        assert receiver._process is not None
        os.kill(receiver._process.pid, signal.SIGKILL)
        receiver._process.wait()
        udp.sendto(b"hits:1|c", port(statsd, 0))

    statsd.take(2)

    assert statsd.world.counted("watchkeeper_statsd_receiver_restarts_total") == 1


def test_what_was_sent_before_the_end_is_stored(tmp_path: Path) -> None:
    statsd = Statsd(tmp_path, "udp://127.0.0.1:0")
    statsd.service.open()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.sendto(b"hits:1|c", port(statsd, 0))
        statsd.take(1)
        udp.sendto(b"hits:4|c", port(statsd, 0))
    statsd.world.clock.forward(10)

    statsd.service.close()

    assert statsd.stored() == {"hits": 5.0}


def test_a_full_spool_only_delays(tmp_path: Path) -> None:
    statsd = Statsd(tmp_path, "udp://127.0.0.1:0")
    statsd.world = World(tmp_path / "small", max_bytes=1)
    statsd.lines._acceptor = statsd.world.acceptor
    statsd.service.open()
    statsd.lines.aggregator.feed(b"hits:3|c", statsd.service._clock())

    statsd.service._flush(statsd.service._clock() + FLUSH_MS)

    assert statsd.stored() == {}
    assert statsd.lines.aggregator.table.is_dirty.sum() == 1
    statsd.service.close()


def test_a_taken_address_is_an_error_only_if_it_was_asked_for(
    tmp_path: Path, started: list[StatsdService]
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        address = f"udp://127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(CannotListen, match="another program listens there"):
            Statsd(tmp_path / "asked", address).service.open()
        statsd = Statsd(tmp_path / "default", address, is_optional=True)
        statsd.service.open()
        started.append(statsd.service)
        assert statsd.service.addresses == []

    statsd.world.clock.forward(20_000)
    statsd.service.run_once()
    statsd.service.run_once()

    assert len(statsd.service.addresses) == 1
    listening = statsd.world.counted("watchkeeper_statsd_listening", address=address)
    assert listening == 1


def frames_until(receiver: ReceiverProcess, datagrams: int) -> list[Frame]:
    found: list[Frame] = []
    while sum(frame.datagrams for frame in found) < datagrams:
        found += receiver.frames(5.0) or ()
    return found


def test_a_slow_reader_loses_nothing_of_a_burst() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        receiver = ReceiverProcess([sock])
        receiver.start()
        waiting = select.poll()
        waiting.register(sock, select.POLLIN)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.connect(sock.getsockname())
            for number in range(3_000):
                sender.send(b"x:%d|c|#" % number + b"y" * 1_000)
                while waiting.poll(0):
                    pass  # until the receiver has taken it: this test is of the pipe behind it
        found = frames_until(receiver, 3_000)
        rest = receiver.end()

    text = b"".join(frame.text for frame in (*found, *rest))
    assert [int(line[2:].split(b"|")[0]) for line in text.split()] == list(range(3_000))


@pytest.mark.parametrize(
    ("text", "sockets"),
    [
        ("127.0.0.1:8125", ["udp://127.0.0.1:8125", "tcp://127.0.0.1:8125"]),
        ("udp://[::1]:8125", ["udp://[::1]:8125"]),
        (":8125", ["udp://0.0.0.0:8125", "tcp://0.0.0.0:8125"]),
        ("unix:///run/x.sock", ["unix:///run/x.sock"]),
        (
            "udp://localhost:9125",
            ["udp://127.0.0.1:9125", "udp://[::1]:9125"],
        ),
    ],
)
def test_an_address_may_mean_several_sockets(text: str, sockets: list[str]) -> None:
    assert [str(each) for each in parse_addresses(text)] == sockets


@pytest.mark.parametrize("text", ["8125", "http://x:1", "x:99999", "unix://relative", "a b:1"])
def test_what_is_no_address_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="is no address"):
        parse_addresses(text)


def test_a_socket_that_a_killed_server_left_is_replaced(
    tmp_path: Path, started: list[StatsdService]
) -> None:
    path = tmp_path / "left.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as left:
        left.bind(str(path))

    statsd = Statsd(tmp_path, f"unixgram://{path}", f"udp://127.0.0.1:{free_port()}")
    statsd.service.open()
    started.append(statsd.service)

    assert len(statsd.service.addresses) == 2
