"""Runs every rule group at its time and keeps what became of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from watchkeeper.alerting.rules import repo
from watchkeeper.alerting.rules.book import Rules
from watchkeeper.alerting.rules.changes import Change, Changes, all_ended, changes_between
from watchkeeper.alerting.rules.errors import EvaluationFailed
from watchkeeper.alerting.rules.evaluate_rule import (
    Instants,
    States,
    Surroundings,
    advanced,
    instants,
    no_series_note,
    recordable,
    sees,
)
from watchkeeper.alerting.rules.series import (
    Samples,
    alert_series,
    batch_of,
    histogram_batch_of,
    recorded,
)
from watchkeeper.alerting.rules.state import Phase
from watchkeeper.alerting.rules.templates import Sample
from watchkeeper.alerting.rules.types import AlertingRule, Rule, RuleGroup, RuleHealth, rule_key
from watchkeeper.ingest import Acceptor
from watchkeeper.lib.clock import HOUR_MS, MINUTE_MS, SECOND_MS
from watchkeeper.lib.errors import WatchkeeperError
from watchkeeper.lib.schedule import Schedule
from watchkeeper.model import Labels, LiveEvent, LiveTopic, Role, Scope
from watchkeeper.query.promql import Engine
from watchkeeper.store.meta import Meta

GroupKey = tuple[int, str, str]
"""Project, file, group."""

Announce = Callable[[Connection, Changes], None]
"""Writes the intents to tell people, in the transaction of the changes that cause them."""

OUTAGE_TOLERANCE_MS = HOUR_MS
"""A pending alert that was not evaluated for longer starts anew."""
_TOUCH_MS = MINUTE_MS
"""An alert that does not change is still written this often, so that an outage can be measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluatorOptions:
    """How rules are evaluated. Section [rules]."""

    external_url: str = ""
    """Address that links in notifications start with."""
    external_labels: Mapping[str, str] = field(default_factory=dict)
    """Labels that templates see as $externalLabels."""
    look_every_ms: int = 2 * SECOND_MS
    """How often rule files are looked at for changes."""


@dataclass(slots=True, kw_only=True)
class _Running:
    """A group in force, and what its rules did last."""

    scope: Scope
    file: str
    group: RuleGroup
    interval_ms: int
    written: dict[str, set[Labels]] = field(default_factory=dict)
    health: dict[str, RuleHealth] = field(default_factory=dict)
    last_ms: int | None = None
    duration_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupStatus:
    """A group for people: its rules' health and alerts, by rule key."""

    project_id: int
    file: str
    group: RuleGroup
    interval_ms: int
    health: Mapping[str, RuleHealth]
    alerts: Mapping[str, States]
    last_ms: int | None
    duration_s: float


