"""The routes of logs, over the real store."""

from __future__ import annotations

import json

import pytest

from tests.unit.api.conftest import World
from watchkeeper.api.wk.logs.streams import tail_text
from watchkeeper.lib.clock import HOUR_MS
from watchkeeper.logs import LogSearches, parse_search
from watchkeeper.model import LiveEvent, LiveTopic, Role, Scope
from watchkeeper.store.columns import LOGS, encode_rows

_NAMES = ("project_id", "ts", "received", "severity", "service", "body", "attributes", "trace_id")


def put(world: World, project_id: int, *bodies: str, trace_id: str = "") -> None:
    now_ms = world.clock()
    rows = [
        (project_id, now_ms - 1 - at, now_ms, "error", "shop", body, {"k": "v"}, trace_id)
        for at, body in enumerate(bodies)
    ]
    world.rooms.columns.insert("logs", _NAMES, encode_rows(LOGS, _NAMES, rows), token=None)


@pytest.fixture
def root(world: World) -> str:
    return f"/api/wk/projects/{world.acme.project_id}/logs"


async def test_pages_lines_and_their_context(world: World, root: str) -> None:
    put(world, world.acme.project_id, "third", "second", "first")
    async with world.client(world.token_of(world.acme)) as client:
        page = (await client.get(root, params={"limit": 2, "q": "service:shop"})).json()
        rest = (await client.get(root, params={"limit": 2, "cursor": page["next_cursor"]})).json()
        line_id = page["lines"][1]["id"]
        line = (await client.get(f"{root}/lines/{line_id}")).json()
        around = (await client.get(f"{root}/lines/{line_id}/context")).json()

    assert [each["body"] for each in page["lines"]] == ["third", "second"]
    assert [each["body"] for each in rest["lines"]] == ["first"]
    assert rest["next_cursor"] is None
    assert line == page["lines"][1]
    assert [each["body"] for each in around["before"]] == ["first"]
    assert [each["body"] for each in around["after"]] == ["third"]


async def test_counts_patterns_and_completion(world: World, root: str) -> None:
    put(world, world.acme.project_id, "took 1 ms", "took 2 ms", "done")
    async with world.client(world.token_of(world.acme)) as client:
        histogram = (await client.get(f"{root}/histogram", params={"q": "took"})).json()
        facets = (await client.get(f"{root}/facets", params={"field": "attr.k"})).json()
        patterns = (await client.get(f"{root}/patterns")).json()
        options = (await client.get(f"{root}/completion", params={"q": "service:"})).json()
        found = await client.get(root, params={"q": patterns["patterns"][0]["search"]})

    assert histogram["total"] == sum(histogram["by_severity"]["error"]) == 2
    assert facets["facets"][0]["values"] == [{"value": "v", "count": 3, "ratio": 1.0}]
    assert facets["attributes"] == ["k"]
    assert [each["template"] for each in patterns["patterns"]] == ["took <*> ms", "done"]
    assert patterns["patterns"][0]["is_new"]
    assert [each["insert"] for each in options["options"]] == ["shop"]
    assert len(found.json()["lines"]) == 2


async def test_a_bad_search_is_400_with_its_place(world: World, root: str) -> None:
    async with world.client(world.token_of(world.acme)) as client:
        answer = await client.get(root, params={"q": 'a "b'})

    assert answer.status_code == 400
    assert answer.json()["error"] == {
        "code": "search_invalid",
        "message": 'This quote is not closed: add a ", or write \\" for the mark.',
        "field": "q",
        "position": 2,
    }


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("", {"cursor": "x"}),
        ("/facets", {"field": "body"}),
        ("/lines/zzz", {}),
        ("/related", {}),
        ("", {"from": 10, "to": 5}),
    ],
)
async def test_what_makes_no_sense_is_400(
    world: World, root: str, path: str, params: dict[str, str | int]
) -> None:
    async with world.client(world.token_of(world.acme)) as client:
        answer = await client.get(root + path, params=params)

    assert answer.status_code == 400


async def test_lines_as_a_file(world: World, root: str) -> None:
    put(world, world.acme.project_id, '=cmd("x")', "plain, text")
    async with world.client(world.token_of(world.acme)) as client:
        ndjson = await client.get(f"{root}/export", params={"limit": 1})
        csv = await client.get(f"{root}/export", params={"format": "csv"})

    assert [json.loads(row)["body"] for row in ndjson.text.splitlines()] == ['=cmd("x")']
    head, first, second = csv.text.splitlines()
    assert head.startswith("time,severity,service")
    assert "\"'=cmd(" in first
    assert '"plain, text"' in second


async def test_saved_searches(world: World, root: str) -> None:
    body = {"name": "boom", "q": "boom level:error"}
    async with world.client(world.token_of(world.acme)) as client:
        made = (await client.post(f"{root}/queries", json=body)).json()
        again = await client.post(f"{root}/queries", json=body)
        listed = (await client.get(f"{root}/queries")).json()
        gone = await client.delete(f"{root}/queries/{made['id']}")

    assert made["metric"] == 'watchkeeper_log_matches_total{project="web",query="boom"}'
    assert again.status_code == 409
    assert [each["name"] for each in listed["queries"]] == ["boom"]
    assert gone.json() == {"ok": True}


async def test_another_tenant_s_lines_are_out_of_reach(world: World, root: str) -> None:
    put(world, world.acme.project_id, "secret", trace_id="d" * 32)
    put(world, world.rival.project_id, "mine", trace_id="d" * 32)
    own = f"/api/wk/projects/{world.rival.project_id}/logs"
    async with world.client(world.token_of(world.rival)) as client:
        for path in ("", "/histogram", "/facets", "/patterns", "/completion", "/export", "/tail",
                     "/queries", "/related?trace_id=d"):  # fmt: skip
            assert (await client.get(root + path)).status_code == 404
        related = (await client.get(f"{own}/related", params={"trace_id": "d" * 32})).json()
        listed = (await client.get(own, params={"q": "secret OR mine"})).json()

    assert [each["body"] for each in related] == ["mine"]
    assert [each["body"] for each in listed["lines"]] == ["mine"]


async def test_the_tail_tells_what_arrives_and_matches(world: World) -> None:
    project_id = world.acme.project_id
    scope = Scope(org_id=1, project_ids=(project_id,), role=Role.VIEWER)
    searches = LogSearches(world.rooms.columns, scope, world.clock)
    stream = tail_text(world.rooms.live, project_id, searches, parse_search("wanted"), world.clock)
    assert "connected" in await anext(stream)

    put(world, project_id, "wanted", "other")
    world.rooms.live.publish(LiveEvent(project_id, LiveTopic.LOGS, {"lines": 2}))

    event, data = (await anext(stream)).strip().split("\n")
    assert event == "event: lines"
    assert [each["body"] for each in json.loads(data.removeprefix("data: "))["lines"]] == ["wanted"]
    world.clock.forward(2 * HOUR_MS)
    world.rooms.live.publish(LiveEvent(project_id, LiveTopic.LOGS, {"lines": 2}))
    with pytest.raises(StopAsyncIteration):
        await anext(stream)
