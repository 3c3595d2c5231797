"""`watchkeeper config show`."""

from __future__ import annotations

import json
import re

import typer
from rich.console import Console
from rich.table import Table

from watchkeeper.app.config import Config, known_keys, variable_of
from watchkeeper.cli.arguments import AsJson, ConfigFile, DataDirectory, Listen, installation

program = typer.Typer(help="Settings.", no_args_is_help=True)
_PASSWORD_IN_URL = re.compile(r"(://[^:/@]*:)[^@/]+@")


@program.command("show")
def show(
    config: ConfigFile = None,
    listen: Listen = None,
    data_dir: DataDirectory = None,
    as_json: AsJson = False,
) -> None:
    """Print each setting, its value and where that came from. Passwords are hidden."""
    found = installation(config, data_dir, listen).config
    if as_json:
        rows = {key: {"value": text, "origin": found.origins[key]} for key, text in _shown(found)}
        typer.echo(json.dumps(rows, indent=2))
        return
    table = Table("setting", "value", "from", "variable", box=None, pad_edge=False)
    for key, text in _shown(found):
        table.add_row(key, text, found.origins[key], variable_of(key))
    Console().print(table)


def _shown(config: Config) -> list[tuple[str, str]]:
    rows = []
    for key in known_keys():
        section, _, name = key.partition(".")
        value = getattr(getattr(config, section), name)
        text = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
        rows.append((key, _PASSWORD_IN_URL.sub(r"\1•••@", text)))
    return rows
