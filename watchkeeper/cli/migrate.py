"""`watchkeeper migrate`."""

from __future__ import annotations

import typer

from watchkeeper.app.stores import column_store, meta_store
from watchkeeper.cli.arguments import ConfigFile, DataDirectory, installation, owned


def migrate(config: ConfigFile = None, data_dir: DataDirectory = None) -> None:
    """Bring the relational and the column store to this version. The server does it by itself."""
    found = installation(config, data_dir)
    with owned(found):
        meta = meta_store(found.config, found.data_dir)
        meta.upgrade()
        typer.echo("Relational store: up to date.")
        columns = column_store(found.config, found.data_dir, meta)
        meta.close()
        version = columns.migrate()
        columns.close()
        typer.echo(f"Column store: version {version}.")
