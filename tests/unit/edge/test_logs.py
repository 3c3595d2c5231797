"""The edge's addresses for log lines, and syslog's sockets."""

from __future__ import annotations

import gzip
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import cramjam
import pytest

from tests.unit.edge.test_envelope import Edge
from tests.unit.edge.world import PUBLIC, SERVER, World
from watchkeeper.ingest import LogRow, decode_logs
from watchkeeper.ingest.protocols.syslog import SyslogListener, SyslogService
from watchkeeper.lib.listening import ListenAddress, Transport
from watchkeeper.lib.protobuf_wire import bytes_field, text_field
from watchkeeper.model import Kind
from watchkeeper.privacy import Scrubber

JSON_LINES, LOKI = "/v1/logs/json", "/loki/api/v1/push"
BEARER = {"authorization": f"Bearer {SERVER}"}


@pytest.fixture
def edge(tmp_path: Path) -> Edge:
    return Edge(tmp_path)


def kept(world: World) -> list[LogRow]:
    return [row for record in world.records(Kind.LOGS) for row in decode_logs(record.payload)]


async def test_json_lines_are_on_disk_scrubbed_when_they_are_acknowledged(edge: Edge) -> None:
    body = gzip.compress(b'{"msg":"password=hunter22","level":"error"}\nplain\n')
    answer = await edge.post(
        body,
        path=f"/p/1{JSON_LINES}",
        query="service=shop&source=file",
        headers={**BEARER, "content-encoding": "gzip"},
    )

    assert (answer.status, answer.json()) == (200, {"accepted": 2})
    first, second = kept(edge.world)
    assert (first.severity, first.service, first.source) == ("error", "shop", "file")
    assert "hunter22" not in first.body
    assert b"hunter22" not in edge.world.spool_bytes()
    assert second.body == "plain"


async def test_loki_is_answered_as_loki_does(edge: Edge) -> None:
    push = json.dumps({"streams": [{"stream": {"app": "a"}, "values": [["1", "x"]]}]}).encode()
    stream = bytes_field(1, text_field(1, '{app="b"}') + bytes_field(2, text_field(2, "y")))
    packed = bytes(cramjam.snappy.compress_raw(stream))

    by_json = await edge.post(
        push, path=LOKI, headers={**BEARER, "content-type": "application/json"}
    )
    by_protobuf = await edge.post(
        packed, path=LOKI, headers={**BEARER, "content-type": "application/x-protobuf"}
    )

    assert (by_json.status, by_protobuf.status) == (204, 204)
    assert [(row.service, row.body) for row in kept(edge.world)] == [("a", "x"), ("b", "y")]


@pytest.mark.parametrize(
    ("path", "body", "headers", "query", "status"),
    [
        (JSON_LINES, b"x", {}, "", 401),
        (JSON_LINES, b"x", {"authorization": f"Bearer {PUBLIC}"}, "", 403),
        (JSON_LINES, b"x", BEARER, "source=otlp", 400),
        (JSON_LINES, b"x", {**BEARER, "content-encoding": "rot13"}, "", 415),
        (JSON_LINES, b"a\n" * 100_001, BEARER, "", 413),
        (LOKI, b"{", {**BEARER, "content-type": "application/json"}, "", 400),
        (LOKI, b"\x01\x02", {**BEARER, "content-type": "application/x-protobuf"}, "", 400),
        (LOKI, b"x", {**BEARER, "content-type": "text/plain"}, "", 415),
    ],
)
async def test_what_cannot_be_taken_is_refused_and_counted(
    edge: Edge, path: str, body: bytes, headers: dict[str, str], query: str, status: int
) -> None:
    answer = await edge.post(body, path=path, query=query, headers=headers)

    assert answer.status == status
    assert kept(edge.world) == []
    assert edge.world.records() == []


async def test_a_full_spool_asks_senders_to_come_back(tmp_path: Path) -> None:
    edge = Edge(tmp_path, max_bytes=2_000)

    answers = [
        await edge.post(b"x" * 1_500, path=JSON_LINES, headers=BEARER) for _number in range(3)
    ]

    assert answers[-1].status == 503
    assert "retry-after" in answers[-1].headers


@pytest.fixture
def syslog(tmp_path: Path) -> Iterator[tuple[World, SyslogService]]:
    world = World(tmp_path / "spool")
    listeners = [
        SyslogListener(ListenAddress(transport=kind, host="127.0.0.1"), "acme/web")
        for kind in (Transport.UDP, Transport.TCP)
    ]
    unix = ListenAddress(transport=Transport.UNIXGRAM, path=str(tmp_path / "log.sock"))
    service = SyslogService(
        [*listeners, SyslogListener(unix, "acme/web")],
        acceptor=world.acceptor,
        scrubber=Scrubber(),
        find_project={"acme/web": 7}.get,
        clock=world.clock,
    )
    service.open()
    yield world, service
    service.close()


def eventually_kept(world: World, count: int) -> list[LogRow]:
    ends_s = time.monotonic() + 20
    while len(found := kept(world)) < count and time.monotonic() < ends_s:
        time.sleep(0.02)  # real sockets and a thread: nothing tells when it has read them
    return found


def test_syslog_comes_over_every_socket(syslog: tuple[World, SyslogService]) -> None:
    world, service = syslog
    udp, tcp, unix = service.addresses
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"<11>Nov 21 01:20:00 h app: by udp", udp)  # type: ignore[call-overload]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"<11>app: by unix", str(unix))
    with socket.create_connection(tcp) as sender:  # type: ignore[arg-type]
        sender.sendall(b"<11>app: by line\n16 <11>app: counted<11>app: last")

    found = eventually_kept(world, 5)

    assert {row.body for row in found} == {"by udp", "by unix", "by line", "counted", "last"}
    assert {row.severity for row in found} == {"error"}
    assert {record.project_id for record in world.records(Kind.LOGS)} == {7}
