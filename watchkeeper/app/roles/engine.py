"""The engine process, started by the edge."""

from __future__ import annotations

import signal
import sys

import uvloop

from watchkeeper import __version__
from watchkeeper.app.datadir import DataDir
from watchkeeper.app.engine import serve_engine
from watchkeeper.app.supervise import REFUSED_TO_START, die_with_parent, wait_for_go
from watchkeeper.app.wiring import build_engine
from watchkeeper.app.words import read_words
from watchkeeper.lib.clock import system_clock
from watchkeeper.lib.collector import spare_what_stays
from watchkeeper.lib.errors import WatchkeeperError
from watchkeeper.lib.telemetry import start_telemetry


def main() -> int:
    """Run until told to stop. Returns the exit status."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is something to reload
    config, said = read_words(sys.argv[1:])
    if said.parent_pid:
        die_with_parent(said.parent_pid)
        if not wait_for_go():
            return 0
    telemetry = start_telemetry(
        process="engine",
        version=__version__,
        level=config.log.level,
        log_format=config.log.format,
    )
    data_dir = DataDir(config.server.data_dir)
    try:
        rooms = build_engine(config, data_dir, system_clock, telemetry)
    except WatchkeeperError as error:
        print(f"watchkeeper: {error}", file=sys.stderr, flush=True)
        return REFUSED_TO_START if not error.retryable else 1
    spare_what_stays()
    try:
        uvloop.run(serve_engine(rooms))
    finally:
        rooms.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
