"""The product that is watched: a Node app with prom-client, a Python program with sentry-sdk."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

from bench.server import free_port

NODE = Path(__file__).parent / "node"
SECRET = "hunter2-planted-secret"


@dataclass
class NodeApp:
    """metrics_app.mjs on one port, started and stopped by a test."""

    port: int
    process: subprocess.Popen[bytes] | None = None

    @classmethod
    def on_a_free_port(cls) -> NodeApp:
        return cls(port=free_port())

    def start(self) -> None:
        command = ["node", str(NODE / "metrics_app.mjs"), str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self.process.stdout
        self.process.stdout.readline()

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            assert self.process.stdout
            self.process.stdout.close()
            self.process = None


def printed_link(log: Path) -> str:
    """The first-run link that a server has printed to its log."""
    found = re.search(r"Open (\S+/first-run\?token=\S+)", log.read_text())
    assert found is not None
    return found[1]


def fail_once(dsn: str, *, message: str) -> float:
    """Run a Python program that reports one error by an unmodified sentry-sdk.

    Returns the Unix time in seconds at which the SDK had sent it.
    """
    program = textwrap.dedent(
        """
        import os
        import sys
        import time
        import sentry_sdk

        sentry_sdk.init(dsn=sys.argv[1], environment="production", release="shop@1.2.3")
        sentry_sdk.set_user({"id": "42", "email": "ada@example.com"})
        sentry_sdk.set_tag("feature", "checkout")

        def charge(card_token, password):
            raise ValueError(sys.argv[2])

        try:
            charge("tok_1", os.environ["SHOP_PASSWORD"])
        except ValueError:
            sentry_sdk.capture_exception()
        sentry_sdk.flush(10)
        print(time.time())
        """
    )
    command = [sys.executable, "-c", program, dsn, message]
    environ = {**os.environ, "SHOP_PASSWORD": SECRET}
    done = subprocess.run(command, check=True, timeout=60, env=environ, capture_output=True)
    return float(done.stdout)
