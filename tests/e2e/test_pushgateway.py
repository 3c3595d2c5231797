"""Unmodified clients push to the Pushgateway; PromQL reads it, also after a restart."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.exposition import basic_auth_handler, push_to_gateway

from bench.server import Server
from tests.e2e.eventually import eventually
from tests.e2e.product import NODE

Sender = Callable[[], None]


class Site:
    """One running server and its project."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.facts: dict[str, Any] = server.setup()
        server.start()

    def value(self, expression: str) -> float | None:
        path = f"{self.server.url}/p/{self.facts['project_id']}/api/v1/query"
        headers = {"Authorization": f"Bearer {self.facts['api_token']}"}
        answer = httpx.get(path, params={"query": expression}, headers=headers, timeout=30).json()
        found = answer["data"]["result"]
        return float(found[0]["value"][1]) if found else None

    def reaches(self, expression: str, wanted: float | None) -> None:
        eventually(
            lambda: self.value(expression) == wanted, within_s=30, what=f"{expression} == {wanted}"
        )

    def by_key(
        self, url: str, method: str, timeout: float, headers: list[tuple[str, str]], data: bytes
    ) -> Sender:
        """A handler of prometheus_client that signs in."""
        key = str(self.facts["server_key"])
        return basic_auth_handler(url, method, timeout, headers, data, "push", key)

    def push_by_node(self, verb: str) -> str:
        words = ["node", str(Path(NODE) / "push_app.mjs"), self.server.url]
        words += [str(self.facts["server_key"]), verb]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.strip()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    server = Server(tmp_path_factory.mktemp("pushgateway") / "data")
    yield Site(server)
    server.kill()


def test_prometheus_client_s_group_is_still_there_after_a_restart(site: Site) -> None:
    registry = CollectorRegistry()
    Gauge("last_success_unixtime", "When.", registry=registry).set(1234)
    push_to_gateway(site.server.url, "batch", registry, {"instance": "a/b"}, handler=site.by_key)
    site.reaches('last_success_unixtime{job="batch",instance="a/b"}', 1234)
    site.reaches('push_failure_time_seconds{job="batch"}', 0)
    before = site.value("push_time_seconds")
    written = 'timestamp(last_success_unixtime{job="batch"})'
    first = site.value(written) or 0

    site.server.stop()
    site.server.start()

    eventually(lambda: (site.value(written) or 0) > first, within_s=40, what="a later sample")
    assert site.value("push_time_seconds") == before


@pytest.mark.node
def test_prom_client_pushes_adds_and_deletes(site: Site) -> None:
    labels = 'job="nightly backup",host="db1"'

    assert site.push_by_node("push") == "200"
    site.reaches(f"backup_rows_total{{{labels}}}", 12)
    site.reaches(f'backup_seconds_bucket{{{labels},le="60.0"}}', 1)
    assert site.push_by_node("pushAdd") == "200"
    site.reaches(f"backup_tables_total{{{labels}}}", 3)
    site.reaches(f"backup_rows_total{{{labels}}}", 12)
    assert site.push_by_node("delete") == "202"
    site.reaches(f"backup_rows_total{{{labels}}}", None)
