"""`watchkeeper erase`: one person goes, everywhere, and it is proven."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from watchkeeper.app.control import ask_to_erase
from watchkeeper.app.datadir import is_locked
from watchkeeper.app.erase import EraseRequest, EraseStep, Stores
from watchkeeper.app.erase import erase as erased
from watchkeeper.app.erase_backups import SearchedBackup, erase_in_backups
from watchkeeper.app.people import build_access
from watchkeeper.app.stores import blob_store, cache_store, column_store, meta_store
from watchkeeper.cli.arguments import (
    AsJson,
    ConfigFile,
    DataDirectory,
    Installation,
    installation,
    owned,
    project_named,
)
from watchkeeper.lib.clock import system_clock


def erase(
    user: Annotated[str, typer.Option("--user", help="Id, name or e-mail of the person.")],
    project: Annotated[
        str,
        typer.Option("--project", help="Its id or ORGANISATION/PROJECT; without it, everywhere."),
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what there is.")] = False,
    backups: Annotated[
        bool,
        typer.Option(
            "--backups", help="Search the backups too, and rewrite those that hold the person."
        ),
    ] = False,
    config: ConfigFile = None,
    data_dir: DataDirectory = None,
    as_json: AsJson = False,
) -> None:
    """Remove a person from every store. Exits with 1 if anything of them is still found."""
    found = installation(config, data_dir)
    request = EraseRequest(user=user, projects=_projects(found, project), dry_run=dry_run)
    if is_locked(found.data_dir):
        steps = ask_to_erase(found.data_dir.control_socket, request)
    else:
        steps = _at_rest(found, request)
    last = _last(steps, is_quiet=as_json)
    searched: list[SearchedBackup] = []
    if backups:
        searched += _in_backups(last, user=user, project=project, dry_run=dry_run, is_quiet=as_json)
    remains = bool(last.left) or (not dry_run and any(one.may_hold for one in searched))
    if as_json:
        told = {"ok": not remains, "dry_run": dry_run, **last.fields()}
        typer.echo(json.dumps(told | {"searched_backups": [asdict(one) for one in searched]}))
    else:
        _show(last, searched, dry_run=dry_run)
    if remains:
        raise typer.Exit(1)


def _projects(found: Installation, name: str) -> tuple[int, ...]:
    if not name:
        return ()
    meta = meta_store(found.config, found.data_dir)
    try:
        cache = cache_store(found.config, system_clock)
        access = build_access(meta, cache, found.data_dir, system_clock)
        return (project_named(access, name),)
    finally:
        meta.close()


def _at_rest(found: Installation, request: EraseRequest) -> Iterator[EraseStep]:
    with owned(found):
        meta = meta_store(found.config, found.data_dir)
        columns = column_store(found.config, found.data_dir, meta)
        try:
            meta.upgrade()
            columns.migrate()
            blobs = blob_store(found.config, found.data_dir)
            stores = Stores(meta=meta, columns=columns, blobs=blobs, data_dir=found.data_dir)
            yield from erased(request, stores)
        finally:
            columns.close()
            meta.close()


def _last(steps: Iterator[EraseStep], *, is_quiet: bool) -> EraseStep:
    """The last step, with a bar of progress while the others are done."""
    last = EraseStep(done=0, total=1, what="")
    with Progress(disable=is_quiet, transient=True) as progress:
        task = progress.add_task("searching", total=None)
        for last in steps:
            progress.update(task, total=last.total, completed=last.done, description=last.what)
    return last


def _in_backups(
    last: EraseStep, *, user: str, project: str, dry_run: bool, is_quiet: bool
) -> Iterator[SearchedBackup]:
    """Backups one after the other, with a bar of progress."""
    done = erase_in_backups(last.backups, user=user, project=project, dry_run=dry_run)
    with Progress(disable=is_quiet, transient=True) as progress:
        task = progress.add_task("backups", total=len(last.backups))
        for one in done:
            progress.advance(task)
            yield one


def _show(last: EraseStep, searched: Sequence[SearchedBackup], *, dry_run: bool) -> None:
    table = Table(box=None, pad_edge=False)
    for name in ("store", "place", "rows"):
        table.add_column(name, justify="right" if name == "rows" else "left")
    for each in last.erased:
        table.add_row(each.store, each.place, f"{each.rows:,}")
    Console().print(table)
    for one in searched:
        typer.echo(f"Backup {one.path}, made {_utc(one.at_ms)}: {_outcome(one)}")
    for backup in () if searched else last.backups:
        typer.echo(f"Backup that may hold the person: {backup.path}, made {_utc(backup.at_ms)}.")
    for note in last.notes:
        typer.echo(f"Note: {note}")
    if dry_run:
        typer.echo("Nothing was changed.")
    elif last.left:
        for each in last.left:
            typer.echo(f"STILL THERE: {each.store} {each.place} ({each.rows})")
    else:
        typer.echo("Erased. Tables and files were searched again: nothing is left.")


def _utc(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"


def _outcome(one: SearchedBackup) -> str:
    """A sentence."""
    if one.rows is None:
        return f"NOT SEARCHED. {one.problem}"
    if one.is_rewritten:
        return f"held the person in {one.rows:,} rows; written anew without them."
    if one.problem:
        return f"HOLDS THE PERSON in {one.rows:,} rows. {one.problem}"
    return f"holds the person in {one.rows:,} rows." if one.rows else "holds nothing of the person."
