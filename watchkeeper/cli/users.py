"""`watchkeeper user`: people, and the link of the first run."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from watchkeeper.access import Access, User
from watchkeeper.cli.arguments import (
    AsJson,
    ConfigFile,
    DataDirectory,
    Listen,
    access_of,
    installation,
)
from watchkeeper.lib.errors import NotFound

program = typer.Typer(help="People.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(help="The person's e-mail address.")]
Password = Annotated[
    str,
    typer.Option(help="The new password.", envvar="WK_PASSWORD", prompt=True, hide_input=True),
]


@program.command("list")
def list_users(
    config: ConfigFile = None, data_dir: DataDirectory = None, as_json: AsJson = False
) -> None:
    """Everybody who can sign in."""
    with access_of(installation(config, data_dir)) as access:
        users = access.users(access.operator())
    if as_json:
        typer.echo(json.dumps([asdict(user) for user in users], indent=2))
        return
    table = Table("id", "e-mail", "name", "platform admin", "may sign in", box=None)
    for user in users:
        flags = ("yes" if user.is_platform_admin else "", "no" if user.is_disabled else "yes")
        table.add_row(str(user.id), user.email, user.name, *flags)
    Console().print(table)


@program.command("add")
def add(
    email: Email,
    password: Password,
    name: Annotated[str, typer.Option(help="Their name.")] = "",
    platform_admin: Annotated[bool, typer.Option(help="May see and do everything.")] = False,
    config: ConfigFile = None,
    data_dir: DataDirectory = None,
) -> None:
    """Add a person; make them a member of an organisation in the UI."""
    with access_of(installation(config, data_dir)) as access:
        user = access.create_user(
            access.operator(),
            email=email,
            name=name or email.partition("@")[0],
            password=password,
            is_platform_admin=platform_admin,
        )
    typer.echo(f"Added {user.email} with id {user.id}.")


@program.command("password")
def password(
    email: Email, password: Password, config: ConfigFile = None, data_dir: DataDirectory = None
) -> None:
    """Set a person's password; their sessions end."""
    with access_of(installation(config, data_dir)) as access:
        user = _named(access, email)
        access.set_password(access.operator(), user.id, password)
    typer.echo(f"The password of {user.email} is set; their sessions have ended.")


@program.command("disable")
def disable(email: Email, config: ConfigFile = None, data_dir: DataDirectory = None) -> None:
    """Keep a person from signing in."""
    _switch(email, config, data_dir, disabled=True)


@program.command("enable")
def enable(email: Email, config: ConfigFile = None, data_dir: DataDirectory = None) -> None:
    """Let a person sign in again."""
    _switch(email, config, data_dir, disabled=False)


@program.command("first-run")
def first_run(
    config: ConfigFile = None, listen: Listen = None, data_dir: DataDirectory = None
) -> None:
    """Print a new link to the first-run page; the one before stops working."""
    found = installation(config, data_dir, listen)
    with access_of(found) as access:
        link = access.first_run_link()
    typer.echo(f"{found.base_url}/first-run?token={link.token}")


def _switch(email: str, config: ConfigFile, data_dir: DataDirectory, *, disabled: bool) -> None:
    with access_of(installation(config, data_dir)) as access:
        user = _named(access, email)
        access.set_user_disabled(access.operator(), user.id, disabled=disabled)
    typer.echo(f"{user.email} may {'not ' if disabled else ''}sign in.")


def _named(access: Access, email: str) -> User:
    for user in access.users(access.operator()):
        if user.email == email.strip().lower():
            return user
    raise NotFound(f"There is no user {email}. `watchkeeper user list` shows everybody.")
