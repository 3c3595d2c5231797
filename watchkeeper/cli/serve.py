"""`watchkeeper serve`."""

from __future__ import annotations

import os
import sys

from watchkeeper.cli.arguments import ConfigFile, DataDirectory, Listen, installation


def serve(config: ConfigFile = None, listen: Listen = None, data_dir: DataDirectory = None) -> None:
    """Run the server until it is told to stop."""
    installation(config, data_dir, listen)  # a wrong setting is said before anything starts
    words = [
        *(("--config", str(config)) if config else ()),
        *(("--listen", listen) if listen else ()),
        *(("--data-dir", str(data_dir)) if data_dir else ()),
    ]
    # The edge is a process that stays small: it replaces this one, which has loaded the whole CLI.
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "watchkeeper.app.roles.serve", *words])
