"""Jobs are followed from their check-ins: over real stores, with the clock in hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from tests.fakes.house import PROJECT, SCOPE, House, open_house
from tests.unit.derived.test_spans_and_logs import Engine, newest
from watchkeeper.ingest import CheckInRow, encode_envelope_rows
from watchkeeper.ingest.digest import set_watermark, watermark
from watchkeeper.issues import IssueQuery, IssuesByEvent
from watchkeeper.lib.clock import HOUR_MS, MINUTE_MS, SECOND_MS
from watchkeeper.lib.errors import Forbidden, NotFound
from watchkeeper.model import Kind, Role, Scope, TimeRange
from watchkeeper.monitors import CheckInsSource, Monitors, MonitorWatch, RunStatus
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta, tables

HOURLY: dict[str, object] = {
    "schedule": {"type": "crontab", "value": "0 * * * *"},
    "checkin_margin": 5,
    "timezone": "Europe/Vienna",
}
TOTAL, TOOK, TIMED = CheckInsSource.metrics


def told_state(house: House) -> tuple[int | None, int]:
    """(when the next run is due, up to when check-ins were looked at)"""
    with house.meta.read() as conn:
        due = conn.execute(select(tables.monitor_environments.c.next_ms)).scalar_one()
        return due, watermark(conn, "monitors")


def put_back(house: House, state: tuple[int | None, int]) -> None:
    """As if the process had died after the rows were accepted and before the state was kept."""
    with house.meta.write() as conn:
        conn.execute(update(tables.monitor_environments).values(next_ms=state[0]))
        conn.execute(update(tables.monitor_environments).values(failures=0, incident_ms=None))
        set_watermark(conn, "monitors", state[1])


class Jobs:
    """A digest, a watch and derived series over one house."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.engine = Engine(house, CheckInsSource())
        self.watch = self.watcher()
        self.desk = Monitors(house.meta, house.columns, house.clock)

    def watcher(self) -> MonitorWatch:
        return MonitorWatch(
            self.house.columns,
            self.house.meta,
            self.engine.acceptor,
            passed_ms=self.engine.digest.passed_ms,
            may_hold=self.engine.digest.may_hold,
            issues=IssuesByEvent(
                self.house.meta, self.house.columns, self.house.issues.acts, actor="cron monitors"
            ),
        )

    def says(
        self,
        status: str,
        run: int,
        *,
        took_ms: int = 0,
        config: dict[str, object] = HOURLY,
        **fields: str,
    ) -> None:
        row = CheckInRow(
            ts=self.house.clock(), check_in_id=f"{run:032x}", monitor=fields.get("job", "job"),
            status=status, duration_ms=took_ms, environment=fields.get("environment", "prod"),
            release="", trace_id="", config=json.dumps(config).encode(),
        )  # fmt: skip
        self.house.receive([encode_envelope_rows([row])], Kind.CHECK_INS)

    def wait(self, ms: int) -> None:
        """Time goes by, ten minutes at a time, with everything that runs."""
        until_ms = self.house.clock() + ms
        while self.house.clock() < until_ms:
            self.house.clock.forward(min(10 * MINUTE_MS, until_ms - self.house.clock()))
            self.engine.turn()
            self.watch.run_once()
            self.engine.turn()

    def runs(self, job: str = "job") -> list[tuple[RunStatus, int | None]]:
        """(status, duration), oldest first."""
        now_ms = self.house.clock()
        span = TimeRange(now_ms - 10 * HOUR_MS, now_ms + HOUR_MS)
        found = self.desk.page(SCOPE, job, span).runs
        return [(one.status, one.duration_ms) for one in reversed(found)]


@contextmanager
def open_jobs(directory: Path, meta: Meta, columns: Columns) -> Iterator[Jobs]:
    """At a full hour."""
    with open_house(directory, meta, columns) as house:
        house.clock.now_ms = house.clock.now_ms // HOUR_MS * HOUR_MS - 10 * MINUTE_MS
        made = Jobs(house)
        made.wait(10 * MINUTE_MS)
        yield made


