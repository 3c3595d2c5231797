"""Errors as a series, `watchkeeper_errors_total`, so that one rule engine alerts on everything.

Rule: docs/spec/derived-series.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from watchkeeper.ingest import Acceptor, SampleBatch
from watchkeeper.issues.event import severity_of
from watchkeeper.issues.repo import errors_total as repo
from watchkeeper.issues.repo.errors_total import ERRORS_TOTAL, Burst, LastSample
from watchkeeper.lib.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Clock
from watchkeeper.model import METRIC_NAME, Labels, Scope, labels_of
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta

INTERVAL_MS = 15 * SECOND_MS
"""Length of the intervals over which errors are counted."""
HEARTBEAT_MS = MINUTE_MS
"""How often an unchanged counter is repeated: well within PromQL's five minutes."""

QUIET_MS = DAY_MS
"""A counter that has not grown for so long is no longer repeated; it goes on where it stood."""

SERIES_A_PROJECT = 200
OTHER = "other"
"""Type of the series that takes what would be one series too many."""

_AT_ONCE_MS = HOUR_MS
_LOOK_BACK_MS = 30 * DAY_MS

Sample = tuple[Labels, int, float]
"""(labels, Unix ms, value)"""


@dataclass(frozen=True, slots=True)
class Counter:
    """Where one series stands. last_ms: its newest sample. grown_ms: when it last grew."""

    value: float
    last_ms: int
    grown_ms: int


@dataclass(slots=True)
class ProjectCounters:
    """The error counters of one project. Pure: time comes in, samples come out."""

    slug: str
    counters: dict[Labels, Counter] = field(default_factory=dict)

    def resume(self, last: LastSample) -> None:
        """Go on from what is stored."""
        self.counters[last.labels] = Counter(last.value, last.ts_ms, last.ts_ms)

    def advance(self, bursts: Iterable[Burst], *, end_ms: int) -> list[Sample]:
        """The samples of one closed interval that ends at `end_ms`."""
        samples: list[Sample] = []
        for labels, events in self._by_labels(bursts, end_ms).items():
            samples += self._grow(labels, events, end_ms)
        if end_ms % HEARTBEAT_MS == 0:
            samples += self._beat(end_ms)
        return samples

    def copy(self) -> ProjectCounters:
        return ProjectCounters(self.slug, dict(self.counters))

    def _by_labels(self, bursts: Iterable[Burst], end_ms: int) -> dict[Labels, int]:
        grown: dict[Labels, int] = {}
        active = {
            labels for labels, one in self.counters.items() if end_ms - one.grown_ms < QUIET_MS
        }
        for burst in bursts:
            labels = self._labels(burst)
            if labels not in active and len(active) >= SERIES_A_PROJECT:
                labels = self._overflow(burst)
            active.add(labels)
            grown[labels] = grown.get(labels, 0) + burst.events
        return grown

    def _labels(self, burst: Burst) -> Labels:
        return labels_of(
            {
                METRIC_NAME: ERRORS_TOTAL,
                "project": self.slug,
                "type": burst.type,
                "severity": severity_of(burst.level, is_handled=burst.is_handled).value,
                "release": burst.release,
                "environment": burst.environment,
            }
        )

    def _overflow(self, burst: Burst) -> Labels:
        return self._labels(replace(burst, type=OTHER, release="", environment=""))

    def _grow(self, labels: Labels, events: int, end_ms: int) -> Iterator[Sample]:
        """The value before the growth, one interval earlier, then the value after it."""
        before = self.counters.get(labels, Counter(0.0, 0, 0))
        if before.last_ms >= end_ms:
            return  # accepted before a crash that came before its progress was noted
        if before.last_ms < end_ms - INTERVAL_MS:
            yield labels, end_ms - INTERVAL_MS, before.value
        after = Counter(before.value + events, end_ms, end_ms)
        self.counters[labels] = after
        yield labels, end_ms, after.value

    def _beat(self, end_ms: int) -> Iterator[Sample]:
        for labels, one in list(self.counters.items()):
            if one.last_ms < end_ms and end_ms - one.grown_ms < QUIET_MS:
                self.counters[labels] = replace(one, last_ms=end_ms)
                yield labels, end_ms, one.value


