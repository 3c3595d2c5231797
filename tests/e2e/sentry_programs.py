"""Runs programs and pages that an unmodified Sentry SDK watches, against any DSN."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from urllib.parse import urlencode

from playwright.sync_api import Browser

from tests.e2e.product import NODE

ROOT = Path(__file__).parents[2]
NODE_VERSIONS = {"10": "10.78.0", "11": "11.12.0"}
"""Of @sentry/node and @sentry/browser, by major version."""
_WITHIN_S = 120


def run_python(dsn: str, scenario: str) -> None:
    """One scenario of sentry_app.py, in a process of its own."""
    command = [sys.executable, "-m", "tests.e2e.sentry_app", dsn, scenario]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(
        command, check=True, timeout=_WITHIN_S, cwd=ROOT, env=environ, capture_output=True
    )


def run_node(dsn: str, major: str) -> None:
    """sentry_app.mjs with one major version of @sentry/node."""
    command = ["node", str(NODE / "sentry_app.mjs"), dsn, major]
    subprocess.run(command, check=True, timeout=_WITHIN_S)


def visit(browser: Browser, dsn: str, major: str, *, tunnel: str = "") -> None:
    """Open sentry_page.mjs with one major version of @sentry/browser until it has sent all."""
    with _served_page(major) as origin:
        page = browser.new_page()
        try:
            page.goto(
                f"{origin}/?{urlencode({'dsn': dsn, **({'tunnel': tunnel} if tunnel else {})})}"
            )
            page.evaluate("window.sent")
        finally:
            page.close(run_before_unload=False)


@contextmanager
def _served_page(major: str) -> Iterator[str]:
    """The page on a free port of loopback."""
    with TemporaryDirectory() as directory:
        _bundle(Path(directory), major)
        handler = partial(_Quiet, directory=directory)
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def _bundle(directory: Path, major: str) -> None:
    program = NODE / "node_modules" / ".bin" / "esbuild"
    words = [
        "--bundle",
        "--format=esm",
        "--log-level=error",
        f"--alias:SENTRY=sentry-browser-{major}",
    ]
    target = f"--outfile={directory / 'page.js'}"
    subprocess.run([program, NODE / "sentry_page.mjs", *words, target], check=True, cwd=NODE)
    html = '<!doctype html><title>Shop</title><body><script type="module" src="page.js"></script>'
    (directory / "index.html").write_text(html)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