@pytest.fixture
def jobs(tmp_path: Path, sqlite_meta: Meta, empty_columns: Columns) -> Iterator[Jobs]:
    with open_jobs(tmp_path, sqlite_meta, empty_columns) as opened:
        yield opened


@pytest.fixture
def jobs_on_both(meta: Meta, tmp_path: Path, empty_columns: Columns) -> Iterator[Jobs]:
    """On both databases."""
    with open_jobs(tmp_path, meta, empty_columns) as opened:
        yield opened


def test_a_job_makes_its_monitor_and_is_missed_until_it_comes_again(jobs_on_both: Jobs) -> None:
    jobs = jobs_on_both
    jobs.says("in_progress", 1)
    jobs.house.clock.forward(40 * SECOND_MS)
    jobs.says("ok", 1, took_ms=40_000)
    jobs.wait(2 * HOUR_MS + 10 * MINUTE_MS)
    jobs.says("ok", 2, took_ms=20_000)
    jobs.wait(10 * MINUTE_MS)

    (monitor,) = jobs.desk.all(SCOPE, TimeRange(0, jobs.house.clock() + 1))
    assert jobs.runs() == [
        (RunStatus.OK, 40_000),
        (RunStatus.MISSED, None),
        (RunStatus.MISSED, None),
        (RunStatus.OK, 20_000),
    ]
    assert (monitor.slug, monitor.config.timezone) == ("job", "Europe/Vienna")
    assert (monitor.runs.ok, monitor.runs.missed, monitor.runs.error) == (2, 2, 0)
    (place,) = monitor.environments
    assert (place.environment, place.state.status, place.state.failures) == (
        "prod", RunStatus.OK, 0,
    )  # fmt: skip
    assert not place.is_late
    base = {"environment": "prod", "monitor": "job", "project": "web"}
    assert newest(jobs.house, TOTAL) == {
        tuple(sorted((base | {"status": "ok"}).items())): 2,
        tuple(sorted((base | {"status": "missed"}).items())): 2,
    }
    assert newest(jobs.house, TOOK) == {tuple(base.items()): 60}
    assert newest(jobs.house, TIMED) == {tuple(base.items()): 2}


def test_a_run_without_an_end_times_out_and_another_environment_does_not_care(jobs: Jobs) -> None:
    jobs.says("in_progress", 1)
    jobs.says("ok", 2, environment="dev")
    jobs.wait(40 * MINUTE_MS)

    assert sorted(jobs.runs()) == [(RunStatus.OK, None), (RunStatus.TIMEOUT, None)]
    (monitor,) = jobs.desk.all(SCOPE, TimeRange(0, jobs.house.clock() + 1))
    assert {one.environment: one.state.status for one in monitor.environments} == {
        "dev": RunStatus.OK,
        "prod": RunStatus.TIMEOUT,
    }


def test_what_was_due_while_the_server_was_away_is_not_missed(jobs: Jobs) -> None:
    jobs.says("ok", 1)
    jobs.wait(10 * MINUTE_MS)
    jobs.house.clock.forward(5 * HOUR_MS)
    jobs.engine = Engine(jobs.house, CheckInsSource())
    jobs.watch = jobs.watcher()
    jobs.wait(40 * MINUTE_MS)
    assert jobs.runs() == [(RunStatus.OK, None)]

    jobs.wait(HOUR_MS)
    assert jobs.runs() == [(RunStatus.OK, None), (RunStatus.MISSED, None)]


def test_who_was_told_twice_counts_once(jobs: Jobs) -> None:
    jobs.says("ok", 1)
    jobs.wait(10 * MINUTE_MS)
    jobs.wait(50 * MINUTE_MS)
    before = told_state(jobs.house)
    jobs.wait(10 * MINUTE_MS)
    assert told_state(jobs.house) != before
    put_back(jobs.house, before)
    jobs.watch = jobs.watcher()
    jobs.wait(10 * MINUTE_MS)

    assert jobs.runs() == [(RunStatus.OK, None), (RunStatus.MISSED, None)]
    assert sum(newest(jobs.house, TOTAL).values()) == 2


