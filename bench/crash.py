"""kill -9 at random instants under mixed load: what was accepted is there once, all of it.

`python -m bench.crash --kills 50`. Errors come as Sentry envelopes, samples as remote write; each
client repeats a request until it is accepted, as SDKs and Prometheus do, so a request whose answer
the crash swallowed arrives twice. What is stored is read back over the HTTP API, and then once
more from the stopped server's tables.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from bench.load import (
    EVENTS_AN_ISSUE,
    METRIC,
    SAMPLE_STEP_MS,
    SERIES_A_CLIENT,
    Client,
    envelopes,
    event_id,
    issue_type,
    remote_writes,
)
from bench.report import Bar, publish
from bench.server import Server
from watchkeeper.store.columns import EmbeddedOptions, Resolution, rollup_range
from watchkeeper.store.columns.embedded import open_embedded

ERROR_CLIENTS = 2
SAMPLE_CLIENTS = 2
RESTART_LIMIT_S = 3.0
_WINDOW_MS = 60_000
_DRAIN_S = 120.0


@dataclass
class Outcome:
    """What a run found. lost, duplicated: accepted records missing, and stored too often."""

    kills: int = 0
    errors: int = 0
    samples: int = 0
    refused: list[str] = field(default_factory=list)
    lost: int = 0
    duplicated: int = 0
    rollup_differences: int = 0
    restarts_s: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def note(self, lost: int, duplicated: int, what: str) -> None:
        self.lost += lost
        self.duplicated += duplicated
        if lost or duplicated:
            self.notes.append(f"{what}: {lost} lost, {duplicated} duplicated")


@dataclass(frozen=True)
class Reader:
    """The server's HTTP API, as one project's token sees it."""

    url: str
    project_id: int
    token: str

    def get(self, path: str, **params: object) -> Any:
        url = f"{self.url}{path}?{urllib.parse.urlencode(params)}"
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def vector(self, query: str, at_ms: int) -> list[dict[str, Any]]:
        """The `result` of an instant query."""
        path = f"/p/{self.project_id}/api/v1/query"
        answer = self.get(path, query=query, time=at_ms / 1000)
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    def issues(self, from_ms: int, to_ms: int) -> dict[str, tuple[str, int]]:
        """Short id and events in the range of every issue, by its type."""
        found: dict[str, tuple[str, int]] = {}
        cursor: dict[str, str] = {}
        while True:
            page = self.get(
                f"/api/wk/projects/{self.project_id}/issues",
                **{"from": from_ms, "to": to_ms, "limit": 200, "q": "Load", **cursor},
            )
            found |= {one["type"]: (one["short_id"], one["events"]) for one in page["issues"]}
            if not page["next_cursor"]:
                return found
            cursor = {"cursor": page["next_cursor"]}


def run(kills: int, seed: int, directory: Path) -> Outcome:
    """Load a fresh server, kill it again and again, and compare."""
    server = Server(directory / "data")
    facts = server.setup()
    outcome = Outcome(kills=kills)
    chance = random.Random(seed)
    project_id = int(str(facts["project_id"]))
    start_ms = int(time.time() * 1000) - 300_000
    errors, samples = _clients(server.port, facts, project_id, start_ms)
    server.start()
    try:
        with _running([*errors, *samples]):
            for number in range(kills):
                time.sleep(chance.uniform(0.05, 2.5))
                server.kill()
                outcome.restarts_s.append(server.start())
                _progress(number + 1, kills, outcome)
            time.sleep(0.5)
        outcome.refused = [text for client in (*errors, *samples) for text in client.refused]
        reader = Reader(server.url, project_id, str(facts["api_token"]))
        _wait_until_digested(reader, errors, samples, start_ms)
        _compare_errors(reader, errors, outcome)
        _compare_samples(reader, samples, start_ms, outcome)
        family = server.tree()
        server.stop()
        psutil.wait_procs(family, timeout=30)
        _compare_tables(server.data_dir, project_id, outcome)
    finally:
        server.kill()
    return outcome


def _clients(
    port: int, facts: dict[str, object], project_id: int, start_ms: int
) -> tuple[list[Client], list[Client]]:
    envelope = envelopes(project_id, str(facts["ingest_key"]))
    write = remote_writes(project_id, str(facts["server_key"]), start_ms)
    errors = [Client(port, number, envelope, 0.004) for number in range(ERROR_CLIENTS)]
    samples = [
        Client(port, number, write, SAMPLE_STEP_MS / 1000) for number in range(SAMPLE_CLIENTS)
    ]
    return errors, samples


@contextmanager
def _running(clients: list[Client]) -> Iterator[None]:
    stop = threading.Event()
    threads = [threading.Thread(target=client.run, args=(stop,)) for client in clients]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _progress(done: int, kills: int, outcome: Outcome) -> None:
    if sys.stderr.isatty():
        text = f"\r{done}/{kills} kills, last restart {outcome.restarts_s[-1]:.2f} s "
        print(text, end="" if done < kills else "\n", file=sys.stderr, flush=True)


def _wait_until_digested(
    reader: Reader, errors: list[Client], samples: list[Client], start_ms: int
) -> None:
    """Until each client's last accepted record can be read; the comparison says what cannot."""
    deadline = time.monotonic() + _DRAIN_S
    while time.monotonic() < deadline:
        if all(_has_event(reader, one) for one in errors) and all(
            _has_sample(reader, one, start_ms) for one in samples
        ):
            return
        time.sleep(0.25)


