"""The web API that sentry-cli speaks: rights, names, answers, and bodies of any kind."""

from __future__ import annotations

import gzip
from typing import Any

import httpx
import pytest

from tests.unit.api.conftest import World
from tests.unit.artifacts.builds import sha1, shop_bundle
from watchkeeper.api.compat.sentry.multipart import parts_of
from watchkeeper.lib.errors import Invalid
from watchkeeper.model import Role

ORG = "/api/0/organizations/acme"

WRITES: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", f"{ORG}/releases/", {"version": "x@1", "projects": ["web"]}),
    ("PUT", f"{ORG}/releases/shop@1/", {"url": "https://a"}),
    ("DELETE", f"{ORG}/releases/shop@1/", {}),
    ("POST", f"{ORG}/releases/shop@1/deploys/", {"environment": "production"}),
    ("POST", f"{ORG}/chunk-upload/", {}),
    ("POST", f"{ORG}/artifactbundle/assemble/", {"projects": ["web"]}),
    ("POST", f"{ORG}/releases/shop@1/assemble/", {}),
    ("POST", "/api/0/projects/acme/web/releases/shop@1/files/", {}),
    ("POST", "/api/0/projects/acme/web/releases/", {"version": "x@1"}),
    ("DELETE", "/api/0/projects/acme/web/files/artifact-bundles/?bundleId=1", {}),
    ("PUT", "/api/0/projects/acme/web/issues/?id=1", {"status": "resolved"}),
    ("DELETE", f"{ORG}/releases/shop@1/files/MQ/", {}),
]
READS = [
    ORG,
    f"{ORG}/projects/",
    f"{ORG}/repos/",
    f"{ORG}/releases/",
    f"{ORG}/releases/shop@1/",
    f"{ORG}/releases/shop@1/commits/",
    f"{ORG}/releases/shop@1/deploys/",
    f"{ORG}/releases/shop@1/files/",
    f"{ORG}/releases/shop@1/previous-with-commits/",
    f"{ORG}/chunk-upload/",
    "/api/0/projects/acme/web/",
    "/api/0/projects/acme/web/keys/",
    "/api/0/projects/acme/web/releases/",
    "/api/0/projects/acme/web/files/artifact-bundles/",
    "/api/0/projects/acme/web/issues/",
    "/api/0/projects/acme/web/events/",
    f"{ORG}/monitors/",
]
EVERYTHING = [*WRITES, *(("GET", path, {}) for path in READS)]


async def release(owner: httpx.AsyncClient, version: str = "shop@1") -> None:
    body = {"version": version, "projects": ["web"]}
    answer = await owner.post(f"{ORG}/releases/", json=body)
    assert answer.status_code in {201, 208}


@pytest.mark.parametrize(("method", "path", "body"), EVERYTHING)
async def test_another_tenant_sees_and_changes_nothing(
    world: World,
    owner: httpx.AsyncClient,
    rival: httpx.AsyncClient,
    method: str,
    path: str,
    body: dict[str, Any],
) -> None:
    await release(owner)

    answer = await rival.request(method, path, json=body)

    assert answer.status_code == 404
    assert "There is no organisation 'acme'" in answer.json()["detail"]
    assert (await owner.get(f"{ORG}/releases/shop@1/")).status_code == 200


@pytest.mark.parametrize(("method", "path", "body"), EVERYTHING)
@pytest.mark.parametrize("credential", ["", "wkt_wrong", "public key"])
async def test_nobody_is_let_in_without_a_token(
    world: World, credential: str, method: str, path: str, body: dict[str, Any]
) -> None:
    token = world.acme.public_key if credential == "public key" else credential
    async with world.client(token) as client:
        answer = await client.request(method, path, json=body)

    assert answer.status_code == 401
    assert answer.json()["detail"]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
async def test_a_viewer_s_token_only_reads(
    world: World, owner: httpx.AsyncClient, method: str, path: str, body: dict[str, Any]
) -> None:
    await release(owner)
    operator = world.rooms.access.operator()
    grant = world.rooms.access.create_token(operator, "acme", name="ci", role=Role.VIEWER)
    async with world.client(grant.plaintext) as viewer:
        answer = await viewer.request(method, path, json=body)
        read = await viewer.get(f"{ORG}/releases/shop@1/")

    assert answer.status_code == 403
    assert read.status_code == 200


