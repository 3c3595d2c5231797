"""Installs the packages of a lock file and shows how far it is.

`python tools/install_locked.py requirements.lock "Installing packages"`, by the Python of the
environment to fill, which has nothing but pip yet.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

_PINNED = re.compile(r"^[A-Za-z0-9][^ ]*==", re.MULTILINE)
_REQUIREMENT = re.compile(
    r"^(?:Collecting|Requirement already satisfied:|Processing (?:\S*/)?) ?([\w.-]+?)(?:==|-\d| |$)"
)
_WIDTH = 28
_KEPT_LINES = 60


def installed(lock: Path, title: str) -> int:
    """Runs pip. Its exit code; what it said is printed only if that is not 0."""
    total, began, said = len(_PINNED.findall(lock.read_text())), time.monotonic(), list[str]()
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    pip = subprocess.Popen(
        [*command, "--progress-bar", "off", "--require-hashes", "-r", str(lock)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    _show(title, 0, total, "")
    for done, name in _collected(pip, said):
        _show(title, min(done, total), total, name)
    code = pip.wait()
    _end(title, total, time.monotonic() - began, is_done=code == 0)
    if code:
        print("".join(said[-_KEPT_LINES:]), file=sys.stderr)
    return code


def _collected(pip: subprocess.Popen[str], said: list[str]) -> Iterator[tuple[int, str]]:
    seen = 0
    for line in pip.stdout or ():
        said.append(line)
        if found := _REQUIREMENT.match(line):
            seen += 1
            yield seen, found[1]
        elif line.startswith("Installing collected"):
            yield seen, "unpacking"


def _show(title: str, done: int, total: int, name: str) -> None:
    if sys.stdout.isatty():
        filled = "━" * (_WIDTH * done // max(total, 1))
        print(f"\r\033[K{title} {filled:─<{_WIDTH}} {done}/{total} {name[:28]}", end="", flush=True)
    elif not done:
        print(f"{title}: {total} packages", flush=True)


def _end(title: str, total: int, seconds: float, *, is_done: bool) -> None:
    start = "\r\033[K" if sys.stdout.isatty() else ""
    outcome = f"{total} packages in {seconds:.0f} s" if is_done else "failed, pip said:"
    print(f"{start}{title}: {outcome}", flush=True)


if __name__ == "__main__":
    raise SystemExit(installed(Path(sys.argv[1]), sys.argv[2]))
