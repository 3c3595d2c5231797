"""The metric catalogue and where the series are, over the real store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import httpx
import numpy as np
import pytest

from tests.unit.api.conftest import World
from watchkeeper.ingest import CardinalityWatch, SampleBatch, UseRows
from watchkeeper.ingest.cardinality import MetricReport
from watchkeeper.lib.clock import DAY_MS, HOUR_MS, MINUTE_MS
from watchkeeper.model import labels_of
from watchkeeper.store.columns import METADATA, SAMPLES, SERIES, encode_rows, samples_block

Metric = tuple[str, Mapping[str, str]]


def announce(world: World, series: Sequence[Metric], *, days_ago: int = 0) -> list[int]:
    """Series as they are announced on a day; their ids."""
    project, day = world.acme.project_id, world.clock() // DAY_MS - days_ago
    ids = [hash((name, *sorted(labels.items()))) % 2**64 for name, labels in series]
    columns = [column.name for column in SERIES.columns]
    rows = [
        (project, day, name, series_id, {"__name__": name, **labels})
        for series_id, (name, labels) in zip(ids, series, strict=True)
    ]
    world.rooms.columns.insert("series", columns, encode_rows(SERIES, columns, rows), token=None)
    return ids


def write(world: World, ids: Sequence[int], *, ages_ms: Sequence[int]) -> None:
    """A sample of each series at each age."""
    pairs = [(series, world.clock() - age) for series in ids for age in ages_ms]
    block = samples_block(
        np.full(len(pairs), world.acme.project_id, np.uint32),
        np.array([series for series, _ in pairs], np.uint64),
        np.array([at for _, at in pairs], np.int64),
        np.ones(len(pairs)),
    )
    columns = [column.name for column in SAMPLES.columns]
    world.rooms.columns.insert("samples", columns, block, token=None)


def describe(world: World, rows: Sequence[tuple[str, str, str, str]]) -> None:
    """(metric, type, help, unit) as an exporter tells them."""
    columns = [column.name for column in METADATA.columns]
    full = [(world.acme.project_id, *row, world.clock()) for row in rows]
    world.rooms.columns.insert(
        "metric_metadata", columns, encode_rows(METADATA, columns, full), token=None
    )


@pytest.fixture
def filled(world: World) -> World:
    """A counter of 6 series in 2 jobs, a histogram's part, and a metric that has gone silent."""
    requests = [
        ("http_requests_total", {"job": job, "instance": f"{job}:{port}", "code": "200"})
        for job in ("api", "web")
        for port in (1, 2, 3)
    ]
    parts = [("wait_seconds_bucket", {"job": "api", "le": le}) for le in ("1", "+Inf")]
    write(world, announce(world, requests), ages_ms=[MINUTE_MS, 2 * MINUTE_MS])
    announce(world, parts)
    announce(world, [("old_bytes", {"service_name": "batch"})], days_ago=5)
    describe(
        world,
        [
            ("http_requests_total", "counter", "Requests served", ""),
            ("wait_seconds", "histogram", "How long people wait", "seconds"),
        ],
    )
    return world


