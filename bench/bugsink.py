"""Bugsink, run as its single-server guide says: gunicorn, snappea, SQLite. In a venv of its own."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from bench.server import free_port

VERSION = "2.6.1"
WORKERS = 10
"""As many as its guide starts."""
_PACKAGES = (f"bugsink=={VERSION}", "gunicorn")
_START_WITHIN_S = 60.0
_NO_QUOTA = """
SECURE_PROXY_SSL_HEADER = None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False
USE_X_REAL_IP = False
ALLOWED_HOSTS = ["*"]
BUGSINK["BASE_URL"] = "http://127.0.0.1:{port}"
for _scope in ("MAX_EVENTS", "MAX_EVENTS_PER_PROJECT"):
    for _period in ("PER_5_MINUTES", "PER_HOUR", "PER_MONTH"):
        BUGSINK[f"{{_scope}}_{{_period}}"] = 100_000_000
"""
_MAKE_PROJECT = """
from projects.models import Project
project = Project.objects.create(name="bench", retention_max_event_count=100_000_000)
print(f"PROJECT {project.id} {project.sentry_key.hex}")
"""


@dataclass
class Bugsink:
    """One server; `start` returns when it answers. Its event quotas are lifted."""

    venv: Path
    directory: Path
    port: int = field(default_factory=free_port)
    project_id: int = 0
    key: str = ""
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def install(self) -> None:
        """Make the venv once."""
        if not (self.venv / "bin" / "bugsink-manage").exists():
            subprocess.run([sys.executable, "-m", "venv", str(self.venv)], check=True)
            subprocess.run([self._bin("pip"), "install", "--quiet", *_PACKAGES], check=True)

    def start(self) -> None:
        """Configure, migrate, start both processes and make a project."""
        self.directory.mkdir(parents=True)
        words = ["--template=singleserver", "--host=127.0.0.1", f"--base-dir={self.directory}"]
        self._run("bugsink-create-conf", *words)
        with (self.directory / "bugsink_conf.py").open("a") as config:
            config.write(_NO_QUOTA.format(port=self.port))
        self._run("bugsink-manage", "migrate", "--verbosity=0")
        self._run("bugsink-manage", "migrate", "snappea", "--database=snappea", "--verbosity=0")
        self._make_project()
        self._spawn("bugsink-runsnappea")
        self._spawn(
            "gunicorn",
            f"--bind=127.0.0.1:{self.port}",
            f"--workers={WORKERS}",
            "--timeout=6",
            "--access-logfile=-",
            "--error-logfile=-",
            "bugsink.wsgi",
        )
        self._wait()

    def digested(self) -> int:
        """Events that are stored and grouped."""
        database = f"file:{self.directory / 'db.sqlite3'}?mode=ro"
        connection = sqlite3.connect(database, uri=True, timeout=30)
        try:
            (count,) = connection.execute("SELECT count(*) FROM events_event").fetchone()
            return int(count)
        finally:
            connection.close()

    def stop(self) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(timeout=30)
        self._processes.clear()

    def _make_project(self) -> None:
        printed = self._run("bugsink-manage", "shell", "--command", _MAKE_PROJECT)
        (line,) = [line for line in printed.splitlines() if line.startswith("PROJECT ")]
        _, project_id, self.key = line.split()
        self.project_id = int(project_id)

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_WITHIN_S
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=5)
                return
            except urllib.error.HTTPError:
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def _spawn(self, name: str, *words: str) -> None:
        with (self.directory / f"{name}.log").open("ab") as log:
            self._processes.append(
                subprocess.Popen(
                    [self._bin(name), *words],
                    cwd=self.directory,
                    env=self._environ(),
                    stdout=log,
                    stderr=log,
                )
            )

    def _run(self, name: str, *words: str) -> str:
        done = subprocess.run(
            [self._bin(name), *words],
            cwd=self.directory,
            env=self._environ(),
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def _bin(self, name: str) -> str:
        return str(self.venv / "bin" / name)

    def _environ(self) -> dict[str, str]:
        own = {"DJANGO_SETTINGS_MODULE": "bugsink_conf", "PYTHONUNBUFFERED": "1"}
        return {**os.environ, **own, "PYTHONPATH": str(self.directory)}
