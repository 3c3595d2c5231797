"""`watchkeeper setup`: an account, a project and its keys, without a browser."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from watchkeeper.app.addresses import Addresses, addresses_of
from watchkeeper.cli.arguments import (
    AsJson,
    ConfigFile,
    DataDirectory,
    Listen,
    access_of,
    installation,
)


def setup(
    email: Annotated[str, typer.Option(help="Who signs in.")],
    password: Annotated[
        str, typer.Option(help="Their password, used if they are new.", envvar="WK_PASSWORD")
    ],
    org: Annotated[str, typer.Option(help="Organisation; made if it is new.")],
    project: Annotated[str, typer.Option(help="Project; made if it is new.")],
    name: Annotated[str, typer.Option(help="Their name.")] = "",
    timezone: Annotated[str, typer.Option(help="The project's time zone.")] = "UTC",
    config: ConfigFile = None,
    listen: Listen = None,
    data_dir: DataDirectory = None,
    as_json: AsJson = False,
) -> None:
    """Find or make a person, organisation and project; print the addresses and keys.

    The same words give the same answer. Works before the server runs and beside it.
    """
    found = installation(config, data_dir, listen)
    with access_of(found) as access:
        made = access.setup(
            email=email, password=password, org=org, project=project, name=name, timezone=timezone
        )
    addresses = addresses_of(
        found.base_url,
        project_id=made.project_id,
        public_key=made.public_key,
        server_key=made.server_key,
        api_token=made.api_token,
        statsd=found.config.statsd,
    )
    facts = {
        "project_id": made.project_id,
        "organisation": made.org_slug,
        "project": made.project_slug,
        **asdict(addresses),
        "api_token": made.api_token,
    }
    typer.echo(json.dumps(facts, indent=2)) if as_json else _show(facts, addresses)


def _show(facts: dict[str, object], addresses: Addresses) -> None:
    table = Table.grid(padding=(0, 2))
    for key, value in facts.items():
        table.add_row(key, str(value))
    console = Console()
    console.print(table)
    console.print(f"\nOpen {addresses.public_url} and sign in.", highlight=False)
