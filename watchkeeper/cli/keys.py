"""`watchkeeper key`: ingest keys. Running servers obey within a second."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from watchkeeper.access import Access, KeyKind, KeyRecord, Principal
from watchkeeper.cli.arguments import (
    AsJson,
    ConfigFile,
    DataDirectory,
    access_of,
    installation,
    project_named,
)

program = typer.Typer(help="Ingest keys.", no_args_is_help=True)

Project = Annotated[str, typer.Option("--project", help="Its id or ORGANISATION/PROJECT.")]
KeyId = Annotated[int, typer.Argument(help="The key's id; `key list` shows it.")]


@program.command("list")
def list_keys(
    project: Project,
    config: ConfigFile = None,
    data_dir: DataDirectory = None,
    as_json: AsJson = False,
) -> None:
    """The keys of a project."""
    with access_of(installation(config, data_dir)) as access:
        keys = access.keys(*_place(access, project))
    if as_json:
        typer.echo(json.dumps([asdict(key) for key in keys], indent=2))
        return
    table = Table("id", "kind", "key", "label", "on", box=None)
    for key in keys:
        table.add_row(str(key.id), key.kind, key.key, key.label, "yes" if key.enabled else "no")
    Console().print(table)


@program.command("create")
def create(
    project: Project,
    kind: Annotated[KeyKind, typer.Option(help="public or server.")] = KeyKind.PUBLIC,
    label: Annotated[str, typer.Option(help="What it is for.")] = "made by the command line",
    config: ConfigFile = None,
    data_dir: DataDirectory = None,
) -> None:
    """Make a key and print it."""
    with access_of(installation(config, data_dir)) as access:
        _say(access.create_key(*_place(access, project), kind=kind, label=label))


@program.command("rotate")
def rotate(
    project: Project, key: KeyId, config: ConfigFile = None, data_dir: DataDirectory = None
) -> None:
    """Give a key new digits; the old ones stop working."""
    with access_of(installation(config, data_dir)) as access:
        _say(access.rotate_key(*_place(access, project), key))


@program.command("disable")
def disable(
    project: Project, key: KeyId, config: ConfigFile = None, data_dir: DataDirectory = None
) -> None:
    """Switch a key off."""
    with access_of(installation(config, data_dir)) as access:
        _say(access.update_key(*_place(access, project), key, enabled=False))


@program.command("enable")
def enable(
    project: Project, key: KeyId, config: ConfigFile = None, data_dir: DataDirectory = None
) -> None:
    """Switch a key on again."""
    with access_of(installation(config, data_dir)) as access:
        _say(access.update_key(*_place(access, project), key, enabled=True))


def _place(access: Access, project: str) -> tuple[Principal, int]:
    """Who asks, and of which project."""
    return access.operator(), project_named(access, project)


def _say(key: KeyRecord) -> None:
    state = "on" if key.enabled else "off"
    typer.echo(f"{key.key}  (id {key.id}, {key.kind}, project {key.project_id}, {state})")
