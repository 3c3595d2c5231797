"""`watchkeeper serve` alone: what it does not need is not loaded, so that it starts soon."""

from __future__ import annotations

import typer

from watchkeeper.cli import serve
from watchkeeper.cli.examples import show_examples

program = typer.Typer(
    name="watchkeeper", add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True
)
program.command("serve")(serve.serve)
show_examples(program)


@program.callback()
def only_serve() -> None:
    """Keeps `serve` a command of its own; a program with one command would swallow its name."""
