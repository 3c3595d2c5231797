"""Pages and assets of the built UI."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from watchkeeper.api.pages import Pages
from watchkeeper.api.refusals import refusal_of
from watchkeeper.lib.errors import WatchkeeperError

INDEX = "<!doctype html><html><head><title>W</title></head><body></body></html>"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    directory = tmp_path / "assets"
    directory.mkdir()
    (directory / "index.html").write_text(INDEX)
    (directory / "theme.js").write_text("1")
    (directory / "main-Ab3_x9Zq.js").write_text("console.log(1)")
    (directory / "main-Ab3_x9Zq.js.gz").write_bytes(gzip.compress(b"console.log(1)"))
    (tmp_path / "secret.txt").write_text("planted")
    return directory


def client_of(directory: Path) -> httpx.AsyncClient:
    app = Starlette(
        routes=Pages(directory).routes(),
        exception_handlers={WatchkeeperError: lambda _request, error: refusal_of(error)},
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://wk")


@pytest.mark.parametrize(
    "path", ["/", "/login", "/first-run", "/o/acme/errors/WEB-1", "/ack/abc", "/graph"]
)
async def test_every_page_is_the_built_index(built: Path, path: str) -> None:
    answer = await client_of(built).get(path)

    assert answer.status_code == 200
    assert "<title>W</title>" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


async def test_a_page_allows_own_scripts_and_styles_with_its_nonce_only(built: Path) -> None:
    first, second = [await client_of(built).get("/") for _ in range(2)]

    policy = dict(
        part.split(" ", 1) for part in first.headers["Content-Security-Policy"].split("; ")
    )
    found = re.search(r'<meta property="csp-nonce" nonce="([\w-]{22})" content="\1" />', first.text)
    assert found
    assert policy["style-src"] == f"'self' 'nonce-{found[1]}'"
    assert policy["script-src"] == "'self'"
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe-inline" not in policy["style-src"] + policy["script-src"]
    assert found[1] not in second.text


async def test_without_a_build_the_page_says_how_to_make_one(tmp_path: Path) -> None:
    answer = await client_of(tmp_path / "none").get("/")

    assert answer.status_code == 503
    assert "npm run build" in answer.text


async def test_a_hashed_asset_is_kept_for_ever_and_others_are_asked_for_again(built: Path) -> None:
    client = client_of(built)

    hashed = await client.get("/assets/main-Ab3_x9Zq.js", headers={"Accept-Encoding": "identity"})
    plain = await client.get("/assets/theme.js")

    assert "immutable" in hashed.headers["Cache-Control"]
    assert plain.headers["Cache-Control"] == "no-cache"
    assert hashed.headers["Content-Type"].startswith("text/javascript")
    again = await client.get("/assets/theme.js", headers={"If-None-Match": plain.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_packed_form_is_sent_to_those_who_accept_it(built: Path) -> None:
    client = client_of(built)

    packed = await client.get("/assets/main-Ab3_x9Zq.js", headers={"Accept-Encoding": "gzip, br"})
    plain = await client.get("/assets/main-Ab3_x9Zq.js", headers={"Accept-Encoding": "identity"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.text == plain.text == "console.log(1)"
    assert packed.headers["ETag"] != plain.headers["ETag"]


@pytest.mark.parametrize(
    "path", ["../secret.txt", "%2e%2e/secret.txt", "..%2fsecret.txt", "index.html", "nothing.js"]
)
async def test_only_files_of_the_build_are_served(built: Path, path: str) -> None:
    answer = await client_of(built).get(f"/assets/{path}")

    assert answer.status_code == 404
    assert "planted" not in answer.text
