"""A foreign S3 server: moto, in a process and an environment of its own."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.servers.child import free_port, running

BUCKET = "watchkeeper-test"
OWN = Path(__file__).resolve().parents[2] / ".test-servers" / "s3-peer" / "bin" / "moto_server"


def moto_server() -> str | None:
    """The program: in the environment that `make test` makes for it, or beside this Python."""
    beside = Path(sys.executable).with_name("moto_server")
    return next((str(path) for path in (OWN, beside) if path.exists()), shutil.which("moto_server"))


@pytest.fixture(scope="session")
def s3_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the server; it has one bucket, BUCKET."""
    program = moto_server()
    if program is None:
        pytest.skip("the S3 peer is not installed (pip: moto[server])")
    port = free_port()
    command = [program, "-H", "127.0.0.1", "-p", str(port)]
    log = tmp_path_factory.mktemp("s3") / "log"
    with running(command, port=port, log=log):
        endpoint = f"http://127.0.0.1:{port}"
        httpx.put(f"{endpoint}/{BUCKET}", timeout=30).raise_for_status()
        yield endpoint
