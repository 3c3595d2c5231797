"""`watchkeeper reload`."""

from __future__ import annotations

import typer

from watchkeeper.app.control import ask_to_reload
from watchkeeper.cli.arguments import ConfigFile, DataDirectory, installation


def reload(config: ConfigFile = None, data_dir: DataDirectory = None) -> None:
    """Have the running server read its prometheus.yml and rule files anew."""
    found = installation(config, data_dir)
    problems = ask_to_reload(found.data_dir.control_socket)
    for problem in problems:
        typer.echo(f"Not taken over: {problem}", err=True)
    if problems:
        raise typer.Exit(1)
    typer.echo("Reloaded.")
