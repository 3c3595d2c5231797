"""A real Prometheus, started for tests that compare us with it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from bench.server import free_port
from tests.e2e.eventually import eventually

INSTALLED = shutil.which("prometheus") is not None


@contextmanager
def prometheus_server(directory: Path, *flags: str) -> Iterator[str]:
    """The address of a Prometheus that takes remote writes and scrapes nothing."""
    port = free_port()
    config = directory / "prometheus.yml"
    config.write_text("global: {evaluation_interval: 1m}\n")
    url = f"http://127.0.0.1:{port}"
    with (directory / "prometheus.log").open("ab") as log:
        process = subprocess.Popen(
            [
                "prometheus",
                f"--config.file={config}",
                f"--storage.tsdb.path={directory / 'tsdb'}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--web.enable-remote-write-receiver",
                *flags,
            ],
            stdout=log,
            stderr=log,
        )
    try:
        eventually(lambda: _is_ready(url), within_s=20, what="Prometheus")
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/-/ready", timeout=2).status_code == 200
    except httpx.TransportError:
        return False
