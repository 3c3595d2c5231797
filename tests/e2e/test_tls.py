"""A server that speaks TLS on every listener, with clients that check its certificate."""

from __future__ import annotations

import shutil
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
import sentry_sdk
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from bench.server import Server, free_port
from tests.e2e.eventually import eventually
from tests.servers.certificates import Authority, Pair

RSYSLOG_CONF = """
global(workDirectory="{directory}" defaultNetstreamDriver="gtls"
       defaultNetstreamDriverCAFile="{ca}")
module(load="imfile" mode="polling" pollingInterval="1")
input(type="imfile" file="{watched}" tag="shop:" severity="error" facility="local0")
action(type="omfwd" target="localhost" port="{port}" protocol="tcp" tcp_framing="octet-counted"
       streamDriver="gtls" streamDriverMode="1" streamDriverAuthMode="x509/name"
       streamDriverPermittedPeers="localhost" template="RSYSLOG_SyslogProtocol23Format")
"""


@dataclass
class Site:
    """One running server with TLS everywhere."""

    server: Server
    facts: dict[str, Any]
    client: httpx.Client
    authority: Authority
    shown: Pair
    grpc_port: int
    syslog_port: int

    def lines(self, query: str) -> list[dict[str, Any]]:
        path = f"/api/wk/projects/{self.facts['project_id']}/logs"
        found: list[dict[str, Any]] = self.client.get(path, params={"q": query}).json()["lines"]
        return found

    def serial(self, port: int) -> object:
        context = ssl.create_default_context(cafile=self.authority.ca_file)
        context.set_alpn_protocols(["h2", "http/1.1"])
        with (
            socket.create_connection(("127.0.0.1", port), timeout=20) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as sock,
        ):
            return (sock.getpeercert() or {})["serialNumber"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    directory = tmp_path_factory.mktemp("tls")
    authority = Authority(directory)
    shown = authority.issue("server")
    grpc_port, syslog_port = free_port(), free_port()
    files = {"CERT_FILE": str(shown.cert), "KEY_FILE": str(shown.key)}
    environ = {
        "WATCHKEEPER_OTLP_GRPC_LISTEN": f"127.0.0.1:{grpc_port}",
        "WATCHKEEPER_SYSLOG_LISTEN": f"tls://127.0.0.1:{syslog_port}",
        **{f"WATCHKEEPER_SERVER_TLS_{name}": path for name, path in files.items()},
        **{f"WATCHKEEPER_SYSLOG_TLS_{name}": path for name, path in files.items()},
        **{f"WATCHKEEPER_OTLP_GRPC_TLS_{name}": path for name, path in files.items()},
    }
    server = Server(directory / "data", environ=environ, ca_file=authority.ca_file)
    facts = server.setup()
    server.start()
    trusted = ssl.create_default_context(cafile=authority.ca_file)
    headers = {"Authorization": f"Bearer {facts['api_token']}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=30, verify=trusted) as client:
        yield Site(server, facts, client, authority, shown, grpc_port, syslog_port)
    server.kill()


def test_printed_addresses_are_https(site: Site) -> None:
    assert str(site.facts["sentry_dsn"]).startswith("https://")
    assert site.facts["otlp_endpoint"] == site.server.url


def test_an_sdk_sends_errors_over_https(site: Site) -> None:
    with sentry_sdk.isolation_scope():
        client = sentry_sdk.Client(
            dsn=str(site.facts["sentry_dsn"]), ca_certs=str(site.authority.ca_file)
        )
        sentry_sdk.get_isolation_scope().set_client(client)
        sentry_sdk.capture_message("over https", level="error")
        client.close(timeout=10)

    path = f"/api/wk/projects/{site.facts['project_id']}/issues"
    eventually(
        lambda: "over https" in site.client.get(path).text, within_s=30, what="the issue is listed"
    )


def test_an_exporter_with_the_root_certificate_sends_spans(site: Site) -> None:
    exporter = OTLPSpanExporter(
        endpoint=f"https://localhost:{site.grpc_port}",
        credentials=grpc.ssl_channel_credentials(site.authority.ca_file.read_bytes()),
        headers={"authorization": f"Bearer {site.facts['server_key']}"},
    )
    provider = TracerProvider(resource=Resource({"service.name": "tls-shop"}))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    provider.get_tracer("shop").start_span("pay").end()
    provider.shutdown()

    path = f"/api/wk/projects/{site.facts['project_id']}/traces"
    eventually(
        lambda: "tls-shop" in site.client.get(path).text, within_s=30, what="the trace is listed"
    )


@pytest.mark.skipif(shutil.which("rsyslogd") is None, reason="rsyslog is not installed")
def test_rsyslog_sends_lines_over_tls(site: Site, tmp_path: Path) -> None:
    watched = tmp_path / "app.log"
    watched.write_text("paid by rsyslog\nand once more\n")
    conf = tmp_path / "rsyslog.conf"
    conf.write_text(
        RSYSLOG_CONF.format(
            directory=tmp_path, ca=site.authority.ca_file, watched=watched, port=site.syslog_port
        )
    )
    command = ["rsyslogd", "-n", "-f", str(conf), "-i", str(tmp_path / "pid")]
    rsyslog = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        eventually(
            lambda: (
                {"paid by rsyslog", "and once more"}
                == {line["body"] for line in site.lines("source:syslog service:shop level:error")}
            ),
            within_s=30,
            what="both lines of rsyslog",
        )
    finally:
        rsyslog.send_signal(signal.SIGTERM)
        rsyslog.wait()


def test_every_listener_shows_a_renewed_certificate(site: Site) -> None:
    ports = (site.server.port, site.grpc_port, site.syslog_port)
    before = {site.serial(port) for port in ports}
    assert len(before) == 1

    site.authority.issue("server")

    eventually(
        lambda: before.isdisjoint({site.serial(port) for port in ports}),
        within_s=30,
        what="every listener shows the new certificate",
    )
    assert site.client.get("/api/health").status_code == 200
