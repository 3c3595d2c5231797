"""The sink of error events: from the spool's records to rows and issues."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import msgspec
from sqlalchemy import Connection

from watchkeeper.artifacts import MAPPED_PLATFORMS, Sighting, note_releases
from watchkeeper.ingest.digest import DeadLetter, Insert, Plan, Refused
from watchkeeper.issues.choosing import groupings
from watchkeeper.issues.event import SentryEvent, facts_of, read_event
from watchkeeper.issues.grouping import Repeated
from watchkeeper.issues.metrics import IssueMetrics
from watchkeeper.issues.repo import grouped
from watchkeeper.issues.repo import settle as repo
from watchkeeper.issues.repo.grouped import Choice
from watchkeeper.issues.repo.returns import Outcome
from watchkeeper.issues.ruling import ruled_severity, severity_rules
from watchkeeper.issues.tally import Arrival, tally
from watchkeeper.lib.clock import DAY_MS
from watchkeeper.model import Cut, Kind, LiveEvent, LiveTopic, Record
from watchkeeper.store.columns import ERRORS, encode_rows

REMEMBERED_DAYS = 35
"""How long the id of an event is remembered: longer than any SDK or spool holds one back."""

_COLUMNS = tuple(column.name for column in ERRORS.columns if not column.default)

Read = tuple[Record, SentryEvent, bytes]
"""A record, its event and the 16 bytes of the event's id."""


class Symbolicates(Protocol):
    """Turns frames of built code into those of its sources."""

    def resolved(self, project_id: int, payload: bytes, *, at_ms: int) -> bytes:
        """The event with resolved frames, from what was uploaded before `at_ms`."""
        ...