def _has_event(reader: Reader, client: Client) -> bool:
    now_ms = int(time.time() * 1000)
    last = client.accepted[-1]
    issue = reader.issues(now_ms - 3_600_000, now_ms + 60_000).get(issue_type(client.number, last))
    return issue is not None and _is_stored(reader, issue[0], event_id(client.number, last))


def _is_stored(reader: Reader, short_id: str, identity: str) -> bool:
    path = f"/api/wk/projects/{reader.project_id}/issues/{short_id}/events/{identity}"
    try:
        return bool(reader.get(path)["event_id"] == identity)
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return False
        raise


def _has_sample(reader: Reader, client: Client, start_ms: int) -> bool:
    last_ms = start_ms + client.accepted[-1] * SAMPLE_STEP_MS
    return bool(reader.vector(f'{METRIC}{{client="{client.number}"}}[{SAMPLE_STEP_MS}ms]', last_ms))


def _compare_errors(reader: Reader, clients: list[Client], outcome: Outcome) -> None:
    """Events of each issue, by rows and by hourly rollups, against what was accepted."""
    now_ms = int(time.time() * 1000)
    rows = reader.issues(now_ms - 11 * 3_600_000, now_ms + 60_000)
    hours = reader.issues(now_ms - 48 * 3_600_000, now_ms + 60_000)
    for client in clients:
        accepted = Counter(issue_type(client.number, one) for one in client.accepted)
        outcome.errors += len(client.accepted)
        for kind, count in accepted.items():
            stored = rows.get(kind, ("", 0))[1]
            outcome.note(max(0, count - stored), max(0, stored - count), f"errors of {kind}")
            outcome.rollup_differences += abs(stored - hours.get(kind, ("", 0))[1])
        for sequence in client.accepted[:: max(1, EVENTS_AN_ISSUE // 2 - 1)]:
            issue = rows.get(issue_type(client.number, sequence))
            identity = event_id(client.number, sequence)
            if issue is None or not _is_stored(reader, issue[0], identity):
                outcome.note(1, 0, f"event {identity}")


def _compare_samples(
    reader: Reader, clients: list[Client], start_ms: int, outcome: Outcome
) -> None:
    """Every sample by its series, time and value, and the counts, window by window."""
    expected = {
        (str(client.number), start_ms + one * SAMPLE_STEP_MS, float(one))
        for client in clients
        for one in client.accepted
    }
    outcome.samples = len(expected) * SERIES_A_CLIENT
    last_ms = max(ts_ms for _client, ts_ms, _value in expected)
    found: Counter[tuple[str, int, float]] = Counter()
    counted = 0
    for end_ms in range(start_ms + _WINDOW_MS - 1, last_ms + _WINDOW_MS, _WINDOW_MS):
        window = f"[{_WINDOW_MS}ms]"
        for series in reader.vector(METRIC + window, end_ms):
            client = series["metric"]["client"]
            found.update((client, round(float(t) * 1000), float(v)) for t, v in series["values"])
        total = reader.vector(f"sum(count_over_time({METRIC}{window}))", end_ms)
        counted += int(total[0]["value"][1]) if total else 0
    lost = sum(SERIES_A_CLIENT - min(SERIES_A_CLIENT, found[one]) for one in expected)
    extra = sum(count - SERIES_A_CLIENT for count in found.values() if count > SERIES_A_CLIENT)
    outcome.note(lost, extra, "samples")
    outcome.note(0, max(0, counted - outcome.samples - extra), "count_over_time")


def _compare_tables(data_dir: Path, project_id: int, outcome: Outcome) -> None:
    """The stored rows themselves: none twice, and rollups that say what the rows say."""
    columns = open_embedded(data_dir / "columns", options=EmbeddedOptions())
    params = {"project": project_id}
    try:
        for name, sql in _TWICE.items():
            twice = int(columns.rows(sql, params)[0][0])
            outcome.note(0, twice, f"rows of {name}")
        start_ms, end_ms = (int(at) for at in columns.rows(_HOURS, params)[0])
        rollup_range(columns, start_ms, end_ms, Resolution.HOUR)
        outcome.rollup_differences += int(columns.rows(_SAMPLES_1H, params)[0][0])
    finally:
        columns.close()


_TWICE = {
    "errors": (
        "SELECT count() - uniqExact(event_id) FROM errors WHERE project_id = {project:UInt32}"
    ),
    "samples": (
        "SELECT count() - uniqExact(series_id, ts) FROM samples WHERE project_id = {project:UInt32}"
    ),
}
_HOURS = """
SELECT toUnixTimestamp(toStartOfHour(min(ts))) * 1000,
       (toUnixTimestamp(toStartOfHour(max(ts))) + 3600) * 1000
FROM samples WHERE project_id = {project:UInt32}
"""
_SAMPLES_1H = """
SELECT countIf(raw.n != rolled.n OR raw.total != rolled.total) FROM (
    SELECT series_id, toStartOfHour(ts) AS hour, count() AS n, sum(value) AS total FROM samples
    WHERE project_id = {project:UInt32} AND NOT isNaN(value) GROUP BY series_id, hour
) AS raw FULL OUTER JOIN (
    SELECT series_id, toStartOfHour(bucket) AS hour, sum(samples) AS n, sum(sum) AS total
    FROM samples_1h FINAL WHERE project_id = {project:UInt32} GROUP BY series_id, hour
) AS rolled USING (series_id, hour)
WHERE raw.n > 0
"""


def bars(outcome: Outcome) -> list[Bar]:
    """The promises that this bench holds the server to."""
    return [
        Bar(name="lost", figure=outcome.lost, unit="records", limit=0, better="lower"),
        Bar(name="duplicated", figure=outcome.duplicated, unit="records", limit=0, better="lower"),
        Bar(
            name="rollup_differences",
            figure=outcome.rollup_differences,
            unit="buckets",
            limit=0,
            better="lower",
        ),
        Bar(
            name="restart_s",
            figure=max(outcome.restarts_s),
            unit="s",
            limit=RESTART_LIMIT_S,
            better="lower",
        ),
    ]


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--kills", type=int, default=50)
    arguments.add_argument("--seed", type=int, default=1)
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        outcome = run(chosen.kills, chosen.seed, Path(directory))
    for note in (*outcome.notes[:20], *outcome.refused[:20]):
        print(note)
    figures = {
        "kills": outcome.kills,
        "errors_accepted": outcome.errors,
        "samples_accepted": outcome.samples,
        "refused": len(outcome.refused),
        "restart_median_s": statistics.median(outcome.restarts_s),
        "notes": outcome.notes,
    }
    publish("crash", figures, bars(outcome))
    return 1 if outcome.refused or any(bar.verdict == "short" for bar in bars(outcome)) else 0


if __name__ == "__main__":
    sys.exit(main())