async def page(owner: httpx.AsyncClient, world: World, **query: str | int) -> dict[str, object]:
    path = f"/api/wk/projects/{world.acme.project_id}/metrics"
    answer = await owner.get(path, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


def rows(answer: dict[str, object]) -> list[dict[str, Any]]:
    found = answer["metrics"]
    assert isinstance(found, list)
    return found


def names(answer: dict[str, object]) -> list[str]:
    return [row["metric"] for row in rows(answer)]


async def test_a_metric_is_listed_with_all_that_is_known(
    filled: World, owner: httpx.AsyncClient
) -> None:
    answer = await page(owner, filled)

    assert names(answer) == ["http_requests_total", "old_bytes", "wait_seconds_bucket"]
    assert (answer["total"], answer["of"], answer["series"]) == (3, 3, 8)
    first, old, part = rows(answer)
    assert first["type"], first["help"] == ("counter", "Requests served")
    assert (first["series"], first["jobs"]) == (6, ["api", "web"])
    assert first["last_ms"] == filled.clock() - MINUTE_MS
    assert first["is_exact"] is True
    assert first["samples_per_day"] == pytest.approx(6 * 2 * 144)
    assert (part["type"], part["unit"], part["help"]) == (
        "histogram", "seconds", "How long people wait",
    )  # fmt: skip
    assert (old["series"], old["is_exact"], old["unit"]) == (0, False, "bytes")
    assert old["last_ms"] == (filled.clock() // DAY_MS - 5) * DAY_MS


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"q": "SERVED http"}, ["http_requests_total"]),
        ({"q": "wait people"}, ["wait_seconds_bucket"]),
        ({"type": "unknown"}, ["old_bytes"]),
        ({"sort": "series"}, ["http_requests_total", "wait_seconds_bucket", "old_bytes"]),
        ({"sort": "silent"}, ["old_bytes", "http_requests_total", "wait_seconds_bucket"]),
        ({"limit": 1, "cursor": 1}, ["old_bytes"]),
        ({"cursor": 99}, []),
    ],
)
async def test_the_list_is_searched_sorted_and_paged(
    filled: World, owner: httpx.AsyncClient, query: dict[str, str | int], expected: list[str]
) -> None:
    assert names(await page(owner, filled, **query)) == expected


async def test_a_page_says_where_the_next_begins(filled: World, owner: httpx.AsyncClient) -> None:
    assert (await page(owner, filled, limit=2))["next_cursor"] == 2
    assert (await page(owner, filled, limit=2, cursor=2))["next_cursor"] is None


async def test_the_labels_of_a_metric_with_their_values(
    filled: World, owner: httpx.AsyncClient
) -> None:
    path = f"/api/wk/projects/{filled.acme.project_id}/metrics/http_requests_total"
    answer = (await owner.get(path)).json()

    assert [(each["name"], each["values"], each["series"]) for each in answer["labels"]] == [
        ("instance", 6, 6), ("job", 2, 6), ("code", 1, 6),
    ]  # fmt: skip
    assert answer["labels"][1]["top"] == [
        {"value": "api", "series": 3}, {"value": "web", "series": 3},
    ]  # fmt: skip


async def test_a_metric_that_never_arrived_is_not_found(
    filled: World, owner: httpx.AsyncClient
) -> None:
    answer = await owner.get(f"/api/wk/projects/{filled.acme.project_id}/metrics/no/such")

    assert answer.status_code == 404
    assert "No sample of no/such arrived" in answer.json()["error"]["message"]


async def test_another_project_has_none_of_it(filled: World, rival: httpx.AsyncClient) -> None:
    path = f"/api/wk/projects/{filled.rival.project_id}/metrics"

    assert (await rival.get(path)).json()["metrics"] == []


async def test_where_the_series_are(filled: World, owner: httpx.AsyncClient) -> None:
    path = f"/api/wk/projects/{filled.acme.project_id}/cardinality"
    answer = (await owner.get(path)).json()

    assert answer["active_series"] == 8
    assert answer["metrics"][0] == {
        "metric": "http_requests_total", "series": 6, "limit": 100_000, "overflowed": 0,
        "overflow_samples": 0,
        "top_label": "instance", "top_label_values": 6,
        "senders": [{"sender": "api", "series": 3}, {"sender": "web", "series": 3}],
    }  # fmt: skip
    assert answer["labels"][0] == {"label": "instance", "values": 6}


BEYOND = MetricReport(
    project_id=0, metric="http_requests_total", series=6, folded=40, samples=80,
    label="user", label_values=42, senders=(("api", 30), ("agent/1.0", 10)),
)  # fmt: skip


def tell(world: World, lane: str, *reports: MetricReport) -> None:
    """What a process told of acme's project."""
    own = [replace(one, project_id=world.acme.project_id) for one in reports]
    UseRows(world.rooms.meta).put(lane, own, now_ms=world.clock())


