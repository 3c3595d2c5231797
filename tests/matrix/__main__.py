"""Runs the programs under every installed version: `python -m tests.matrix DIRECTORY [WORD …]`.

DIRECTORY is filled by `install.sh`. A word limits the run to labels that hold it. Prints what each
sent and what of it is not stored as it was sent, and leaves the requests in
DIRECTORY/passed.pickle.
"""

from __future__ import annotations

import os
import pickle
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
from playwright.sync_api import sync_playwright

from bench.server import Server
from tests.e2e.browser import FLAGS
from tests.matrix.compare import compare, read
from tests.matrix.page import visit
from tests.matrix.programs.sentry_python import SCENARIOS
from tests.matrix.relay import Relay, relay_to
from watchkeeper.store.columns import EmbeddedOptions
from watchkeeper.store.columns.embedded import open_embedded

PROGRAMS = Path(__file__).parent / "programs"
_OLD = ("0.", "1.")
_WITHIN_S = 90


@dataclass(frozen=True, slots=True)
class Run:
    """command: takes the DSN after its program. path: what Python finds first."""

    label: str
    command: tuple[str, ...]
    after: tuple[str, ...] = ()
    path: str = ""


def runs(home: Path) -> Iterator[Run]:
    """Every program with every version that is installed."""
    for folder in sorted((home / "py").glob("sdk-*")):
        version = folder.name.removeprefix("sdk-")
        frameworks = home / "py" / ("fw-old" if version.startswith(_OLD) else "fw-new")
        program = (sys.executable, "-W", "ignore", str(PROGRAMS / "sentry_python.py"))
        for name in SCENARIOS:
            yield Run(f"sentry-sdk {version} {name}", program, (name,), f"{folder}:{frameworks}")
    if (home / "py" / "raven").exists():
        program = (sys.executable, "-W", "ignore", str(PROGRAMS / "raven_python.py"))
        yield Run("raven python", program, (), f"{home / 'py' / 'raven'}:{home / 'py' / 'fw-old'}")
    for folder in sorted((home / "js").glob("node-*")):
        command = ("node", str(PROGRAMS / "sentry_node.cjs"))
        yield Run(f"@sentry/node {folder.name.removeprefix('node-')}", command, (str(folder),))
    if (home / "js" / "tools").exists():
        command = ("node", str(PROGRAMS / "raven_node.cjs"))
        yield Run("raven node", command, (str(home / "js" / "tools"),))


def main(home: Path, words: list[str]) -> None:
    """Run, compare, print."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "data", environ={"WATCHKEEPER_STATSD_LISTEN": ""})
        facts = server.setup()
        server.start()
        with relay_to(server.port) as relay:
            dsn = str(facts["sentry_dsn"]).replace(f":{server.port}/", f":{relay.port}/")
            try:
                _run_all(home, words, relay, dsn)
                counted = settled(server, str(facts["api_token"]))
            finally:
                server.stop()
        with (home / "passed.pickle").open("wb") as file:
            pickle.dump(relay.passed, file)
        options = EmbeddedOptions(retention_days={})
        columns = open_embedded(server.data_dir / "columns", options=options)
        findings, sent = compare(relay.passed, read(columns))
        columns.close()
    for label, types in sent.items():
        print(label, dict(types))
    for finding, count in Counter(findings).items():
        print(f"FINDING {finding.label}: {finding.text}", f"({count} times)" if count > 1 else "")
    print("\n".join(counted))


def _run_all(home: Path, words: list[str], relay: Relay, dsn: str) -> None:
    for run in runs(home):
        if words and not any(word in run.label for word in words):
            continue
        relay.label = run.label
        environ = {**os.environ, "PYTHONPATH": run.path} if run.path else dict(os.environ)
        before = len(relay.passed)
        done = subprocess.run(
            [*run.command, dsn, *run.after],
            env=environ,
            capture_output=True,
            timeout=_WITHIN_S,
            check=False,
        )
        trouble = done.stderr.decode()[-600:] if done.returncode else ""
        if trouble or (len(relay.passed) == before and b"absent" not in done.stdout):
            print("TROUBLE", run.label, done.returncode, trouble)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for folder in sorted((home / "js").glob("browser-*")):
            relay.label = f"@sentry/browser {folder.name.removeprefix('browser-')}"
            if not words or any(word in relay.label for word in words):
                visit(browser, dsn, folder, home / "js" / "tools")
        browser.close()


def settled(server: Server, token: str) -> list[str]:
    """The lines of /metrics that tell of drops, once nothing waits in the spool."""
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {token}"}) as client:
        for _ in range(300):
            text = client.get("/metrics").text
            waiting = re.findall(r"^watchkeeper_spool_depth_bytes\{.*\} (\S+)", text, re.MULTILINE)
            if waiting and not any(map(float, waiting)):
                break
            time.sleep(0.1)
    told = re.compile(
        r"watchkeeper_ingest_(dropped|unsupported_items|client_discarded|cut)_total\S* [1-9].*"
    )
    return [line for line in text.splitlines() if told.match(line)]


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
