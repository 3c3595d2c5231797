"""`watchkeeper doctor`: what is wrong with this installation, in words."""

from __future__ import annotations

import json
import shutil
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass

import typer
from rich.console import Console
from rich.table import Table

from watchkeeper.app.datadir import is_locked
from watchkeeper.app.stores import meta_store
from watchkeeper.cli.arguments import AsJson, ConfigFile, DataDirectory, Installation, installation
from watchkeeper.lib.errors import WatchkeeperError

LEAST_FREE_BYTES = 1024**3


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    is_ok: bool
    detail: str


def doctor(
    config: ConfigFile = None, data_dir: DataDirectory = None, as_json: AsJson = False
) -> None:
    """Look at the machine, the data directory, the stores and the running server."""
    found = installation(config, data_dir)
    findings = [_looked_at(look, found) for look in (_python, _directory, _disk, _meta, _server)]
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in findings], indent=2))
    else:
        _show(findings)
    if not all(each.is_ok for each in findings):
        raise typer.Exit(1)


def _looked_at(look: Callable[[Installation], Finding], found: Installation) -> Finding:
    try:
        return look(found)
    except (WatchkeeperError, OSError) as error:
        return Finding(look.__name__.strip("_"), False, str(error))


def _python(_found: Installation) -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("python", sys.version_info >= (3, 11), f"{version} on {sys.platform}")


def _directory(found: Installation) -> Finding:
    found.data_dir.prepare()
    mode = found.data_dir.root.stat().st_mode & 0o777
    detail = f"{found.data_dir.root.resolve()}, mode {mode:o}"
    return Finding("directory", mode & 0o077 == 0, detail)


def _disk(found: Installation) -> Finding:
    free = shutil.disk_usage(found.data_dir.root).free
    return Finding("disk", free >= LEAST_FREE_BYTES, f"{free / 1024**3:.1f} GiB free")


def _meta(found: Installation) -> Finding:
    meta = meta_store(found.config, found.data_dir)
    try:
        meta.upgrade()
        return Finding("meta", True, f"version {meta.version()}")
    finally:
        meta.close()


def _server(found: Installation) -> Finding:
    if not is_locked(found.data_dir):
        return Finding("server", True, "not running")
    url = f"http://{found.config.server.listen}/api/health?full=true"
    if (running := found.data_dir.running_listen()) is not None:
        url = f"http://{running}/api/health?full=true"
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return Finding("server", True, f"{json.load(answer)['status']} at {url}")
    except urllib.error.HTTPError as error:
        checks = json.load(error).get("checks", {})
        failed = [name for name, check in checks.items() if check.get("status") != "healthy"]
        return Finding("server", False, f"unhealthy: {', '.join(failed)}")


def _show(findings: list[Finding]) -> None:
    table = Table.grid(padding=(0, 2))
    for each in findings:
        table.add_row("ok" if each.is_ok else "[bold red]wrong[/]", each.what, each.detail)
    Console().print(table)
