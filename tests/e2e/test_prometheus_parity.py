"""A real Prometheus and Watchkeeper are given the same samples and asked the same questions.

What they are known to answer differently stands in docs/spec/promql-2-3.md; each row of it is
asked too, and must be true.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.server import Server
from tests.e2e.eventually import eventually
from tests.e2e.parity_queries import queries
from tests.e2e.parity_samples import edge_requests, write_requests
from tests.servers.prometheus import INSTALLED, prometheus_server

pytestmark = [
    pytest.mark.prometheus,
    pytest.mark.skipif(not INSTALLED, reason="prometheus is not installed"),
]
ROOT = Path(__file__).parents[2]
HEADERS = {
    "Content-Encoding": "snappy",
    "Content-Type": "application/x-protobuf",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}
Key = tuple[tuple[str, str], ...]
Points = dict[Key, list[tuple[float, float]]]


@dataclass(frozen=True, slots=True)
class Pair:
    """Both servers; start_s: when their samples begin, Unix seconds, a whole minute."""

    theirs: httpx.Client
    ours: httpx.Client
    start_s: int

    def instant(self, query: str, at_s: float) -> tuple[dict[str, Any], dict[str, Any]]:
        return self._ask("query", {"query": query, "time": f"{at_s:.3f}"})

    def range(self, query: str) -> tuple[dict[str, Any], dict[str, Any]]:
        span = {"start": f"{self.start_s + 2100.5:.3f}", "end": f"{self.start_s + 3500.5:.3f}"}
        return self._ask("query_range", {"query": query, "step": "37", **span})

    def _ask(self, path: str, form: dict[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
        theirs = self.theirs.post(f"/api/v1/{path}", data=form)
        ours = self.ours.post(f"/api/v1/{path}", data=form)
        return theirs.json(), ours.json()


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    directory = tmp_path_factory.mktemp("parity")
    server = Server(directory / "data")
    facts = server.setup()
    server.start()
    start_s = int(time.time()) // 60 * 60 - 5400
    try:
        with prometheus_server(directory) as url, httpx.Client(base_url=url, timeout=30) as theirs:
            token = {"Authorization": f"Bearer {facts['api_token']}"}
            base_url = f"{server.url}/p/{facts['project_id']}"
            with httpx.Client(base_url=base_url, headers=token, timeout=30) as ours:
                both = Pair(theirs, ours, start_s)
                _load(both, str(facts["server_key"]))
                yield both
    finally:
        server.kill()


def _load(pair: Pair, key: str) -> None:
    ours = HEADERS | {"Authorization": f"Bearer {key}"}
    for make in (write_requests, edge_requests):
        for body in make(pair.start_s * 1000):
            for client, headers in ((pair.theirs, HEADERS), (pair.ours, ours)):
                answer = client.post("/api/v1/write", content=body, headers=headers)
                assert answer.status_code in (200, 204), answer.text
    everything = 'count({__name__=~".+_last"})'
    eventually(lambda: _count(pair, everything), within_s=30, what="the digest of all samples")


def _count(pair: Pair, query: str) -> bool:
    theirs, ours = pair.instant(query, pair.start_s + 3_599.5)
    return bool(theirs["data"]["result"]) and theirs["data"] == ours["data"]


def test_both_answer_alike(pair: Pair) -> None:
    asked = [query.replace("AT", f"{pair.start_s + 3000.5:.1f}") for query in queries()]

    def ask(query: str) -> list[str]:
        instant = _compare(query, *pair.instant(query, pair.start_s + 2820.5))
        return [*instant, *_compare(f"range {query}", *pair.range(query))]

    with ThreadPoolExecutor(max_workers=4) as pool:
        problems = [problem for found in pool.map(ask, asked) for problem in found]

    assert len(asked) >= 500
    assert not problems, f"{len(problems)} of {2 * len(asked)}:\n" + "\n".join(problems[:40])


def listed_differences() -> list[str]:
    """The queries of the table in docs/spec/promql-2-3.md."""
    text = (ROOT / "docs/spec/promql-2-3.md").read_text(encoding="utf-8")
    return re.findall(r"^\| `(.+?)` \|", text, re.MULTILINE)


def test_every_listed_difference_is_one(pair: Pair) -> None:
    listed = listed_differences()

    assert len(listed) > 10
    same = [
        query
        for query in listed
        if not _compare(query, *pair.instant(query, float(pair.start_s + 3300)))
    ]
    assert same == []


def _compare(query: str, theirs: dict[str, Any], ours: dict[str, Any]) -> list[str]:
    """What is different in the answers to a query, as a text, or nothing."""
    if theirs["status"] != ours["status"]:
        wrong = ours if ours["status"] == "error" else theirs
        return [f"{query}: theirs {theirs['status']}, ours {ours['status']}: {wrong.get('error')}"]
    if theirs["status"] == "error":
        kinds = (theirs["errorType"], ours["errorType"])
        return [] if kinds[0] == kinds[1] else [f"{query}: error types {kinds}"]
    if theirs["data"]["resultType"] != ours["data"]["resultType"]:
        return [f"{query}: {theirs['data']['resultType']}, ours {ours['data']['resultType']}"]
    left, right = _points(theirs["data"]), _points(ours["data"])
    if left.keys() != right.keys():
        only = [f"{sorted(left.keys() ^ right.keys())[:2]}"]
        return [f"{query}: {len(left)} series, ours {len(right)}: {only}"]
    if "sort" in query and theirs["data"]["resultType"] == "vector" and list(left) != list(right):
        return [f"{query}: order {list(left)}, ours {list(right)}"]
    for key, points in left.items():
        problem = _unequal(points, right[key])
        if problem:
            return [f"{query}: {dict(key)}: {problem}"]
    return []


def _points(data: dict[str, Any]) -> Points:
    if data["resultType"] in ("scalar", "string"):
        ts, value = data["result"]
        return {(): [(ts, float(value))]}
    return {
        tuple(sorted(one["metric"].items())): [
            (ts, float(value)) for ts, value in one.get("values") or [one["value"]]
        ]
        for one in data["result"]
    }


def _unequal(left: list[tuple[float, float]], right: list[tuple[float, float]]) -> str:
    if [ts for ts, _ in left] != [ts for ts, _ in right]:
        return f"times {[ts for ts, _ in left][:3]}…, ours {[ts for ts, _ in right][:3]}…"
    for (ts, a), (_, b) in zip(left, right, strict=True):
        if not (math.isnan(a) and math.isnan(b)) and not math.isclose(a, b, rel_tol=1e-9):
            return f"at {ts} {a!r}, ours {b!r}"
    return ""
