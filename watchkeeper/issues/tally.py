"""What one cut's events mean for each issue."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from watchkeeper.issues.event import ErrorFacts
from watchkeeper.issues.grouping import Grouping
from watchkeeper.model import Record, Severity

SEVERITIES = (Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)
"""Mildest first."""

Key = tuple[int, int]
"""(project_id, grouping hash)"""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One event on its way into the store."""

    record: Record
    identity: bytes
    facts: ErrorFacts
    grouping: Grouping

    @property
    def key(self) -> Key:
        return self.record.project_id, self.grouping.hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Events of one group in one cut. first, last: by the time of the event."""

    project_id: int
    grouping: Grouping
    events: int
    first: ErrorFacts
    last: ErrorFacts
    severity: Severity
    is_handled: bool
    received_ms: int


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
    )
