"""The servers under load: ours, and the real Prometheus and VictoriaMetrics from Debian."""

from __future__ import annotations

import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bench.server import Server, free_port

PACKAGES = {"prometheus": "prometheus", "victoria-metrics": "victoria-metrics"}
_HEALTHY_WITHIN_S = 60.0


@dataclass
class Peer:
    """A server with a data directory of its own. write_path: where remote write goes."""

    name: str
    port: int
    write_path: str
    headers: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    server: Server | None = None

    def tree(self) -> list[psutil.Process]:
        """The server and its children."""
        if self.server is not None:
            return self.server.tree()
        return [psutil.Process(self.process.pid)] if self.process is not None else []

    def cpu_s(self) -> float:
        """CPU seconds, user and system, of all of it since it started."""
        return sum(sum(one.cpu_times()[:2]) for one in self.tree())

    def rss_mb(self) -> float:
        """Resident memory of all of it, MiB."""
        return sum(one.memory_info().rss for one in self.tree()) / 2**20

    def get(self, path: str, *, timeout_s: float = 60.0) -> bytes:
        """The answer to a GET."""
        url = f"http://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(url, headers=self.headers)
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:
            content: bytes = answer.read()
            return content

    def stop(self) -> None:
        if self.server is not None:
            self.server.stop()
        elif self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=60)
        self.server = self.process = None


def our_server(directory: Path, environ: Mapping[str, str] | None = None) -> Peer:
    """Watchkeeper with one project. environ: settings over the defaults."""
    server = Server(directory / "watchkeeper", environ=environ or {})
    server.start()
    printed = server.setup()
    key = str(printed["server_key"])
    path = f"/p/{printed['project_id']}/api/v1/write"
    headers = {"Authorization": f"Bearer {key}"}
    return Peer("watchkeeper", server.port, path, headers, server=server)


def prometheus(directory: Path) -> Peer:
    """Prometheus with its remote write receiver on."""
    port, config = free_port(), directory / "prometheus.yml"
    config.write_text("global: {scrape_interval: 1h}\n")
    command = [
        _program("prometheus"),
        f"--config.file={config}",
        f"--storage.tsdb.path={directory / 'prometheus'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--web.enable-remote-write-receiver",
        "--storage.tsdb.retention.time=100y",
        "--query.max-samples=500000000",
        "--log.level=error",
    ]
    process = _started(command, directory / "prometheus.log")
    return _ready(Peer("prometheus", port, "/api/v1/write", process=process), "/-/ready")


def victoria_metrics(directory: Path, extra: Sequence[str] = ()) -> Peer:
    """VictoriaMetrics, single node."""
    port = free_port()
    command = [
        _program("victoria-metrics"),
        f"-storageDataPath={directory / 'victoria-metrics'}",
        f"-httpListenAddr=127.0.0.1:{port}",
        "-retentionPeriod=100y",
        "-loggerLevel=ERROR",
        *extra,
    ]
    process = _started(command, directory / "victoria-metrics.log")
    return _ready(Peer("victoria-metrics", port, "/api/v1/write", process=process), "/health")


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise SystemExit(f"{name} is not installed. On Debian: apt-get install {PACKAGES[name]}")
    return found


def _started(command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)


def _ready(peer: Peer, path: str) -> Peer:
    deadline = time.monotonic() + _HEALTHY_WITHIN_S
    while time.monotonic() < deadline:
        try:
            peer.get(path, timeout_s=2)
        except (OSError, urllib.error.URLError):
            time.sleep(0.1)
        else:
            return peer
    raise TimeoutError(f"{peer.name} was not ready within {_HEALTHY_WITHIN_S} s")
