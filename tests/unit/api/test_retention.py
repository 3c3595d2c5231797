"""For how long a project keeps its signals, over HTTP."""

from __future__ import annotations

import pytest

from tests.unit.api.conftest import World


async def test_a_project_keeps_a_signal_for_days_of_its_own(world: World) -> None:
    path = f"/api/wk/projects/{world.acme.project_id}/retention"
    async with world.client(world.token_of(world.acme)) as client:
        before = (await client.get(path)).json()
        put = await client.put(path, json={"days": {"logs": 3}})
        after = (await client.get(path)).json()

    assert before["signals"][1] == {"signal": "logs", "days": None, "default_days": 7}
    assert put.json() == after
    assert after["signals"] == [
        {"signal": "errors", "days": None, "default_days": 30},
        {"signal": "logs", "days": 3, "default_days": 7},
    ]


async def test_sizes_are_those_of_the_project_alone(world: World) -> None:
    columns = world.rooms.columns
    for project, rows in ((world.acme.project_id, 3), (world.rival.project_id, 1)):
        columns.execute(
            "INSERT INTO logs (project_id, ts, body) "
            f"SELECT {project}, now(), 'a line' FROM numbers({rows})"
        )
    found = []
    for tenant in (world.acme, world.rival):
        async with world.client(world.token_of(tenant)) as client:
            path = f"/api/wk/projects/{tenant.project_id}/retention/sizes"
            found.append((await client.get(path)).json()["signals"])

    assert [one["rows"] for one in found[0]] == [0, 3]
    assert found[0][0] == {"signal": "errors", "rows": 0, "bytes": 0}
    assert found[1][1]["rows"] == 1
    assert found[0][1]["bytes"] > found[1][1]["bytes"] > 0


@pytest.mark.parametrize(
    ("days", "words"),
    [({"logs": 91}, "at most 90 days"), ({"lgos": 3}, "no signal 'lgos'"), ({"logs": 0}, "")],
)
async def test_what_cannot_be_kept_is_refused(
    world: World, days: dict[str, int], words: str
) -> None:
    path = f"/api/wk/projects/{world.acme.project_id}/retention"
    async with world.client(world.token_of(world.acme)) as client:
        answer = await client.put(path, json={"days": days})

    assert answer.status_code in {400, 422}
    assert words in answer.text
