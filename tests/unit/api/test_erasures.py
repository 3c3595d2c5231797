"""Erasing a person from a project over HTTP: looked at first, begun, followed, audited."""

from __future__ import annotations

import httpx

from tests.unit.api.conftest import Builder, World
from watchkeeper.model import Role

FOUND = [{"store": "columns", "place": "errors", "rows": 1}]


def path(world: World, rest: str = "") -> str:
    return f"/api/wk/projects/{world.acme.project_id}/erasures{rest}"


async def last(client: httpx.AsyncClient, world: World) -> dict[str, object] | None:
    found: dict[str, object] | None = (await client.get(path(world, "/last"))).json()["erasure"]
    return found


async def test_an_erasure_is_begun_and_followed(world: World, builder: Builder) -> None:
    async with world.client(world.token_of(world.acme)) as client:
        none = await last(client, world)
        begun = await client.post(path(world), json={"user": " ada ", "dry_run": False})
        running = await last(client, world)
        (work,) = builder.begun
        work()
        done = await last(client, world)

    assert none is None
    assert begun.status_code == 202
    assert running == begun.json()
    assert (begun.json()["state"], begun.json()["dry_run"]) == ("running", False)
    assert done == {
        **begun.json(), "state": "done", "done": 2, "total": 2, "step": "proof", "found": FOUND,
        "backups_ms": [5],
    }  # fmt: skip


async def test_looking_is_what_happens_unless_it_is_said(world: World) -> None:
    async with world.client(world.token_of(world.acme)) as client:
        answer = await client.post(path(world), json={"user": "ada"})

    assert answer.json()["dry_run"] is True


async def test_only_one_runs_at_a_time(world: World, builder: Builder) -> None:
    async with world.client(world.token_of(world.acme)) as client:
        await client.post(path(world), json={"user": "ada"})
        busy = await client.post(path(world), json={"user": "grace"})
        builder.begun.pop()()
        free = await client.post(path(world), json={"user": "grace"})

    assert (busy.status_code, busy.json()["error"]["code"]) == (409, "conflict")
    assert free.status_code == 202


async def test_one_that_fails_says_why_and_lets_others_run(world: World, builder: Builder) -> None:
    async with world.client(world.token_of(world.acme)) as client:
        await client.post(path(world), json={"user": "nobody"})
        builder.begun.pop()()
        failed = await last(client, world)
        free = await client.post(path(world), json={"user": "ada"})

    assert failed is not None
    assert (failed["state"], failed["error"]) == ("failed", "There is no such person.")
    assert free.status_code == 202


async def test_the_audit_log_tells_of_it_without_the_person(world: World) -> None:
    async with world.client(world.token_of(world.acme)) as client:
        await client.post(path(world), json={"user": "ada@example.org", "dry_run": False})
        audit = (await client.get("/api/wk/orgs/acme/audit")).json()["entries"]

    assert audit[0]["action"] == "person.erased"
    assert audit[0]["facts"]["person"].startswith("hash:")
    assert "ada@example.org" not in str([entry["facts"] for entry in audit])


async def test_members_may_not_erase(world: World) -> None:
    grant = world.rooms.access.create_token(
        world.rooms.access.operator(), world.acme.org_slug, name="member", role=Role.MEMBER
    )
    async with world.client(grant.plaintext) as client:
        answers = [
            await client.post(path(world), json={"user": "ada"}),
            await client.get(path(world, "/last")),
        ]

    assert [answer.status_code for answer in answers] == [403, 403]


async def test_another_tenant_sees_nothing_of_it(world: World, builder: Builder) -> None:
    async with world.client(world.token_of(world.acme)) as client:
        await client.post(path(world), json={"user": "ada"})
        builder.begun.pop()()
    async with world.client(world.token_of(world.rival)) as client:
        own = await client.get(f"/api/wk/projects/{world.rival.project_id}/erasures/last")
        foreign = await client.get(path(world, "/last"))

    assert own.json() == {"erasure": None}
    assert foreign.status_code in {403, 404}
