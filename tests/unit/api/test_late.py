from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI

from watchkeeper.api.document import openapi_document
from watchkeeper.api.wk import PREFIX, wk_routes
from watchkeeper.api.wk.late import LateRouter


@pytest.fixture
def router() -> LateRouter:
    router = LateRouter(tags=["test"], responses={}, prefix="/things")

    @router.get("/{number}")
    def read_thing(number: int) -> dict[str, int]:
        return {"number": number}

    @router.post("", status_code=201)
    def add_thing() -> dict[str, str]:
        return {}

    return router


@pytest.fixture
def client(router: LateRouter) -> httpx.AsyncClient:
    app = FastAPI()
    app.router.routes.extend(router.routes)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test")


async def test_a_route_is_made_when_it_is_first_asked_and_once(
    router: LateRouter, client: httpx.AsyncClient
) -> None:
    read, add = router.routes
    assert "made" not in vars(read)

    first = await client.get(f"{PREFIX}/things/7")
    made = read.made
    second = await client.get(f"{PREFIX}/things/8")

    assert (first.json(), second.json()) == ({"number": 7}, {"number": 8})
    assert read.made is made
    assert "made" not in vars(add)


async def test_what_is_told_of_a_route_holds(client: httpx.AsyncClient) -> None:
    assert (await client.post(f"{PREFIX}/things")).status_code == 201


@pytest.mark.parametrize("method", ["HEAD", "DELETE"])
async def test_a_method_that_the_route_does_not_take_is_refused_by_name(
    client: httpx.AsyncClient, method: str
) -> None:
    answer = await client.request(method, f"{PREFIX}/things/7")

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


def test_the_document_names_every_route() -> None:
    paths = openapi_document()["paths"]
    documented = {(path, method.upper()) for path, methods in paths.items() for method in methods}

    assert documented == {
        (route.path_format, method) for route in wk_routes() for method in route.methods or ()
    }
