"""The command line beside a real server: refusals in one line, and what must hold meanwhile."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psutil
import pytest

from bench.server import Server, free_port
from tests.e2e.eventually import eventually

Process = subprocess.CompletedProcess[str]
KEYS_WITHIN_S = 1.0
PAGE_BYTES = 2**16
"""More than what is left of a page that a file has already."""
_SERVE = ("serve", "--listen", "127.0.0.1:{port}", "--data-dir")


@dataclass
class Tenant:
    """A project on a running server, seen through its API token."""

    server: Server
    facts: dict[str, Any]
    url: str = field(init=False)

    def __post_init__(self) -> None:
        self.url = self.server.url

    def get(self, path: str) -> httpx.Response:
        token = {"Authorization": f"Bearer {self.facts['api_token']}"}
        return httpx.get(
            f"{self.url}/api/wk/projects/{self.facts['project_id']}/{path}", headers=token
        )

    def send(self, message: str, *, key: str = "", padding: str = "") -> httpx.Response:
        """One event by the public key, or another."""
        event = {"event_id": uuid4().hex, "message": message, "extra": {"padding": padding}}
        auth = f"Sentry sentry_version=7, sentry_key={key or self.facts['ingest_key']}"
        return httpx.post(
            f"{self.url}/api/{self.facts['project_id']}/store/",
            json=event,
            headers={"X-Sentry-Auth": auth},
            timeout=30,
        )

    def issue(self, message: str, *, within_s: float = 30) -> dict[str, Any]:
        """The issue of a message, once it is digested."""

        def found() -> dict[str, Any] | None:
            answer = self.get("issues")
            rows = answer.json()["issues"] if answer.status_code == 200 else []
            return next((row for row in rows if message in row["title"]), None)

        return eventually(found, within_s=within_s, what=f"the issue {message!r}")


@pytest.fixture(scope="module")
def tenant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenant]:
    """One server that the commands of this module run beside."""
    server = Server(tmp_path_factory.mktemp("cli") / "data")
    with running(server):
        yield Tenant(server, server.setup())


@contextmanager
def running(server: Server) -> Iterator[Server]:
    server.start()
    try:
        yield server
    finally:
        server.kill()


def cli(*words: str, environ: dict[str, str] | None = None, within_s: float = 60) -> Process:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "watchkeeper.cli", *words],
        capture_output=True,
        text=True,
        timeout=within_s,
        check=False,
        env={**os.environ, **(environ or {})},
    )


def serve(
    data_dir: Path, *, port: int | None = None, environ: dict[str, str] | None = None
) -> Process:
    """Try to start a server that is expected to refuse."""
    words = [word.format(port=port or free_port()) for word in _SERVE]
    return cli(*words, str(data_dir), environ=environ)


def refusal(done: Process) -> str:
    """The one line that a refused command prints."""
    assert done.returncode != 0
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("watchkeeper: "), line
    return line


def test_a_data_directory_in_use_is_refused(tenant: Tenant) -> None:
    line = refusal(serve(tenant.server.data_dir))

    assert "in use by another server" in line
    assert str(tenant.server.data_dir) in line


def test_a_taken_port_is_refused(tenant: Tenant, tmp_path: Path) -> None:
    line = refusal(serve(tmp_path / "data", port=tenant.server.port))

    assert f"Cannot listen on 127.0.0.1:{tenant.server.port}: the port is taken" in line


def test_a_newer_relational_schema_is_refused(tmp_path: Path) -> None:
    assert cli("migrate", "--data-dir", str(tmp_path / "data")).returncode == 0
    with sqlite3.connect(tmp_path / "data" / "meta.sqlite") as database:
        (table,) = database.execute(
            "SELECT name FROM sqlite_master WHERE name LIKE '%version%' AND type = 'table'"
        ).fetchone()
        database.execute(f"UPDATE {table} SET version_num = '9000'")
    database.close()

    line = refusal(serve(tmp_path / "data"))

    assert "schema 9000" in line
    assert "Start the newer Watchkeeper" in line


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("WATCHKEEPER_SERVER_LISTN", "127.0.0.1:1", "Did you mean WATCHKEEPER_SERVER_LISTEN"),
        ("WATCHKEEPER_RETENTION_LOGS_DAYS", "never", "must be a whole number, got 'never'"),
        ("WATCHKEEPER_RETENTION_LOGS_DAYS", "0", "logs_days must be 1..3650, got 0"),
        ("WATCHKEEPER_STORE_META_URL", "mysql://db/wk", "meta_url must start with"),
    ],
)
def test_a_wrong_setting_is_refused_and_named(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    line = refusal(serve(tmp_path / "data", environ={name: text}))

    assert name in line
    assert said in line
    assert not (tmp_path / "data").exists()


def test_an_unknown_key_of_a_settings_file_is_refused_and_named(tmp_path: Path) -> None:
    file = tmp_path / "watchkeeper.toml"
    file.write_text("[server]\nlistne = '127.0.0.1:1'\n")

    line = refusal(cli("serve", "--config", str(file), "--data-dir", str(tmp_path / "data")))

    assert f"{file}: unknown setting server.listne. Did you mean server.listen" in line


def test_setup_says_the_same_before_and_while_the_server_runs(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    before = [server.setup(), server.setup()]
    with running(server):
        while_running = server.setup()
        answer = Tenant(server, while_running).get("home")

    assert before == [while_running, while_running]
    assert answer.status_code == 200
    assert set(before[0]) >= {
        "project_id", "sentry_dsn", "ingest_key", "server_key", "api_token",
        "otlp_endpoint", "prometheus_url", "posthog_host", "statsd_address",
    }  # fmt: skip


def test_a_new_and_a_revoked_key_are_known_within_a_second(tenant: Tenant) -> None:
    directory = ("--data-dir", str(tenant.server.data_dir))
    project = ("--project", str(tenant.facts["project_id"]))
    made = cli("key", "create", *project, "--label", "soon off", *directory)
    key, key_id = re.match(r"([0-9a-f]{32})  \(id (\d+),", made.stdout).groups()  # type: ignore[union-attr]
    took_s = seconds_until(lambda: tenant.send("by a new key", key=key).status_code == 200)
    assert took_s <= KEYS_WITHIN_S

    assert cli("key", "disable", key_id, *project, *directory).returncode == 0

    took_s = seconds_until(lambda: tenant.send("by a revoked key", key=key).status_code == 403)
    assert took_s <= KEYS_WITHIN_S


def seconds_until(ask: Callable[[], bool]) -> float:
    began = time.monotonic()
    eventually(ask, within_s=10, what="the change")
    return time.monotonic() - began


def test_a_backup_of_the_running_server_comes_back(tenant: Tenant, tmp_path: Path) -> None:
    tenant.send("kept in the backup")
    before = tenant.issue("kept in the backup")
    copy, new = tmp_path / "copy", Server(tmp_path / "new")

    made = cli("backup", str(copy), "--data-dir", str(tenant.server.data_dir))
    assert made.returncode == 0, made.stderr
    tenant.send("after the backup")
    brought = cli("restore", str(copy), "--data-dir", str(new.data_dir))
    assert brought.returncode == 0, brought.stderr

    with running(new):
        restored = Tenant(new, tenant.facts)
        after = restored.issue("kept in the backup")
        latest = restored.get(f"issues/{after['short_id']}/events/latest")
        titles = [row["title"] for row in restored.get("issues").json()["issues"]]
    assert (after["short_id"], after["events"]) == (before["short_id"], before["events"])
    assert latest.json()["message"] == "kept in the backup"
    assert "after the backup" not in titles


def test_a_backup_overwrites_nothing(tenant: Tenant, tmp_path: Path) -> None:
    done = cli("backup", str(tmp_path), "--data-dir", str(tenant.server.data_dir))

    assert done.returncode != 0
    assert "exists already" in done.stderr.splitlines()[-1]


def test_retention_is_shown_by_the_running_server_and_at_rest(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    with running(server):
        tenant = Tenant(server, server.setup())
        tenant.send("kept for thirty days")
        tenant.issue("kept for thirty days")
        asked = cli("retention", "verify", "--json", "--data-dir", str(server.data_dir))
    rested = cli("retention", "verify", "--json", "--data-dir", str(server.data_dir))

    for done in (asked, rested):
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)
        project = tenant.facts["project_id"]
        errors = [k for k in answer["kept"] if k["table"] == "errors"]
        assert answer["ok"]
        assert [(k["project_id"], k["days"], k["rows"]) for k in errors] == [(project, 30, 1)]


def test_the_doctor_looks_at_the_running_server(tenant: Tenant) -> None:
    done = cli("doctor", "--json", "--data-dir", str(tenant.server.data_dir))

    findings = {each["what"]: each for each in json.loads(done.stdout)}
    assert done.returncode == 0, findings
    assert findings["server"]["detail"].startswith("healthy at http://127.0.0.1:")
    assert set(findings) == {"python", "directory", "disk", "meta", "server"}


def test_the_doctor_names_a_directory_that_others_can_read(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    data_dir.mkdir(mode=0o755)
    data_dir.chmod(0o755)

    done = cli("doctor", "--json", "--data-dir", str(data_dir))

    wrong = [each["what"] for each in json.loads(done.stdout) if not each["is_ok"]]
    assert (done.returncode, wrong) == (1, ["directory"])


def test_the_first_run_link_works_once_and_nothing_works_without_it(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", log=tmp_path / "log")
    with running(server):
        printed = token_of((tmp_path / "log").read_text())
        reprinted = token_of(cli("user", "first-run", "--data-dir", str(server.data_dir)).stdout)

        answers = [first_run(server, token) for token in ("", "0" * 43, printed)]
        first, second = first_run(server, reprinted), first_run(server, reprinted)
        again = cli("user", "first-run", "--data-dir", str(server.data_dir))

    assert [each.status_code for each in answers] == [403, 403, 403]
    assert (first.status_code, second.status_code) == (200, 403)
    assert "wk_session" in first.headers["set-cookie"]
    assert again.returncode != 0
    log = (tmp_path / "log").read_text()
    assert (log.count(printed), log.count(reprinted)) == (1, 0)


def token_of(text: str) -> str:
    found = re.search(r"/first-run\?token=(\S+)", text)
    assert found is not None, text
    return found[1]


def first_run(server: Server, token: str) -> httpx.Response:
    answers = {
        "token": token, "name": "Mara", "email": "mara@example.com", "timezone": "UTC",
        "password": "correct horse battery", "organisation": "Acme", "project": "Web",
    }  # fmt: skip
    return httpx.post(f"{server.url}/api/wk/first-run", json=answers, timeout=30)


def test_a_killed_engine_loses_nothing_and_is_started_again(tenant: Tenant) -> None:
    engine_of(tenant.server).kill()

    sent = [tenant.send("while the engine was dead") for _ in range(3)]
    asked = tenant.get("issues")

    assert [each.status_code for each in sent] == [200, 200, 200]
    assert asked.status_code == 503
    assert int(asked.headers["retry-after"]) >= 1
    tenant.server.wait_until_healthy()
    issue = tenant.issue("while the engine was dead")
    assert eventually(lambda: count_of(tenant, issue) >= 3, within_s=20, what="all three")
    time.sleep(1)  # what would be digested twice has had its chance
    assert count_of(tenant, issue) == 3
    eventually(lambda: restarts(tenant) == 1, within_s=40, what="the restart's count")


def engine_of(server: Server) -> psutil.Process:
    (engine,) = [each for each in server.tree() if "watchkeeper.app.roles.engine" in each.cmdline()]
    return engine


def count_of(tenant: Tenant, issue: dict[str, Any]) -> int:
    return int(tenant.get(f"issues/{issue['short_id']}").json()["events"])


def restarts(tenant: Tenant) -> int:
    """How often the engine was started again, as Data health shows it to a person."""
    with httpx.Client(base_url=tenant.url, timeout=30) as browser:
        person = {"email": "mara@example.com", "password": "correct horse battery"}
        assert browser.post("/api/wk/session", json=person).status_code == 200
        processes = browser.get("/api/wk/orgs/acme/data-health").json()["processes"]
    return int(next(each["restarts"] for each in processes if each["name"] == "engine"))


def _has_namespaces() -> bool:
    if shutil.which("unshare") is None:
        return False
    trial = 'mount -t tmpfs -o size=64k none "$0"'
    command = ["unshare", "-Urm", "sh", "-c", trial, "/mnt"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


small_disks = pytest.mark.skipif(
    not _has_namespaces(), reason="left out: a small disk needs user namespaces"
)


@dataclass
class SmallDisk(Server):
    """A server whose data directory is a file system of its own, seen by its processes alone."""

    size: str = "64k"

    def command(self, *words: str) -> list[str]:
        self.data_dir.mkdir(exist_ok=True)
        mount = 'mount -t tmpfs -o mode=700,size="$1" none "$0" && shift && exec "$@"'
        inside = ["sh", "-c", mount, str(self.data_dir), self.size]
        return ["unshare", "-Urm", *inside, *super().command(*words)]

    def inside(self, name: str) -> Path:
        """A path of the small disk, as this process can reach it."""
        assert self.process is not None
        return Path(f"/proc/{self.process.pid}/root{self.data_dir}/{name}")


@small_disks
@pytest.mark.parametrize("size", ["16k", "256k", "600k"])
def test_a_full_disk_is_refused_at_the_start(tmp_path: Path, size: str) -> None:
    server = SmallDisk(tmp_path / "data", size=size)
    words = ("serve", "--listen", f"127.0.0.1:{server.port}")
    done = subprocess.run(
        server.command(*words), capture_output=True, text=True, timeout=60, check=False
    )

    line = refusal(done)
    assert re.search("disk is full|has room|No space left", line), line


@small_disks
def test_a_disk_that_fills_up_makes_senders_come_back(tmp_path: Path) -> None:
    server = SmallDisk(tmp_path / "data", log=tmp_path / "log", size="320m")
    with running(server):
        tenant = Tenant(server, through_first_run(server, (tmp_path / "log").read_text()))
        sent(tenant, "while there was room")
        filler = server.inside("filler")
        fill(filler)

        refused = tenant.send("while the disk was full", padding="x" * PAGE_BYTES)

        assert refused.status_code == 503, refused.text
        assert int(refused.headers["retry-after"]) >= 1
        assert "disk is full" in refused.json()["detail"]
        filler.unlink()
        sent(tenant, "after it was cleared")
        tenant.issue("while there was room")
        assert tenant.issue("after it was cleared")["events"] == 1
        titles = {row["title"] for row in tenant.get("issues").json()["issues"]}
    assert "while the disk was full" not in titles


def sent(tenant: Tenant, message: str) -> None:
    """Send until it is taken, as an SDK does."""
    eventually(
        lambda: tenant.send(message).status_code == 200, within_s=30, what="an event that is taken"
    )


def fill(file: Path) -> None:
    """Write until the disk takes no more."""
    with file.open("wb", buffering=0) as filler:
        for size in (2**20, 2**12, 1):
            try:
                while True:
                    filler.write(b"x" * size)
            except OSError as error:
                assert error.errno == errno.ENOSPC  # noqa: PT017


def through_first_run(server: Server, log: str) -> dict[str, Any]:
    """What setup prints, made by the first-run page's calls."""
    session = first_run(server, token_of(log))
    acme = next(each for each in session.json()["organisations"] if each["slug"] == "acme")
    project = acme["projects"][0]["id"]
    with httpx.Client(base_url=server.url, cookies=session.cookies, timeout=30) as browser:
        csrf = {"X-CSRF-Token": session.json()["csrf_token"]}
        token = browser.post(
            "/api/wk/orgs/acme/tokens", json={"name": "test", "role": "member"}, headers=csrf
        ).json()
        addresses = browser.get(f"/api/wk/projects/{project}/setup").json()["addresses"]
    return {"project_id": project, "api_token": token["token"], **addresses}
