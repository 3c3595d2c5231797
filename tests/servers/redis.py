"""A Redis server of our own; it keeps nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.child import free_port, running


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        pytest.skip("Redis is not installed (Debian: redis-server)")
    home: Path = tmp_path_factory.mktemp("redis")
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(home)]
    with running([*command, "--save", "", "--appendonly", "no"], port=port, log=home / "log"):
        yield f"redis://127.0.0.1:{port}/0"
