"""The command line. One file a command."""

from __future__ import annotations

import sys

from watchkeeper.lib.errors import WatchkeeperError

__all__ = ["main"]


def main() -> None:
    """Run; a deliberate error ends with one clear line and status 1."""
    try:
        if sys.argv[1:2] == ["serve"]:
            from watchkeeper.cli.serving import program
        else:
            from watchkeeper.cli.program import program
        program(prog_name="watchkeeper")
    except WatchkeeperError as error:
        print(f"watchkeeper: {error}", file=sys.stderr)
        sys.exit(1)
