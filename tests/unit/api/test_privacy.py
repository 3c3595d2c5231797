"""A project's privacy rules over HTTP: set, tried out, audited, and nobody else's."""

from __future__ import annotations

from tests.unit.api.conftest import World
from watchkeeper.model import Role
from watchkeeper.privacy import PolicyRows

RULES = {
    "emails": "hash",
    "addresses": "keep",
    "attachments": "none",
    "rules": [{"kind": "name", "pattern": "plan", "action": "mask", "note": "secret plans"}],
}


def path(world: World) -> str:
    return f"/api/wk/projects/{world.acme.project_id}/privacy"


async def test_rules_are_set_and_read(world: World) -> None:
    async with world.client(world.token_of(world.acme)) as client:
        before = (await client.get(path(world))).json()
        put = await client.put(path(world), json=RULES)
        after = (await client.get(path(world))).json()

    assert before == {
        "emails": "hide",
        "addresses": "hide",
        "attachments": "pictures",
        "rules": [],
    }
    assert put.status_code == 200
    assert after == RULES
    assert PolicyRows(world.rooms.meta).all().keys() == {world.acme.project_id}


async def test_a_rule_that_cannot_be_used_is_refused_with_its_place(world: World) -> None:
    bad = {**RULES, "rules": [{"kind": "text", "pattern": "a(b", "action": "mask", "note": ""}]}

    async with world.client(world.token_of(world.acme)) as client:
        answer = await client.put(path(world), json=bad)

    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"] == "invalid_privacy_rule"
    assert error["field"] == "rules.0.pattern"
    assert "character 1" in error["message"]


async def test_a_preview_shows_what_a_rule_would_do(world: World) -> None:
    body = {"policy": RULES, "sample": {"extra": {"plan": "gold", "token": "t"}}}

    async with world.client(world.token_of(world.acme)) as client:
        answer = (await client.post(f"{path(world)}/preview", json=body)).json()

    assert answer["before"] == body["sample"]
    assert answer["after"] == {"extra": {"plan": "[Filtered]", "token": "[Filtered]"}}
    assert answer["hits"] == [
        {"path": "extra.plan", "rule": "rule:1"},
        {"path": "extra.token", "rule": "secret_name"},
    ]
    assert PolicyRows(world.rooms.meta).all() == {}


async def test_a_preview_takes_attributes_of_a_span(world: World) -> None:
    body = {"policy": RULES, "sample": {"attributes": {"plan": "gold", "note": "Bearer abc12345"}}}

    async with world.client(world.token_of(world.acme)) as client:
        answer = (await client.post(f"{path(world)}/preview", json=body)).json()

    assert answer["after"] == {"attributes": {"plan": "[Filtered]", "note": "Bearer [Filtered]"}}
    assert [hit["rule"] for hit in answer["hits"]] == ["rule:1", "bearer_token"]


async def test_a_preview_names_the_problem_of_a_rule(world: World) -> None:
    bad = {"rules": [{"kind": "path", "pattern": "extra..a", "action": "mask", "note": ""}]}

    async with world.client(world.token_of(world.acme)) as client:
        answer = (await client.post(f"{path(world)}/preview", json={"policy": bad})).json()

    assert answer["problem"]["position"] == 6
    assert answer["after"] is None


async def test_only_admins_set_rules_and_nobody_those_of_others(world: World) -> None:
    operator = world.rooms.access.operator()
    member = world.rooms.access.create_token(
        operator, world.acme.org_slug, name="member", role=Role.MEMBER
    )
    async with world.client(member.plaintext) as client:
        assert (await client.put(path(world), json=RULES)).status_code == 403
    async with world.client(world.token_of(world.rival)) as client:
        assert (await client.get(path(world))).status_code == 404
        assert (await client.put(path(world), json=RULES)).status_code == 404