async def test_a_token_of_one_project_uploads_to_that_one(
    world: World, owner: httpx.AsyncClient
) -> None:
    access = world.rooms.access
    other = access.create_project(access.operator(), "acme", name="Api")
    grant = access.create_token(
        access.operator(), "acme", name="ci", role=Role.MEMBER, project_id=other.id
    )
    async with world.client(grant.plaintext) as ci:
        own = await ci.post(f"{ORG}/releases/", json={"version": "a@1", "projects": ["api"]})
        foreign = await ci.post(f"{ORG}/releases/", json={"version": "a@1", "projects": ["web"]})

    assert own.status_code == 201
    assert foreign.status_code == 400
    assert "no project 'web'" in foreign.json()["detail"]


async def test_a_release_is_made_changed_listed_and_deleted(owner: httpx.AsyncClient) -> None:
    body = {"version": "shop@1", "projects": ["web"], "dateStarted": "2026-11-21T13:00:00Z"}
    made = await owner.post(f"{ORG}/releases/", json=body)
    again = await owner.post(f"{ORG}/releases", json=body)
    commits = [
        {
            "id": "a" * 40,
            "repository": "shop",
            "author_name": "Ada",
            "timestamp": "2026-11-21T12:00:00+01:00",
            "message": "cart",
            "patch_set": [{"path": "src/cart.ts", "type": "M"}],
        }
    ]
    changed = await owner.put(
        f"{ORG}/releases/shop@1/",
        json={"commits": commits, "dateReleased": "2026-11-21T13:30:00.123456Z"},
    )
    listed = (await owner.get(f"{ORG}/releases/")).json()
    told = (await owner.get(f"{ORG}/releases/shop@1/commits/")).json()
    deleted = await owner.delete(f"{ORG}/releases/shop@1/")

    assert (made.status_code, again.status_code, changed.status_code) == (201, 208, 200)
    assert changed.json()["lastCommit"] == {"id": "a" * 40}
    assert changed.json()["dateReleased"] == "2026-11-21T13:30:00.123000Z"
    assert [one["version"] for one in listed] == ["shop@1"]
    assert listed[0]["projects"][0]["slug"] == "web"
    assert told[0]["dateCreated"] == "2026-11-21T11:00:00.000000Z"
    assert deleted.status_code == 204
    assert (await owner.get(f"{ORG}/releases/shop@1/")).status_code == 404


async def test_a_version_may_hold_a_slash(owner: httpx.AsyncClient) -> None:
    await release(owner, "team/shop@1")

    found = await owner.get(f"{ORG}/releases/team%2Fshop@1/")
    deploys = await owner.get(f"{ORG}/releases/team%2Fshop@1/deploys/")

    assert found.json()["version"] == "team/shop@1"
    assert deploys.json() == []


async def test_releases_come_in_pages(owner: httpx.AsyncClient, world: World) -> None:
    for number in range(3):
        await release(owner, f"shop@{number}")
        world.clock.forward(1)

    first = await owner.get(f"{ORG}/releases/", params={"per_page": 2})
    link = first.headers["link"]
    cursor = link.rpartition('cursor="')[2].rstrip('"')
    second = await owner.get(f"{ORG}/releases/", params={"per_page": 2, "cursor": cursor})

    assert [one["version"] for one in first.json()] == ["shop@2", "shop@1"]
    assert 'rel="next"; results="true"' in link
    assert [one["version"] for one in second.json()] == ["shop@0"]
    assert 'rel="next"; results="false"' in second.headers["link"]


