"""Opens sentry_page.mjs in Chromium with one version of @sentry/browser."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from urllib.parse import urlencode

from playwright.sync_api import Browser

_PROGRAM = Path(__file__).parent / "programs" / "sentry_page.mjs"
_HTML = '<!doctype html><title>Shop</title><body><script type="module" src="page.js"></script>'
_NO_TUNNEL = ("6", "7", "9", "latest")


def visit(browser: Browser, dsn: str, folder: Path, tools: Path) -> None:
    """Open the page until it has sent all, then leave it."""
    package = json.loads((folder / "node_modules/@sentry/browser/package.json").read_text())
    major = package["version"].partition(".")[0]
    asked = {"dsn": dsn, "major": major}
    if folder.name.removeprefix("browser-") not in _NO_TUNNEL:
        asked["tunnel"] = (
            dsn.split("@", maxsplit=1)[0].split("//", maxsplit=1)[0]
            + "//"
            + _host(dsn)
            + "/api/tunnel/"
        )
    with _served(folder, tools) as origin:
        page = browser.new_page()
        page.on("pageerror", lambda error: None)
        page.goto(f"{origin}/?{urlencode(asked)}")
        page.evaluate("window.sent")
        page.goto("about:blank")
        page.wait_for_timeout(500)
        page.close()


def _host(dsn: str) -> str:
    return dsn.rpartition("@")[2].partition("/")[0]


@contextmanager
def _served(folder: Path, tools: Path) -> Iterator[str]:
    with TemporaryDirectory() as directory:
        _bundle(Path(directory), folder, tools)
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=directory))
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def _bundle(target: Path, folder: Path, tools: Path) -> None:
    """Packages that a version does not have are the SDK itself."""
    modules = folder / "node_modules" / "@sentry"
    places = {"SENTRY": "browser", "TRACING": "tracing", "REPLAY": "replay"}
    aliases = [
        f"--alias:{name}={modules / (place if (modules / place).exists() else 'browser')}"
        for name, place in places.items()
    ]
    subprocess.run(
        [
            tools / "node_modules" / ".bin" / "esbuild",
            _PROGRAM,
            "--bundle",
            "--format=esm",
            "--log-level=error",
            *aliases,
            f"--outfile={target / 'page.js'}",
        ],
        check=True,
    )
    (target / "index.html").write_text(_HTML)


class _Quiet(SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        self.send_header("Document-Policy", "js-profiling")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