def test_who_forgets_a_job_hears_of_it_when_it_comes_again(jobs: Jobs) -> None:
    jobs.says("ok", 1)
    jobs.wait(10 * MINUTE_MS)
    viewer = Scope(org_id=1, project_ids=(PROJECT,), role=Role.VIEWER)
    with pytest.raises(Forbidden):
        jobs.desk.remove(viewer, "job")
    jobs.desk.remove(SCOPE, "job")
    with pytest.raises(NotFound):
        jobs.desk.remove(SCOPE, "job")
    jobs.wait(2 * HOUR_MS)
    assert jobs.desk.all(SCOPE, TimeRange(0, jobs.house.clock())) == []

    jobs.says("ok", 2)
    jobs.wait(10 * MINUTE_MS)
    assert len(jobs.runs()) == 2


THRESHOLDS = HOURLY | {
    "failure_issue_threshold": 2, "recovery_threshold": 2, "owner": "user:mara@example.com",
}  # fmt: skip


def issues_of(house: House) -> list[tuple[str, str, int, str | None]]:
    """(title, status, events, assignee) of the issues that there are."""
    now_ms = house.clock()
    query = IssueQuery(range=TimeRange(now_ms - 30 * HOUR_MS, now_ms + HOUR_MS))
    return [
        (": ".join(one.title.split(": ")[:2]), one.status.value, one.events, one.assignee)
        for one in house.issues.list(SCOPE, query).issues
    ]


def test_thresholds_decide_when_an_issue_opens_and_when_it_is_resolved(jobs_on_both: Jobs) -> None:
    jobs, house = jobs_on_both, jobs_on_both.house
    with house.meta.write() as conn:
        person = {"email": "mara@example.com", "name": "", "password_hash": "", "created_ms": 0}
        user = conn.execute(insert(tables.users).values(**person).returning(tables.users.c.id))
        values = {"org_id": 1, "user_id": user.scalar_one(), "role": Role.MEMBER, "created_ms": 0}
        conn.execute(insert(tables.members).values(**values))
    jobs.says("error", 1, config=THRESHOLDS)
    jobs.wait(30 * MINUTE_MS)
    assert issues_of(house) == []

    jobs.wait(HOUR_MS)  # missed
    title = "Cron failure: job"
    assert issues_of(house) == [(title, "unresolved", 1, "mara@example.com")]

    jobs.says("ok", 2, config=THRESHOLDS)
    jobs.wait(20 * MINUTE_MS)
    assert issues_of(house) == [(title, "unresolved", 1, "mara@example.com")]

    jobs.says("ok", 3, config=THRESHOLDS)
    jobs.wait(10 * MINUTE_MS)
    assert issues_of(house) == [(title, "resolved", 1, "mara@example.com")]

    jobs.says("error", 4, config=THRESHOLDS)
    jobs.says("error", 5, config=THRESHOLDS)
    jobs.says("error", 6, config=THRESHOLDS)
    jobs.wait(20 * MINUTE_MS)
    assert issues_of(house) == [(title, "unresolved", 3, "mara@example.com")]


def test_each_environment_has_an_issue_and_a_timeout_opens_one(jobs: Jobs) -> None:
    jobs.says("in_progress", 1)
    jobs.says("in_progress", 2, environment="dev")
    jobs.wait(40 * MINUTE_MS)

    assert [(status, events) for _title, status, events, _who in issues_of(jobs.house)] == [
        ("unresolved", 1), ("unresolved", 1),
    ]  # fmt: skip
    jobs.says("ok", 1)
    jobs.wait(10 * MINUTE_MS)
    assert sorted(status for _title, status, _events, _who in issues_of(jobs.house)) == [
        "resolved", "unresolved",
    ]  # fmt: skip


def test_a_failure_that_is_told_twice_is_one_event(jobs: Jobs) -> None:
    jobs.says("ok", 1)
    jobs.wait(HOUR_MS)
    before = told_state(jobs.house)
    jobs.wait(10 * MINUTE_MS)
    assert told_state(jobs.house) != before
    put_back(jobs.house, before)
    jobs.watch = jobs.watcher()
    jobs.wait(10 * MINUTE_MS)

    assert [events for _title, _status, events, _who in issues_of(jobs.house)] == [1]
