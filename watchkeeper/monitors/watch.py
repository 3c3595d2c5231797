"""Follows every job from check-in to check-in, and tells what never came."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import structlog
from sqlalchemy import Row

from watchkeeper.ingest import Acceptor, CheckInRow
from watchkeeper.ingest.digest import set_watermark, watermark
from watchkeeper.lib.clock import HOUR_MS, MINUTE_MS, SECOND_MS
from watchkeeper.model import MayHold, anything_may_be_there
from watchkeeper.monitors import repo
from watchkeeper.monitors.incident import (
    FailedRun,
    after_failure,
    after_success,
    event_id_of,
    event_json,
)
from watchkeeper.monitors.repo import Kept
from watchkeeper.monitors.schedule import MonitorConfig, config_of
from watchkeeper.monitors.step import Told, after_check_in, due, missed_id, passed_over
from watchkeeper.monitors.types import CheckIn, Pending, RunStatus, State
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta

log = structlog.get_logger(__name__)

MOST_MONITORS = 1_000
"""Of one project; check-ins of further ones are stored and not watched."""
_WATERMARK = "monitors"
_STEP_MS = 5 * SECOND_MS
_NOTED_MS = MINUTE_MS
"""How often it is noted that nothing happened."""
AWAY_MS = 15 * MINUTE_MS
"""After a longer pause than this the server is taken to have been away."""


@dataclass(slots=True)
class _Book:
    """What one look knows and changes. Keys: (project, slug); (monitor id, environment)."""

    monitors: dict[tuple[int, str], Row[Any]]
    configs: dict[int, MonitorConfig]
    kept: dict[tuple[int, str], Kept]
    changed: set[tuple[int, str]] = field(default_factory=set)
    events: list[tuple[int, bytes]] = field(default_factory=list)
    """Project and error event of each failure that its issue is told of."""

    def put(self, key: tuple[int, str], kept: Kept) -> None:
        self.kept[key] = kept
        self.changed.add(key)


class IncidentIssues(Protocol):
    """What is done to the issue that holds an event. False: the event is not stored yet."""

    def assign(self, project_id: int, event_id: str, email: str) -> bool: ...

    def resolve(self, project_id: int, event_id: str) -> bool: ...


class MonitorWatch:
    """One thread runs it. Time is up to when every check-in is stored, so that none is missed
    that only waits to be read."""

    def __init__(
        self,
        columns: Columns,
        meta: Meta,
        acceptor: Acceptor,
        *,
        passed_ms: Callable[[], int | None],
        issues: IncidentIssues,
        may_hold: MayHold = anything_may_be_there,
    ) -> None:
        """passed_ms: up to when every received record is stored (`Digest.passed_ms`)."""
        self._columns, self._meta, self._acceptor = columns, meta, acceptor
        self._passed_ms, self._issues = passed_ms, issues
        self._may_hold = may_hold

    def run_once(self) -> int:
        """Take what came since the last look; returns how many runs were told as failed.

        Raises StoreUnavailable and SpoolFull; the next look takes the same again. A run that is
        told twice has the same id, and counts once.
        """
        passed_ms = self._passed_ms()
        if passed_ms is None:
            return 0
        with self._meta.read() as conn:
            since_ms = watermark(conn, _WATERMARK) or passed_ms - HOUR_MS
        is_away = passed_ms - since_ms > AWAY_MS
        told = 0
        while passed_ms - since_ms >= _STEP_MS:
            now_ms = min(passed_ms, since_ms + HOUR_MS)
            told += self._look(since_ms, now_ms, is_away=is_away)
            since_ms = now_ms
        return told

    def _look(self, since_ms: int, now_ms: int, *, is_away: bool) -> int:
        """Take one stretch of time; an hour at most, so that what is in hand stays small."""
        came = self._came(since_ms, now_ms)
        self._register(came, now_ms=now_ms)
        book = self._book()
        for one in came:
            self._take(book, one, now_ms)
        if is_away:
            self._pass_over(book, now_ms)
        told = self._due(book, now_ms)
        self._tell(told)
        for project_id, event in book.events:
            self._acceptor.accept_error_blocking(project_id, event)
        self._settle(book, now_ms)
        is_quiet = not (came or told or book.events or book.changed)
        if is_quiet and now_ms - since_ms < _NOTED_MS:
            return 0  # the next look finds the same, and what comes until then
        with self._meta.write() as conn:
            for monitor_id, environment in sorted(book.changed):
                kept = book.kept[monitor_id, environment]
                repo.put_state(conn, monitor_id, environment, kept)
            set_watermark(conn, _WATERMARK, now_ms)
        return sum(len(rows) for rows in told.values())

    def _came(self, since_ms: int, now_ms: int) -> Sequence[CheckIn]:
        if not self._may_hold("check_ins", since_ms, now_ms):
            return ()
        return repo.received(self._columns, start_ms=since_ms, end_ms=now_ms)

    def _register(self, came: Sequence[CheckIn], *, now_ms: int) -> None:
        """Monitors make themselves, and change as their jobs say."""
        newest = {(one.project_id, one.monitor): one.config for one in came if one.config}
        named = dict.fromkeys((one.project_id, one.monitor) for one in came)
        if not named:
            return
        with self._meta.write() as conn:
            known = {(row.project_id, row.slug): row for row in repo.all_monitors(conn)}
            there = repo.projects(conn)
            for key in named:
                if key[0] in there and key not in known:
                    if repo.total(conn, key[0]) >= MOST_MONITORS:
                        log.warning("monitor_not_watched", project_id=key[0], most=MOST_MONITORS)
                        continue
                    known[key] = repo.add_monitor(conn, *key, now_ms=now_ms)
                config = newest.get(key, b"").decode()
                row = known.get(key)
                if config and row is not None and row.config != config:
                    repo.set_config(conn, row.id, config, now_ms=now_ms)

    def _book(self) -> _Book:
        with self._meta.read() as conn:
            rows = repo.all_monitors(conn)
            kept = repo.environments(conn, [row.id for row in rows])
        return _Book(
            monitors={(row.project_id, row.slug): row for row in rows},
            configs={row.id: config_of(row.config or "{}") for row in rows},
            kept=kept,
        )

    def _take(self, book: _Book, one: CheckIn, now_ms: int) -> None:
        row = book.monitors.get((one.project_id, one.monitor))
        if row is None:
            return
        key = (row.id, one.environment)
        before = book.kept.get(key) or Kept(id=0, state=State())
        config = book.configs[row.id]
        state = after_check_in(before.state, config, one)
        if state.failures > before.state.failures:
            run = Told(check_in_id=one.check_in_id, status=one.status, at_ms=one.ts_ms)
            where = (row, one.environment)
            state = _failed(book, where, state, run, now_ms, (one.release, one.trace_id))
        elif one.status is RunStatus.OK and state != before.state:
            state = after_success(state, config, at_ms=one.ts_ms)
        if state != before.state:
            book.put(key, replace(before, state=state))

    def _pass_over(self, book: _Book, now_ms: int) -> None:
        """The server was away: what was due then may have come and found nobody."""
        for (monitor_id, environment), kept in list(book.kept.items()):
            state = passed_over(kept.state, book.configs[monitor_id], now_ms)
            if state != kept.state:
                log.info("monitor_passed_over", monitor_id=monitor_id, until_ms=now_ms)
                book.put((monitor_id, environment), replace(kept, state=state))

    def _due(self, book: _Book, now_ms: int) -> dict[int, list[CheckInRow]]:
        """Rows of what is told as failed, by project; the states go on."""
        rows = {row.id: row for row in book.monitors.values()}
        told: dict[int, list[CheckInRow]] = {}
        for (monitor_id, environment), kept in list(book.kept.items()):
            row = rows[monitor_id]
            state, failed = due(kept.state, book.configs[monitor_id], now_ms)
            failures = state.failures
            for number, one in enumerate(failed, kept.state.failures + 1):
                state = replace(state, failures=number)
                state = _failed(book, (row, environment), state, one, now_ms)
            state = replace(state, failures=failures)
            if state != kept.state:
                book.put((monitor_id, environment), replace(kept, state=state))
            told.setdefault(row.project_id, []).extend(
                _row(one, row.project_id, row.slug, environment) for one in failed
            )
        return {project_id: rows for project_id, rows in told.items() if rows}

    def _settle(self, book: _Book, now_ms: int) -> None:
        """Do what is due to issues whose event is stored; within an hour it is, or never."""
        rows = {row.id: row for row in book.monitors.values()}
        for (monitor_id, environment), kept in list(book.kept.items()):
            state = kept.state
            if state.pending is Pending.NOTHING:
                continue
            project_id = rows[monitor_id].project_id
            email = book.configs[monitor_id].owner_email
            if state.pending is Pending.RESOLVE:
                is_done = self._issues.resolve(project_id, state.incident_event)
            else:
                is_done = not email or self._issues.assign(project_id, state.incident_event, email)
            if is_done or now_ms - state.pending_ms > HOUR_MS:
                settled = replace(state, pending=Pending.NOTHING)
                book.put((monitor_id, environment), replace(kept, state=settled))

    def _tell(self, told: dict[int, list[CheckInRow]]) -> None:
        for project_id, rows in told.items():
            self._acceptor.accept_check_ins_blocking(project_id, rows)


def _failed(
    book: _Book,
    where: tuple[Row[Any], str],
    state: State,
    run: Told,
    now_ms: int,
    origin: tuple[str, str] = ("", ""),
) -> State:
    """The state after a failure; what its issue is told is added to the book.

    where: the monitor and the environment. now_ms: of the event, which is never older than the
    resolution of the issue before. origin: release and trace id of the run.
    """
    row, environment = where
    config = book.configs[row.id]
    named = (row.project_id, row.slug, environment, run.status.value, run.check_in_id, run.at_ms)
    event_id = event_id_of(named)
    state, is_told = after_failure(state, config, event_id=event_id, at_ms=run.at_ms)
    if is_told:
        failed = FailedRun(
            monitor=row.slug,
            environment=environment,
            status=run.status,
            began_ms=run.at_ms,
            release=origin[0],
            trace_id=origin[1],
        )
        event = event_json(state, config, failed, at_ms=now_ms)
        book.events.append((row.project_id, event))
    return state


def _row(one: Told, project_id: int, monitor: str, environment: str) -> CheckInRow:
    is_missed = one.status is RunStatus.MISSED
    return CheckInRow(
        ts=one.at_ms,
        check_in_id=missed_id(project_id, monitor, environment, one.at_ms)
        if is_missed
        else one.check_in_id,
        monitor=monitor,
        status=one.status.value,
        duration_ms=0,
        environment=environment,
        release="",
        trace_id="",
        config=b"",
    )
