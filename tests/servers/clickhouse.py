"""A ClickHouse server for tests, without Docker and without root.

A test trick, never shipped: chDB's library is a build of ClickHouse, and its command-line entry,
given a configuration file and `SYSTEM START LISTEN`, serves HTTP and native TCP until it is ended.
What it lacks: replication, Keeper, `ON CLUSTER`, users. Users run the official server.
"""

from __future__ import annotations

import ctypes
import http.client
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / ".test-servers" / "clickhouse" / "libchdb.so"
START_S = 30.0

_SERVE = (
    "SYSTEM START LISTEN TCP; SYSTEM START LISTEN HTTP; "
    "SELECT sleepEachRow(1) FROM numbers(100000) SETTINGS "
    "function_sleep_max_microseconds_per_block = 0, max_block_size = 1, max_threads = 1 FORMAT Null"
)
_PR_SET_PDEATHSIG = 1


class NotAvailable(Exception):
    """The server cannot be had on this machine; the text says why."""


def fetch_library() -> Path:
    """The server's library, fetched on first use. Raises NotAvailable."""
    if not LIBRARY.exists():
        fetched = subprocess.run(
            [sys.executable, str(ROOT / "tools" / "fetch_test_servers.py")],
            capture_output=True,
            text=True,
            check=False,
        )
        if fetched.returncode:
            raise NotAvailable(fetched.stderr.strip() or "the ClickHouse library was not fetched")
    return LIBRARY


@dataclass(frozen=True, slots=True)
class Ports:
    http: int
    tcp: int


def free_ports() -> Ports:
    """Two ports nobody listens on just now."""
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return Ports(http=one.getsockname()[1], tcp=two.getsockname()[1])


class ClickHouseServer:
    """A server on loopback with its own directory; a context manager.

    shards: TCP ports of a cluster named `shards`, one server each. Raises NotAvailable.
    """

    def __init__(
        self, directory: Path, *, ports: Ports | None = None, shards: tuple[int, ...] = ()
    ) -> None:
        self._directory = directory
        self._shards = shards
        self.ports = ports or free_ports()

    def __enter__(self) -> ClickHouseServer:
        library = fetch_library()
        self._directory.mkdir(parents=True, exist_ok=True)
        config = self._directory / "config.xml"
        config.write_text(self._config())
        self._log = (self._directory / "server.log").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(library), str(config)],
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self._await_answer()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._log.close()

    def dsn(self, database: str) -> str:
        return f"http://default:@127.0.0.1:{self.ports.http}/{database}"

    def query(self, sql: str) -> str:
        """The answer to a statement as the server gives it. Raises RuntimeError."""
        peer = http.client.HTTPConnection("127.0.0.1", self.ports.http, timeout=30)
        try:
            peer.request("POST", "/", body=sql.encode())
            answer = peer.getresponse()
            text = answer.read().decode()
        finally:
            peer.close()
        if answer.status != 200:
            raise RuntimeError(text)
        return text

    def _await_answer(self) -> None:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                self.query("SELECT 1")
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
            else:
                return
        self.__exit__()
        log = (self._directory / "server.log").read_text(errors="replace")[-500:]
        raise NotAvailable(f"the ClickHouse library did not start to serve: {log}")

    def _config(self) -> str:
        shards = "".join(
            f"<shard><replica><host>127.0.0.1</host><port>{port}</port></replica></shard>"
            for port in self._shards
        )
        return f"""<clickhouse>
  <path>{self._directory / "data"}/</path>
  <listen_host>127.0.0.1</listen_host>
  <http_port>{self.ports.http}</http_port>
  <tcp_port>{self.ports.tcp}</tcp_port>
  <max_server_memory_usage>2000000000</max_server_memory_usage>
  <mark_cache_size>67108864</mark_cache_size>
  <backups><allowed_path>/</allowed_path></backups>
  <merge_tree>
    <old_parts_lifetime>1</old_parts_lifetime>
    <cleanup_delay_period>1</cleanup_delay_period>
    <max_cleanup_delay_period>1</max_cleanup_delay_period>
  </merge_tree>
  <remote_servers><shards>{shards}</shards></remote_servers>
</clickhouse>
"""


def _serve(library: str, config: str) -> None:
    """Be the server until killed, or until the process that started this one ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    arguments = [b"clickhouse", f"--config-file={config}".encode(), f"--query={_SERVE}".encode()]
    argv = (ctypes.c_char_p * len(arguments))(*arguments)
    entry = ctypes.CDLL(library).chdb_query_cmdline
    entry.restype = ctypes.c_void_p
    entry(len(arguments), argv)


if __name__ == "__main__":
    _serve(*sys.argv[1:])