class Evaluator:
    """Holds the rule groups in force and evaluates those that are due. Blocks; one thread."""

    def __init__(
        self,
        rules: Rules,
        engine: Engine,
        acceptor: Acceptor,
        meta: Meta,
        *,
        announce: Announce,
        interval_ms_of: Callable[[int], int] = lambda _project_id: MINUTE_MS,
        publish: Callable[[LiveEvent], None] = lambda _event: None,
        options: EvaluatorOptions | None = None,
    ) -> None:
        """interval_ms_of: how often groups of a project run that name no interval."""
        self._rules = rules
        self._engine = engine
        self._acceptor = acceptor
        self._meta = meta
        self._announce = announce
        self._interval_ms_of = interval_ms_of
        self._publish = publish
        self._options = options or EvaluatorOptions()
        self._schedule: Schedule[GroupKey] = Schedule()
        self._groups: dict[GroupKey, _Running] = {}
        self._states: dict[tuple[int, str], States] = {}
        self._touched: dict[tuple[int, str], int] = {}
        self._files: object = None
        self._look_ms = 0
        self._is_loaded = False

    def run_due(self, now_ms: int) -> int:
        """Evaluate the groups whose time has come; returns how many.

        Raises StoreUnavailable if the meta store cannot be read; then nothing was evaluated.
        """
        if now_ms >= self._look_ms:
            self._refresh(now_ms)
            self._look_ms = now_ms + self._options.look_every_ms
        due = self._schedule.due(now_ms)
        for key, slot_ms in due:
            self._evaluate(self._groups[key], slot_ms)
        return len(due)

    def next_due_ms(self) -> int:
        """When `run_due` has something to do again."""
        group_ms = self._schedule.next_due_ms()
        return self._look_ms if group_ms is None else min(self._look_ms, group_ms)

    def groups(self, scope: Scope) -> list[GroupStatus]:
        """The groups of the scope's projects, by file, in the file's order."""
        return [
            GroupStatus(
                project_id=key[0],
                file=running.file,
                group=running.group,
                interval_ms=running.interval_ms,
                health=dict(running.health),
                alerts={
                    rule.key: dict(self._states.get((key[0], rule.key), {}))
                    for rule in running.group.rules
                },
                last_ms=running.last_ms,
                duration_s=running.duration_s,
            )
            for key, running in list(self._groups.items())
            if key[0] in scope.project_ids
        ]

    # Which groups there are

    def _refresh(self, now_ms: int) -> None:
        files = self._rules.current()
        intervals = {each: self._interval_ms_of(each) for each in {f.project_id for f in files}}
        seen = (files, tuple(sorted(intervals.items())))
        if seen == self._files:
            return
        if not self._is_loaded:
            self._load(now_ms)
        with self._meta.read() as conn:
            orgs = repo.project_orgs(conn)
        wanted: dict[GroupKey, _Running] = {}
        for file in files:
            is_usable = file.parsed is not None and file.project_id in orgs
            for group in file.parsed.groups if file.parsed and is_usable else ():
                scope = Scope(
                    org_id=orgs[file.project_id], project_ids=(file.project_id,), role=Role.OWNER
                )
                key = (file.project_id, file.name, group.name)
                interval_ms = group.interval_ms or intervals[file.project_id]
                wanted[key] = self._kept(key, scope, group, interval_ms)
        ended = self._replace(wanted, now_ms)
        self._all_endeds(now_ms)
        self._store(now_ms, {}, ended)
        self._files = seen

    def _load(self, now_ms: int) -> None:
        with self._meta.write() as conn:
            for alert in repo.load_states(conn):
                state, is_old = alert.state, now_ms - alert.updated_ms > OUTAGE_TOLERANCE_MS
                if is_old and state.phase is Phase.PENDING:
                    repo.delete_state(conn, alert.project_id, alert.rule_key, state.labels)
                else:
                    key = (alert.project_id, alert.rule_key)
                    self._states.setdefault(key, {})[state.labels] = state
        self._is_loaded = True

    def _kept(self, key: GroupKey, scope: Scope, group: RuleGroup, interval_ms: int) -> _Running:
        """The group as it is to run; what its unchanged rules did before is taken over."""
        before = self._groups.get(key)
        running = _Running(scope=scope, file=key[1], group=group, interval_ms=interval_ms)
        for rule in group.rules:
            states = self._states.get((key[0], rule.key), {})
            running.written[rule.key] = set(alert_series(states.values()))
            running.health[rule.key] = RuleHealth()
            if before and rule.key in before.health:
                running.written[rule.key] = before.written[rule.key]
                running.health[rule.key] = before.health[rule.key]
        if before:
            running.last_ms, running.duration_s = before.last_ms, before.duration_s
        return running

    def _replace(self, wanted: dict[GroupKey, _Running], now_ms: int) -> dict[int, list[Labels]]:
        """Put the groups into force; returns the series by project that nobody writes any more."""
        still = {(key[0], name) for key, running in wanted.items() for name in running.written}
        ended: dict[int, list[Labels]] = {}
        for key, running in self._groups.items():
            for name, written in running.written.items():
                if (key[0], name) not in still:
                    ended.setdefault(key[0], []).extend(written)
        for key in set(self._groups) - set(wanted):
            self._schedule.remove(key)
        for key, running in wanted.items():
            offset_ms = int(rule_key(*map(str, key))[:16], 16) % running.interval_ms
            self._schedule.put(
                key, interval_ms=running.interval_ms, offset_ms=offset_ms, now_ms=now_ms
            )
        self._groups = wanted
        return ended

    def _all_endeds(self, now_ms: int) -> None:
        """Alerts whose rule is gone are over: people who were told of them are told so."""
        known = {
            (key[0], rule.key)
            for key, running in self._groups.items()
            for rule in running.group.rules
        }
        for project_id, name in [key for key in self._states if key not in known]:
            changes = all_ended(project_id, name, self._states[project_id, name], now_ms=now_ms)
            with self._meta.write() as conn:
                self._write_changes(conn, [changes], now_ms)
            del self._states[project_id, name]

    # One group

    def _evaluate(self, running: _Running, ts_ms: int) -> None:
        began = time.perf_counter()
        samples: Samples = {}
        ended: list[Labels] = []
        changes: list[Changes] = []
        at_ms = ts_ms - running.group.query_offset_ms
        for rule in running.group.rules:
            health = running.health[rule.key]
            rule_began = time.perf_counter()
            try:
                found = self._evaluate_rule(running, rule, ts_ms=ts_ms, at_ms=at_ms)
                given, changed = found
                health.health, health.last_error = "ok", ""
            except (WatchkeeperError, EvaluationFailed) as error:
                health.health, health.last_error = "err", str(error)
                given, changed = None, None
            if given is not None:
                ended += [s for s in running.written[rule.key] if s not in given]
                running.written[rule.key] = set(given)
                samples |= given
            if changed is not None:
                changes.append(changed)
            health.last_evaluation_ms = ts_ms
            health.duration_s = time.perf_counter() - rule_began
        project_id = running.scope.project_id
        stale = [labels for labels in ended if labels not in samples]
        self._store(at_ms, {project_id: samples}, {project_id: stale}, running)
        self._commit(changes, ts_ms, running)
        running.last_ms, running.duration_s = ts_ms, time.perf_counter() - began

    def _evaluate_rule(
        self, running: _Running, rule: Rule, *, ts_ms: int, at_ms: int
    ) -> tuple[Samples, Changes | None]:
        """The series that the rule gives, and for an alerting rule what changed."""
        health, scope = running.health[rule.key], running.scope
        result = self._engine.instant(scope, rule.expr, at_ms)
        health.warnings = result.warnings
        vector = recordable(result)
        is_empty = not vector and not result.stats.series
        health.note = no_series_note(rule.expr) if is_empty else ""
        if not isinstance(rule, AlertingRule):
            given = recorded(rule, vector)
            if running.group.limit and len(given) > running.group.limit:
                limit = running.group.limit
                raise EvaluationFailed(f"exceeded limit of {limit} with {len(given)} series")
            return given, None
        changes = self._alerts(running, rule, instants(result), ts_ms=ts_ms, at_ms=at_ms)
        return alert_series(changes.after.values()), changes

    def _alerts(
        self, running: _Running, rule: AlertingRule, vector: Instants, *, ts_ms: int, at_ms: int
    ) -> Changes:
        scope = running.scope

        def query(expression: str) -> Sequence[Sample]:
            found = instants(self._engine.instant(scope, expression, at_ms))
            return [Sample(dict(labels), value) for labels, value in found]

        surroundings = Surroundings(
            external_labels=self._options.external_labels, external_url=self._options.external_url
        )
        seen = sees(rule, vector, now_ms=ts_ms, surroundings=surroundings, query=query)
        before = self._states.get((scope.project_id, rule.key), {})
        try:
            after = advanced(rule, before, seen, now_ms=ts_ms, limit=running.group.limit)
        except EvaluationFailed:
            ended = all_ended(scope.project_id, rule.key, before, now_ms=ts_ms)
            self._commit([ended], ts_ms, running)
            raise
        return changes_between(scope.project_id, rule, before, after)

    # What is kept

    def _store(
        self,
        ts_ms: int,
        samples: Mapping[int, Samples],
        stale: Mapping[int, Sequence[Labels]],
        running: _Running | None = None,
    ) -> None:
        """Write series; a store that is full is told of and does not keep alerts from people."""
        for project_id in {*samples, *stale}:
            own = samples.get(project_id, {})
            batch = batch_of(ts_ms, own, stale.get(project_id, ()))
            histograms = histogram_batch_of(ts_ms, own)
            try:
                if len(batch.series):
                    self._acceptor.accept_samples_blocking(project_id, batch)
                if len(histograms.series):
                    self._acceptor.accept_histograms_blocking(project_id, histograms)
            except WatchkeeperError as error:
                _all_failed(running, f"Evaluated, but its series were not stored: {error}")

    def _commit(self, changes: Sequence[Changes], now_ms: int, running: _Running) -> None:
        """States, history and intents in one transaction; memory follows only if it succeeds."""
        wanted = [one for one in changes if self._must_write(one, now_ms)]
        try:
            if wanted:
                with self._meta.write() as conn:
                    self._write_changes(conn, wanted, now_ms)
        except WatchkeeperError as error:
            _all_failed(running, f"Evaluated, but its alerts were not stored: {error}")
            return
        for one in changes:
            self._states[one.project_id, one.rule_key] = dict(one.after)
        for change in _transitions(wanted):
            self._publish(_live(change))

    def _must_write(self, changes: Changes, now_ms: int) -> bool:
        if changes.is_quiet:
            last_ms = self._touched.get((changes.project_id, changes.rule_key), 0)
            return bool(changes.after) and now_ms - last_ms >= _TOUCH_MS
        return True

    def _write_changes(self, conn: Connection, changes: Sequence[Changes], now_ms: int) -> None:
        for one in changes:
            for labels in one.gone:
                repo.delete_state(conn, one.project_id, one.rule_key, labels)
            for state in one.after.values():
                repo.put_state(conn, one.project_id, one.rule_key, state, now_ms)
            for change in one.transitions:
                repo.add_history(
                    conn,
                    one.project_id,
                    rule_name=one.rule_name,
                    phase=change.phase,
                    state=change.state,
                    now_ms=now_ms,
                )
            self._announce(conn, one)
            self._touched[one.project_id, one.rule_key] = now_ms


def _transitions(changes: Sequence[Changes]) -> Iterator[tuple[Changes, Change]]:
    for one in changes:
        for change in one.transitions:
            yield one, change


def _live(pair: tuple[Changes, Change]) -> LiveEvent:
    changes, change = pair
    facts = {"rule": changes.rule_name, "state": change.phase}
    return LiveEvent(changes.project_id, LiveTopic.ALERTS, facts)


def _all_failed(running: _Running | None, error: str) -> None:
    for health in running.health.values() if running else ():
        health.health, health.last_error = "err", error
