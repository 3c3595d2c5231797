"""Keeps a process's guard in step with admins and other processes, and makes folding alertable."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np

from watchkeeper.ingest.cardinality import (
    LANE_LABEL,
    WHOLE_PROJECT,
    Elsewhere,
    MetricReport,
    ProjectRules,
    SeriesLimits,
)
from watchkeeper.ingest.repo import RuleRows, UseRows
from watchkeeper.ingest.rows import SampleBatch
from watchkeeper.lib.clock import MINUTE_MS, Clock
from watchkeeper.model import METRIC_NAME, Labels, labels_of
from watchkeeper.store.meta import Meta

TOLD_SHARE = 0.01
"""Metrics with less of their limit are not told to other processes: so exact the limit is."""
SHOWN_SHARE = 0.5
"""A project, or a metric, that uses so much of its limit has series about that."""
_TELL_AGAIN_MS = 5 * MINUTE_MS
_MOST_METRICS = 500
_PREFIX = "watchkeeper_cardinality_"

Sample = tuple[Labels, float]


class Registry(Protocol):
    """What the guard's registry offers."""

    def set_rules(
        self, rules: Mapping[int, ProjectRules], elsewhere: Elsewhere, *, now_ms: int
    ) -> None: ...
    def reports(self, *, at_least: float) -> list[MetricReport]: ...
    def limits_of(self, project_id: int) -> SeriesLimits: ...


class CardinalityWatch:
    """One process's part. Call `run_once` every 15 s or so, from one thread.

    accept: takes in samples of one project. lane: this process.
    """

    def __init__(
        self,
        registry: Registry,
        accept: Callable[[int, SampleBatch], object],
        meta: Meta,
        clock: Clock,
        *,
        lane: str,
    ) -> None:
        self._registry, self._accept, self._clock, self._lane = registry, accept, clock, lane
        self._rule_rows, self._use_rows = RuleRows(meta), UseRows(meta)
        self._rules: dict[int, ProjectRules] = {}
        self._revision = -1
        self._told: Sequence[MetricReport] = ()
        self._told_ms = 0

    def run_once(self) -> None:
        """Learn, tell, and write series about what is near its limit or beyond.

        Raises StoreUnavailable, Overloaded; the next call makes up for it.
        """
        now_ms = self._clock()
        revision = self._rule_rows.revision()
        if revision != self._revision:
            self._rules, self._revision = self._rule_rows.all(), revision
        elsewhere = self._use_rows.elsewhere(self._lane, now_ms=now_ms)
        self._registry.set_rules(self._rules, elsewhere, now_ms=now_ms)
        reports = self._registry.reports(at_least=TOLD_SHARE)
        self._tell(reports, now_ms)
        for project_id, samples in self._shown(reports).items():
            batch = SampleBatch(
                series=[labels for labels, _ in samples],
                ts_ms=np.full(len(samples), now_ms, np.int64),
                values=np.array([value for _, value in samples], np.float64),
            )
            self._accept(project_id, batch)

    def _tell(self, reports: Sequence[MetricReport], now_ms: int) -> None:
        """Write what changed; an unchanged report is repeated, so that it stays valid."""
        most = sorted(reports, key=lambda one: (one.metric != "", -one.folded, -one.series))
        told = most[:_MOST_METRICS]
        if told != self._told or now_ms - self._told_ms >= _TELL_AGAIN_MS:
            self._use_rows.put(self._lane, told, now_ms=now_ms)
            self._told, self._told_ms = told, now_ms

    def _shown(self, reports: Sequence[MetricReport]) -> dict[int, list[Sample]]:
        """Series about projects and metrics near or beyond a limit, by project."""
        found: dict[int, list[Sample]] = {}
        for one in reports:
            limits = self._registry.limits_of(one.project_id)
            is_whole = one.metric == WHOLE_PROJECT
            limit = limits.per_project if is_whole else limits.per_metric
            if one.series >= SHOWN_SHARE * limit or one.folded or one.samples:
                samples = found.setdefault(one.project_id, [])
                samples += self._about_project(one, limit) if is_whole else self._about(one, limit)
        return found

    def _about_project(self, one: MetricReport, limit: int) -> list[Sample]:
        return [
            self._sample("series", one.series),
            self._sample("series_limit", limit),
        ]

    def _about(self, one: MetricReport, limit: int) -> list[Sample]:
        samples = [
            self._sample("metric_series", one.series, metric=one.metric),
            self._sample("metric_series_limit", limit, metric=one.metric),
        ]
        if one.samples or one.folded:
            sender = one.senders[0][0] if one.senders else ""
            samples += [
                self._sample(
                    "overflow_series",
                    one.folded,
                    metric=one.metric,
                    label=one.label,
                    sender=sender,
                ),
                self._sample("overflow_samples_total", one.samples, metric=one.metric),
            ]
        return samples

    def _sample(self, name: str, value: float, **labels: str) -> Sample:
        own = {METRIC_NAME: _PREFIX + name, LANE_LABEL: self._lane}
        return labels_of({**own, **labels}), value
