"""Counters of one project: growth and time come in, samples come out. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from watchkeeper.lib.clock import DAY_MS, MINUTE_MS, SECOND_MS
from watchkeeper.model import METRIC_NAME, Labels, labels_of

INTERVAL_MS = 15 * SECOND_MS
"""Length of the intervals over which rows are counted."""
HEARTBEAT_MS = MINUTE_MS
"""How often an unchanged counter is repeated: well within PromQL's five minutes."""

QUIET_MS = DAY_MS
"""A counter that has not grown for so long is no longer repeated; it goes on where it stood."""

OTHER = "other"
"""Value of the label that would be one too many."""

_LE = "le"
_PROJECT = "project"

Sample = tuple[Labels, int, float]
"""(labels, Unix ms, value)"""

Group = Labels
"""Labels that the series of one thing share: without the metric's name, `le` and the project."""


def group_of(labels: dict[str, str]) -> Group:
    """A group of these labels; an empty one is absent."""
    return labels_of({name: value for name, value in labels.items() if value})


class Growth(NamedTuple):
    """By how much one series of a group grew. le: of a bucket, else empty."""

    metric: str
    amount: float
    le: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """What of one group was received in one interval. interval_ms: its start.

    other: the group that takes it where one more would be too many. growth: every series of the
    group, those that did not grow too.
    """

    project_id: int
    interval_ms: int
    group: Group
    other: Group
    growth: Sequence[Growth]


@dataclass(frozen=True, slots=True, kw_only=True)
class LastSample:
    """The newest stored sample of a derived series."""

    project_id: int
    labels: Labels
    ts_ms: int
    value: float


@dataclass(frozen=True, slots=True)
class Counter:
    """Where one series stands. last_ms: its newest sample. grown_ms: when its group last grew."""

    value: float
    last_ms: int
    grown_ms: int


@dataclass(slots=True)
class ProjectCounters:
    """The counters of one project. max_groups: how many of them may be active."""

    slug: str
    max_groups: int
    counters: dict[Labels, Counter] = field(default_factory=dict)
    groups: dict[Group, int] = field(default_factory=dict)

    def resume(self, last: LastSample) -> None:
        """Go on from what is stored."""
        self.counters[last.labels] = Counter(last.value, last.ts_ms, last.ts_ms)
        group = group_of({k: v for k, v in last.labels if k not in {METRIC_NAME, _LE, _PROJECT}})
        self.groups[group] = max(last.ts_ms, self.groups.get(group, 0))

    def advance(self, bursts: Iterable[Burst], *, end_ms: int) -> list[Sample]:
        """The samples of one closed interval that ends at `end_ms`."""
        samples: list[Sample] = []
        for labels, amount in self._by_labels(bursts, end_ms).items():
            samples += self._grow(labels, amount, end_ms)
        if end_ms % HEARTBEAT_MS == 0:
            samples += self._beat(end_ms)
        return samples

    def copy(self) -> ProjectCounters:
        return replace(self, counters=dict(self.counters), groups=dict(self.groups))

    def _by_labels(self, bursts: Iterable[Burst], end_ms: int) -> dict[Labels, float]:
        grown: dict[Labels, float] = {}
        active = {group for group, at_ms in self.groups.items() if end_ms - at_ms < QUIET_MS}
        for burst in bursts:
            group = burst.group
            if group not in active and len(active) >= self.max_groups:
                group = burst.other
            active.add(group)
            self.groups[group] = end_ms
            for growth in burst.growth:
                labels = self._labels(group, growth)
                grown[labels] = grown.get(labels, 0.0) + growth.amount
        return grown

    def _labels(self, group: Group, growth: Growth) -> Labels:
        told = {METRIC_NAME: growth.metric, _PROJECT: self.slug, **dict(group)}
        return labels_of(told | {_LE: growth.le} if growth.le else told)

    def _grow(self, labels: Labels, amount: float, end_ms: int) -> Iterator[Sample]:
        """The value before the growth, one interval earlier, then the value after it."""
        before = self.counters.get(labels, Counter(0.0, 0, 0))
        if before.last_ms >= end_ms:
            return  # accepted before a crash that came before its progress was noted
        if before.last_ms < end_ms - INTERVAL_MS:
            yield labels, end_ms - INTERVAL_MS, before.value
        after = Counter(before.value + amount, end_ms, end_ms)
        self.counters[labels] = after
        yield labels, end_ms, after.value

    def _beat(self, end_ms: int) -> Iterator[Sample]:
        for labels, one in list(self.counters.items()):
            if one.last_ms < end_ms and end_ms - one.grown_ms < QUIET_MS:
                self.counters[labels] = replace(one, last_ms=end_ms)
                yield labels, end_ms, one.value
