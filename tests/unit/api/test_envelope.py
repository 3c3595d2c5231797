"""What is around every answer: id, bounds, headers, the last resort."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from watchkeeper.api.envelope import Envelope, HttpMetrics
from watchkeeper.api.refusals import install_refusals


async def fine(_request: Request) -> Response:
    return PlainTextResponse("fine")


async def length(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def broken(_request: Request) -> Response:
    raise RuntimeError("a planted secret")


def by_model(body: dict[str, int]) -> dict[str, int]:
    return body


class HalfAnswered:
    """Begins an answer and then breaks."""

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("planted")


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def client(registry: CollectorRegistry) -> httpx.AsyncClient:
    routes: list[BaseRoute] = [
        Route("/fine", fine),
        Route("/length", length, methods=["POST"]),
        Route("/things/{kind}/of/fine/{rest:path}", fine),
        Route("/broken", broken),
        Route("/half", HalfAnswered()),
    ]
    app = FastAPI(routes=routes)
    app.post("/model")(by_model)
    install_refusals(app)
    app.add_middleware(Envelope, metrics=HttpMetrics(registry), max_body_bytes=10, https=True)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="https://wk")


async def test_every_answer_names_its_request(client: httpx.AsyncClient) -> None:
    first, second = [(await client.get("/fine")).headers["X-Request-Id"] for _ in range(2)]

    assert len(first) == 16
    assert first != second


@pytest.mark.parametrize(
    ("sent", "kept"), [("trace-0001", True), ("short", False), ("two\twords here", False)]
)
async def test_a_caller_may_name_its_request(
    client: httpx.AsyncClient, sent: str, *, kept: bool
) -> None:
    answer = await client.get("/fine", headers={"X-Request-Id": sent})

    assert (answer.headers["X-Request-Id"] == sent) is kept


async def test_browsers_are_told_what_they_may_do(client: httpx.AsyncClient) -> None:
    headers = (await client.get("/fine")).headers

    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in headers


async def test_a_body_up_to_the_limit_is_read(client: httpx.AsyncClient) -> None:
    assert (await client.post("/length", content=b"x" * 10)).text == "10"


async def test_a_longer_body_is_refused_with_the_limit(client: httpx.AsyncClient) -> None:
    answer = await client.post("/length", content=b"x" * 11)

    assert answer.status_code == 413
    assert answer.json() == {
        "error": {
            "code": "too_large",
            "message": "The body is longer than the limit of 10 bytes.",
        }
    }


@pytest.mark.parametrize("path", ["/length", "/model"])
async def test_a_longer_body_without_its_length_is_refused_while_it_is_read(
    client: httpx.AsyncClient, path: str
) -> None:
    async def chunks() -> object:
        for _ in range(4):
            yield b"xxx"

    answer = await client.post(path, content=chunks())  # type: ignore[arg-type]

    assert answer.status_code == 413


async def test_an_exception_that_nobody_expected_shows_nothing_of_itself(
    client: httpx.AsyncClient, registry: CollectorRegistry
) -> None:
    answer = await client.get("/broken")

    assert answer.status_code == 500
    assert answer.json() == {"error": {"code": "internal", "message": "Internal server error"}}
    assert answer.headers["X-Request-Id"]
    assert registry.get_sample_value("watchkeeper_http_unhandled_total") == 1


async def test_an_answer_that_broke_on_its_way_does_not_look_whole(
    client: httpx.AsyncClient,
) -> None:
    with pytest.raises(RuntimeError, match="planted"):
        await client.get("/half")


async def test_answers_are_counted_by_route_and_not_by_address(
    client: httpx.AsyncClient, registry: CollectorRegistry
) -> None:
    await client.get("/fine?a=1")
    await client.get("/things/things/of/fine/a/b")
    await client.get("/nowhere/1")

    def count(route: str, status: str) -> float | None:
        labels = {"route": route, "method": "GET", "status": status}
        return registry.get_sample_value("watchkeeper_http_answers_total", labels)

    assert count("/fine", "200") == 1
    assert count("/things/{kind}/of/fine/{rest}", "200") == 1
    assert count("other", "404") == 1
