"""The command line. One file a command."""

from watchkeeper.cli.program import main

__all__ = ["main"]
