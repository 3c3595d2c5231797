"""TLS of syslog and of OTLP over gRPC, spoken by Python's and grpc's own clients."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from tests.servers.certificates import Authority, Pair
from tests.unit.edge.otlp_spans import SignalEdge, span, traces
from tests.unit.edge.test_logs import eventually_kept
from tests.unit.edge.test_otlp_grpc import TRACES
from tests.unit.edge.world import SERVER, World
from watchkeeper.ingest.protocols.syslog import SyslogListener, SyslogService
from watchkeeper.lib.listening import ListenAddress, Transport
from watchkeeper.lib.tls_listening import CertificateUnusable, ServerTls, TlsFiles
from watchkeeper.privacy import Scrubber


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def tls_of(
    pair: Pair, *, client_ca: Path | None = None, protocols: tuple[str, ...] = ()
) -> ServerTls:
    files = TlsFiles(
        cert_file=str(pair.cert), key_file=str(pair.key), client_ca_file=str(client_ca or "")
    )
    return ServerTls(files, protocols=protocols)


@contextlib.contextmanager
def syslog(tmp_path: Path, tls: ServerTls) -> Iterator[tuple[World, tuple[str, int]]]:
    world = World(tmp_path / "spool")
    address = ListenAddress(transport=Transport.TLS, host="127.0.0.1")
    service = SyslogService(
        [SyslogListener(address, "acme/web")],
        acceptor=world.acceptor,
        scrubber=Scrubber(),
        find_project={"acme/web": 7}.get,
        clock=world.clock,
        tls=tls.context,
    )
    service.open()
    try:
        (where,) = service.addresses
        yield world, where  # type: ignore[misc]
    finally:
        service.close()


def client_of(authority: Authority, shown: Pair | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=authority.ca_file)
    if shown is not None:
        context.load_cert_chain(shown.cert, shown.key)
    return context


def connect(address: tuple[str, int], context: ssl.SSLContext) -> ssl.SSLSocket:
    return context.wrap_socket(
        socket.create_connection(address, timeout=20), server_hostname="localhost"
    )


def say_and_listen(address: tuple[str, int], context: ssl.SSLContext) -> None:
    """In TLS 1.3 a client hears of a refusal only after the handshake."""
    with connect(address, context) as sender:
        sender.sendall(b"16 <11>app: counted")
        sender.recv(1)


def test_counted_messages_come_over_tls(tmp_path: Path, authority: Authority) -> None:
    with syslog(tmp_path, tls_of(authority.issue("server"))) as (world, address):
        with connect(address, client_of(authority)) as sender:
            sender.sendall(
                b"16 <11>app: counted30009 <11>app: %b13 <11>app: last" % (b"x" * 30_000)
            )
        found = eventually_kept(world, 3)

    assert [(row.body[:7], len(row.body)) for row in found] == [
        ("counted", 7), ("xxxxxxx", 30_000), ("last", 4)
    ]  # fmt: skip


def test_who_speaks_no_tls_is_let_go_and_others_go_on(tmp_path: Path, authority: Authority) -> None:
    with syslog(tmp_path, tls_of(authority.issue("server"))) as (world, address):
        with socket.create_connection(address, timeout=20) as plain:
            plain.sendall(b"<11>app: not a handshake\n")
            with contextlib.suppress(ConnectionResetError):
                while plain.recv(100):
                    pass
        with connect(address, client_of(authority)) as sender:
            sender.sendall(b"16 <11>app: counted")
        found = eventually_kept(world, 1)

    assert [row.body for row in found] == ["counted"]
    assert (
        world.registry.get_sample_value("watchkeeper_edge_failures_total", {"step": "syslog_tls"})
        == 1
    )


def test_senders_must_show_a_certificate_where_one_is_asked(
    tmp_path: Path, authority: Authority
) -> None:
    tls = tls_of(authority.issue("server"), client_ca=authority.ca_file)
    with syslog(tmp_path, tls) as (world, address):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            say_and_listen(address, client_of(authority))
        with connect(address, client_of(authority, authority.issue("sender"))) as sender:
            sender.sendall(b"13 <11>app: mine")
        found = eventually_kept(world, 1)

    assert [row.body for row in found] == ["mine"]


def seen_serial(address: tuple[str, int], authority: Authority) -> object:
    with connect(address, client_of(authority)) as sender:
        return (sender.getpeercert() or {})["serialNumber"]


def test_a_renewed_certificate_is_shown_without_a_restart(
    tmp_path: Path, authority: Authority
) -> None:
    pair = authority.issue("renewed")
    tls = tls_of(pair)
    with syslog(tmp_path, tls) as (_world, address):
        before = seen_serial(address, authority)
        assert not tls.reload_if_changed()
        old_key = pair.key.read_bytes()
        authority.issue("renewed")
        new_key = pair.key.read_bytes()

        pair.key.write_bytes(old_key)  # half of a renewal: the pair does not belong together
        with pytest.raises(CertificateUnusable, match="key values mismatch"):
            tls.reload_if_changed()
        assert seen_serial(address, authority) == before

        pair.key.write_bytes(new_key)
        assert tls.reload_if_changed()
        assert seen_serial(address, authority) != before


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "no such file"), (b"not PEM", "no start line|PEM lib")]
)
def test_a_certificate_that_is_none_is_named(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    path = tmp_path / "cert.pem"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(CertificateUnusable, match=f"(?i)cert.pem cannot be used: .*({reason})"):
        ServerTls(TlsFiles(cert_file=str(path)))


async def test_grpc_speaks_tls(tmp_path: Path, authority: Authority) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    tls = tls_of(authority.issue("grpc"), protocols=("h2",))
    edge = SignalEdge(tmp_path, grpc_listener=listener, grpc_tls=tls.context)
    await edge.app.start()
    try:
        trusted = grpc.ssl_channel_credentials(authority.ca_file.read_bytes())
        target = f"localhost:{listener.getsockname()[1]}"
        async with grpc.aio.secure_channel(target, trusted) as channel:
            call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(TRACES)
            key = (("authorization", f"Bearer {SERVER}"),)
            await call(traces(span()).SerializeToString(), metadata=key, timeout=20)
    finally:
        await edge.app.stop()

    assert len(edge.spans()) == 1
