"""Issues and events as sentry-cli and scripts list and change them, and files that they delete."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.unit.api.conftest import World
from watchkeeper.lib.clock import MINUTE_MS

PROJECT = "/api/0/projects/acme/web"
ORG = "/api/0/organizations/acme"


def errors(world: World, count: int) -> None:
    """So many errors, each of an issue of its own, a second apart."""
    rooms = world.rooms
    for number in range(count):
        event = {
            "event_id": f"{number:032x}",
            "timestamp": world.clock() / 1000 - number,
            "exception": {"values": [{"type": f"Cart{number}Error", "value": "empty\nindeed"}]},
            "user": {"id": str(number)},
            "tags": {"plan": "pro"},
        }
        rooms.acceptor.accept_error_blocking(world.acme.project_id, json.dumps(event).encode())
    rooms.digest.run_once()


async def statuses(owner: httpx.AsyncClient) -> dict[str, str]:
    return {
        one["title"].partition(":")[0]: one["status"]
        for one in (await owner.get(f"{PROJECT}/issues/", params={"query": ""})).json()
    }


async def test_issues_are_listed_page_by_page(world: World, owner: httpx.AsyncClient) -> None:
    errors(world, 3)

    first = await owner.get(f"{PROJECT}/issues/", params={"limit": "2"})
    cursor = first.links["next"]["url"].partition("cursor=")[2]
    second = await owner.get(f"{ORG}/issues/", params={"project": "web", "cursor": cursor})
    found = await owner.get(f"{PROJECT}/issues/", params={"query": "is:unresolved Cart1Error"})

    titles = [one["title"] for one in [*first.json(), *second.json()]]
    assert titles == [f"Cart{n}Error: empty" for n in range(3)]
    assert first.headers["x-hits"] == "3"
    assert 'rel="next"; results="false"' in second.headers["link"]
    (one,) = found.json()
    assert (one["id"].isdigit(), one["level"], one["count"], one["userCount"]) == (
        True, "error", "1", 1,
    )  # fmt: skip
    assert one["shortId"].startswith("WEB-")
    assert one["permalink"].endswith(f"/o/acme/errors/{one['shortId']}?project=web")


async def test_issues_are_resolved_muted_and_reopened(
    world: World, owner: httpx.AsyncClient
) -> None:
    errors(world, 3)
    ids = {one["title"][4]: one["id"] for one in (await owner.get(f"{PROJECT}/issues/")).json()}

    path = f"{PROJECT}/issues/"
    both = {"id": [ids["0"], ids["1"]]}
    resolved = await owner.put(path, params=both, json={"status": "resolved"})
    muted = await owner.put(
        f"{ORG}/issues/{ids['2']}/",
        json={"status": "ignored", "statusDetails": {"ignoreDuration": 30}},
    )
    after = await statuses(owner)
    reopened = await owner.put(path, params={"status": "resolved"}, json={"status": "unresolved"})

    assert (resolved.status_code, muted.status_code, reopened.status_code) == (200, 200, 200)
    assert after == {"Cart0Error": "resolved", "Cart1Error": "resolved", "Cart2Error": "ignored"}
    assert (await statuses(owner))["Cart0Error"] == "unresolved"
    told = await owner.get(
        f"/api/wk/projects/{world.acme.project_id}/issues/{muted.json()['shortId']}"
    )
    assert told.json()["ignoring"]["until_ms"] == world.clock() + 30 * MINUTE_MS


@pytest.mark.parametrize(
    ("params", "body", "status"),
    [
        ({"id": "x"}, {"status": "resolved"}, 400),
        ({"id": "999"}, {"status": "resolved"}, 404),
        ({}, {"status": "gone"}, 400),
        ({"status": "gone"}, {"status": "resolved"}, 400),
        ({}, {"status": "ignored", "statusDetails": {"ignoreDuration": -1}}, 400),
        ({}, {"status": "resolvedInNextRelease"}, 400),
    ],
)
async def test_a_change_that_cannot_be_made_is_told_why(
    world: World, owner: httpx.AsyncClient, params: dict[str, str], body: Any, status: int
) -> None:
    errors(world, 1)

    answer = await owner.put(f"{PROJECT}/issues/", params=params, json=body)

    assert answer.status_code == status
    assert answer.json()["detail"]
    assert await statuses(owner) == {"Cart0Error": "unresolved"}


async def test_events_of_a_project_are_listed_newest_first(
    world: World, owner: httpx.AsyncClient
) -> None:
    errors(world, 3)

    first = await owner.get(f"{PROJECT}/events/", params={"per_page": "2"})
    rest = await owner.get(f"{PROJECT}/events/", params={"cursor": "0:2:0"})
    beyond = await owner.get(f"{PROJECT}/events/", params={"cursor": "0:99999:0"})

    assert [one["eventID"] for one in first.json()] == [f"{n:032x}" for n in range(2)]
    assert [one["eventID"] for one in rest.json()] == [f"{2:032x}"]
    assert 'rel="next"; results="true"; cursor="0:2:0"' in first.headers["link"]
    one = first.json()[0]
    assert (one["title"], one["user"]["id"]) == ("Cart0Error: empty", "0")
    assert {"key": "plan", "value": "pro"} in one["tags"]
    assert beyond.status_code == 400


async def test_one_issue_is_found_by_its_number_and_by_its_short_id(
    world: World, owner: httpx.AsyncClient
) -> None:
    errors(world, 1)
    (one,) = (await owner.get(f"{PROJECT}/issues/")).json()

    for name in (one["id"], one["shortId"]):
        assert (await owner.get(f"{ORG}/issues/{name}/")).json()["title"] == one["title"]
    assert (await owner.get(f"{ORG}/issues/4711/")).status_code == 404


async def test_a_file_of_a_release_is_deleted_and_so_are_all(owner: httpx.AsyncClient) -> None:
    await owner.post(f"{ORG}/releases/", json={"version": "shop@1", "projects": ["web"]})
    path = f"{PROJECT}/releases/shop@1/files/"
    for name in ("~/a.js", "~/b.js", "~/c.js"):
        await owner.post(path, data={"name": name}, files={"file": (name, name.encode())})

    listed = (await owner.get(path)).json()
    gone = await owner.delete(f"{path}{listed[0]['id']}/")
    again = await owner.delete(f"{path}{listed[0]['id']}/")
    rest = [one["name"] for one in (await owner.get(path)).json()]
    everything = await owner.delete(path)

    assert [gone.status_code, again.status_code, everything.status_code] == [204, 404, 204]
    assert rest == ["~/b.js", "~/c.js"]
    assert (await owner.get(path)).json() == []
    assert (await owner.delete(f"{path}!/")).status_code == 404


async def test_older_tools_delete_the_files_of_a_release_by_its_name(
    owner: httpx.AsyncClient,
) -> None:
    path = f"{PROJECT}/releases/shop@1/files/"
    await owner.post(path, data={"name": "~/a.js"}, files={"file": ("a.js", b"1")})

    gone = await owner.delete(f"{PROJECT}/files/source-maps/", params={"name": "shop@1"})
    unnamed = await owner.delete(f"{PROJECT}/files/source-maps/")

    assert (gone.status_code, unnamed.status_code) == (204, 400)
    assert (await owner.get(path)).json() == []


async def test_a_release_is_not_archived_and_that_is_said(owner: httpx.AsyncClient) -> None:
    await owner.post(f"{ORG}/releases/", json={"version": "shop@1", "projects": ["web"]})
    body = {"version": "shop@1", "projects": [], "status": "archived"}

    refused = await owner.post(f"{ORG}/releases/", json=body)
    restored = await owner.post(f"{ORG}/releases/", json={**body, "status": "open"})

    assert (refused.status_code, restored.status_code) == (400, 208)
    assert "not archived here" in refused.json()["detail"]
