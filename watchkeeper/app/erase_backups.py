"""Looks for a person in backups, and takes them out.

A backup is brought into a data directory of its own beside it, searched there by the same commands
that people would type, and written anew if it held the person. Each command is a process: the
column store of a directory stays open as long as its process lives.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from watchkeeper.app.backup import MANIFEST, Copy

_SETTINGS = "WATCHKEEPER_"
_COPIES = 2
"""Times a backup's size that is free beside it before one is opened: the directory, the new one."""
_LAST_WORDS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchedBackup:
    """rows: of the person, before; None: it could not be looked at. is_rewritten: they are gone.

    problem: why it was not searched or rewritten, a sentence; empty if all went well.
    """

    path: str
    at_ms: int
    rows: int | None = None
    is_rewritten: bool = False
    problem: str = ""

    @property
    def may_hold(self) -> bool:
        """True unless it is known to hold nothing of the person."""
        return self.rows != 0 and not self.is_rewritten


class _Failed(Exception):
    """A command ended badly; what it said last."""


def erase_in_backups(
    backups: Sequence[Copy], *, user: str, project: str, dry_run: bool
) -> Iterator[SearchedBackup]:
    """Search each backup, and unless it is a dry run, rewrite those that hold the person."""
    named = ("--user", user, *(("--project", project) if project else ()))
    for one in backups:
        try:
            with _opened(Path(one.path)) as directory:
                yield _searched(one, directory, named, dry_run=dry_run)
        except (_Failed, OSError) as error:
            yield SearchedBackup(path=one.path, at_ms=one.at_ms, problem=str(error))


def _searched(one: Copy, directory: Path, named: Sequence[str], *, dry_run: bool) -> SearchedBackup:
    found = _erase(directory, *named, "--dry-run")
    rows = sum(each["rows"] for each in found["erased"])
    if dry_run or not rows:
        return SearchedBackup(path=one.path, at_ms=one.at_ms, rows=rows)
    try:
        done = _erase(directory, *named)
        if not done["ok"]:
            raise _Failed("Rows of the person were still found after erasing.")
        _replace(one, directory)
    except (_Failed, OSError) as error:
        return SearchedBackup(path=one.path, at_ms=one.at_ms, rows=rows, problem=str(error))
    return SearchedBackup(path=one.path, at_ms=one.at_ms, rows=rows, is_rewritten=True)


@contextmanager
def _opened(backup: Path) -> Iterator[Path]:
    """A data directory with the backup in it, beside the backup; gone afterwards."""
    _check_room(backup)
    around = Path(tempfile.mkdtemp(prefix=f".{backup.name}-", dir=backup.parent))
    try:
        directory = around / "data"
        _run("restore", str(backup), "--data-dir", str(directory))
        yield directory
    finally:
        shutil.rmtree(around, ignore_errors=True)


def _check_room(backup: Path) -> None:
    size_bytes = sum(path.stat().st_size for path in backup.rglob("*") if path.is_file())
    free_bytes = shutil.disk_usage(backup.parent).free
    if free_bytes < _COPIES * size_bytes:
        raise _Failed(
            f"Searching it takes {_COPIES * size_bytes / 2**30:.1f} GiB beside it, and "
            f"{free_bytes / 2**30:.1f} GiB are free: make room in {backup.parent}."
        )


def _replace(one: Copy, directory: Path) -> None:
    """Write the backup anew under its own name and time; the old one goes when that is whole."""
    path = Path(one.path)
    fresh, old = directory.parent / "fresh", directory.parent / "old"
    _run("backup", str(fresh), "--data-dir", str(directory))
    manifest = json.loads((fresh / MANIFEST).read_text()) | {"at_ms": one.at_ms}
    (fresh / MANIFEST).write_text(json.dumps(manifest))
    path.rename(old)
    try:
        fresh.rename(path)
    except OSError:
        old.rename(path)
        raise


def _erase(directory: Path, *arguments: str) -> Mapping[str, list[dict[str, int]]]:
    printed = _run("erase", *arguments, "--json", "--data-dir", str(directory))
    found: Mapping[str, list[dict[str, int]]] = json.loads(printed)
    return found


def _run(*arguments: str) -> str:
    """What the command printed. The stores that this installation is set to use are not its."""
    own = {key: value for key, value in os.environ.items() if not key.startswith(_SETTINGS)}
    done = subprocess.run(
        [sys.executable, "-m", "watchkeeper.cli", *arguments],
        env=own,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode and not done.stdout.startswith("{"):
        said = done.stderr.strip() or done.stdout.strip()
        raise _Failed(f"`watchkeeper {arguments[0]}` failed: {said[-_LAST_WORDS:]}")
    return done.stdout
