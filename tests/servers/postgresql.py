"""A PostgreSQL server of our own; it refuses to run as root, so root lends it another user."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
import pytest

from tests.servers.child import free_port, running

READY_S = 30.0


@dataclass
class PostgresServer:
    """Listens on loopback; `postgres` may do everything without a password."""

    port: int
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def address(self) -> str:
        return f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres"

    def new_database(self) -> str:
        """Make an empty database; returns its name."""
        name = f"test_{next(self.numbers)}"
        with psycopg.connect(self.address(), autocommit=True) as conn:
            conn.execute(f"CREATE DATABASE {name}".encode())
        return name


def _programs() -> Path | None:
    """The directory of `postgres` and `initdb`; Debian keeps it off the PATH."""
    on_path = shutil.which("postgres")
    if on_path:
        return Path(on_path).resolve().parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return found[-1].parent if found else None


def _other_user() -> str | None:
    """Whom root lends the server to; None when we are not root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _wait_until_ready(server: PostgresServer) -> None:
    """The port is open some time before the server takes commands."""
    deadline = time.monotonic() + READY_S
    while True:
        try:
            psycopg.connect(server.address(), connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresServer]:
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian: postgresql)")
    user = _other_user()
    with tempfile.TemporaryDirectory(prefix="wk-postgresql-") as home:
        root = Path(home)
        if user is not None:
            shutil.chown(root, user)
        data = root / "data"
        initdb = [str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-E", "UTF8"]
        initdb += ["--auth=trust", "--locale=C", "--no-sync"]
        subprocess.run(initdb, check=True, capture_output=True, user=user, cwd="/")
        port = free_port()
        command = [str(programs / "postgres"), "-D", str(data), "-p", str(port), "-k", home]
        command += ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
        with running(command, port=port, log=root / "log", user=user):
            server = PostgresServer(port)
            _wait_until_ready(server)
            yield server
