"""Copies everything that is stored to a directory, and brings it back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar

from watchkeeper import __version__
from watchkeeper.app.datadir import DataDir
from watchkeeper.lib.clock import Clock
from watchkeeper.lib.errors import WatchkeeperError
from watchkeeper.store.columns.port import Columns
from watchkeeper.store.meta import Meta, dump_meta, load_meta

COLUMNS, META, SPOOL, BLOBS, MANIFEST = "columns", "meta.jsonl", "spool", "blobs", "backup.json"
KEPT_FILES = ("secret", "salt")
"""Files of the data directory itself without which sessions and printed tokens would not hold."""


class BackupRefused(WatchkeeperError):
    """The target exists, or the source is not a backup."""

    code: ClassVar[str] = "backup_refused"
    http_status: ClassVar[int] = 409


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a backup or a restore that is now done."""

    done: int
    total: int
    what: str

    def line(self) -> str:
        """As one line of JSON."""
        return json.dumps(asdict(self)) + "\n"


def back_up(
    meta: Meta,
    columns: Columns,
    data_dir: DataDir,
    target: Path,
    *,
    clock: Clock,
    digest_paused: AbstractContextManager[object],
) -> Iterator[Step]:
    """Write a backup step by step while the server goes on accepting.

    target: must not exist. digest_paused: entered while the stores are copied, so that counts,
    rows and the position in the spool are of one instant. Raises BackupRefused.
    """
    if target.exists():
        raise BackupRefused(f"{target} exists already. Name a directory that does not.")
    target.mkdir(parents=True, mode=0o700)
    with digest_paused:
        rows = dump_meta(meta, target / META)
        yield Step(1, 4, f"relational store: {rows:,} rows")
        columns.backup(target / COLUMNS)
        yield Step(2, 4, "column store")
        shutil.copytree(data_dir.spool, target / SPOOL, ignore_dangling_symlinks=True)
        yield Step(3, 4, "spool")
    shutil.copytree(data_dir.blobs, target / BLOBS)
    for name in KEPT_FILES:
        if (data_dir.root / name).exists():
            shutil.copy2(data_dir.root / name, target / name)
    manifest = {"version": __version__, "at_ms": clock()}
    (target / MANIFEST).write_text(json.dumps(manifest))
    _remember(data_dir, target)
    yield Step(4, 4, "blobs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A backup that was made and is still where it was written. at_ms: when."""

    path: str
    at_ms: int


def copies_of(data_dir: DataDir) -> list[Copy]:
    """The backups made of a data directory that are still there, the oldest first."""
    if not data_dir.backups_file.exists():
        return []
    paths = dict.fromkeys(data_dir.backups_file.read_text().splitlines())
    found = [Copy(path=json.loads(p), at_ms=_made_ms(Path(json.loads(p)))) for p in paths]
    return sorted((one for one in found if one.at_ms), key=lambda one: one.at_ms)


def _remember(data_dir: DataDir, target: Path) -> None:
    with data_dir.in_use(), data_dir.backups_file.open("a") as file:
        file.write(json.dumps(str(target.resolve())) + "\n")


def _made_ms(path: Path) -> int:
    """When a backup was made; 0 if it is gone."""
    try:
        return int(json.loads((path / MANIFEST).read_text())["at_ms"])
    except (OSError, ValueError, KeyError):
        return 0


def check_source(source: Path) -> None:
    """Raises BackupRefused unless `source` is a whole backup."""
    if not (source / MANIFEST).exists():
        raise BackupRefused(f"{source} is not a whole backup: {MANIFEST} is missing.")


def restore_files(data_dir: DataDir, source: Path) -> None:
    """Copy what is plain files; first, because the secret must be there before sessions are."""
    for name in KEPT_FILES:
        if (source / name).exists():
            shutil.copy2(source / name, data_dir.root / name)
    shutil.copytree(source / SPOOL, data_dir.spool, dirs_exist_ok=True)
    shutil.copytree(source / BLOBS, data_dir.blobs, dirs_exist_ok=True)


def restore(meta: Meta, columns: Columns, data_dir: DataDir, source: Path) -> Iterator[Step]:
    """Bring a backup into empty stores, step by step. Raises BackupRefused, Conflict, Invalid."""
    check_source(source)
    restore_files(data_dir, source)
    yield Step(1, 3, "spool and blobs")
    rows = load_meta(meta, source / META)
    yield Step(2, 3, f"relational store: {rows:,} rows")
    columns.restore(source / COLUMNS)
    yield Step(3, 3, "column store")
