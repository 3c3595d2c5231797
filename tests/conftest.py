"""What a suite needs from the machine; a suite that cannot run is left out and said so."""

from __future__ import annotations

import os
import resource
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytest_plugins = [
    # Fixtures that start a server: as plugins, so that a session starts each of them once.
    "tests.servers.postgresql",
    "tests.servers.redis",
    "tests.servers.s3",
    "tests.servers.columns",
    "tests.servers.databases",
]

_, _most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (_most_files, _most_files))
"""Many stores and spools are open by the end of a run."""

ROOT = Path(__file__).resolve().parent.parent
POSTGRESQL_BIN = Path("/usr/lib/postgresql/15/bin")


def _found(*programs: str) -> bool:
    return all(shutil.which(program) for program in programs)


NEEDS: dict[str, tuple[Callable[[], bool], str]] = {
    "chromium": (lambda: _found("chromium"), "Chromium is not installed"),
    "postgresql": ((POSTGRESQL_BIN / "initdb").exists, "PostgreSQL is not installed"),
    "redis": (lambda: _found("redis-server"), "Redis is not installed"),
    "prometheus": (lambda: _found("promtool", "amtool"), "promtool and amtool are not installed"),
    "clickhouse": (
        lambda: any((ROOT / ".test-servers").rglob("libchdb.so")),
        "the ClickHouse server library could not be fetched",
    ),
    "s3": (
        lambda: (
            (ROOT / ".test-servers" / "s3-peer" / "bin" / "moto_server").exists()
            or Path(sys.executable).with_name("moto_server").exists()
        ),
        "the S3 peer could not be installed",
    ),
    "node": (
        lambda: _found("node") and (ROOT / "tests" / "e2e" / "node" / "node_modules").exists(),
        "Node.js or the packages of tests/e2e/node are not installed",
    ),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for name, (is_met, reason) in NEEDS.items():
        if is_met():
            continue
        for item in items:
            if item.get_closest_marker(name):
                item.add_marker(pytest.mark.skip(reason=f"left out: {reason}"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = sorted(
        {str(report.longrepr[2]) for report in skipped if isinstance(report.longrepr, tuple)}
    )
    who = "" if os.geteuid() == 0 else " (not root: nothing was installed)"
    for reason in reasons:
        terminalreporter.write_line(f"{reason.removeprefix('Skipped: ')}{who}")
