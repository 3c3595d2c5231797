"""Real exporters in every format, by files, reloaded by signal, API and command."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.server import Server, free_port
from tests.e2e.eventually import eventually

EXPORTER = """
import sys, time
from prometheus_client import Counter, Histogram, start_http_server
Counter("jobs", "Jobs.", ["kind"]).labels("import").inc(3, {"trace_id": "abc123"})
Histogram("wait_seconds", "Wait.").observe(0.2, {"trace_id": "def456"})
start_http_server(int(sys.argv[1]), addr="127.0.0.1")
time.sleep(3600)
"""


@dataclass
class Site:
    """A server with a prometheus.yml, and exporters."""

    server: Server
    client: httpx.Client
    directory: Path
    project: int

    def write(self, *jobs: dict[str, Any]) -> None:
        content = {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
            "scrape_configs": list(jobs),
        }
        (self.directory / "prometheus.yml").write_text(json.dumps(content))

    def api(self, path: str, **params: str) -> Any:
        answer = self.client.get(f"/p/{self.project}/api/v1/{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def value(self, query: str) -> float | None:
        result = self.api("query", query=query)["result"]
        return float(result[0]["value"][1]) if result else None


def job(name: str, port: int, **fields: Any) -> dict[str, Any]:
    return {
        "job_name": name,
        "static_configs": [{"targets": [f"127.0.0.1:{port}"]}],
        **fields,
    }


@pytest.fixture(scope="module")
def exporter() -> Iterator[int]:
    """prometheus_client on a port of loopback."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", EXPORTER, str(port)])
    eventually(lambda: _answers(port), within_s=20, what="the exporter")
    yield port
    process.kill()
    process.wait()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    directory = tmp_path_factory.mktemp("site")
    server = Server(
        directory / "data",
        environ={"WATCHKEEPER_SCRAPE_FILE": str(directory / "prometheus.yml")},
    )
    facts = server.setup()
    client = httpx.Client(
        base_url=server.url, headers={"Authorization": f"Bearer {facts['api_token']}"}, timeout=30
    )
    made = Site(server, client, directory, int(str(facts["project_id"])))
    made.write()
    server.start()
    yield made
    client.close()
    server.kill()


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/metrics").status_code == 200
    except httpx.HTTPError:
        return False


def test_prometheus_client_is_scraped_with_its_exemplars(site: Site, exporter: int) -> None:
    site.write(job("py", exporter))
    eventually(lambda: site.value('up{job="py"}') == 1, within_s=20, what="the first scrape")

    assert site.value('jobs_total{kind="import"}') == 3
    assert site.value('wait_seconds_bucket{le="+Inf"}') == 1
    told = eventually(
        lambda: site.api("query_exemplars", query="jobs_total", start="0", end="4000000000"),
        within_s=20,
        what="the exemplar",
    )
    assert told[0]["exemplars"][0]["labels"] == {"trace_id": "abc123"}
    metadata = site.api("targets/metadata", metric="wait_seconds")
    assert [(each["type"], each["help"]) for each in metadata] == [("histogram", "Wait.")]
    assert site.api("scrape_pools") == {"scrapePools": ["py"]}


@pytest.mark.prometheus
@pytest.mark.skipif(not shutil.which("prometheus"), reason="Prometheus is not installed")
def test_a_real_prometheus_is_scraped_by_protobuf(site: Site, tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "p.yml").write_text("{}")
    command = [
        "prometheus", f"--config.file={tmp_path}/p.yml", f"--storage.tsdb.path={tmp_path}/data",
        f"--web.listen-address=127.0.0.1:{port}", "--log.level=error",
    ]  # fmt: skip
    process = subprocess.Popen(command)
    try:
        eventually(lambda: _answers(port), within_s=20, what="Prometheus")
        site.write(
            job("pb", port, scrape_protocols=["PrometheusProto"]),
            job("txt", port, scrape_protocols=["PrometheusText0.0.4"]),
        )
        eventually(
            lambda: site.value('up{job="pb"} + ignoring(job) up{job="txt"}') == 2,
            within_s=20,
            what="both formats",
        )
        own = '__name__!~"up|scrape_.*"'
        same = f'count({{job="pb",{own}}}) - count({{job="txt",{own}}})'
        eventually(lambda: site.value(same) == 0, within_s=20, what="the same series from both")
        le = 'prometheus_http_request_duration_seconds_bucket{handler="/metrics",le="1.0"}'
        assert (site.value(f"count({le})") or 0) >= 2
    finally:
        process.kill()
        process.wait()


def test_a_reload_by_signal_api_and_command(site: Site, exporter: int) -> None:
    site.write(job("first", exporter))
    assert site.client.post("/-/reload").status_code == 200
    assert site.api("scrape_pools") == {"scrapePools": ["first"]}

    (site.directory / "prometheus.yml").write_text("scrape_configs: [{job_nam: x}]")
    refused = site.client.post("/-/reload")
    assert refused.status_code == 500
    assert "line 1" in refused.text
    assert site.api("scrape_pools") == {"scrapePools": ["first"]}
    assert site.api("status/runtimeinfo")["reloadConfigSuccess"] is False
    metrics = site.client.get("/metrics").text
    assert 'watchkeeper_config_last_reload_successful{process="engine"} 0.0' in metrics
    told = subprocess.run(site.server.command("reload"), capture_output=True, check=False)
    assert (told.returncode, b"line 1" in told.stderr) == (1, True)

    site.write(job("second", exporter))
    assert site.server.process is not None
    os.kill(site.server.process.pid, signal.SIGHUP)
    eventually(
        lambda: site.api("scrape_pools") == {"scrapePools": ["second"]},
        within_s=10,
        what="the reload by signal",
    )
    assert site.api("status/runtimeinfo")["reloadConfigSuccess"] is True
    assert httpx.post(f"{site.server.url}/-/reload").status_code == 401


def test_targets_are_told_by_state_and_pool(site: Site, exporter: int) -> None:
    dropped = [{"source_labels": ["__address__"], "regex": "dropped.*", "action": "drop"}]
    listed = [{"targets": [f"127.0.0.1:{exporter}", "dropped:1"]}]
    site.write(
        {"job_name": "a", "static_configs": listed, "relabel_configs": dropped},
        job("b", free_port()),
    )
    assert site.client.post("/-/reload").status_code == 200
    eventually(
        lambda: {each["health"] for each in site.api("targets")["activeTargets"]} == {"up", "down"},
        within_s=20,
        what="one target up and one down",
    )
    found = site.api("targets", state="any")
    down = next(each for each in found["activeTargets"] if each["health"] == "down")
    assert "Connection refused" in down["lastError"]
    assert [each["scrapePool"] for each in found["droppedTargets"]] == ["a"]
    assert site.api("targets", state="active")["droppedTargets"] == []
    only = site.api("targets", state="active", scrapePool="b")["activeTargets"]
    assert [each["scrapePool"] for each in only] == ["b"]
