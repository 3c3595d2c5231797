"""Unmodified Sentry SDKs send everything they have; each item is stored where it belongs.

The server is stopped before the tables are read: one process holds them.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import orjson
import pytest
from playwright.sync_api import Browser

from bench.server import Server
from tests.e2e import sentry_app
from tests.e2e.browser import chromium
from tests.e2e.eventually import eventually
from tests.e2e.sentry_programs import run_node, run_python, visit
from watchkeeper.store.blobs.directory import DirectoryBlobs
from watchkeeper.store.columns import Columns, EmbeddedOptions
from watchkeeper.store.columns.embedded import open_embedded

__all__ = ["chromium"]  # a fixture

SECRETS = (sentry_app.SECRET, "ada@example.com", "203.0.113.9")
TABLES = (
    "errors", "spans", "logs", "sessions", "check_ins", "feedback", "attachments", "replays",
    "profiles", "series", "samples", "histograms",
)  # fmt: skip

NUMBERS = {"samples", "histograms"}


@dataclass
class Stored:
    """What one project's server had stored when it was stopped, and how it was reached."""

    columns: Columns
    blobs: DirectoryBlobs
    attachment: httpx.Response
    releases: list[dict[str, object]]
    feedback: list[dict[str, object]]
    monitors: list[dict[str, object]]

    def rows(self, sql: str) -> list[list[object]]:
        return self.columns.rows(sql)

    def count(self, table: str, where: str = "1") -> int:
        return int(str(self.rows(f"SELECT count() FROM {table} WHERE {where}")[0][0]))


def _digested(client: httpx.Client) -> bool:
    """True once nothing waits in the spool."""
    depths = [
        float(line.rpartition(" ")[2])
        for line in client.get("/metrics").text.splitlines()
        if line.startswith("watchkeeper_spool_depth_bytes{")
    ]
    return bool(depths) and not any(depths)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Stored]:
    server = Server(tmp_path_factory.mktemp("sentry") / "data")
    facts = server.setup()
    server.start()
    dsn = str(facts["sentry_dsn"])
    for scenario in sentry_app.SCENARIOS:
        run_python(dsn, scenario)
    for major in ("10", "11"):
        run_node(dsn, major)
    visit(chromium, dsn, "10")
    visit(chromium, dsn, "11", tunnel=f"{server.url}/api/tunnel/")
    headers = {"Authorization": f"Bearer {facts['api_token']}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=30) as client:
        eventually(lambda: _digested(client), within_s=30, what="everything is digested")
        project = f"/api/wk/projects/{facts['project_id']}"
        issue = client.get(f"{project}/issues", params={"q": "ValueError"}).json()["issues"][0]
        event = client.get(f"{project}/issues/{issue['short_id']}/events/oldest").json()
        base = f"{project}/events/{event['event_id']}/attachments"
        listed = f"{project}/monitors"
        eventually(lambda: client.get(listed).json()["monitors"], within_s=30, what="a monitor")
        found = f"{project}/releases"
        eventually(
            lambda: any(one["health"] for one in client.get(found).json()["releases"]),
            within_s=60,
            what="a release with sessions",
        )
        releases = client.get(found).json()["releases"]
        feedback = client.get(f"{project}/feedback").json()["feedback"]
        monitors = client.get(listed).json()["monitors"]
        attachment = client.get(f"{base}/0") if client.get(base).json()["attachments"] else None
    server.stop()
    assert attachment is not None
    columns = open_embedded(server.data_dir / "columns", options=EmbeddedOptions(retention_days={}))
    blobs = DirectoryBlobs(server.data_dir / "blobs")
    yield Stored(columns, blobs, attachment, releases, feedback, monitors)
    columns.close()


def test_every_table_has_rows(stored: Stored) -> None:
    empty = [table for table in TABLES if not stored.count(table)]
    assert empty == []


def test_no_planted_secret_is_stored(stored: Stored) -> None:
    for table in set(TABLES) - NUMBERS:
        for row in stored.rows(f"SELECT * FROM {table}"):
            text = orjson.dumps(row, default=str).decode()
            assert not [secret for secret in SECRETS if secret in text], (table, text[:2000])


def test_frameworks_raise_errors_and_make_spans(stored: Stored) -> None:
    types = {row[0] for row in stored.rows("SELECT DISTINCT type FROM errors")}
    assert types >= {
        "ValueError", "RuntimeError", "LookupError", "PermissionError", "TimeoutError", "TypeError",
    }  # fmt: skip
    routes = {row[0] for row in stored.rows("SELECT DISTINCT route FROM spans WHERE is_entry")}
    assert routes >= {"/orders/{id}", "/users/{user_id}"}
    assert stored.count("spans", "op = 'pageload'") == 2
    assert stored.count("spans", "op = 'queue.task.celery'") == 1


def test_metrics_are_series(stored: Stored) -> None:
    names = {row[0] for row in stored.rows("SELECT DISTINCT metric FROM series")}
    assert names >= {"orders_total", "queue_depth", "checkout_time_milliseconds", "clicks_total"}


def test_jobs_sessions_and_feedback_are_kept(stored: Stored) -> None:
    statuses = {row[0] for row in stored.rows("SELECT DISTINCT status FROM check_ins")}
    assert statuses == {"in_progress", "ok"}
    ((total, crashed),) = stored.rows("SELECT sum(sessions), sum(crashed) FROM sessions FINAL")
    assert int(str(total)) > int(str(crashed)) > 0
    assert stored.count("feedback", "message = 'The basket is slow.'") == 4


def test_jobs_sessions_and_feedback_are_read(stored: Stored) -> None:
    health = {str(one["version"]): one["health"] for one in stored.releases}
    counted = [one for one in health.values() if isinstance(one, dict)]
    ((total,),) = stored.rows("SELECT sum(sessions) FROM sessions FINAL")
    assert sum(one["sessions"] for one in counted) == int(str(total))
    assert any(one["crash_free_sessions_ratio"] < 1 for one in counted)
    assert {one["message"] for one in stored.feedback} >= {"The basket is slow."}
    (monitor,) = [one for one in stored.monitors if one["slug"] == "nightly"]
    assert monitor["schedule"]
    assert monitor["runs"]["ok"] >= 1  # type: ignore[index]


def test_profiles_are_kept_in_both_forms(stored: Stored) -> None:
    rows = stored.rows("SELECT format, payload FROM profiles ORDER BY format")
    assert [row[0] for row in rows] == ["sentry-1", "sentry-2"]
    assert all(orjson.loads(str(row[1]))["profile"]["samples"] for row in rows)


def test_replays_are_kept_whole(stored: Stored) -> None:
    replays = stored.rows("SELECT DISTINCT replay_id FROM replays")
    assert len(replays) == 2
    for (blob,) in stored.rows("SELECT blob FROM replays WHERE part = 'recording'"):
        assert orjson.loads(zlib.decompress(stored.blobs.get(str(blob))))


def test_a_file_of_an_event_can_only_be_downloaded(stored: Stored) -> None:
    answer = stored.attachment
    assert answer.status_code == 200
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.content
