"""What the API says of targets, and who may have the configuration read anew."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.api.conftest import World
from watchkeeper.api.compat import Params, metadata_answer, targets_answer
from watchkeeper.ingest.scrape import BadTarget, Health, TargetMetadata, TargetStatus
from watchkeeper.ingest.scrape.status import Scrape
from watchkeeper.model import Role


def target(job: str, instance: str) -> TargetStatus:
    return TargetStatus(
        project_id=1,
        job=job,
        url=f"http://{instance}/metrics",
        labels={"job": job, "instance": instance},
        discovered_labels={"__address__": instance},
        health=Health.UP,
        last_error="",
        last_scrape_ms=1_700_000_000_123,
        last_duration_s=0.5,
        interval_ms=15_000,
        timeout_ms=10_000,
        samples=3,
        note="",
    )


ACTIVE = [target("a", "h:1"), target("b", "h:2")]
DROPPED = [BadTarget(job="a", discovered=(("__address__", "h:3"),), reason="dropped")]


@pytest.mark.parametrize(
    ("query", "active", "dropped"),
    [
        ("", ["a", "b"], ["a"]),
        ("state=any", ["a", "b"], ["a"]),
        ("state=ACTIVE", ["a", "b"], []),
        ("state=dropped", [], ["a"]),
        ("scrapePool=b", ["b"], []),
    ],
)
def test_targets_by_state_and_pool(query: str, active: list[str], dropped: list[str]) -> None:
    answer = targets_answer(ACTIVE, DROPPED, Params.of(query, ""))
    assert [each["scrapePool"] for each in answer["activeTargets"]] == active  # type: ignore[attr-defined]
    assert [each["scrapePool"] for each in answer["droppedTargets"]] == dropped  # type: ignore[attr-defined]


def test_a_target_is_told_as_prometheus_tells_it() -> None:
    assert ACTIVE[0].as_prometheus() == {
        "discoveredLabels": {"__address__": "h:1"},
        "labels": {"job": "a", "instance": "h:1"},
        "scrapePool": "a",
        "scrapeUrl": "http://h:1/metrics",
        "globalUrl": "http://h:1/metrics",
        "lastError": "",
        "lastScrape": "2023-11-14T22:13:20.123Z",
        "lastScrapeDuration": 0.5,
        "health": "up",
        "scrapeInterval": "15s",
        "scrapeTimeout": "10s",
    }


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("", [("h:1", "m"), ("h:1", "n"), ("h:2", "m")]),
        ("metric=m", [("h:1", None), ("h:2", None)]),
        ('match_target={instance="h:2"}', [("h:2", "m")]),
        ('match_target={instance=~".*1"}&metric=n', [("h:1", None)]),
        ('match_target={instance=~"h:.*",instance!="h:1"}', [("h:2", "m")]),
        ("limit=1", [("h:1", "m"), ("h:1", "n")]),
        ("limit=0", []),
    ],
)
def test_metadata_of_targets(query: str, told: list[tuple[str, str | None]]) -> None:
    facts = ("counter", "Help.", "")
    found = [
        TargetMetadata(target={"instance": "h:1"}, metrics={"n": facts, "m": facts}),
        TargetMetadata(target={"instance": "h:2"}, metrics={"m": facts}),
    ]
    answer = metadata_answer(found, Params.of(query, ""))
    assert [(each["target"]["instance"], each.get("metric")) for each in answer] == told  # type: ignore[index]


async def test_only_admins_may_reload(world: World) -> None:
    operator = world.rooms.access.operator()
    for role, status in ((Role.VIEWER, 403), (Role.MEMBER, 403), (Role.ADMIN, 200)):
        grant = world.rooms.access.create_token(
            operator, world.acme.org_slug, name=role.name, role=role
        )
        async with world.client(grant.plaintext) as caller:
            assert (await caller.post("/-/reload")).status_code == status
    async with world.client() as nobody:
        assert (await nobody.post("/-/reload")).status_code == 401


async def test_the_targets_page_has_notes_history_and_jobs(world: World) -> None:
    async with world.client(world.token_of(world.acme)) as owner:
        path = f"/api/wk/projects/{world.acme.project_id}"
        source = "scrape_configs: [{job_name: shop, static_configs: [{targets: ['h:1']}]}]"
        assert (await owner.put(f"{path}/scrape-config", json={"source": source})).is_success
        reloaded = await owner.post(f"{path}/scrape-config/reload")
        assert reloaded.json() == {"source": source, "problems": [], "notes": []}
        answer = (await owner.get(f"{path}/targets")).json()
    (found,) = answer["targets"]
    assert (found["job"], found["health"], found["history"], found["note"]) == (
        "shop",
        "unknown",
        [],
        "",
    )
    assert (answer["jobs"], answer["dropped"]) == (["shop"], [])


def test_a_target_fails_since_the_first_of_the_failures_that_go_on() -> None:
    up = target("a", "h:1")
    assert up.failing_since_ms is None
    scrapes = [
        Scrape(at_ms, at_ms in (1_000, 3_000), 0.1, 0) for at_ms in range(1_000, 7_000, 1_000)
    ]
    assert replace(up, health=Health.DOWN, history=scrapes).failing_since_ms == 4_000
    assert replace(up, health=Health.DOWN).failing_since_ms == up.last_scrape_ms
