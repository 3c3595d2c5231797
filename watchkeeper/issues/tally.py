"""What one cut's events mean for each issue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from watchkeeper.issues.event import ErrorFacts
from watchkeeper.issues.grouping import Grouping
from watchkeeper.model import Record, Severity

SEVERITIES = (Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)
"""Mildest first."""

Key = tuple[int, int]
"""(project_id, grouping hash)"""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One event on its way into the store. ruled: what the project's severity rules say of it."""

    record: Record
    identity: bytes
    facts: ErrorFacts
    grouping: Grouping
    ruled: Severity | None = None

    @property
    def key(self) -> Key:
        return self.record.project_id, self.grouping.hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Events of one group in one cut. first, last: by the time of the event.

    ruled: by a severity rule, of the last event. users: keys of the people in the events.
    releases: of the events, each with the newest time, Unix ms.
    """

    project_id: int
    grouping: Grouping
    events: int
    first: ErrorFacts
    last: ErrorFacts
    severity: Severity
    is_handled: bool
    received_ms: int
    ruled: Severity | None = None
    users: frozenset[str] = frozenset()
    releases: Mapping[str, int] = field(default_factory=dict)


def tally(arrivals: Iterable[Arrival]) -> list[Tally]:
    """One tally a group, in the order in which the groups were first seen."""
    groups: dict[Key, list[Arrival]] = {}
    for arrival in arrivals:
        groups.setdefault(arrival.key, []).append(arrival)
    return [_of_group(group) for group in groups.values()]


def worse(one: Severity, other: Severity) -> Severity:
    """The worse of two severities."""
    return max(one, other, key=SEVERITIES.index)


def _of_group(group: list[Arrival]) -> Tally:
    facts = [arrival.facts for arrival in group]
    severities = {one.severity for one in facts}
    return Tally(
        project_id=group[0].record.project_id,
        grouping=group[0].grouping,
        events=len(group),
        first=min(facts, key=lambda one: one.ts_ms),
        last=max(facts, key=lambda one: one.ts_ms),
        severity=max(severities, key=SEVERITIES.index),
        is_handled=all(one.is_handled for one in facts),
        received_ms=max(arrival.record.received_ms for arrival in group),
        ruled=max(group, key=lambda one: one.facts.ts_ms).ruled,
        users=frozenset(one.user_key for one in facts if one.user_key),
        releases=_releases(facts),
    )


def _releases(facts: Iterable[ErrorFacts]) -> dict[str, int]:
    newest: dict[str, int] = {}
    for one in facts:
        newest[one.release] = max(newest.get(one.release, 0), one.ts_ms)
    return newest
