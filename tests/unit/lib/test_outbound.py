"""Outbound calls reach only what they may, whatever the address looks like."""

from __future__ import annotations

import gzip
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.fakes.http_peer import HttpPeer, Reply, Request, http_peer
from watchkeeper.lib.addresses import parse_networks, refusal
from watchkeeper.lib.outbound import (
    BodyTooLarge,
    Outbound,
    OutboundFailed,
    OutboundOptions,
    OutboundRefused,
)

Resolve = Callable[[str, int], Awaitable[list[str]]]


def names(**known: list[str]) -> Resolve:
    """A DNS server that knows these names; dots are written as underscores."""

    async def resolve(host: str, _port: int) -> list[str]:
        return known[host.replace(".", "_")]

    return resolve


PRIVATE = [
    "http://127.0.0.1/",
    "http://127.9.9.9/",
    "http://localhost/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://0.0.0.0/",
    "http://0.1.2.3/",
    "http://192.0.2.1/",
    "http://198.18.0.1/",
    "http://240.0.0.1/",
    "http://[::1]/",
    "http://[::]/",
    "http://[fc00::1]/",
    "http://[fd12:3456::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:10.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b::a00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[2002:c0a8:101::1]/",
    "http://[2001:0:0:0:0:0:80ff:fffe]/",
    "http://[2001:db8::1]/",
]
NEVER = [
    "http://169.254.169.254/latest/meta-data/",
    "http://169.254.170.2/",
    "http://169.254.0.1/",
    "http://100.100.100.200/",
    "http://168.63.129.16/",
    "http://[fe80::1]/",
    "http://[fd00:ec2::254]/",
    "http://[::ffff:169.254.169.254]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[2002:a9fe:a9fe::]/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://[ff02::1]/",
]
DISGUISED = [
    "http://2130706433/",
    "http://017700000001/",
    "http://0177.0.0.1/",
    "http://0x7f.0.0.1/",
    "http://0x7f000001/",
    "http://127.1/",
    "http://127.0.1/",
    "http://2852039166/",
    "http://0251.0376.0251.0376/",
    "http://127.0.0.1./",
]
NOT_HTTP = [
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "example.com",
    "http://",
]


@pytest.fixture
async def strict() -> Outbound:
    return Outbound(OutboundOptions())


@pytest.mark.parametrize("url", [*PRIVATE, *NEVER, *DISGUISED, *NOT_HTTP])
async def test_an_address_that_is_not_public_is_refused(strict: Outbound, url: str) -> None:
    with pytest.raises(OutboundRefused):
        await strict.request("GET", url)


@pytest.mark.parametrize("url", [*NEVER, *DISGUISED])
async def test_some_addresses_are_refused_even_to_the_operator(url: str) -> None:
    everything = Outbound(OutboundOptions(allow=("0.0.0.0/0", "::/0")))
    with pytest.raises(OutboundRefused):
        await everything.request("GET", url, trusted=True)


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "10.0.0.1", "::1", "fe80::1%eth0", "::ffff:127.0.0.1"]
)
async def test_a_name_that_leads_to_such_an_address_is_refused(address: str) -> None:
    outbound = Outbound(OutboundOptions(), resolve=names(evil_example=[address]))
    with pytest.raises(OutboundRefused, match=r"evil\.example may not be reached"):
        await outbound.request("GET", "http://evil.example/")


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "64:ff9b::808:808"]
)
def test_public_addresses_are_fine(address: str) -> None:
    assert refusal(ipaddress.ip_address(address), allow=(), trusted=False) is None


def test_an_allowed_network_opens_only_itself() -> None:
    allow = parse_networks(["10.1.0.0/16"])
    assert refusal(ipaddress.ip_address("10.1.2.3"), allow=allow, trusted=False) is None
    assert refusal(ipaddress.ip_address("10.2.2.3"), allow=allow, trusted=False)


def test_a_network_that_is_none_is_refused_at_start() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        OutboundOptions(allow=("nonsense",))


async def test_only_the_addresses_that_may_be_reached_of_a_name_are_tried() -> None:
    async with http_peer() as peer:
        outbound = Outbound(
            OutboundOptions(allow=("127.0.0.0/8",)),
            resolve=names(app_example=["169.254.169.254", "127.0.0.1"]),
        )
        answer = await outbound.request("GET", f"http://app.example:{peer.port}/x")
        await outbound.aclose()

    assert answer.status == 200
    assert peer.requests[0].headers["host"] == f"app.example:{peer.port}"


async def test_a_name_that_changes_its_mind_is_checked_at_each_connection() -> None:
    answers = [["127.0.0.1"], ["169.254.169.254"]]

    async def resolve(_host: str, _port: int) -> list[str]:
        return answers.pop(0)

    async with http_peer() as peer:
        peer.says("", connection="close")
        outbound = Outbound(OutboundOptions(allow=("127.0.0.0/8",)), resolve=resolve)
        url = f"http://rebind.example:{peer.port}/"
        await outbound.request("GET", url)
        await outbound.aclose()
        with pytest.raises(OutboundRefused):
            await outbound.request("GET", url)


async def test_a_redirect_is_an_answer_unless_it_is_to_be_followed() -> None:
    def answer(request: Request) -> Reply:
        if request.path == "/go":
            return Reply(302, headers={"location": "/there"})
        return Reply(body=b"arrived")

    async with http_peer() as peer:
        peer.answer = answer
        outbound = Outbound(OutboundOptions())
        url = f"http://{peer.address}/go"
        kept = await outbound.request("GET", url, trusted=True)
        followed = await outbound.request("GET", url, trusted=True, follow_redirects=True)
        await outbound.aclose()

    assert (kept.status, followed.status, followed.body) == (302, 200, b"arrived")


