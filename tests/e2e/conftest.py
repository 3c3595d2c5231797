"""A real server with a prometheus.yml, rule files and a webhook, for the walks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.server import Server
from tests.e2e.browser import chromium
from tests.e2e.product import NodeApp
from tests.fakes.peer import HttpPeer, http_peer

__all__ = ["chromium"]  # a fixture

PROMETHEUS_YML = """
global:
  scrape_interval: 1s
  scrape_timeout: 1s
  evaluation_interval: 1s
scrape_configs:
  - job_name: app
    static_configs:
      - targets: ["127.0.0.1:{port}"]
"""

RULES_YML = """
groups:
  - name: critical_alerts
    interval: 1s
    rules:
      - alert: InstanceDown
        expr: up{job="app"} == 0
        for: 2s
        labels: {severity: critical, team: web}
        annotations:
          summary: "{{ $labels.instance }} is down"
      - alert: NewErrors
        expr: increase(watchkeeper_errors_total[5m]) > 0
        labels: {severity: warning}
        annotations:
          summary: "{{ $value }} errors"
"""


@dataclass
class Slice:
    """One running installation: its server, what setup printed, its product and its webhook."""

    server: Server
    facts: dict[str, Any]
    client: httpx.Client
    app: NodeApp
    webhook: HttpPeer

    @property
    def project(self) -> int:
        return int(self.facts["project_id"])

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The instant vector of an expression."""
        answer = self.client.get(
            f"/p/{self.project}/api/v1/query", params={"query": expression}
        ).json()
        assert answer["status"] == "success", answer
        result: list[dict[str, Any]] = answer["data"]["result"]
        return result

    def get(self, path: str) -> dict[str, Any]:
        """A JSON answer of our API below the project."""
        answer = self.client.get(f"/api/wk/projects/{self.project}/{path}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


def write_configs(directory: Path, app_port: int) -> dict[str, str]:
    """prometheus.yml and a rule file; returns the environment that names them."""
    (directory / "prometheus.yml").write_text(PROMETHEUS_YML.replace("{port}", str(app_port)))
    (directory / "rules.yml").write_text(RULES_YML)
    return {
        "WATCHKEEPER_SCRAPE_FILE": str(directory / "prometheus.yml"),
        "WATCHKEEPER_RULES_FILES": str(directory / "rules.yml"),
        "WATCHKEEPER_OUTBOUND_ALLOW": "127.0.0.0/8",
    }


@pytest.fixture(scope="module")
def start_slice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Slice]]:
    """Starts installations; all of them end with the module."""
    started: list[Slice] = []
    peers = []

    def start() -> Slice:
        directory = tmp_path_factory.mktemp("slice")
        app = NodeApp.on_a_free_port()
        app.start()
        server = Server(directory / "data", environ=write_configs(directory, app.port))
        facts = server.setup()
        server.start()
        peer_context = http_peer()
        webhook = peer_context.__enter__()
        peers.append(peer_context)
        client = httpx.Client(
            base_url=server.url,
            headers={"Authorization": f"Bearer {facts['api_token']}"},
            timeout=30,
        )
        made = Slice(server, facts, client, app, webhook)
        started.append(made)
        return made

    yield start
    for each in started:
        each.client.close()
        each.server.kill()
        each.app.stop()
    for peer_context in peers:
        peer_context.__exit__(None, None, None)


@pytest.fixture(scope="module")
def running(start_slice: Callable[[], Slice]) -> Slice:
    """One installation that the walks of a module share."""
    return start_slice()
