"""`watchkeeper backup` and `watchkeeper restore`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from watchkeeper.app import backup as copies
from watchkeeper.app.control import ask_for_backup
from watchkeeper.app.datadir import is_locked
from watchkeeper.app.stores import column_store, meta_store
from watchkeeper.cli.arguments import ConfigFile, DataDirectory, Installation, installation, owned
from watchkeeper.lib.clock import system_clock


def backup(
    target: Annotated[Path, typer.Argument(help="Directory to write; must not exist.")],
    config: ConfigFile = None,
    data_dir: DataDirectory = None,
) -> None:
    """Write a copy of everything that is stored. The server may run and goes on accepting."""
    found = installation(config, data_dir)
    if is_locked(found.data_dir):
        _show(ask_for_backup(found.data_dir.control_socket, target), total=4)
    else:
        _show(_back_up_at_rest(found, target), total=4)
    typer.echo(f"Backup written to {target}.")


def restore(
    source: Annotated[Path, typer.Argument(help="Directory that `backup` wrote.")],
    config: ConfigFile = None,
    data_dir: DataDirectory = None,
) -> None:
    """Bring a backup into a new, empty data directory. The server must not run."""
    found = installation(config, data_dir)
    copies.check_source(source)
    _show(_restore(found, source), total=3)
    typer.echo(f"Restored into {found.data_dir.root}.")


def _back_up_at_rest(found: Installation, target: Path) -> Iterator[copies.Step]:
    with owned(found):
        meta = meta_store(found.config, found.data_dir)
        columns = column_store(found.config, found.data_dir, meta)
        try:
            meta.upgrade()
            columns.migrate()
            yield from copies.back_up(
                meta,
                columns,
                found.data_dir,
                target,
                clock=system_clock,
                digest_paused=contextlib.nullcontext(),
            )
        finally:
            columns.close()
            meta.close()


def _restore(found: Installation, source: Path) -> Iterator[copies.Step]:
    with owned(found):
        meta = meta_store(found.config, found.data_dir)
        meta.upgrade()
        columns = column_store(found.config, found.data_dir, meta)
        try:
            yield from copies.restore(meta, columns, found.data_dir, source)
        finally:
            columns.close()
            meta.close()


def _show(steps: Iterator[copies.Step], *, total: int) -> None:
    with Progress() as progress:
        task = progress.add_task("starting", total=total)
        for step in steps:
            progress.update(task, completed=step.done, description=step.what)
