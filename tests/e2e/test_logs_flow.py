"""Lines from every source reach search, tail and an alert's counter, on the real server."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.server import Server, free_port
from tests.e2e.eventually import eventually


@dataclass
class Site:
    """One running server."""

    server: Server
    facts: dict[str, Any]
    client: httpx.Client
    syslog_port: int

    @property
    def root(self) -> str:
        return f"/api/wk/projects/{self.facts['project_id']}/logs"

    def lines(self, query: str) -> list[dict[str, Any]]:
        answer = self.client.get(self.root, params={"q": query})
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["lines"]
        return found

    def reaches(self, query: str, count: int) -> list[dict[str, Any]]:
        """Waits until a search finds so many lines."""
        eventually(
            lambda: len(self.lines(query)) == count, within_s=30, what=f"{count} lines of {query}"
        )
        return self.lines(query)

    def send(self, path: str, body: bytes, kind: str = "application/json") -> int:
        headers = {"Authorization": f"Bearer {self.facts['server_key']}", "Content-Type": kind}
        return httpx.post(self.server.url + path, content=body, headers=headers).status_code


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    port = free_port()
    environ = {"WATCHKEEPER_SYSLOG_LISTEN": f"127.0.0.1:{port}"}
    server = Server(tmp_path_factory.mktemp("logs") / "data", environ=environ)
    facts: dict[str, Any] = server.setup()
    server.start()
    headers = {"Authorization": f"Bearer {facts['api_token']}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=30) as client:
        yield Site(server, facts, client, port)
    server.kill()


def test_json_lines_and_loki_are_found(site: Site) -> None:
    push = {"streams": [{"stream": {"app": "loki-app"}, "values": [[str(time.time_ns()), "hi"]]}]}

    assert site.send("/v1/logs/json?service=api", b'{"msg":"order 7 paid","level":"warn"}') == 200
    assert site.send("/loki/api/v1/push", json.dumps(push).encode()) == 204

    (line,) = site.reaches("order 7 level:>=warn service:api", 1)
    assert (line["severity"], line["source"], line["body"]) == ("warn", "json", "order 7 paid")
    site.reaches("service:loki-app source:loki", 1)


def test_syslog_is_found(site: Site) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"<11>1 - web-1 cron 7 - - job died", ("127.0.0.1", site.syslog_port))
    with socket.create_connection(("127.0.0.1", site.syslog_port)) as stream:
        stream.sendall(b"<14>app: by tcp\n")

    (line,) = site.reaches("source:syslog level:error job", 1)
    assert (line["host"], line["service"]) == ("web-1", "cron")
    site.reaches("source:syslog by tcp", 1)


def test_the_agent_sends_what_a_file_gets(site: Site, tmp_path: Path) -> None:
    log = tmp_path / "nginx" / "app.log"
    log.parent.mkdir()
    log.write_text("old\n")
    command = [sys.executable, "-m", "watchkeeper.cli", "agent", "--url", site.server.url,
               "--key", site.facts["server_key"], "--log-files", str(log),
               "--log-from-start", "true", "--state-dir", str(tmp_path / "state")]  # fmt: skip
    agent = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        site.reaches("source:file old service:nginx", 1)
        with log.open("a") as out:
            out.write("ERROR boom\nTraceback (most recent call last):\n  File x\nKeyError: 'y'\n")
        (line,) = site.reaches("source:file boom KeyError", 1)
        assert line["severity"] == "error"
    finally:
        agent.terminate()
        agent.wait()


def test_the_tail_shows_a_line_within_a_second_of_its_acceptance(site: Site) -> None:
    with site.client.stream("GET", f"{site.root}/tail", params={"q": "tailed"}) as answer:
        stream = answer.iter_lines()
        assert "retry" in next(stream)
        site.send("/v1/logs/json", b'{"msg":"tailed now"}\n{"msg":"other"}')
        sent_s = time.monotonic()
        data = next(each for each in stream if each.startswith("data: "))

    took_s = time.monotonic() - sent_s
    batch = json.loads(data.removeprefix("data: "))
    assert [each["body"] for each in batch["lines"]] == ["tailed now"]
    assert took_s < 3, "one second on a machine that does nothing else"


def test_a_saved_search_is_a_counter_whose_first_match_is_an_increase(site: Site) -> None:
    made = site.client.post(f"{site.root}/queries", json={"name": "boom", "q": "kaboom"})
    assert made.status_code == 200
    site.send("/v1/logs/json", b"kaboom\nkaboom again")
    expression = f"increase({made.json()['metric']}[5m])"
    path = f"/p/{site.facts['project_id']}/api/v1/query"

    def grew() -> bool:
        found = site.client.get(path, params={"query": expression}).json()["data"]["result"]
        return bool(found) and float(found[0]["value"][1]) > 0

    eventually(grew, within_s=60, what=expression)
