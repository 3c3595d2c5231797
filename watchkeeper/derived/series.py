"""Writes the series of one source, interval by interval, for every project."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import numpy as np

from watchkeeper.derived import repo
from watchkeeper.derived.counters import HEARTBEAT_MS, INTERVAL_MS, Burst, ProjectCounters, Sample
from watchkeeper.ingest import Acceptor, SampleBatch
from watchkeeper.lib.clock import DAY_MS, HOUR_MS, Clock
from watchkeeper.model import MayHold, Scope, anything_may_be_there
from watchkeeper.store.columns import Columns
from watchkeeper.store.meta import Meta

_AT_ONCE_MS = HOUR_MS
_LOOK_BACK_MS = 30 * DAY_MS


class Source(Protocol):
    """Rows that series are made of. name: of its progress. metrics: the names of its series.

    table: where the rows lie; without one received in an interval there is no burst in it.
    max_groups: how many groups of labels a project may have active.
    """

    name: str
    table: repo.SourceTable
    metrics: tuple[str, ...]
    max_groups: int

    def bursts(
        self, columns: Columns, scope: Scope, *, start_ms: int, end_ms: int, step_ms: int
    ) -> Iterator[Burst]:
        """What was received in [start_ms, end_ms), by group and interval, in order of time."""
        ...


class Derived:
    """The series of one source. One thread runs it."""

    def __init__(
        self,
        source: Source,
        *,
        columns: Columns,
        meta: Meta,
        acceptor: Acceptor,
        clock: Clock,
        passed_ms: Callable[[], int | None],
        may_hold: MayHold = anything_may_be_there,
    ) -> None:
        """passed_ms: up to when every received record is stored (`Digest.passed_ms`)."""
        self._source = source
        self._columns = columns
        self._meta = meta
        self._acceptor = acceptor
        self._passed_ms, self._may_hold = passed_ms, may_hold
        self._done_ms = 0
        self._started_ms = clock()
        self._projects: dict[int, ProjectCounters] | None = None

    def run_once(self) -> int:
        """Write the samples of the intervals that closed since; returns how many samples.

        Raises StoreUnavailable and SpoolFull; the next call tries the same intervals again.
        """
        passed_ms = self._passed_ms()
        if passed_ms is None or passed_ms < self._started_ms:
            return 0  # samples of the life before may still be on their way into the store
        if _floor(passed_ms) <= self._done_ms:
            return 0
        with self._meta.read() as conn:
            start_ms = repo.progress_ms(conn, self._source.name) or _floor(passed_ms - HOUR_MS)
        end_ms = min(_floor(passed_ms), start_ms + _AT_ONCE_MS)
        if end_ms <= start_ms:
            return 0
        brought_by = repo.brought_by(self._source.table)
        has_rows = self._may_hold(brought_by, start_ms, end_ms)
        if not has_rows and end_ms // HEARTBEAT_MS == start_ms // HEARTBEAT_MS:
            self._done_ms = end_ms
            return 0  # nothing to tell before the counters are repeated: noted with that
        written = self._write(start_ms, end_ms, has_rows=has_rows)
        with self._meta.write() as conn:
            repo.set_progress(conn, self._source.name, end_ms)
        self._done_ms = end_ms
        return written

    def _write(self, start_ms: int, end_ms: int, *, has_rows: bool) -> int:
        with self._meta.read() as conn:
            scopes, slugs = repo.scopes(conn)
        written = 0
        projects = self._resumed(scopes, slugs, before_ms=end_ms)
        for scope in scopes:
            bursts = self._bursts(scope, start_ms=start_ms, end_ms=end_ms) if has_rows else ()
            by_project = _by_project(bursts)
            for project_id in scope.project_ids:
                counters = projects.get(project_id)
                if counters is None:
                    counters = projects[project_id] = self._counters(slugs[project_id])
                written += self._write_project(
                    project_id, counters, by_project.get(project_id, {}), (start_ms, end_ms)
                )
        return written

    def _bursts(self, scope: Scope, *, start_ms: int, end_ms: int) -> Iterable[Burst]:
        source, columns = self._source, self._columns
        if not repo.has_received(columns, scope, source.table, start_ms=start_ms, end_ms=end_ms):
            return ()
        return source.bursts(columns, scope, start_ms=start_ms, end_ms=end_ms, step_ms=INTERVAL_MS)

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
        counters.counters, counters.groups = after.counters, after.groups
        return len(samples)

    def _resumed(
        self, scopes: Iterable[Scope], slugs: dict[int, str], *, before_ms: int
    ) -> dict[int, ProjectCounters]:
        """Counters as they stand; after a start they are read from the store."""
        if self._projects is None:
            projects = {one: self._counters(slug) for one, slug in slugs.items()}
            since_ms = before_ms - _LOOK_BACK_MS
            metrics = self._source.metrics
            for scope in scopes:
                for last in repo.last_samples(self._columns, scope, metrics, since_ms=since_ms):
                    projects[last.project_id].resume(last)
            self._projects = projects
        return self._projects

    def _counters(self, slug: str) -> ProjectCounters:
        return ProjectCounters(slug, self._source.max_groups)


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
