"""Brings the relational store up to date, in a process of its own."""

from __future__ import annotations

import sys

from watchkeeper.app.datadir import DataDir
from watchkeeper.app.stores import meta_store
from watchkeeper.app.words import read_words
from watchkeeper.lib.errors import WatchkeeperError


def main() -> int:
    """Returns the exit status; what went wrong is printed in one line."""
    try:
        config, _said = read_words(sys.argv[1:])
        meta = meta_store(config, DataDir(config.server.data_dir))
        meta.upgrade()
        meta.close()
    except WatchkeeperError as error:
        print(f"watchkeeper: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
