"""Old and new sentry-cli against one server: `python -m tests.matrix.cli BINARY …`.

Each makes a release, commits, a deploy, uploads a source map with and without debug ids, and sends
an event whose minified frame the map must resolve. Prints what fails.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bench.server import Server

_SOURCE = (
    "function charge(){throw new Error('no price')}charge();\n//# sourceMappingURL=main.js.map\n"
)
_MAP = {
    "version": 3,
    "file": "main.js",
    "sources": ["src/cart.ts"],
    "sourcesContent": ["export function chargeInCents() {\n  throw new Error('no price');\n}\n"],
    "names": ["chargeInCents"],
    "mappings": "AAAO,SAASA,SACd,MAAM",
}


@dataclass(frozen=True, slots=True)
class Cli:
    """One binary on one server."""

    binary: str
    folder: Path
    environ: Mapping[str, str]

    def run(self, *words: str) -> tuple[bool, str]:
        """Whether it worked, and what it printed."""
        done = subprocess.run(
            [self.binary, *words],
            cwd=self.folder,
            env={**os.environ, **self.environ},
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        return done.returncode == 0, done.stdout + done.stderr


def main(binaries: list[str]) -> None:
    """Every binary in turn."""
    with tempfile.TemporaryDirectory() as home:
        server = Server(Path(home) / "data", environ={"WATCHKEEPER_STATSD_LISTEN": ""})
        facts = server.setup()
        server.start()
        try:
            folder = Path(home) / "shop"
            _write(folder)
            for binary in binaries:
                environ = {
                    "SENTRY_URL": server.url,
                    "SENTRY_AUTH_TOKEN": str(facts["api_token"]),
                    "SENTRY_ORG": "acme",
                    "SENTRY_PROJECT": "web",
                    "SENTRY_DSN": str(facts["sentry_dsn"]),
                }
                _try(Cli(binary, folder, environ), server, facts)
        finally:
            server.stop()


def _write(folder: Path) -> None:
    (folder / "dist").mkdir(parents=True)
    (folder / "dist" / "main.js").write_text(_SOURCE)
    (folder / "dist" / "main.js.map").write_text(json.dumps(_MAP))
    git = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "cart: charge in cents"]):
        subprocess.run([*git, *words], cwd=folder, check=True)


def _try(cli: Cli, server: Server, facts: Mapping[str, object]) -> None:
    _, version = cli.run("--version")
    version = version.split()[-1]
    release = f"shop@{version}"
    print("==", version)
    steps = [
        ("info",),
        ("releases", "new", release),
        ("releases", "set-commits", "--local", release),
        ("releases", "finalize", release),
        ("releases", "list"),
        ("releases", "info", release),
        (
            "sourcemaps",
            "upload",
            "--release",
            release,
            "--wait",
            "--url-prefix",
            "~/assets",
            "dist",
        ),
        ("send-event", "--message", f"from {version}", "--release", release, "--level", "info"),
    ]
    if version.startswith(("1.", "2.")):
        steps.append(("releases", "deploys", release, "new", "-e", "production"))
        steps.append(("releases", "files", release, "list"))
    for words in steps:
        works, told = cli.run(*words)
        print("ok  " if works else "FAIL", " ".join(words[:2]), "" if works else told[-500:])
    print(_resolved(server, facts, release))


def _resolved(server: Server, facts: Mapping[str, object], release: str) -> str:
    """The function and file that the page shows for the minified frame."""
    event_id = uuid.uuid4().hex
    frame = {"abs_path": "http://shop.example.com/assets/main.js", "lineno": 1, "colno": 19}
    event: dict[str, Any] = {
        "event_id": event_id,
        "platform": "javascript",
        "release": release,
        "exception": {
            "values": [
                {
                    "type": "Error",
                    "value": f"no price {release}",
                    "stacktrace": {
                        "frames": [{**frame, "filename": frame["abs_path"], "in_app": True}]
                    },
                }
            ]
        },
    }
    key = str(facts["sentry_dsn"]).partition("//")[2].partition("@")[0]
    project = facts["project_id"]
    headers = {"Authorization": f"Bearer {facts['api_token']}"}
    with httpx.Client(base_url=server.url, headers=headers) as client:
        client.post(
            f"/api/{project}/store/",
            params={"sentry_key": key},
            json=event,
            headers={"Authorization": ""},
        )
        for _ in range(100):
            base = f"/api/wk/projects/{project}/issues"
            found = client.get(base, params={"q": f'"no price {release}"'}).json().get("issues", [])
            if found:
                shown = client.get(f"{base}/{found[0]['short_id']}/events/latest").json()
                top = shown["stacks"]["exceptions"][0]["frames"][0]
                return f"{top['function']} in {top['filename']}:{top['lineno']} {top['note']}"
            time.sleep(0.1)
    return "FAIL the event did not come"


if __name__ == "__main__":
    main(sys.argv[1:])
