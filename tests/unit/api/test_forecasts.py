"""Forecasts, target pools and rule previews by their addresses."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.unit.api.conftest import World
from watchkeeper.lib.clock import DAY_MS, HOUR_MS, MINUTE_MS
from watchkeeper.model import labels_of

RULE = """
groups:
- name: shop
  rules:
  - alert: {name}
    expr: {expr}
    annotations: {{description: "{text}"}}
"""


def fill_disk(world: World, *, days: int = 10, per_day: float = 0.02) -> None:
    """A disk of 100 bytes that is half full at first."""
    labels = {"instance": "db:9100", "mountpoint": "/data", "fstype": "ext4"}
    now_ms = world.clock() // HOUR_MS * HOUR_MS
    times = range(now_ms - days * DAY_MS, now_ms + 1, HOUR_MS)
    size = labels_of({"__name__": "node_filesystem_size_bytes", **labels})
    free = labels_of({"__name__": "node_filesystem_avail_bytes", **labels})
    world.source.append(size, [(at, 100.0) for at in times])
    first = times[0]
    world.source.append(free, [(at, 100 * (0.5 - per_day * (at - first) / DAY_MS)) for at in times])


async def get(client: httpx.AsyncClient, world: World, rest: str, **query: Any) -> Any:
    answer = await client.get(f"/api/wk/projects/{world.acme.project_id}/{rest}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_disk_s_end_is_foreseen(world: World, owner: httpx.AsyncClient) -> None:
    fill_disk(world)
    [host] = (await get(owner, world, "forecast/hosts"))["hosts"]

    assert (host["instance"], host["resource"], host["detail"]) == ("db:9100", "disk", "/data")
    assert host["forecast"]["outlook"] == "reaches"
    ahead_days = (host["forecast"]["at_ms"] - world.clock()) / DAY_MS
    assert ahead_days == pytest.approx(15, abs=0.2)
    assert host["forecast"]["test"]["runs"] > 10


async def test_a_query_is_foreseen_with_its_days(world: World, owner: httpx.AsyncClient) -> None:
    fill_disk(world)
    expr = "100 - node_filesystem_avail_bytes"
    answer = await get(owner, world, "forecast", expr=expr, limit=100, tz="Europe/Berlin")

    [series] = answer["series"]
    assert series["labels"]["mountpoint"] == "/data"
    assert series["forecast"]["per_day"] == pytest.approx(2, rel=0.01)
    assert len(series["times_ms"]) == len(series["values"])
    assert [day["change"] is None for day in series["days"]] == [True] + [False] * 10
    assert series["days"][-2]["mean"] > series["days"][1]["mean"]
    assert series["days"][0]["start_ms"] % DAY_MS == 23 * HOUR_MS


async def test_without_a_limit_there_is_a_trend_and_no_outlook(
    world: World, owner: httpx.AsyncClient
) -> None:
    fill_disk(world)
    answer = await get(owner, world, "forecast", expr="node_filesystem_avail_bytes")

    forecast = answer["series"][0]["forecast"]
    assert (forecast["outlook"], forecast["limit"], forecast["at_ms"]) == (None, None, None)
    assert forecast["per_day"] == pytest.approx(-2, rel=0.01)


async def test_little_history_is_told_with_what_is_needed(
    world: World, owner: httpx.AsyncClient
) -> None:
    now_ms = world.clock() // HOUR_MS * HOUR_MS
    times = range(now_ms - 3 * HOUR_MS, now_ms + 1, HOUR_MS)
    world.source.append(labels_of({"__name__": "x"}), [(at, 1.0) for at in times])
    answer = await get(owner, world, "forecast", expr="x", limit=5)

    forecast = answer["series"][0]["forecast"]
    assert forecast["outlook"] == "short"
    assert forecast["history_ms"] < forecast["needs_ms"] == DAY_MS


@pytest.mark.parametrize(
    "query", [{"expr": ""}, {"expr": "sum("}, {"expr": "up", "tz": "Mars/Base"}]
)
async def test_a_bad_question_is_refused_with_the_reason(
    world: World, owner: httpx.AsyncClient, query: dict[str, str]
) -> None:
    path = f"/api/wk/projects/{world.acme.project_id}/forecast"
    answer = await owner.get(path, params=query)

    assert 400 <= answer.status_code < 500
    assert answer.json()["error"]["message"]


async def test_pools_of_a_project_without_targets_are_none(
    world: World, owner: httpx.AsyncClient
) -> None:
    answer = await get(owner, world, "target-pools")

    assert answer == {"pools": [], "dropped": [], "dropped_total": 0, "problems": []}


async def test_a_pool_lists_its_targets_and_what_relabelling_dropped(
    world: World, owner: httpx.AsyncClient
) -> None:
    config = (
        "scrape_configs:\n- job_name: shop\n  static_configs:\n"
        "  - targets: ['127.0.0.1:9', '127.0.0.1:10']\n"
        "  relabel_configs:\n"
        "  - {source_labels: [__address__], regex: '.*:10', action: drop}\n"
    )
    path = f"/api/wk/projects/{world.acme.project_id}/scrape-config"
    assert (await owner.put(path, json={"source": config})).status_code == 200
    await world.rooms.scraper.run_due(world.clock())

    answer = await get(owner, world, "target-pools")

    [pool] = answer["pools"]
    assert (pool["job"], len(pool["targets"]), pool["dropped"]) == ("shop", 1, 1)
    [target] = pool["targets"]
    assert target["discovered_labels"]["__address__"] == "127.0.0.1:9"
    assert target["labels"] == {"instance": "127.0.0.1:9", "job": "shop"}
    assert len(target["strip"]) == 24
    assert answer["dropped"][0]["discovered_labels"]["__address__"] == "127.0.0.1:10"


async def preview(owner: httpx.AsyncClient, world: World, **rule: str) -> Any:
    path = f"/api/wk/projects/{world.acme.project_id}/rules/preview"
    source = RULE.format(**{"name": "A", "text": "", **rule})
    answer = await owner.post(path, json={"source": source})
    assert answer.status_code == 200, answer.text
    return answer.json()["rules"]


def count_requests(world: World) -> None:
    """Two a second with code 500, for ten minutes."""
    labels = labels_of({"__name__": "http_requests_total", "code": "500"})
    times = range(world.clock() - 10 * MINUTE_MS, world.clock() + 1, 10_000)
    world.source.append(labels, [(at, (at - times[0]) / 500) for at in times])


async def test_a_rate_is_shown_per_second_and_per_hour(
    world: World, owner: httpx.AsyncClient
) -> None:
    count_requests(world)
    [rule] = await preview(owner, world, expr="sum(rate(http_requests_total[5m])) < 30")

    [value] = rule["values"]
    assert value["value"] == pytest.approx(2)
    assert value["per_hour"] == pytest.approx(7200)
    assert (value["is_met"], rule["operator"], rule["limit_per_hour"]) == (True, "<", 108_000)


async def test_a_share_is_not_told_per_hour(world: World, owner: httpx.AsyncClient) -> None:
    count_requests(world)
    share = "rate(http_requests_total[5m]) / rate(http_requests_total[5m])"
    [rule] = await preview(owner, world, expr=f"0.05 < {share}")

    assert (rule["operator"], rule["limit"], rule["limit_per_hour"]) == (">", 0.05, None)
    assert (rule["values"][0]["value"], rule["values"][0]["is_met"]) == (1, True)
    assert rule["values"][0]["per_hour"] is None


async def test_what_is_no_comparison_is_shown_as_it_is(
    world: World, owner: httpx.AsyncClient
) -> None:
    count_requests(world)
    [rule] = await preview(owner, world, expr="absent(redis_up)")

    assert (rule["limit"], rule["series"], rule["values"][0]["value"]) == (None, 1, 1)


async def test_a_file_with_a_fault_has_no_preview(world: World, owner: httpx.AsyncClient) -> None:
    assert await preview(owner, world, expr="sum(") == []