async def test_what_is_beyond_a_limit_names_label_and_sender(
    filled: World, owner: httpx.AsyncClient
) -> None:
    tell(filled, "edge", BEYOND, replace(BEYOND, metric="", folded=41))
    tell(filled, "engine", replace(BEYOND, metric="new_total", folded=1, series=0, senders=()))
    path = f"/api/wk/projects/{filled.acme.project_id}/cardinality"
    answer = (await owner.get(path)).json()

    assert [one["metric"] for one in answer["metrics"][:2]] == ["http_requests_total", "new_total"]
    assert answer["metrics"][0] == {
        "metric": "http_requests_total", "series": 6, "limit": 100_000, "overflowed": 40,
        "overflow_samples": 80, "top_label": "user", "top_label_values": 42,
        "senders": [
            {"sender": "api", "series": 33},
            {"sender": "agent/1.0", "series": 10},
            {"sender": "web", "series": 3},
        ],
    }  # fmt: skip


async def test_processes_are_added_up_and_those_that_ended_are_not_asked(
    filled: World, owner: httpx.AsyncClient
) -> None:
    tell(filled, "gone", BEYOND)
    filled.clock.forward(HOUR_MS)
    tell(filled, "edge", BEYOND)
    tell(filled, "engine", BEYOND)
    path = f"/api/wk/projects/{filled.acme.project_id}/cardinality"
    first = (await owner.get(path)).json()["metrics"][0]

    assert (first["overflowed"], first["overflow_samples"]) == (80, 160)


async def test_an_admin_sets_limits_and_label_rules(
    filled: World, owner: httpx.AsyncClient
) -> None:
    path = f"/api/wk/projects/{filled.acme.project_id}/cardinality"
    wanted = {
        "limit_per_metric": 5, "limit_per_project": None,
        "drop_labels": ["email"], "hash_labels": ["user"],
    }  # fmt: skip
    changed = await owner.put(path, json=wanted)
    answer = (await owner.get(path)).json()

    assert changed.status_code == 200
    assert answer["rules"] == changed.json()
    assert answer["rules"] == {
        **wanted, "default_per_metric": 100_000, "default_per_project": 1_000_000
    }  # fmt: skip
    assert (answer["limit_per_metric"], answer["limit_per_project"]) == (5, 1_000_000)
    other = f"/api/wk/projects/{filled.rival.project_id}/cardinality"
    assert (await owner.put(other, json=wanted)).status_code == 404


@pytest.mark.parametrize(
    "body",
    [{"drop_labels": ["__name__"]}, {"hash_labels": ["le"]}, {"limit_per_metric": 0}, {"limit": 5}],
)
async def test_rules_that_make_no_sense_are_refused(
    filled: World, owner: httpx.AsyncClient, body: dict[str, object]
) -> None:
    path = f"/api/wk/projects/{filled.acme.project_id}/cardinality"

    assert (await owner.put(path, json=body)).status_code in {400, 422}


async def test_rules_set_in_the_api_hold_where_series_are_taken_in(
    filled: World, owner: httpx.AsyncClient
) -> None:
    project_id = filled.acme.project_id
    path = f"/api/wk/projects/{project_id}/cardinality"
    acceptor, clock = filled.rooms.acceptor, filled.clock
    accept = acceptor.accept_samples_blocking
    watch = CardinalityWatch(acceptor.series, accept, filled.rooms.meta, clock, lane="engine")
    await owner.put(path, json={"limit_per_metric": 2})
    watch.run_once()
    series = [labels_of({"__name__": "clicks_total", "user": str(n)}) for n in range(5)]
    batch = SampleBatch(series=series, ts_ms=np.full(5, clock(), np.int64), values=np.ones(5))
    accept(project_id, batch)
    clock.forward(15_000)
    watch.run_once()
    first = (await owner.get(path)).json()["metrics"][0]

    assert (first["metric"], first["overflowed"], first["limit"]) == ("clicks_total", 3, 2)
    assert first["top_label"] == "user"
    await owner.put(path, json={"limit_per_metric": 4})
    clock.forward(15_000)
    watch.run_once()
    assert (await owner.get(path)).json()["metrics"][0]["overflowed"] == 1
