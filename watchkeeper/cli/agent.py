"""`watchkeeper agent`."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from watchkeeper.agent import PREFIX, read_options

_Text = str | None


def agent(
    url: Annotated[
        _Text, typer.Option(help="The server, such as https://watch.example.com.")
    ] = None,
    key: Annotated[
        _Text, typer.Option(help="A server key; better in WATCHKEEPER_AGENT_KEY.")
    ] = None,
    interval_s: Annotated[_Text, typer.Option(help="Seconds between two measurements.")] = None,
    job: Annotated[_Text, typer.Option(help="Label job; node if not given.")] = None,
    instance: Annotated[_Text, typer.Option(help="Label instance; else this host's name.")] = None,
    labels: Annotated[_Text, typer.Option(help="More labels: site=berlin,role=db.")] = None,
    listen: Annotated[_Text, typer.Option(help="HOST:PORT of a local /metrics.")] = None,
    buffer_bytes: Annotated[_Text, typer.Option(help="Kept while the server is away.")] = None,
    log_files: Annotated[_Text, typer.Option(help="Files to follow: /var/log/*.log,….")] = None,
    log_from_start: Annotated[_Text, typer.Option(help="true: send what is there too.")] = None,
    log_service: Annotated[_Text, typer.Option(help="Service of their lines.")] = None,
    journald: Annotated[_Text, typer.Option(help="true: send the journal.")] = None,
    state_dir: Annotated[_Text, typer.Option(help="Where positions are kept.")] = None,
) -> None:
    """Measure this host and push that to a server. Each option is also WATCHKEEPER_AGENT_…."""
    said = {
        "URL": url, "KEY": key, "INTERVAL_S": interval_s, "JOB": job, "INSTANCE": instance,
        "LABELS": labels, "LISTEN": listen, "BUFFER_BYTES": buffer_bytes,
        "LOG_FILES": log_files, "LOG_FROM_START": log_from_start, "LOG_SERVICE": log_service,
        "JOURNALD": journald, "STATE_DIR": state_dir,
    }  # fmt: skip
    environ = {
        **os.environ,
        **{PREFIX + name: value for name, value in said.items() if value is not None},
    }
    read_options(environ)  # what is wrong is said before anything starts
    # The agent stays small: it replaces this process, which has loaded the whole CLI. The key goes
    # on in the environment, where other users of the host do not see it.
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, "-m", "watchkeeper.agent"], environ)
