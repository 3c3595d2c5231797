"""A real Prometheus scrapes a target and remote-writes all of it to us."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.server import Server, free_port
from tests.e2e.eventually import eventually
from tests.fakes.peer import http_peer

PROMETHEUS = shutil.which("prometheus")
NATIVE = (
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
)
PROMETHEUS_YML = """
global: {{scrape_interval: 1s, external_labels: {{region: eu}}}}
scrape_configs:
  - job_name: text
    static_configs: [{{targets: ["127.0.0.1:{text}"]}}]
  - job_name: native
    static_configs: [{{targets: ["127.0.0.1:{native}"]}}]
remote_write:
  - url: {url}
    authorization: {{credentials: {key}}}
    send_exemplars: true
    send_native_histograms: true
    metadata_config: {{send: true, send_interval: 1s}}
    queue_config: {{batch_send_deadline: 1s}}
"""
TEXT = b"""# TYPE jobs counter
# HELP jobs Jobs done.
jobs_total{kind="a b"} 5 # {trace_id="ab12"} 1 %d.5
# TYPE depth gauge
depth 0
# EOF
"""


def _number(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def _block(field: int, content: bytes) -> bytes:
    return _number(field << 3 | 2) + _number(len(content)) + content


def native_exposition() -> bytes:
    """One MetricFamily with a native histogram: schema 3, seven observations."""
    spans = _block(12, b"\x08\x02\x10\x01") + _block(12, b"\x08\x02\x10\x01")
    histogram = b"\x08\x07\x11" + struct.pack("<d", 18.5) + b"\x28\x06"
    histogram += b"\x31" + struct.pack("<d", 0.001) + b"\x38\x01" + spans
    histogram += b"\x68\x04\x68\x04"
    metric = _block(4, _block(7, histogram))
    return _block(1, b"latency_seconds") + b"\x18\x04" + metric


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, dict[str, Any]]]:
    """Our server, to which a real Prometheus has been writing."""
    if PROMETHEUS is None:
        pytest.skip("prometheus is not installed")
    directory = tmp_path_factory.mktemp("sender")
    environ = {"WATCHKEEPER_REMOTE_WRITE_RESERVED_NAMES": "acme/web"}
    server = Server(directory / "data", environ=environ)
    facts = server.setup()
    server.start()
    with http_peer() as text, http_peer() as native:
        text.content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8"
        text.body = TEXT % 1_795_000_000
        native.content_type = NATIVE
        native.body = _number(len(native_exposition())) + native_exposition()
        config = directory / "prometheus.yml"
        url = f"{server.url}/p/{facts['project_id']}/api/v1/write"
        key = facts["server_key"]
        config.write_text(
            PROMETHEUS_YML.format(text=text.port, native=native.port, url=url, key=key)
        )
        with (directory / "prometheus.log").open("ab") as log:
            process = subprocess.Popen(_command(config, directory), stdout=log, stderr=log)
        try:
            yield server, facts
        finally:
            process.kill()
            process.wait()
    server.kill()
    assert "level=error" not in (directory / "prometheus.log").read_text()


def _command(config: Path, directory: Path) -> list[str]:
    assert PROMETHEUS is not None
    return [
        PROMETHEUS,
        f"--config.file={config}",
        f"--storage.tsdb.path={directory / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{free_port()}",
        "--enable-feature=native-histograms,exemplar-storage",
    ]


def asked(told: tuple[Server, dict[str, Any]], expression: str) -> dict[str, str] | None:
    """The first series that an instant query finds, with its value."""
    server, facts = told
    answer = httpx.get(
        f"{server.url}/p/{facts['project_id']}/api/v1/query",
        params={"query": expression},
        headers={"Authorization": f"Bearer {facts['api_token']}"},
    ).json()
    found = answer["data"]["result"]
    return {**found[0]["metric"], "value": found[0]["value"][1]} if found else None


def accepted(told: tuple[Server, dict[str, Any]], kind: str) -> float:
    """How many rows of a kind were accepted, as our own metrics say."""
    content = httpx.get(f"{told[0].url}/metrics").text
    pattern = rf'watchkeeper_ingest_accepted_total{{[^}}]*kind="{kind}"[^}}]*}} (\S+)'
    return sum(float(value) for value in re.findall(pattern, content))


def test_its_samples_are_read_back_with_its_labels(told: tuple[Server, dict[str, Any]]) -> None:
    eventually(lambda: asked(told, "jobs_total") is not None, within_s=40, what="jobs_total")
    found = asked(told, "jobs_total")
    assert found is not None
    assert found["value"] == "5"
    assert (found["kind"], found["job"], found["region"]) == ("a b", "text", "eu")
    assert found["instance"].startswith("127.0.0.1:")


def test_up_comes_too_where_that_is_switched_on(told: tuple[Server, dict[str, Any]]) -> None:
    eventually(lambda: asked(told, 'up{job="text"} == 1') is not None, within_s=40, what="up")


@pytest.mark.parametrize("kind", ["histograms", "exemplars", "metadata"])
def test_what_it_sends_besides_samples_is_accepted(
    told: tuple[Server, dict[str, Any]], kind: str
) -> None:
    eventually(lambda: accepted(told, kind) >= 1, within_s=40, what=f"{kind} accepted")
