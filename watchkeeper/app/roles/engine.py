"""The engine process, started by the edge.

What it imports is light; its rooms, which take most of its start, are imported once nothing gets
in their way.
"""

from __future__ import annotations

import signal
import sys

from watchkeeper.app.starting import make_imports_light
from watchkeeper.app.supervise import die_with_parent
from watchkeeper.app.words import read_words


def main() -> int:
    """Run until told to stop. Returns the exit status."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is something to reload
    config, said = read_words(sys.argv[1:])
    if said.parent_pid:
        die_with_parent(said.parent_pid)
    make_imports_light()
    from watchkeeper.app.engine import run_engine

    return run_engine(config, waits=bool(said.parent_pid))


if __name__ == "__main__":
    sys.exit(main())
