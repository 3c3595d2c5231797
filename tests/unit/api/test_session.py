"""Signing in, first run, and who may do what."""

from __future__ import annotations

import base64

import httpx
import pytest

from tests.unit.api.conftest import PASSWORD, PUBLIC_URL, Builder, World
from watchkeeper.api import engine_app

LOGIN = {"email": "ada@acme.example", "password": PASSWORD}
ACCOUNT = {
    "name": "Ada", "email": "ada@first.example", "password": PASSWORD,
    "organisation": "First", "project": "Shop", "timezone": "Europe/Berlin",
}  # fmt: skip


async def test_signed_out_is_no_error(world: World, anybody: httpx.AsyncClient) -> None:
    body = (await anybody.get("/api/wk/session")).json()

    assert (body["user"], body["csrf_token"], body["organisations"]) == (None, None, [])
    assert body["first_run"] is False
    assert body["public_url"] == PUBLIC_URL


async def test_signing_in_sets_a_cookie_that_scripts_cannot_read(
    anybody: httpx.AsyncClient,
) -> None:
    answer = await anybody.post("/api/wk/session", json=LOGIN)

    [cookie] = answer.headers.get_list("set-cookie")
    assert answer.status_code == 200
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    body = answer.json()
    assert body["user"]["email"] == "ada@acme.example"
    assert [org["slug"] for org in body["organisations"] if org["slug"] == "acme"] == ["acme"]
    assert (await anybody.get("/api/wk/session")).json()["csrf_token"] == body["csrf_token"]


async def test_a_change_by_cookie_wants_the_session_s_own_csrf_token(
    world: World, anybody: httpx.AsyncClient
) -> None:
    token = (await anybody.post("/api/wk/session", json=LOGIN)).json()["csrf_token"]
    url = f"/api/wk/projects/{world.acme.project_id}"

    right = await anybody.patch(url, json={"name": "New"}, headers={"X-CSRF-Token": token})
    wrong = await anybody.patch(url, json={"name": "Newer"}, headers={"X-CSRF-Token": token[:-1]})

    assert (right.status_code, right.json()["name"]) == (200, "New")
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (403, "csrf")


async def test_signing_out_ends_the_session_on_the_server(
    world: World, anybody: httpx.AsyncClient
) -> None:
    token = (await anybody.post("/api/wk/session", json=LOGIN)).json()["csrf_token"]
    cookie = anybody.cookies["wk_session"]

    left = await anybody.delete("/api/wk/session", headers={"X-CSRF-Token": token})

    assert left.json() == {"ok": True}
    assert "wk_session" not in anybody.cookies
    anybody.cookies.set("wk_session", cookie)
    assert (await anybody.get("/api/wk/session")).json()["user"] is None


async def test_a_wrong_password_is_refused_and_guessing_is_slowed_down(
    anybody: httpx.AsyncClient,
) -> None:
    guess = {**LOGIN, "password": "wrong horse"}

    statuses = [(await anybody.post("/api/wk/session", json=guess)).status_code for _ in range(6)]
    last = await anybody.post("/api/wk/session", json=guess)

    assert statuses == [401] * 5 + [429]
    assert int(last.headers["Retry-After"]) > 0


@pytest.mark.parametrize("template", ["wk:{token}", "{token}:", "{token}:x"])
async def test_a_token_may_be_either_half_of_basic_auth(world: World, template: str) -> None:
    pair = template.format(token=world.token_of(world.acme))
    header = "Basic " + base64.b64encode(pair.encode()).decode()

    async with world.client() as client:
        answer = await client.get(
            f"/api/wk/projects/{world.acme.project_id}", headers={"Authorization": header}
        )

    assert answer.status_code == 200


@pytest.mark.parametrize("header", ["Bearer wkt_wrong", "Basic !!!", "Basic YQ==", "Digest x", ""])
async def test_a_wrong_credential_is_not_made_good_by_a_cookie(
    world: World, anybody: httpx.AsyncClient, header: str
) -> None:
    await anybody.post("/api/wk/session", json=LOGIN)

    answer = await anybody.get("/api/wk/session", headers={"Authorization": header})

    assert answer.status_code == 401


async def test_a_signed_token_speaks_for_its_person(
    world: World, anybody: httpx.AsyncClient
) -> None:
    csrf = (await anybody.post("/api/wk/session", json=LOGIN)).json()["csrf_token"]
    jwt = (await anybody.post("/api/wk/session/jwt", headers={"X-CSRF-Token": csrf})).json()

    async with world.client(jwt["token"]) as client:
        body = (await client.get("/api/wk/session")).json()

    assert body["user"]["email"] == "ada@acme.example"
    assert body["csrf_token"] is None


@pytest.fixture
def empty(builder: Builder) -> tuple[httpx.AsyncClient, str]:
    """A server without users, and the token of its first-run link."""
    rooms, _ = builder.build()
    transport = httpx.ASGITransport(app=engine_app(rooms))
    client = httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL)
    return client, rooms.access.first_run_link().token


async def test_the_first_run_link_makes_an_account_once(
    empty: tuple[httpx.AsyncClient, str],
) -> None:
    client, token = empty
    assert (await client.get("/api/wk/session")).json()["first_run"] is True
    assert (await client.get(f"/api/wk/first-run?token={token}")).json() == {"valid": True}

    made = await client.post("/api/wk/first-run", json={**ACCOUNT, "token": token})
    again = await client.post("/api/wk/first-run", json={**ACCOUNT, "token": token})

    assert made.json()["user"]["is_platform_admin"] is True
    projects = [each for org in made.json()["organisations"] for each in org["projects"]]
    assert {each["name"]: each["timezone"] for each in projects}["Shop"] == "Europe/Berlin"
    assert (await client.get("/api/wk/session")).json()["first_run"] is False
    assert again.status_code == 403


async def test_first_run_without_the_token_is_refused_and_guessing_is_slowed_down(
    empty: tuple[httpx.AsyncClient, str],
) -> None:
    client, _ = empty
    assert (await client.get("/api/wk/first-run")).status_code == 403

    statuses = [
        (await client.post("/api/wk/first-run", json={**ACCOUNT, "token": "x"})).status_code
        for _ in range(20)
    ]

    assert statuses == [403] * 19 + [429]


@pytest.mark.parametrize(
    ("body", "field"),
    [({"email": "a"}, "password"), ({**LOGIN, "remember": True}, "remember"), ([], "")],
)
async def test_a_malformed_body_is_a_400_that_names_the_field(
    anybody: httpx.AsyncClient, body: object, field: str
) -> None:
    answer = await anybody.post("/api/wk/session", json=body)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "invalid")
    assert error.get("field", "") == field
