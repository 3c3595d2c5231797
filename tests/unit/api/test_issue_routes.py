"""Issues through the API: search errors, acts, facts, kept searches, rates, and other tenants."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.unit.api.conftest import World
from watchkeeper.lib.clock import HOUR_MS, SECOND_MS
from watchkeeper.model import Role


def of(world: World, rest: str = "") -> str:
    return f"/api/wk/projects/{world.acme.project_id}{rest}"


def happens(world: World, number: int, kind: str = "CartError", **fields: Any) -> None:
    """An error of acme's project, digested."""
    event = {
        "event_id": f"{number:032x}",
        "timestamp": world.clock() / SECOND_MS,
        "exception": {"values": [{"type": kind, "value": "broke"}]},
        "release": "web@1.0.0",
        **fields,
    }
    rooms = world.rooms
    rooms.acceptor.accept_error_blocking(world.acme.project_id, json.dumps(event).encode())
    rooms.digest.run_once()
    world.clock.forward(SECOND_MS)


async def test_a_bad_search_is_a_400_that_says_where(
    world: World, owner: httpx.AsyncClient
) -> None:
    answer = await owner.get(of(world, "/issues"), params={"q": "is:unresolvd"})

    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["code"], error["field"], error["position"]) == ("search_invalid", "q", 3)
    assert "Did you mean is:unresolved?" in error["message"]
    first = (await owner.get(of(world, "/issues"), params={"q": '"'})).json()["error"]
    assert first["position"] == 0


