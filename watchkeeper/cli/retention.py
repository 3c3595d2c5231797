"""`watchkeeper retention`: is kept what should be kept, and no longer?"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime

import typer
from rich.console import Console
from rich.table import Table

from watchkeeper.app.control import ask_for_retention
from watchkeeper.app.datadir import is_locked
from watchkeeper.app.stores import column_store, meta_store, project_tables, retention_days
from watchkeeper.cli.arguments import (
    AsJson,
    ConfigFile,
    DataDirectory,
    Installation,
    installation,
    owned,
)
from watchkeeper.lib.clock import DAY_MS, system_clock
from watchkeeper.store.columns import Kept, Retention

program = typer.Typer(help="For how long data is kept.", no_args_is_help=True)


@program.callback()
def retention() -> None:
    """For how long data is kept."""


@program.command("verify")
def verify(
    config: ConfigFile = None, data_dir: DataDirectory = None, as_json: AsJson = False
) -> None:
    """Show each table's oldest row beside its policy. Exits with 1 if a row has outlived it."""
    found = installation(config, data_dir)
    if is_locked(found.data_dir):
        kept = ask_for_retention(found.data_dir.control_socket)
    else:
        kept = _at_rest(found)
    late = [each for each in kept if each.late_ms]
    if as_json:
        typer.echo(json.dumps({"ok": not late, "kept": [_plain(each) for each in kept]}))
    else:
        Console().print(_table(kept))
        typer.echo(f"{len(late)} late" if late else "Every policy is kept.")
    if late:
        raise typer.Exit(1)


def _at_rest(found: Installation) -> list[Kept]:
    with owned(found):
        meta = meta_store(found.config, found.data_dir)
        meta.upgrade()
        columns = column_store(found.config, found.data_dir, meta)
        try:
            columns.migrate()
            own = project_tables(meta)
            return Retention(columns, retention_days(found.config), own).verify(system_clock())
        finally:
            columns.close()
            meta.close()


def _plain(kept: Kept) -> dict[str, object]:
    return {**asdict(kept), "ok": not kept.late_ms}


def _table(kept: list[Kept]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("table", "project", "policy", "oldest row (UTC)", "age", "rows", ""):
        table.add_column(name, justify="right" if name in {"project", "age", "rows"} else "left")
    now_ms = system_clock()
    for each in kept:
        oldest = datetime.fromtimestamp(each.oldest_ms / 1000, UTC)
        table.add_row(
            each.table,
            str(each.project_id),
            f"{each.days} d",
            f"{oldest:%Y-%m-%d %H:%M}",
            f"{(now_ms - each.oldest_ms) / DAY_MS:.1f} d",
            f"{each.rows:,}",
            "late" if each.late_ms else "kept",
        )
    return table