@pytest.mark.parametrize(
    "location",
    ["http://169.254.169.254/", "http://[::ffff:169.254.169.254]/", "http://2852039166/"],
)
async def test_each_hop_of_a_redirect_is_checked(location: str) -> None:
    async with http_peer() as peer:
        peer.says("", status=302, location=location)
        outbound = Outbound(OutboundOptions())
        with pytest.raises(OutboundRefused):
            await outbound.request(
                "GET", f"http://{peer.address}/", trusted=True, follow_redirects=True
            )
        await outbound.aclose()


async def test_a_redirect_to_another_scheme_or_in_a_circle_fails() -> None:
    async with http_peer() as peer:
        outbound = Outbound(OutboundOptions())
        url = f"http://{peer.address}/"
        peer.says("", status=302, location="file:///etc/passwd")
        with pytest.raises((OutboundRefused, OutboundFailed)):
            await outbound.request("GET", url, trusted=True, follow_redirects=True)
        peer.says("", status=302, location="/")
        with pytest.raises(OutboundFailed, match="redirects"):
            await outbound.request("GET", url, trusted=True, follow_redirects=True)
        await outbound.aclose()


async def test_the_answer_is_bounded_also_after_decompression() -> None:
    async with http_peer() as peer:
        outbound = Outbound(OutboundOptions())
        url = f"http://{peer.address}/"
        peer.says(gzip.compress(b"x" * 1000), content_encoding="gzip")
        answer = await outbound.request("GET", url, trusted=True, max_bytes=1000)
        assert answer.body == b"x" * 1000
        with pytest.raises(BodyTooLarge):
            await outbound.request("GET", url, trusted=True, max_bytes=999)
        peer.says(gzip.compress(b"\0" * 50_000_000), content_encoding="gzip")
        with pytest.raises(BodyTooLarge):
            await outbound.request("GET", url, trusted=True, max_bytes=100_000)
        peer.says(b"not gzip", content_encoding="gzip")
        with pytest.raises(OutboundFailed, match="gzip"):
            await outbound.request("GET", url, trusted=True)
        await outbound.aclose()


async def test_a_slow_or_absent_peer_is_a_failure_that_may_be_retried() -> None:
    async with http_peer() as peer:
        peer.answer = lambda _request: Reply(hang=True)
        outbound = Outbound(OutboundOptions())
        with pytest.raises(OutboundFailed, match=r"within 0\.05 s") as slow:
            await outbound.request("GET", f"http://{peer.address}/", trusted=True, timeout_s=0.05)
        await outbound.aclose()
    with pytest.raises(OutboundFailed) as absent:
        await outbound.request("GET", f"http://{peer.address}/", trusted=True)
    assert slow.value.retryable
    assert absent.value.retryable
    await outbound.aclose()


@pytest.mark.parametrize(
    "error", [OSError("no such name"), socket.gaierror(-2, "Name or service not known")]
)
async def test_a_name_that_does_not_exist_is_a_failure(error: OSError) -> None:
    async def resolve(_host: str, _port: int) -> list[str]:
        raise error

    outbound = Outbound(OutboundOptions(), resolve=resolve)
    with pytest.raises(OutboundFailed, match=r"^nowhere\.example cannot be resolved\.$"):
        await outbound.request("GET", "http://nowhere.example/")


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    async with http_peer() as peer:
        outbound = Outbound(OutboundOptions())
        assert (
            await outbound.request("GET", f"http://{peer.address}/", trusted=True)
        ).status == 200
        await outbound.aclose()


@pytest.fixture
async def tls_peer(tmp_path: Path) -> tuple[HttpPeer, Path]:
    return HttpPeer(), new_certificate(tmp_path, "app.example")


def new_certificate(directory: Path, name: str) -> Path:
    """A self-signed certificate with its key in one file."""
    import subprocess

    path = directory / "peer.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}",
         "-keyout", str(path) + ".key", "-out", str(path)],
        check=True, capture_output=True,
    )  # fmt: skip
    return path


async def test_tls_checks_the_name_of_the_url_though_the_address_is_pinned(
    tls_peer: tuple[HttpPeer, Path],
) -> None:
    import asyncio

    from watchkeeper.lib.outbound import TlsOptions

    peer, certificate = tls_peer
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, str(certificate) + ".key")
    asked: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    known = names(app_example=["127.0.0.1"], other_example=["127.0.0.1"])
    outbound = Outbound(OutboundOptions(allow=("127.0.0.0/8",)), resolve=known)
    tls = TlsOptions(ca_file=str(certificate))

    answer = await outbound.request("GET", f"https://app.example:{port}/", tls=tls)
    assert (answer.status, asked) == (200, ["app.example"])
    with pytest.raises(OutboundFailed, match=r"(?i)certificate"):
        await outbound.request("GET", f"https://other.example:{port}/", tls=tls)
    with pytest.raises(OutboundFailed, match=r"(?i)certificate"):
        await outbound.request("GET", f"https://app.example:{port}/")
    by_server_name = TlsOptions(ca_file=str(certificate), server_name="app.example")
    other = await outbound.request("GET", f"https://other.example:{port}/", tls=by_server_name)
    assert other.status == 200
    await outbound.aclose()
    server.close()
