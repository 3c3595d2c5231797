"""What dashboards, bots and scripts read of Sentry's web API, and the fields they look for."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.unit.api.conftest import World
from watchkeeper.lib.clock import HOUR_MS, SECOND_MS

PROJECT = "/api/0/projects/acme/web"
ORG = "/api/0/organizations/acme"
EVENT = "a" * 32


def send(world: World, *, at_ms: int = 0, event_id: str = EVENT, **fields: object) -> None:
    frame = {
        "filename": "shop/cart.py", "abs_path": "/srv/shop/cart.py", "module": "shop.cart",
        "function": "charge", "lineno": 42, "in_app": True, "vars": {"total": "12"},
        "pre_context": ["a = 1"], "context_line": "b = a / 0", "post_context": ["c = 2"],
    }  # fmt: skip
    other = {"filename": "flask/app.py", "function": "run", "lineno": 7, "in_app": False}
    event = {
        "event_id": event_id,
        "timestamp": (at_ms or world.clock()) / 1000,
        "platform": "python",
        "release": "web@1.2.0",
        "environment": "production",
        "transaction": "/pay",
        "exception": {
            "values": [
                {
                    "type": "ZeroDivisionError",
                    "value": "division by zero",
                    "module": "builtins",
                    "mechanism": {"type": "flask", "handled": False},
                    "stacktrace": {"frames": [other, frame]},
                }
            ]
        },
        "breadcrumbs": {"values": [{"timestamp": world.clock() / 1000, "message": "clicked"}]},
        "request": {"url": "https://shop.example/pay", "method": "POST", "query_string": "a=1&b=x"},
        "user": {"id": "7"},
        "tags": {"plan": "pro"},
        "extra": {"cart": 3},
        "sdk": {"name": "sentry.python", "version": "2.0.0"},
        **fields,
    }
    world.rooms.acceptor.accept_error_blocking(world.acme.project_id, json.dumps(event).encode())
    world.rooms.digest.run_once()


async def the_issue(owner: httpx.AsyncClient) -> dict[str, Any]:
    (one,) = (await owner.get(f"{PROJECT}/issues/")).json()
    found: dict[str, Any] = one
    return found


async def test_an_issue_has_the_fields_that_clients_read(
    world: World, owner: httpx.AsyncClient
) -> None:
    send(world)

    one = await the_issue(owner)

    told = {k: one[k] for k in ("metadata", "type", "level", "platform", "status", "substatus")}
    assert told == {
        "metadata": {"type": "ZeroDivisionError", "value": "division by zero"},
        "type": "error", "level": "error", "platform": "python", "status": "unresolved",
        "substatus": "new",
    }  # fmt: skip
    assert (one["isUnhandled"], one["assignedTo"], one["statusDetails"]) == (True, None, {})
    hour_s = world.clock() // HOUR_MS * HOUR_MS // SECOND_MS
    assert len(one["stats"]["24h"]) == 24
    assert one["stats"]["24h"][-1] == [hour_s, 1]


async def test_without_a_query_open_issues_are_listed_and_with_an_empty_one_all(
    world: World, owner: httpx.AsyncClient
) -> None:
    send(world)
    issue = await the_issue(owner)
    await owner.put(f"/api/0/issues/{issue['id']}/", json={"status": "resolved"})

    implied = await owner.get(f"{PROJECT}/issues/")
    every = await owner.get(f"{ORG}/issues/", params={"query": ""})

    assert implied.json() == []
    assert [one["status"] for one in every.json()] == ["resolved"]


async def test_the_address_of_the_next_page_keeps_what_was_asked(
    world: World, owner: httpx.AsyncClient
) -> None:
    for number in range(3):
        send(world, event_id=f"{number:032x}", fingerprint=[str(number)])
    asked = {"query": "ZeroDivisionError", "project": "web", "limit": "2", "statsPeriod": "24h"}

    first = await owner.get(f"{ORG}/issues/", params=asked)
    second = await owner.get(httpx.URL(first.links["next"]["url"]).raw_path.decode())
    back = await owner.get(httpx.URL(second.links["previous"]["url"]).raw_path.decode())

    assert (len(first.json()), len(second.json())) == (2, 1)
    assert [first.links["next"]["results"], second.links["next"]["results"]] == ["true", "false"]
    assert [first.links["previous"]["results"], second.links["previous"]["results"]] == [
        "false", "true",
    ]  # fmt: skip
    assert back.json() == first.json()


async def test_issues_of_several_projects_are_one_list(
    world: World, owner: httpx.AsyncClient
) -> None:
    await owner.post("/api/wk/orgs/acme/projects", json={"name": "Mobile"})
    projects = {one["slug"]: one["id"] for one in (await owner.get(f"{ORG}/projects/")).json()}
    for number in range(3):
        at_ms = world.clock() - number * 1_000
        send(world, at_ms=at_ms, event_id=f"{number:032x}", fingerprint=[str(number)])
    mobile = {"event_id": "f" * 32, "timestamp": world.clock() / 1000 - 1.5, "message": "crashed"}
    world.rooms.acceptor.accept_error_blocking(int(projects["mobile"]), json.dumps(mobile).encode())
    world.rooms.digest.run_once()

    first = await owner.get(f"{ORG}/issues/", params={"limit": "3"})
    second = await owner.get(httpx.URL(first.links["next"]["url"]).raw_path.decode())
    named = await owner.get(f"{ORG}/issues/", params={"project": projects["mobile"]})

    slugs = [one["project"]["slug"] for one in [*first.json(), *second.json()]]
    assert slugs == ["web", "web", "mobile", "web"]
    assert first.headers["x-hits"] == "4"
    assert [one["title"] for one in named.json()] == ["crashed"]


async def test_a_short_id_is_looked_up(world: World, owner: httpx.AsyncClient) -> None:
    send(world)
    issue = await the_issue(owner)

    found = await owner.get(f"{ORG}/shortids/{issue['shortId']}/")
    listed = await owner.get(
        f"{ORG}/issues/", params={"query": issue["shortId"], "shortIdLookup": "1"}
    )

    assert (found.json()["groupId"], found.json()["projectSlug"]) == (issue["id"], "web")
    assert [one["id"] for one in listed.json()] == [issue["id"]]
    assert listed.headers["x-sentry-direct-hit"] == "1"


async def test_an_event_is_told_with_its_entries(world: World, owner: httpx.AsyncClient) -> None:
    send(world)
    issue = await the_issue(owner)

    by_id = (await owner.get(f"{PROJECT}/events/{EVENT}/")).json()
    latest = (await owner.get(f"{ORG}/issues/{issue['id']}/events/latest/")).json()
    where = (await owner.get(f"{ORG}/eventids/{EVENT}/")).json()
    (listed,) = (await owner.get(f"/api/0/issues/{issue['shortId']}/events/")).json()
    (full,) = (await owner.get(f"{PROJECT}/events/", params={"full": "true"})).json()

    assert by_id == latest == where["event"] == full
    assert where["groupId"] == by_id["groupID"] == listed["groupID"] == issue["id"]
    entries = {one["type"]: one["data"] for one in by_id["entries"]}
    assert list(entries) == ["exception", "breadcrumbs", "request"]
    (exception,) = entries["exception"]["values"]
    assert (exception["type"], exception["mechanism"]["handled"]) == ("ZeroDivisionError", False)
    frame = exception["stacktrace"]["frames"][-1]
    assert (frame["lineNo"], frame["inApp"], frame["vars"]) == (42, True, {"total": "12"})
    assert frame["context"] == [[41, "a = 1"], [42, "b = a / 0"], [43, "c = 2"]]
    assert entries["request"]["query"] == [["a", "1"], ["b", "x"]]
    assert (by_id["location"], by_id["context"]) == ("shop/cart.py", {"cart": 3})
    assert {"key": "plan", "value": "pro"} in by_id["tags"]
    assert (by_id["user"]["id"], by_id["user"]["email"]) == ("7", None)


async def test_tags_of_an_issue_and_of_a_project(world: World, owner: httpx.AsyncClient) -> None:
    for number, plan in enumerate(("pro", "pro", "free")):
        send(world, event_id=f"{number:032x}", tags={"plan": plan})
    issue = await the_issue(owner)
    base = f"{ORG}/issues/{issue['id']}/tags"

    every = {one["key"]: one for one in (await owner.get(f"{base}/")).json()}
    plan = (await owner.get(f"{base}/plan/")).json()
    values = await owner.get(f"{base}/plan/values/", params={"per_page": "1"})
    of_org = {one["key"]: one["totalValues"] for one in (await owner.get(f"{ORG}/tags/")).json()}
    environments = (await owner.get(f"{PROJECT}/environments/")).json()

    assert every["plan"] == plan
    assert (plan["totalValues"], plan["uniqueValues"]) == (3, 2)
    top = [(one["value"], one["count"]) for one in plan["topValues"]]
    assert top == [("pro", 2), ("free", 1)]
    assert [one["value"] for one in values.json()] == ["pro"]
    assert values.links["next"]["results"] == "true"
    assert of_org["plan"] == 3
    assert [one["name"] for one in environments] == ["production"]
    assert (await owner.get(f"{base}/nothing/")).status_code == 404


async def test_errors_by_time(world: World, owner: httpx.AsyncClient) -> None:
    send(world)
    send(world, event_id="b" * 32, at_ms=world.clock() - 2 * HOUR_MS)
    until_s = world.clock() // SECOND_MS
    asked = {"since": str(until_s - 5 * 3600), "until": str(until_s), "resolution": "1h"}

    points = (await owner.get(f"{PROJECT}/stats/", params=asked)).json()
    of_org = (await owner.get(f"{ORG}/stats/", params=asked)).json()
    refused = await owner.get(f"{PROJECT}/stats/", params={"stat": "rejected"})

    assert points == of_org
    assert all(at % 3600 == 0 for at, _n in points)
    assert [n for _at, n in points if n] == [1, 1]
    assert sum(n for _at, n in points) == 2
    assert refused.status_code == 400


async def test_an_issue_is_assigned_and_commented_on(
    world: World, owner: httpx.AsyncClient
) -> None:
    send(world)
    issue = await the_issue(owner)
    (person,) = (await owner.get(f"{ORG}/members/")).json()
    path = f"{ORG}/issues/{issue['shortId']}/"

    assigned = await owner.put(path, json={"assignedTo": f"user:{person['id']}"})
    nobody = await owner.put(path, json={"assignedTo": ""})
    stranger = await owner.put(path, json={"assignedTo": "who@example.com"})
    archived = await owner.put(
        path, json={"status": "ignored", "statusDetails": {"ignoreCount": 10}}
    )
    note = await owner.post(f"{path}comments/", json={"text": "looking at it"})

    assert assigned.json()["assignedTo"]["email"] == person["email"]
    assert (nobody.json()["assignedTo"], stranger.status_code) == (None, 400)
    assert archived.json()["statusDetails"] == {"ignoreCount": 10}
    assert archived.json()["substatus"] == "archived_until_condition_met"
    assert note.status_code == 201
    notes = (await owner.get(f"/api/0/issues/{issue['id']}/notes/")).json()
    assert [one["data"]["text"] for one in notes] == ["looking at it"]


async def test_keys_have_a_dsn(world: World, owner: httpx.AsyncClient) -> None:
    made = (await owner.post(f"{PROJECT}/keys/", json={"name": "mobile app"})).json()
    listed = {one["id"]: one for one in (await owner.get(f"{PROJECT}/keys/")).json()}

    assert listed[made["id"]] == made == (await owner.get(f"{PROJECT}/keys/{made['id']}/")).json()
    assert made["dsn"]["public"].endswith(f"{made['public']}@wk.example.com/{made['projectId']}")
    assert (made["name"], made["isActive"]) == ("mobile app", True)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("issues/?statsPeriod=soon", 400),
        ("issues/?start=2026-01-01T00:00:00Z", 400),
        ("issues/?environment=a&environment=b", 400),
        (f"issues/4711/events/{EVENT}/", 404),
        (f"eventids/{EVENT}/", 404),
        ("shortids/WEB-99/", 404),
        ("stats/?resolution=5m", 400),
    ],
)
async def test_what_cannot_be_answered_says_why(
    owner: httpx.AsyncClient, path: str, status: int
) -> None:
    answer = await owner.get(f"{ORG}/{path}")

    assert answer.status_code == status
    assert answer.json()["detail"]


async def test_issues_of_others_are_not_seen(world: World, owner: httpx.AsyncClient) -> None:
    event = {"event_id": EVENT, "timestamp": world.clock() / 1000, "message": "theirs"}
    world.rooms.acceptor.accept_error_blocking(world.rival.project_id, json.dumps(event).encode())
    world.rooms.digest.run_once()

    for path in ("/api/0/issues/1/", f"{ORG}/eventids/{EVENT}/", "/api/0/issues/SHOP-1/events/"):
        assert (await owner.get(path)).status_code == 404