class DerivedSeries:
    """Writes the error counters of every project, interval by interval. One thread runs it."""

    def __init__(
        self,
        *,
        columns: Columns,
        meta: Meta,
        acceptor: Acceptor,
        clock: Clock,
        passed_ms: Callable[[], int | None],
    ) -> None:
        """passed_ms: up to when every received record is stored (`Digest.passed_ms`)."""
        self._columns = columns
        self._meta = meta
        self._acceptor = acceptor
        self._passed_ms = passed_ms
        self._started_ms = clock()
        self._projects: dict[int, ProjectCounters] | None = None

    def run_once(self) -> int:
        """Write the samples of the intervals that closed since; returns how many samples.

        Raises StoreUnavailable and SpoolFull; the next call tries the same intervals again.
        """
        passed_ms = self._passed_ms()
        if passed_ms is None or passed_ms < self._started_ms:
            return 0  # samples of the life before may still be on their way into the store
        with self._meta.read() as conn:
            start_ms = repo.progress_ms(conn) or _floor(passed_ms - HOUR_MS)
        end_ms = min(_floor(passed_ms), start_ms + _AT_ONCE_MS)
        if end_ms <= start_ms:
            return 0
        written = self._write(start_ms, end_ms)
        with self._meta.write() as conn:
            repo.set_progress(conn, end_ms)
        return written

    def _write(self, start_ms: int, end_ms: int) -> int:
        with self._meta.read() as conn:
            scopes, slugs = repo.scopes(conn)
        written = 0
        projects = self._resumed(scopes, slugs, before_ms=end_ms)
        for scope in scopes:
            bursts = repo.bursts(
                self._columns, scope, start_ms=start_ms, end_ms=end_ms, step_ms=INTERVAL_MS
            )
            by_project = _by_project(bursts)
            for project_id in scope.project_ids:
                counters = projects.setdefault(project_id, ProjectCounters(slugs[project_id]))
                written += self._write_project(
                    project_id, counters, by_project.get(project_id, {}), (start_ms, end_ms)
                )
        return written

    def _write_project(
        self,
        project_id: int,
        counters: ProjectCounters,
        bursts: dict[int, list[Burst]],
        span: tuple[int, int],
    ) -> int:
        after = counters.copy()
        samples: list[Sample] = []
        for interval_ms in range(*span, INTERVAL_MS):
            samples += after.advance(bursts.get(interval_ms, ()), end_ms=interval_ms + INTERVAL_MS)
        if samples:
            self._acceptor.accept_samples_blocking(project_id, _batch(samples))
        counters.counters = after.counters
        return len(samples)

    def _resumed(
        self, scopes: Iterable[Scope], slugs: dict[int, str], *, before_ms: int
    ) -> dict[int, ProjectCounters]:
        """Counters as they stand; after a start they are read from the store."""
        if self._projects is None:
            projects = {one: ProjectCounters(slug) for one, slug in slugs.items()}
            since_ms = before_ms - _LOOK_BACK_MS
            for scope in scopes:
                for last in repo.last_samples(self._columns, scope, since_ms=since_ms):
                    projects[last.project_id].resume(last)
            self._projects = projects
        return self._projects


def _floor(at_ms: int) -> int:
    return at_ms // INTERVAL_MS * INTERVAL_MS


def _by_project(bursts: Iterable[Burst]) -> dict[int, dict[int, list[Burst]]]:
    found: dict[int, dict[int, list[Burst]]] = {}
    for burst in bursts:
        found.setdefault(burst.project_id, {}).setdefault(burst.interval_ms, []).append(burst)
    return found


def _batch(samples: list[Sample]) -> SampleBatch:
    return SampleBatch(
        series=[labels for labels, _ts_ms, _value in samples],
        ts_ms=np.array([ts_ms for _labels, ts_ms, _value in samples], dtype=np.int64),
        values=np.array([value for _labels, _ts_ms, value in samples], dtype=np.float64),
    )
