"""`watchkeeper serve`: takes the directory and the address, starts the engine, becomes the edge.

What it imports is light, so that the engine, which takes longest, starts first.
"""

from __future__ import annotations

import errno
import os
import resource
import signal
import socket
import sys
from typing import ClassVar

from watchkeeper.app.config import Config
from watchkeeper.app.datadir import DataDir, DataDirLock
from watchkeeper.app.options import split_listen
from watchkeeper.app.starting import make_imports_light
from watchkeeper.app.supervise import EngineProcess
from watchkeeper.app.words import read_words, said_again
from watchkeeper.lib.errors import WatchkeeperError

BACKLOG = 1024


class PortTaken(WatchkeeperError):
    """The public address cannot be listened on."""

    code: ClassVar[str] = "port_taken"


def main() -> int:
    """Run until told to stop. Returns the exit status; what went wrong is printed in one line."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until the engine can be told to reload
    _allow_many_files()
    try:
        config, _said = read_words(sys.argv[1:])
        return _serve(config)
    except WatchkeeperError as error:
        print(f"watchkeeper: {error}", file=sys.stderr, flush=True)
        return 1


def _serve(config: Config) -> int:
    data_dir = DataDir(config.server.data_dir)
    data_dir.prepare()
    lock = DataDirLock(data_dir)
    lock.acquire()
    try:
        listener = _listen(config.server.listen)
        engine = EngineProcess(["--parent-pid", str(os.getpid()), *said_again(config)])
        engine.start()
        make_imports_light()
        from watchkeeper.app.roles.public import serve_public

        return serve_public(config, data_dir, listener, engine)
    finally:
        lock.release()


def _allow_many_files() -> None:
    """As many as the machine allows, for this process and its children: each connection is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _listen(listen: str) -> socket.socket:
    host, port = split_listen(listen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, so that the event loop sends small answers at once (TCP_NODELAY).
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        reason = (
            "the port is taken"
            if error.errno == errno.EADDRINUSE
            else (error.strerror or str(error)).lower()
        )
        raise PortTaken(
            f"Cannot listen on {listen}: {reason}. Choose another with --listen HOST:PORT."
        ) from error
    return listener


if __name__ == "__main__":
    sys.exit(main())
