"""Runs the shop under real SDKs and writes what they send (`python -m` this module).

A run is one framework, SDK version, interpreter and build. Between builds the lines of every file
move and the shop lies in another folder, as with a release. Kept of an event is what grouping may
look at, and its labels: which fault, called from where.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from watchkeeper.ingest import BodyLimits, unpack
from watchkeeper.ingest.protocols.sentry.parse import parse_envelope

HERE = Path(__file__).parent
SET = HERE.parent / "events.jsonl.gz"
_FRAME = ("module", "function", "filename", "in_app", "context_line")
_EVENT = ("platform", "transaction", "fingerprint", "message", "logentry")
_SAME = {"in_a_thread": "no_orders"}
"""Faults that are another's, reached by another way."""
_LIMITS = BodyLimits()


@dataclass(frozen=True)
class Run:
    """command: takes DSN, release and seed as its last words. folder: of the app's sources."""

    sdk: str
    framework: str
    build: int
    folder: Path
    command: Sequence[str]
    environ: dict[str, str]


class _Recorder(ThreadingHTTPServer):
    """Answers what an SDK sends, and keeps the events."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.events: list[dict[str, Any]] = []


class _Handler(BaseHTTPRequestHandler):
    server: _Recorder

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0"))) or self._chunks()
        body = unpack(body, self.headers.get("content-encoding", ""), _LIMITS)
        if self.path.split("?")[0].rstrip("/").endswith("/store"):
            self.server.events.append(json.loads(body))
        else:
            items = parse_envelope(body)[1]
            self.server.events += [json.loads(i.payload) for i in items if i.type == "event"]
        self.send_response(200)
        self.send_header("access-control-allow-origin", "*")
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def _chunks(self) -> bytes:
        found = b""
        while self.headers.get("transfer-encoding") == "chunked":
            size = int(self.rfile.readline(), 16)
            found += self.rfile.read(size)
            self.rfile.readline()
            if not size:
                break
        return found

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def recorder() -> Iterator[_Recorder]:
    server = _Recorder()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def build(number: int, source: Path, home: Path) -> Path:
    """The sources as a release has them: in a folder of its own, lines moved."""
    target = home / f"release-{number}" / source.name
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    if number > 1:
        for file in [*target.rglob("*.py"), *target.rglob("*.mjs")]:
            lines = "# moved\n" if file.suffix == ".py" else "// moved\n"
            text = file.read_text()
            is_late = text.startswith('"""') and "from __future__" in text
            moved = re.sub(r"\n\n\n(def|class|export|function)", r"\n\n\n\n\1", text)
            file.write_text(moved if is_late else lines * 7 + moved)
    return target


def kept(event: dict[str, Any], run: Run) -> dict[str, Any] | None:
    """What grouping may look at, and the labels."""
    tags = event.get("tags") or {}
    tags = dict(tags) if not isinstance(tags, dict) else tags
    if "fault" not in tags:
        return None
    values = event.get("exception") or {}
    values = values.get("values", []) if isinstance(values, dict) else values
    small = {name: event[name] for name in _EVENT if event.get(name) is not None}
    small["exception"] = {"values": [_exception(value) for value in values]}
    labels = {
        "fault": _SAME.get(tags["fault"], tags["fault"]),
        "caller": tags["caller"],
        "framework": run.framework,
        "sdk": run.sdk,
        "build": run.build,
    }
    return {"labels": labels, "event": small}


def _exception(value: dict[str, Any]) -> dict[str, Any]:
    frames = (value.get("stacktrace") or {}).get("frames") or []
    small = {name: value[name] for name in ("type", "value", "module") if value.get(name)}
    mechanism = value.get("mechanism") or {}
    if mechanism.get("synthetic"):
        small["mechanism"] = {"synthetic": True}
    small["stacktrace"] = {"frames": [_small_frame(frame) for frame in frames]}
    return small


def _small_frame(frame: dict[str, Any]) -> dict[str, Any]:
    names = _FRAME if frame.get("in_app") else _FRAME[:-1]
    return {name: frame[name] for name in names if frame.get(name) is not None}


def take(runs: Sequence[Run]) -> Iterator[dict[str, Any]]:
    """Run each and give what came."""
    for number, run in enumerate(runs):
        with recorder() as server:
            dsn = f"http://{'a' * 32}@127.0.0.1:{server.server_port}/1"
            done = subprocess.run(
                [*run.command, dsn, f"shop@{run.build}", str(10 * number + 1)],
                cwd=run.folder.parent,
                env={**os.environ, **run.environ},
                capture_output=True,
                timeout=180,
                check=False,
            )
        events = [small for small in (kept(event, run) for event in server.events) if small]
        trouble = "" if events else done.stderr.decode()[-500:]
        print(run.framework, run.sdk, run.build, len(events), trouble)
        yield from events


def main() -> None:
    """What runs under which SDK: `--python SDK=INTERPRETER:PATH:FRAMEWORKS …`, `--node` and
    `--messages SDK=FOLDER …`.
    """
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--python", action="append", default=[])
    asked.add_argument("--node", action="append", default=[])
    asked.add_argument("--messages", action="append", default=[])
    asked.add_argument("--add", action="store_true", help="keep what the set has")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as home:
        releases = {n: build(n, HERE / "shop", Path(home)) for n in (1, 2)}
        node = {n: build(n, HERE / "node_shop", Path(home)) for n in (1, 2)}
        runs = [
            *_python_runs(given.python, releases),
            *_node_runs(given.node, node, framework="node", entry="entry.mjs"),
            *_node_runs(given.messages, node, framework="node-messages", entry="messages.mjs"),
        ]
        lines = [json.dumps(event, sort_keys=True) for event in take(runs)]
    if given.add:
        lines = [*gzip.decompress(SET.read_bytes()).decode().splitlines(), *lines]
    with gzip.GzipFile(SET, "wb", mtime=0) as file:
        file.write("\n".join(lines).encode())
    print(len(lines), "events", SET.stat().st_size, "bytes")


def _python_runs(asked: Sequence[str], releases: dict[int, Path]) -> Iterator[Run]:
    for each in asked:
        sdk, _, place = each.partition("=")
        interpreter, path, frameworks = place.split(":")
        for framework in frameworks.split(","):
            for number, folder in releases.items():
                yield Run(
                    sdk=f"sentry-sdk {sdk}",
                    framework=framework,
                    build=number,
                    folder=folder,
                    command=(interpreter, "-m", "shop.entry", framework),
                    environ={"PYTHONPATH": f"{path}:{folder.parent}"},
                )


def _node_runs(
    asked: Sequence[str], releases: dict[int, Path], *, framework: str, entry: str
) -> Iterator[Run]:
    for each in asked:
        sdk, _, modules = each.partition("=")
        for number, folder in releases.items():
            link = folder / "node_modules"
            link.unlink(missing_ok=True)
            link.symlink_to(modules)
            yield Run(
                sdk=f"@sentry/node {sdk}",
                framework=framework,
                build=number,
                folder=folder,
                command=("node", str(folder / entry)),
                environ={},
            )


if __name__ == "__main__":
    main()
