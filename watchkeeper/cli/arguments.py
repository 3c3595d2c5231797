"""The options that every command takes, and what they lead to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watchkeeper.app.config import CONFIG_FILE_VARIABLE, Config, load
from watchkeeper.app.datadir import DataDir, DataDirLock

if TYPE_CHECKING:
    from watchkeeper.access import Access

ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", help="Settings file (TOML).", envvar=CONFIG_FILE_VARIABLE),
]
DataDirectory = Annotated[
    Path | None, typer.Option("--data-dir", help="Directory of everything that is stored.")
]
Listen = Annotated[str | None, typer.Option("--listen", help="Address to listen on, HOST:PORT.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


@dataclass(frozen=True, slots=True)
class Installation:
    """One data directory and its settings, as a command sees them."""

    config: Config
    data_dir: DataDir

    @property
    def base_url(self) -> str:
        """The address to print: as set, or as the last server here printed it."""
        chosen = self.config.origins
        is_default = chosen["server.listen"] == chosen["server.public_url"] == "default"
        running = self.data_dir.running_base_url() if is_default else None
        return running or self.config.server.base_url


def installation(
    config_file: Path | None, data_dir: Path | None, listen: str | None = None
) -> Installation:
    """Read the settings. Raises ConfigError."""
    options = {
        "server.data_dir": str(data_dir) if data_dir else None,
        "server.listen": listen,
    }
    config = load(config_file, os.environ, options)
    return Installation(config, DataDir(config.server.data_dir))


@contextmanager
def owned(found: Installation) -> Iterator[None]:
    """The data directory is ours meanwhile. Raises DataDirInUse while a server runs."""
    found.data_dir.prepare()
    lock = DataDirLock(found.data_dir)
    lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def access_of(found: Installation) -> Iterator[Access]:
    """Who may do what, with the relational store brought up to date first."""
    from watchkeeper.app.people import open_access

    found.data_dir.prepare()
    with open_access(found.config, found.data_dir) as access:
        yield access


def project_named(access: Access, name: str) -> int:
    """The id of a project that is named by it or as ORGANISATION/PROJECT. Raises NotFound."""
    from watchkeeper.app.homes import HomeProjects
    from watchkeeper.lib.errors import NotFound

    if name.isascii() and name.isdigit():
        return access.project(access.operator(), int(name)).id
    project_id = HomeProjects(access).find(name) if name else None
    if project_id is None:
        raise NotFound(
            f"There is no project {name!r}. Name it by its id or as ORGANISATION/PROJECT, as its "
            "address in the browser has them."
        )
    return project_id
