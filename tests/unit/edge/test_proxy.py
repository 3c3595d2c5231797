"""Everything that is not ingest goes to the engine over its Unix socket, and back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import uvicorn

from tests.unit.edge.world import World, call
from watchkeeper.app.proxy import EngineProxy, ProxyOptions
from watchkeeper.app.roles.edge import EdgeApp, EdgeOptions
from watchkeeper.privacy import Scrubber


class Engine:
    """Stands where the engine is: tells what it got, streams on demand."""

    def __init__(self) -> None:
        self.gone = asyncio.Event()
        self.next_event = asyncio.Event()
        self.clients: set[object] = set()
        self.requests = 0

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        self.requests += 1
        if scope["path"] == "/stream":
            await self._stream(receive, send)
        elif scope["path"] == "/hang-up":
            raise RuntimeError("crash")
        elif scope["path"] == "/nothing":
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body"})
        else:
            await self._echo(scope, receive, send)

    async def _echo(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        told = {
            "method": scope["method"],
            "path": scope["raw_path"].decode(),
            "query": scope["query_string"].decode(),
            "headers": {k.decode(): v.decode() for k, v in scope["headers"]},
            "size": len(body),
        }
        content = orjson.dumps(told)
        headers = [(b"content-length", b"%d" % len(content)), (b"x-made-by", b"engine")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _stream(self, receive: Any, send: Any) -> None:
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})
        watching = asyncio.ensure_future(self._watch(receive))
        await self.next_event.wait()
        await send({"type": "http.response.body", "body": b"data: 2\n\n", "more_body": True})
        await watching

    async def _watch(self, receive: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            continue
        self.gone.set()


async def serve(app: Any, **options: Any) -> tuple[uvicorn.Server, asyncio.Task[None]]:
    config = uvicorn.Config(app, log_level="critical", lifespan="off", **options)
    server = uvicorn.Server(config)
    task = asyncio.ensure_future(server.serve())
    while not server.started:
        await asyncio.sleep(0)
    return server, task


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    app = Engine()
    server, task = await serve(app, uds=str(tmp_path / "engine.sock"))
    yield app
    server.should_exit = True
    app.next_event.set()
    await task


def edge_of(directory: Path, **options: Any) -> EdgeApp:
    world = World(directory / "spool")
    proxy = EngineProxy(directory / "engine.sock", ProxyOptions(**options))
    edge_options = EdgeOptions(version="1.2.3")
    return EdgeApp(
        world.acceptor, world.keys, Scrubber(), proxy, world.clock, world.metrics, edge_options
    )


@pytest.fixture
async def client(tmp_path: Path, engine: Engine) -> AsyncIterator[httpx.AsyncClient]:
    server, task = await serve(edge_of(tmp_path, max_body_bytes=1_000), host="127.0.0.1", port=0)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        yield http
    server.should_exit = True
    await task


async def test_a_request_and_its_answer_pass_through_whole(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/wk/x%2Fy?a=1&b=%20", content=b"hello", headers={"X-A": "b"})
    told = answer.json()
    assert (told["method"], told["path"], told["query"]) == ("POST", "/api/wk/x%2Fy", "a=1&b=%20")
    assert (told["size"], told["headers"]["x-a"]) == (5, "b")
    assert answer.headers["x-made-by"] == "engine"


async def test_the_engine_learns_who_asked(client: httpx.AsyncClient) -> None:
    told = (await client.get("/x")).json()["headers"]
    assert (told["x-forwarded-for"], told["x-forwarded-proto"]) == ("127.0.0.1", "http")
    assert len(told["x-request-id"]) == 32


async def test_headers_of_one_hop_are_not_passed_on(client: httpx.AsyncClient) -> None:
    headers = {"Connection": "close, X-Private", "X-Private": "1", "TE": "trailers"}
    told = (await client.get("/x", headers=headers)).json()["headers"]
    assert not {"connection", "x-private", "te"} & set(told)


@pytest.mark.parametrize(
    ("peer", "forwarded", "seen"),
    [
        ("203.0.113.5", "198.51.100.7", "203.0.113.5"),
        ("127.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "10.9.9.9, 198.51.100.7, 127.0.0.1", "198.51.100.7"),
        ("127.0.0.1", "nonsense", "127.0.0.1"),
    ],
)
def test_a_forged_address_is_not_believed(
    tmp_path: Path, peer: str, forwarded: str, seen: str
) -> None:
    proxy = EngineProxy(tmp_path / "engine.sock")
    scope = {
        "client": (peer, 1),
        "scheme": "http",
        "headers": [(b"x-forwarded-for", forwarded.encode())],
    }
    assert proxy.sender(scope) == (seen, "http")


async def test_a_request_id_is_kept_and_given_back(client: httpx.AsyncClient) -> None:
    answer = await client.get("/x", headers={"X-Request-Id": "abc-1"})
    assert answer.json()["headers"]["x-request-id"] == "abc-1"
    assert answer.headers["x-request-id"] == "abc-1"


async def test_answers_without_a_body_end(client: httpx.AsyncClient) -> None:
    assert (await client.get("/nothing")).status_code == 204
    assert (await client.head("/x")).status_code == 200
    assert (await client.get("/x")).status_code == 200


async def test_connections_are_kept(client: httpx.AsyncClient, tmp_path: Path) -> None:
    for _ in range(5):
        assert (await client.get("/x")).status_code == 200


async def test_a_chunked_body_passes_through(client: httpx.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"x" * 50

    assert (await client.post("/x", content=pieces())).json()["size"] == 500


async def test_a_body_beyond_the_limit_is_413(client: httpx.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"x" * 500

    for content in (b"x" * 1_001, pieces()):
        answer = await client.post("/x", content=content)
        assert answer.status_code == 413
        assert answer.json()["error"]["code"] == "too_large"


async def test_events_arrive_as_they_happen_and_a_close_reaches_the_engine(
    client: httpx.AsyncClient, engine: Engine
) -> None:
    async with client.stream("GET", "/stream") as answer:
        lines = answer.aiter_lines()
        assert await anext(lines) == "data: 1"
        engine.next_event.set()
        assert await anext(lines) == ""
        assert await anext(lines) == "data: 2"
        assert not engine.gone.is_set()
    async with asyncio.timeout(5):
        await engine.gone.wait()


async def test_an_engine_that_is_down_is_503_and_says_when_to_come_back(tmp_path: Path) -> None:
    edge = edge_of(tmp_path)
    answer = await call(edge, "GET", "/api/wk/me")
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["error"]["code"] == "engine_down"


@pytest.mark.parametrize("prefix", ["", "/p/7"])
async def test_clients_of_prometheus_are_told_so_in_its_words(tmp_path: Path, prefix: str) -> None:
    answer = await call(edge_of(tmp_path), "POST", f"{prefix}/api/v1/query_range")
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    told = answer.json()
    assert (told["status"], told["errorType"]) == ("error", "unavailable")
    assert "starting" in told["error"]


async def test_health_is_answered_while_the_engine_is_down(tmp_path: Path) -> None:
    answer = await call(edge_of(tmp_path), "GET", "/api/health")
    health = answer.json()
    assert (answer.status, health["status"], health["version"]) == (503, "unhealthy", "1.2.3")
    assert health["timestamp"] == "2026-11-21T01:20:00.000+00:00"
    assert health["checks"]["engine"]["status"] == "unhealthy"


async def test_an_engine_that_came_back_is_reached_over_a_new_connection(tmp_path: Path) -> None:
    edge = edge_of(tmp_path)
    for _ in range(2):
        server, task = await serve(Engine(), uds=str(tmp_path / "engine.sock"))
        assert (await call(edge, "GET", "/x")).status == 200
        server.should_exit = True
        await task
        assert (await call(edge, "GET", "/x")).status == 503


async def test_an_answer_that_is_no_http_is_503(tmp_path: Path) -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-nonsense\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(babble, tmp_path / "engine.sock")
    async with server:
        assert (await call(edge_of(tmp_path), "POST", "/x", b"y")).status == 503