class ErrorSink:
    """Kind ERROR_EVENT into the table `errors` and the issues in meta.

    An event counts once for each (project, event_id), whichever way and however often it comes.
    """

    kinds = frozenset({Kind.ERROR_EVENT})

    def __init__(self, *, metrics: IssueMetrics, symbolicator: Symbolicates | None = None) -> None:
        self._metrics = metrics
        self._symbolicator = symbolicator
        self._forgotten_day = 0
        self._repeated = Repeated()

    def plan(self, cut: Cut, records: Sequence[Record], conn: Connection) -> Plan:
        dead: list[DeadLetter] = []
        read = [self._resolved(one) for one in _read(records, dead)]
        choices = grouped.choices(conn, {record.project_id for record, _, _ in read})
        known = _of_known_projects(read, choices, dead)
        fresh = _without_seen(known, conn)
        arrivals = self._arrivals(fresh, choices, conn)
        return Plan(
            inserts=[_insert(arrivals)] if arrivals else [],
            apply=self._applying(arrivals, duplicates=len(known) - len(fresh)),
            dead=dead,
        )

    def _resolved(self, read: Read) -> Read:
        """Before it is grouped, so that an issue outlives a build."""
        record, event, identity = read
        if self._symbolicator is None or event.platform not in MAPPED_PLATFORMS:
            return read
        payload = self._symbolicator.resolved(
            record.project_id, record.payload, at_ms=record.received_ms
        )
        if payload is record.payload:
            return read
        return replace(record, payload=payload), read_event(payload), identity

    def _arrivals(
        self, fresh: Sequence[Read], choices: Mapping[int, Choice], conn: Connection
    ) -> list[Arrival]:
        rules = severity_rules(conn, list(choices))
        facts = [facts_of(event, received_ms=record.received_ms) for record, event, _ in fresh]
        of_project = [
            (record.project_id, one) for (record, _, _), one in zip(fresh, facts, strict=True)
        ]
        found = groupings(conn, of_project, choices, self._repeated)
        return [
            Arrival(
                record,
                identity,
                one,
                grouping,
                ruled_severity(one, rules.get(record.project_id, ())),
            )
            for (record, _, identity), one, grouping in zip(fresh, facts, found, strict=True)
        ]

    def _applying(
        self, arrivals: Sequence[Arrival], *, duplicates: int
    ) -> Callable[[Connection, Refused], Sequence[LiveEvent]]:
        def apply(conn: Connection, refused: Refused) -> Sequence[LiveEvent]:
            bad = refused.get(ERRORS.name, frozenset())
            stored = [one for row, one in enumerate(arrivals) if row not in bad]
            self._metrics.duplicates.inc(duplicates)
            return self._keep(conn, stored) if stored else ()

        return apply

    def _keep(self, conn: Connection, stored: Sequence[Arrival]) -> Sequence[LiveEvent]:
        repo.remember(conn, stored)
        repo.note_environments(conn, stored)
        note_releases(conn, _sightings(stored), now_ms=stored[-1].record.received_ms)
        self._forget_old(conn, stored[-1].record.received_ms // DAY_MS)
        outcomes = repo.settle(conn, tally(stored))
        self._metrics.opened.inc(sum(one.is_new for one in outcomes))
        self._metrics.regressed.inc(sum(one.is_regressed for one in outcomes))
        return _live_events(outcomes)

    def _forget_old(self, conn: Connection, day: int) -> None:
        """Once a day, in a cut's transaction, so that no replay sees less than the first try."""
        if day > self._forgotten_day:
            repo.forget_before(conn, day - REMEMBERED_DAYS)
            self._forgotten_day = day


def _read(records: Sequence[Record], dead: list[DeadLetter]) -> list[Read]:
    read: list[Read] = []
    for record in records:
        try:
            event = read_event(record.payload)
            identity = bytes.fromhex(event.event_id.replace("-", ""))
            if len(identity) != 16:
                raise ValueError("event_id must have 32 hex digits")
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            dead.append(DeadLetter(record, "unreadable", str(error)))
        else:
            read.append((record, event, identity))
    return read


def _of_known_projects(
    read: Sequence[Read], choices: Mapping[int, Choice], dead: list[DeadLetter]
) -> list[Read]:
    """Without what belongs to a project that was deleted meanwhile."""
    known: list[Read] = []
    for one in read:
        if one[0].project_id in choices:
            known.append(one)
        else:
            dead.append(DeadLetter(one[0], "unknown_project", "The project is gone."))
    return known


def _without_seen(read: Sequence[Read], conn: Connection) -> list[Read]:
    """The first arrival of each event, unless it was stored by an earlier cut."""
    first: dict[tuple[int, bytes], Read] = {}
    for one in read:
        first.setdefault((one[0].project_id, one[2]), one)
    seen = repo.seen(conn, first)
    return [one for key, one in first.items() if key not in seen]


def _sightings(stored: Iterable[Arrival]) -> Iterable[Sighting]:
    for one in stored:
        yield Sighting(one.record.project_id, one.facts.release, one.facts.ts_ms)


def _insert(arrivals: Sequence[Arrival]) -> Insert:
    return Insert(
        table=ERRORS.name,
        columns=_COLUMNS,
        rows=len(arrivals),
        encode=lambda start, end: encode_rows(ERRORS, _COLUMNS, map(_row, arrivals[start:end])),
        record_of=lambda row: arrivals[row].record,
    )


def _row(arrival: Arrival) -> tuple[object, ...]:
    """Values in the order of the table's columns."""
    facts, record = arrival.facts, arrival.record
    return (
        record.project_id,
        arrival.grouping.hash,
        facts.ts_ms,
        record.received_ms,
        arrival.identity.hex().encode(),
        facts.level,
        facts.type,
        facts.value,
        facts.culprit,
        facts.transaction,
        facts.platform,
        facts.environment,
        facts.release,
        facts.server_name,
        facts.user_key,
        facts.trace_id,
        facts.span_id,
        int(facts.is_handled),
        facts.tags,
        record.payload,
        facts.url,
        facts.function,
        facts.functions,
        facts.user_email,
        facts.user_name,
        facts.user_ip,
        (arrival.ruled or facts.severity).value,
    )


def _live_events(outcomes: Iterable[Outcome]) -> list[LiveEvent]:
    """One event a project: how many came, and the newest issue among them."""
    by_project: dict[int, list[Outcome]] = {}
    for outcome in outcomes:
        by_project.setdefault(outcome.project_id, []).append(outcome)
    return [
        LiveEvent(
            project_id,
            LiveTopic.ISSUES,
            {
                "events": sum(one.events for one in group),
                "opened": sum(one.is_new for one in group),
                "regressed": sum(one.is_regressed for one in group),
                "short_id": group[-1].short_id,
            },
        )
        for project_id, group in by_project.items()
    ]
