"""A real server as a child, for benches and end-to-end tests."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

START_WITHIN_S = 60.0
NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"


def free_port() -> int:
    """A port of loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Server:
    """`watchkeeper serve` on a data directory of its own; `start` returns when it is healthy."""

    data_dir: Path
    port: int = field(default_factory=free_port)
    environ: Mapping[str, str] = field(default_factory=dict)
    log: Path | None = None
    process: subprocess.Popen[bytes] | None = None
    ca_file: Path | None = None
    """The authority of its certificate; None: it speaks plain HTTP."""

    @property
    def url(self) -> str:
        return f"{'https' if self.ca_file else 'http'}://127.0.0.1:{self.port}"

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "watchkeeper.cli", *words, "--data-dir", str(self.data_dir)]

    def start(self) -> float:
        """Start and wait until /api/health is healthy. Returns the seconds that took."""
        began = time.monotonic()
        log = self.log or self.data_dir.parent / f"{self.data_dir.name}.log"
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command("serve", "--listen", f"127.0.0.1:{self.port}"),
                stdout=output,
                stderr=output,
                start_new_session=True,
                env=self._environ(),
            )
        self.wait_until_healthy()
        return time.monotonic() - began

    def wait_until_healthy(self, within_s: float = START_WITHIN_S) -> None:
        deadline = time.monotonic() + within_s
        while not self.is_healthy():
            if self.process is not None and self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"the server was not healthy within {within_s} s")
            time.sleep(0.02)

    def is_healthy(self) -> bool:
        tls = ssl.create_default_context(cafile=self.ca_file) if self.ca_file else None
        try:
            with urllib.request.urlopen(f"{self.url}/api/health", timeout=5, context=tls) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False

    def setup(self, *, org: str = "acme", project: str = "web") -> dict[str, object]:
        """What `watchkeeper setup --json` prints."""
        words = ["setup", "--email", "mara@example.com", "--password", "correct horse battery"]
        command = self.command(*words, "--org", org, "--project", project, "--json")
        done = subprocess.run(
            [*command, "--listen", f"127.0.0.1:{self.port}"],
            check=True,
            capture_output=True,
            env=self._environ(),
        )
        printed: dict[str, object] = json.loads(done.stdout)
        return printed

    def tree(self) -> list[psutil.Process]:
        """The server and its children."""
        if self.process is None:
            return []
        try:
            root = psutil.Process(self.process.pid)
            return [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def kill(self) -> None:
        """kill -9 of every process of the server, all at once."""
        if self.process is None:
            return
        with_children = self.tree()
        for each in with_children:
            try:
                each.send_signal(signal.SIGKILL)
            except psutil.NoSuchProcess:
                continue
        self.process.wait()
        psutil.wait_procs(with_children, timeout=10)
        self.process = None

    def stop(self) -> int:
        """SIGTERM and wait. Returns the exit status."""
        if self.process is None:
            return 0
        self.process.terminate()
        status = self.process.wait(timeout=30)
        self.process = None
        return status

    def _environ(self) -> dict[str, str]:
        """As where it is installed: with compiled modules, which `pip install` writes."""
        here = {name: text for name, text in os.environ.items() if name != NO_BYTECODE}
        return {**here, **self.environ}
