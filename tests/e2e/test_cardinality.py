"""A sender explodes against the real server: what is folded adds up, and is named and alertable."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from bench.server import Server
from tests.e2e.eventually import eventually
from tests.e2e.remote_write import write

LIMIT, USERS = 50, 200


class Site:
    """One running server with a small limit, and its project."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.facts: dict[str, Any] = server.setup()
        server.start()

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.facts['api_token']}"}

    def push(self, value_of: float, *, at_ms: int) -> None:
        """A counter of each user; user n stands at n + value_of."""
        series = [
            (
                {"__name__": "clicks_total", "job": "shop", "user_id": f"u{n}"},
                [(at_ms, n + value_of)],
            )
            for n in range(USERS)
        ]
        write(self.server.url, self.facts["project_id"], self.facts["server_key"], series)

    def value(self, expression: str, *, at_ms: int | None = None) -> float | None:
        path = f"{self.server.url}/p/{self.facts['project_id']}/api/v1/query"
        asked = {"query": expression} | ({} if at_ms is None else {"time": str(at_ms / 1000)})
        answer = httpx.get(path, params=asked, headers=self.headers, timeout=30)
        found = answer.json()["data"]["result"]
        return float(found[0]["value"][1]) if found else None

    def cardinality(self) -> dict[str, Any]:
        path = f"{self.server.url}/api/wk/projects/{self.facts['project_id']}/cardinality"
        found: dict[str, Any] = httpx.get(path, headers=self.headers, timeout=30).json()
        return found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    limits = {"WATCHKEEPER_SERIES_MAX_PER_METRIC": str(LIMIT)}
    server = Server(tmp_path_factory.mktemp("cardinality") / "data", environ=limits)
    yield Site(server)
    server.kill()


def test_an_explosion_is_folded_added_up_and_named(site: Site) -> None:
    now_ms = int(time.time() * 1000)
    for step in range(5):
        site.push(10.0 * step, at_ms=now_ms - (4 - step) * 15_000)

    overflow = 'clicks_total{watchkeeper_overflow="true",job="shop"}'
    folded = USERS - LIMIT
    eventually(lambda: site.value(overflow) == 40.0 * folded, within_s=30, what="the sum")
    assert site.value("count(clicks_total)") == LIMIT + 1
    # All users together grow by USERS * 10 in 15 s, however few of them are stored.
    rate = site.value("sum by (job) (rate(clicks_total[1m]))", at_ms=now_ms) or 0.0
    assert rate == pytest.approx(USERS * 10 / 15, rel=0.01)

    def told() -> bool:
        first = site.cardinality()["metrics"][0]
        return (first["metric"], first["overflowed"]) == ("clicks_total", folded)

    eventually(told, within_s=40, what="the page")
    first = site.cardinality()["metrics"][0]
    assert first["limit"] == LIMIT
    assert first["top_label"] == "user_id"
    assert first["senders"][0]["sender"] == "shop"
    alert = 'watchkeeper_cardinality_overflow_series{metric="clicks_total",label="user_id"}'
    eventually(lambda: site.value(alert) == folded, within_s=40, what="the series to alert on")


def test_an_admin_s_rules_reach_the_edge(site: Site) -> None:
    path = f"{site.server.url}/api/wk/projects/{site.facts['project_id']}/cardinality"
    body = {"limit_per_metric": 1_000, "hash_labels": ["email"]}
    assert httpx.put(path, json=body, headers=site.headers, timeout=30).status_code == 200

    def arrives() -> bool:
        now_ms = int(time.time() * 1000)
        site.push(1_000.0, at_ms=now_ms)
        labels = {"__name__": "logins_total", "email": "ann@example.com"}
        sent = [(labels, [(now_ms, 1.0)])]
        write(site.server.url, site.facts["project_id"], site.facts["server_key"], sent)
        users = site.value('count(clicks_total{watchkeeper_overflow=""})')
        hashed = site.value('count(logins_total{email=~"[0-9a-f]{16}"})')
        return users == USERS and hashed == 1

    eventually(arrives, within_s=60, what="every user, and a hashed address")
