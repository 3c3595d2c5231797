"""A foreign S3 server: moto, in a process of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import httpx
import pytest

from tests.servers.child import free_port, running

BUCKET = "watchkeeper-test"


@pytest.fixture(scope="session")
def s3_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the server; it has one bucket, BUCKET."""
    pytest.importorskip("moto.server", reason="moto is not installed (pip: moto[server])")
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    log = tmp_path_factory.mktemp("s3") / "log"
    with running(command, port=port, log=log):
        endpoint = f"http://127.0.0.1:{port}"
        httpx.put(f"{endpoint}/{BUCKET}", timeout=30).raise_for_status()
        yield endpoint
