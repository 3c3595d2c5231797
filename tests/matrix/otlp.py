"""Runs the OpenTelemetry programs under every version.

`python -m tests.matrix.otlp DIRECTORY [WORD …]`

DIRECTORY has `py/otel-<version>` and `js/otel-<version>`. Prints what is missing of each.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.server import Server, free_port
from tests.matrix.__main__ import PROGRAMS, settled
from watchkeeper.store.columns import Columns, EmbeddedOptions
from watchkeeper.store.columns.embedded import open_embedded

_WITHIN_S = 90
_SPANS = {
    ("POST /orders/{id}", "http.server", "error"),
    ("SELECT orders", "db", "unset"),
    ("charge", "", "error"),
}
_METRICS = {"orders_total", "queue_depth", "checkout_time_milliseconds_bucket"}


@dataclass(frozen=True, slots=True)
class Run:
    """before, after: the program's words around URL, gRPC, key, service and way."""

    service: str
    way: str
    before: tuple[str, ...]
    after: tuple[str, ...] = ()
    path: str = ""


def runs(home: Path) -> Iterator[Run]:
    """Every version over every way."""
    for folder in sorted((home / "py").glob("otel-*")):
        program = (sys.executable, "-W", "ignore", str(PROGRAMS / "otlp_python.py"))
        for way in ("plain", "gzip", "grpc"):
            yield Run(f"python-{folder.name}-{way}", way, program, (), str(folder))
    for folder in sorted((home / "js").glob("otel-*")):
        node = ("node", str(PROGRAMS / "otlp_node.cjs"))
        for way in ("json", "proto", "gzip", "grpc"):
            yield Run(f"node-{folder.name}-{way}", way, node, (str(folder),))


def main(home: Path, words: Sequence[str]) -> None:
    """Run all, or those whose name holds a word, then look at what is stored."""
    port = free_port()
    environ = {
        "WATCHKEEPER_STATSD_LISTEN": "",
        "WATCHKEEPER_OTLP_GRPC_LISTEN": f"127.0.0.1:{port}",
    }
    every = [run for run in runs(home) if not words or any(word in run.service for word in words)]
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "data", environ=environ)
        facts = server.setup()
        server.start()
        grpc, token = f"http://127.0.0.1:{port}", str(facts["api_token"])
        key = _server_key(server, facts)
        for run in every:
            given = [server.url, grpc, key, run.service, run.way]
            done = subprocess.run(
                [*run.before, *given, *run.after],
                env={**os.environ, **({"PYTHONPATH": run.path} if run.path else {})},
                capture_output=True,
                timeout=_WITHIN_S,
                check=False,
            )
            if done.returncode or done.stderr:
                print("TROUBLE", run.service, done.returncode, done.stderr.decode()[-500:])
        time.sleep(1)
        counted = settled(server, token)
        server.stop()
        columns = open_embedded(
            server.data_dir / "columns", options=EmbeddedOptions(retention_days={})
        )
        for run in every:
            print(run.service, *findings(columns, run.service) or ["whole"])
        columns.close()
    print("\n".join(counted))


def _server_key(server: Server, facts: dict[str, object]) -> str:
    """A key that may write metrics."""
    headers = {"Authorization": f"Bearer {facts['api_token']}"}
    with httpx.Client(base_url=server.url, headers=headers) as client:
        path = f"/api/wk/projects/{facts['project_id']}/keys"
        made = client.post(path, json={"name": "matrix", "kind": "server"})
        return str(made.json().get("key", facts["api_token"]))


def findings(columns: Columns, service: str) -> list[str]:
    """What one program's server lacks, in words."""
    params: dict[str, object] = {"s": service}
    rows = columns.rows(
        "SELECT name, op, status, trace_id, events, links, release, environment FROM spans "
        "WHERE service = {s:String}",
        params,
    )
    found = []
    if {(row[0], row[1], row[2]) for row in rows} != _SPANS or len(rows) != len(_SPANS):
        found.append(f"spans {[tuple(row[:3]) for row in rows]}")
    if {(row[6], row[7]) for row in rows} != {("1.2.3", "production")}:
        found.append("release or environment of spans")
    charge = next((row for row in rows if row[0] == "charge"), None)
    if charge and not ("gateway" in charge[4] and "retry" in charge[5]):
        found.append(f"events or links {charge[4:6]}")
    lines = columns.rows(
        "SELECT body, trace_id, severity, attributes FROM logs WHERE service = {s:String}", params
    )
    stock = next((row for row in lines if row[0] == "stock of tea is low"), None)
    if stock is None or stock[1] not in {row[3] for row in rows} or stock[2] != "warn":
        found.append(f"logs {lines}")
    elif stock[3].get("left") != "3":
        found.append(f"attributes of logs {stock[3]}")
    names = {
        row[0]
        for row in columns.rows(
            "SELECT DISTINCT metric FROM series WHERE labels['job'] = {s:String}", params
        )
    }
    if not names >= _METRICS:
        found.append(f"metrics {sorted(names)}")
    errors = columns.rows(
        "SELECT type, value, payload FROM errors WHERE value = {v:String}",
        {"v": f"no price for {service}"},
    )
    if [row[0] for row in errors] not in (["ValueError"], ["TypeError"]):
        found.append(f"errors {[tuple(row[:2]) for row in errors]}")
    elif '"frames"' not in str(errors[0][2]):
        found.append("frames of the exception")
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