async def test_a_bundle_is_uploaded_in_packed_pieces(owner: httpx.AsyncClient) -> None:
    content = shop_bundle()
    body = {"checksum": sha1(content), "chunks": [sha1(content)], "projects": ["web"]}
    asked = (await owner.post(f"{ORG}/artifactbundle/assemble/", json=body)).json()
    piece = ("file_gzip", (sha1(content), gzip.compress(content)))
    sent = await owner.post(f"{ORG}/chunk-upload/", files=[piece])
    done = (await owner.post(f"{ORG}/artifactbundle/assemble/", json=body)).json()
    stored = (await owner.get("/api/0/projects/acme/web/files/artifact-bundles/")).json()

    assert asked == {"state": "not_found", "missingChunks": [sha1(content)], "detail": None}
    assert sent.status_code == 200
    assert done == {"state": "ok", "missingChunks": [], "detail": None}
    assert stored[0]["fileCount"] == 2


async def test_how_to_cut_uploads_fits_the_longest_body(
    owner: httpx.AsyncClient, world: World
) -> None:
    told = (await owner.get(f"{ORG}/chunk-upload/")).json()

    assert told["url"] == "http://wk.example.com/api/0/organizations/acme/chunk-upload/"
    assert told["chunkSize"] * told["chunksPerRequest"] <= told["maxRequestSize"]
    assert told["maxRequestSize"] < world.rooms.options.max_body_bytes
    assert "artifact_bundles" in told["accept"]
    assert "debug_files" not in told["accept"]


async def test_a_single_file_is_uploaded_to_a_release(owner: httpx.AsyncClient) -> None:
    path = "/api/0/projects/acme/web/releases/shop@1/files/"
    sent = await owner.post(
        path,
        data={"name": "~/app.js", "header": "Sourcemap: app.js.map"},
        files={"file": ("app.js", b"var a")},
    )
    listed = (await owner.get(path)).json()

    assert sent.status_code == 201
    assert [one["name"] for one in listed] == ["~/app.js"]
    assert listed[0]["headers"] == {"Sourcemap": "app.js.map"}


@pytest.mark.parametrize(("method", "path", "_body"), WRITES)
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"version": 5, "projects": 7, "commits": 3, "environment": [], "checksum": {}}',
        b'{"version": "a", "projects": ["web"], "commits": [{"id": 1}], "dateReleased": "soon"}',
        b'{"environment": "p", "dateStarted": 1e300, "chunks": [1], "projects": [null]}',
        b"\xff" * 50,
        b"[" * 5_000,
    ],
)
async def test_no_body_is_an_error_of_ours(
    owner: httpx.AsyncClient, method: str, path: str, _body: object, content: bytes
) -> None:
    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = await owner.request(method, path, content=content, headers=headers)

    assert answer.status_code < 500


@pytest.mark.parametrize("name", ["difs/assemble", "dsyms", "preprodartifacts/assemble"])
async def test_what_is_not_taken_is_refused_with_a_reason(
    owner: httpx.AsyncClient, name: str
) -> None:
    answer = await owner.post(f"/api/0/projects/acme/web/files/{name}/", json={})

    assert answer.status_code == 400
    assert "nothing was stored" in answer.json()["detail"]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
@pytest.mark.parametrize("base", ["/api/0", "/p/3/api/0"])
async def test_what_is_not_there_is_said_in_the_words_of_this_api(
    owner: httpx.AsyncClient, base: str, method: str
) -> None:
    answer = await owner.request(method, f"{base}/organizations/acme/dashboards/")

    assert answer.status_code == 404
    assert "is not there" in answer.json()["detail"]


def test_a_form_is_read_part_by_part() -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n2\r\n'
        b'--x\r\nContent-Disposition: form-data; name="f"; filename="n.js"\r\n\r\n\r\n--x--\r\n'
    )

    first, second = parts_of(body, "multipart/form-data; boundary=x")

    assert (first.name, first.filename, first.content) == ("a", None, b"1\r\n2")
    assert (second.name, second.filename, second.content) == ("f", "n.js", b"")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "multipart/form-data; boundary=x"),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (b"--x\r\nA: b\r\n\r\ncontent without end", "multipart/form-data; boundary=x"),
        (b"--x--", "application/json"),
        (b"--x--", "multipart/form-data"),
    ],
)
def test_a_form_that_breaks_off_is_refused(body: bytes, content_type: str) -> None:
    with pytest.raises(Invalid):
        parts_of(body, content_type)