async def test_issues_are_searched_changed_at_once_and_taken_back(
    world: World, owner: httpx.AsyncClient
) -> None:
    happens(world, 1, tags={"plan": "pro"})
    happens(world, 2, "Other")

    listed = (await owner.get(of(world, "/issues"), params={"q": "plan:pro is:new"})).json()
    bulk = (
        await owner.post(
            of(world, "/issues/bulk"),
            json={"q": "plan:pro", "resolve": {"kind": "next_release"}},
        )
    ).json()
    short_id = listed["issues"][0]["short_id"]
    resolved = (await owner.get(of(world, f"/issues/{short_id}"))).json()
    undone = (await owner.post(of(world, "/issues/undo"), json={"undo": bulk["undo"]})).json()

    assert [one["type"] for one in listed["issues"]] == ["CartError"]
    assert (bulk["changed"], bulk["remaining"]) == (1, 0)
    assert resolved["resolution"] == {
        "kind": "next_release", "release": "web@1.0.0", "commit": "",
    }  # fmt: skip
    assert undone == {"changed": 1, "kept": 0}
    ignored = await owner.patch(
        of(world, f"/issues/{short_id}"), json={"ignore": {"for_ms": HOUR_MS, "users": 5}}
    )
    assert ignored.json()["ignoring"]["until_ms"] == world.clock() + HOUR_MS
    assert ignored.json()["ignoring"]["users"] == 5
    world.clock.forward(HOUR_MS)
    assert len(world.rooms.issues.wake()) == 1
    assert world.rooms.issues.wake() == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"q": "is:new"},
        {"short_ids": ["WEB-1"]},
        {"short_ids": ["WEB-1"], "resolve": {}, "ignore": {}},
        {"short_ids": ["WEB-1"], "ignore": {"until_ms": 5}},
        {"short_ids": ["WEB-1"], "ignore": {"window_ms": 60_000}},
        {"short_ids": ["WEB-1"], "status": "ignored", "resolve": {}},
        {"short_ids": ["WEB-1"], "resolve": {"kind": "release"}},
        {"q": "is:nwe", "status": "resolved"},
        {"q": "", "from": 5, "to": 5, "status": "resolved"},
    ],
)
async def test_a_change_that_says_nothing_or_too_much_is_a_400(
    world: World, owner: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    happens(world, 1)
    answer = await owner.post(of(world, "/issues/bulk"), json=body)
    assert (answer.status_code, len(answer.json()["error"]["message"]) > 20) == (400, True)


async def test_issues_are_merged_commented_and_explained(
    world: World, owner: httpx.AsyncClient
) -> None:
    happens(world, 1)
    happens(world, 2, "Other")
    slug = (await owner.get(of(world, "/issues"))).json()["issues"][0]["short_id"].split("-")[0]
    one, two = f"{slug}-1", f"{slug}-2"

    merged = await owner.post(of(world, "/issues/merge"), json={"into": one, "short_ids": [two]})
    parts = (await owner.get(of(world, f"/issues/{one}/merged"))).json()
    why = await owner.get(
        of(world, f"/issues/{one}/why"), params={"event": f"{1:032x}", "other": f"{2:032x}"}
    )
    unmerged = await owner.post(of(world, f"/issues/{one}/unmerge"), json={"short_ids": [two]})
    comment = await owner.post(of(world, f"/issues/{one}/comments"), json={"text": "hm"})
    path = of(world, f"/issues/{one}/comments/{comment.json()['id']}")
    edited = await owner.patch(path, json={"text": "aha"})
    activity = (await owner.get(of(world, f"/issues/{one}"))).json()["activity"]
    deleted = await owner.delete(path)

    assert merged.json()["changed"] == unmerged.json()["changed"] == 1
    assert [each["short_id"] for each in parts["merged"]] == [two]
    assert (why.json()["verdict"], why.json()["other"]["rule"]) == ("merged", "exception")
    assert (comment.status_code, edited.json()["text"]) == (201, "aha")
    assert [each["kind"] for each in activity] == ["comment", "unmerged", "merged"]
    assert activity[0]["facts"]["text"] == "aha"
    assert deleted.json() == {"ok": True}
    assert (await owner.get(of(world, f"/issues/{one}/comments"))).json() == {"comments": []}


async def test_everything_beside_an_issue_is_answered(
    world: World, owner: httpx.AsyncClient
) -> None:
    happens(world, 1, tags={"plan": "pro"}, environment="prod")
    short_id = (await owner.get(of(world, "/issues"))).json()["issues"][0]["short_id"]
    path = of(world, f"/issues/{short_id}")

    facts = (await owner.get(f"{path}/facts")).json()
    events = (await owner.get(f"{path}/events")).json()
    values = (await owner.get(f"{path}/tags/plan")).json()
    similar = (await owner.get(f"{path}/similar")).json()
    groups = (await owner.get(of(world, "/errors/groups"), params={"by": "type"})).json()
    summary = (await owner.get(of(world, "/errors/summary"))).json()
    completion = await owner.get(of(world, "/issue-search/complete"), params={"q": "is:unres"})

    assert facts["releases"][0]["is_first"] is True
    assert [each["event_id"] for each in events["events"]] == [f"{1:032x}"]
    assert values["values"][0]["value"] == "pro"
    assert similar == {"issues": [], "looked_at": 0}
    assert [(each["value"], each["events"]) for each in groups["groups"]] == [("CartError", 1)]
    assert (summary["now"]["events"], summary["unresolved"], summary["new_issues"]) == (1, 1, 1)
    assert completion.json()["suggestions"][0]["text"] == "is:unresolved "[3:]
    for bad in ("/why?event=x", "/why?other=y"):
        assert (await owner.get(path + bad)).status_code == 400


async def test_searches_and_severity_rules_are_kept(world: World, owner: httpx.AsyncClient) -> None:
    path = of(world, "/issue-searches")
    made = await owner.post(path, json={"name": "New", "query": "is:new", "is_shared": True})
    changed = await owner.patch(f"{path}/{made.json()['id']}", json={"is_default": True})
    listed = (await owner.get(path)).json()
    rules = {"rules": [{"query": "type:Cart*", "severity": "critical"}]}
    put = await owner.put(of(world, "/severity-rules"), json=rules)
    wrong = await owner.put(
        of(world, "/severity-rules"), json={"rules": [{"query": "is:new", "severity": "low"}]}
    )
    happens(world, 1)

    assert (made.status_code, changed.json()["is_default"]) == (201, True)
    assert listed["default_id"] == made.json()["id"]
    assert put.json() == (await owner.get(of(world, "/severity-rules"))).json() == rules
    assert wrong.status_code == 400
    issue = (await owner.get(of(world, "/issues"))).json()["issues"][0]
    assert (issue["severity"], issue["severity_by"]) == ("critical", "rule")
    assert (await owner.delete(f"{path}/{made.json()['id']}")).json() == {"ok": True}


ROUTES: list[tuple[str, str, Any]] = [
    ("GET", "/issues/{id}/facts", None),
    ("GET", "/issues/{id}/events", None),
    ("GET", "/issues/{id}/tags/plan", None),
    ("GET", "/issues/{id}/similar", None),
    ("GET", "/issues/{id}/why", None),
    ("GET", "/issues/{id}/merged", None),
    ("GET", "/issues/{id}/comments", None),
    ("GET", "/errors/summary", None),
    ("GET", "/errors/groups", None),
    ("GET", "/issue-search/complete", None),
    ("GET", "/issue-searches", None),
    ("GET", "/severity-rules", None),
    ("POST", "/issues/bulk", {"q": "", "status": "resolved"}),
    ("POST", "/issues/undo", {"undo": 1}),
    ("POST", "/issues/merge", {"into": "{id}", "short_ids": ["{id}"]}),
    ("POST", "/issues/{id}/unmerge", {"short_ids": ["{id}"]}),
    ("POST", "/issues/{id}/comments", {"text": "x"}),
    ("PATCH", "/issues/{id}/comments/1", {"text": "x"}),
    ("DELETE", "/issues/{id}/comments/1", None),
    ("PUT", "/severity-rules", {"rules": []}),
    ("POST", "/issue-searches", {"name": "x", "query": "", "is_shared": True}),
]


async def test_nothing_of_it_is_answered_to_another_tenant(
    world: World, owner: httpx.AsyncClient, rival: httpx.AsyncClient
) -> None:
    happens(world, 1)
    short_id = (await owner.get(of(world, "/issues"))).json()["issues"][0]["short_id"]
    own = f"/api/wk/projects/{world.rival.project_id}"

    for method, rest, body in ROUTES:
        sent = json.loads(json.dumps(body).replace("{id}", short_id))
        path = rest.replace("{id}", short_id)
        crossed = await rival.request(method, of(world, path), json=sent)
        assert (method, path, crossed.status_code) == (method, path, 404)
        if "{id}" in rest:
            named = await rival.request(method, own + path, json=sent)
            assert (method, path, named.status_code) == (method, path, 404)
    assert (await owner.get(of(world, "/issues"))).json()["issues"][0]["status"] == "unresolved"


async def test_a_viewer_only_reads(world: World, owner: httpx.AsyncClient) -> None:
    happens(world, 1)
    short_id = (await owner.get(of(world, "/issues"))).json()["issues"][0]["short_id"]
    viewer = world.rooms.access.create_token(
        world.rooms.access.operator(), world.acme.org_slug, name="v", role=Role.VIEWER
    )
    async with world.client(viewer.plaintext) as client:
        for method, rest, body in ROUTES:
            sent = json.loads(json.dumps(body).replace("{id}", short_id))
            answer = await client.request(
                method, of(world, rest.replace("{id}", short_id)), json=sent
            )
            expected = 200 if method == "GET" else 403
            assert (method, rest, answer.status_code) == (method, rest, expected)
