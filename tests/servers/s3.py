"""A foreign S3 server: moto, in a process and an environment of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.servers.child import free_port, running

MOTO = Path(__file__).resolve().parents[2] / ".test-servers" / "s3-peer" / "bin" / "moto_server"
BUCKET = "watchkeeper-test"


@pytest.fixture(scope="session")
def s3_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the server; it has one bucket, BUCKET."""
    if not MOTO.exists():
        pytest.skip("left out: the S3 peer could not be installed")
    port = free_port()
    command = [str(MOTO), "-H", "127.0.0.1", "-p", str(port)]
    log = tmp_path_factory.mktemp("s3") / "log"
    with running(command, port=port, log=log):
        endpoint = f"http://127.0.0.1:{port}"
        httpx.put(f"{endpoint}/{BUCKET}", timeout=30).raise_for_status()
        yield endpoint
