"""The program and its commands."""

from __future__ import annotations

from typing import Annotated

import typer

from watchkeeper import __version__
from watchkeeper.cli import (
    agent,
    backup,
    doctor,
    erase,
    importer,
    keys,
    migrate,
    reload,
    retention,
    rules,
    serve,
    settings,
    setup,
    users,
)
from watchkeeper.cli.examples import show_examples

_STATUSES = (
    "Exit status: 0 when it is done; 1 when it is not, with the reason on stderr; 2 when it was "
    "called wrongly."
)

program = typer.Typer(
    name="watchkeeper",
    help="One self-hosted server for a small team's whole view of its product.",
    epilog=_STATUSES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
program.command("serve")(serve.serve)
program.command("agent")(agent.agent)
program.command("setup")(setup.setup)
program.command("migrate")(migrate.migrate)
program.command("doctor")(doctor.doctor)
program.command("backup")(backup.backup)
program.command("restore")(backup.restore)
program.command("erase")(erase.erase)
program.command("reload")(reload.reload)
program.add_typer(importer.program, name="import")
program.add_typer(keys.program, name="key")
program.add_typer(retention.program, name="retention")
program.add_typer(rules.program, name="rules")
program.add_typer(users.program, name="user")
program.add_typer(settings.program, name="config")
show_examples(program)


def _show_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"watchkeeper {__version__}")
        raise typer.Exit


@program.callback()
def every_command(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Options that need no command."""
