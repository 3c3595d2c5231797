"""Decides for each new series whether it is stored as itself, folded, or refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from watchkeeper.ingest.cardinality.folding import (
    Group,
    SlotUses,
    average_anew,
    fold,
    is_counter,
    overflow_labels,
)
from watchkeeper.ingest.cardinality.sketch import LabelSketch
from watchkeeper.ingest.cardinality.types import (
    NOT_FOLDED,
    WHOLE_PROJECT,
    LabelPolicy,
    MetricReport,
    ProjectRules,
    SeriesLimits,
    sender_of,
)
from watchkeeper.ingest.rows import MetadataRow, Values
from watchkeeper.lib.clock import HOUR_MS, MINUTE_MS
from watchkeeper.model import Labels

ACTIVE_MS = HOUR_MS
"""A series without a sample for so long no longer counts against a limit."""
SWEEP_MS = MINUTE_MS
PRESENT_MS = 5 * MINUTE_MS
"""A gauge is part of its group's mean for so long after its last sample, as in PromQL."""
_GROUPS_A_METRIC = (
    (100, frozenset[str]()),
    (200, frozenset({"job"})),
    (201, frozenset({"job", "le"})),
)
"""Labels that groups lose once a metric has so many: those may be what explodes."""
_GROUPS_A_PROJECT = 10_000
_MOST_SENDERS = 50
_MOST_TYPES = 100_000
_NEW = -1

Elsewhere = Mapping[tuple[int, str], int]
"""Series that other processes store, by project and metric; WHOLE_PROJECT: of all metrics."""


@dataclass(slots=True, kw_only=True)
class _Use:
    """What is known of one metric of one project.

    number: its place in the guard's list, once it has one. folded: of active series; samples: ever.
    """

    project_id: int
    metric: str
    number: int = _NEW
    series: int = 0
    folded: int = 0
    samples: int = 0
    groups: dict[Labels, int] = field(default_factory=dict)
    sketch: LabelSketch | None = None
    senders: Counter[str] = field(default_factory=Counter)


class SeriesGuard:
    """Counts series by metric and project. Not thread-safe: the registry's lock is held around it.

    lane: this process's name on overflow series. max_folded: series beyond the limits that are
    remembered, so that what they add up to is right; further ones are refused.
    """

    def __init__(self, limits: SeriesLimits, *, lane: str, max_folded: int, salt: bytes) -> None:
        self.limits = limits
        self.refused = 0
        self.folded = 0
        self._lane, self._max_folded, self._salt = lane, max_folded, salt
        self._rules: Mapping[int, ProjectRules] = {}
        self._policies: dict[int, LabelPolicy] = {}
        self._elsewhere: Elsewhere = {}
        self._uses: list[_Use] = []
        self._numbers: dict[tuple[int, str], int] = {}
        self._series: Counter[int] = Counter()
        self._groups: list[Group] = []
        self._groups_of: Counter[int] = Counter()
        self._types: dict[tuple[int, str], str] = {}

    def policy(self, project_id: int) -> LabelPolicy | None:
        """What becomes of a project's labels; None if nothing does."""
        return self._policies.get(project_id)

    def limits_of(self, project_id: int) -> SeriesLimits:
        """The limits that hold for a project."""
        rules = self._rules.get(project_id) if self._rules else None
        return rules.limits(self.limits) if rules else self.limits

    def set_rules(self, rules: Mapping[int, ProjectRules]) -> bool:
        """Take over what admins set; True if labels are treated differently from now on."""
        self._rules = rules
        policies = {pid: rule.policy(self._salt) for pid, rule in rules.items()}
        found = {pid: policy for pid, policy in policies.items() if policy is not None}
        has_changed = found != self._policies
        self._policies = found
        return has_changed

    def set_elsewhere(self, elsewhere: Elsewhere) -> None:
        """Take over what other processes store."""
        self._elsewhere = elsewhere

    def declare(self, project_id: int, rows: Sequence[MetadataRow]) -> None:
        """Note the types of metrics: a name alone does not always tell a counter."""
        for row in rows:
            key = (project_id, row.metric)
            if is_counter(row.metric, row.type) == is_counter(row.metric, None):
                self._types.pop(key, None)
            elif key in self._types or len(self._types) < _MOST_TYPES:
                self._types[key] = row.type

    def place(self, project_id: int, metric: str, labels: Labels) -> tuple[int, int] | None:
        """Metric and group of a new series, which counts from now on; None: it is refused."""
        use = self._use(project_id, metric)
        limits = self.limits_of(project_id)
        if self._room(use, limits) > 0:
            if 2 * use.series >= limits.per_metric:
                _note(use, labels)
            return self._count(use)
        group = self._group(use, labels) if self.folded < self._max_folded else None
        if group is None:
            self.refused += 1
            return None
        _note(use, labels)
        sender = sender_of(labels)
        if sender in use.senders or len(use.senders) < _MOST_SENDERS:
            use.senders[sender] += 1
        use.folded += 1
        self.folded += 1
        return self._number(use), group

    def count(self, project_id: int, metric: str, _labels: Labels = ()) -> tuple[int, int]:
        """Count a series that is stored, whatever the limits say."""
        return self._count(self._use(project_id, metric))

    def add(self, uses: SlotUses, slots: NDArray[np.int64], values: Values) -> list[Group]:
        """Fold samples, ordered by time within a series; returns the groups that changed."""
        return [self._groups[number] for number in fold(self._groups, uses, slots, values)]

    def count_samples(self, uses: SlotUses, slots: NDArray[np.int64]) -> None:
        """Count samples of folded series."""
        metrics, samples = np.unique(uses.metric[slots], return_counts=True)
        for number, count in zip(metrics.tolist(), samples.tolist(), strict=True):
            self._uses[number].samples += count

    def sweep(self, uses: SlotUses, touched_ms: NDArray[np.int64], now_ms: int) -> None:
        """Count the active series anew, and store as themselves those for which there is room.

        touched_ms: of each slot in use, when it last had a sample.
        """
        size = len(touched_ms)
        metric, group = uses.metric[:size], uses.group[:size]
        counts = (touched_ms >= now_ms - ACTIVE_MS) & (metric >= 0)
        stored = np.bincount(metric[counts & (group < 0)], minlength=len(self._uses)).tolist()
        folded = np.bincount(metric[counts & (group >= 0)], minlength=len(self._uses)).tolist()
        self._series.clear()
        for use, kept, beyond in zip(self._uses, stored, folded, strict=True):
            use.series, use.folded = kept, beyond
            self._series[use.project_id] += kept
        for number, use in enumerate(self._uses):
            room = self._room(use, self.limits_of(use.project_id)) if use.folded else 0
            if room > 0:
                folds = np.flatnonzero(counts & (metric == number) & (group >= 0))
                self._unfold(uses, folds[:room], use)
            if not use.folded:
                use.senders.clear()
            if not use.folded and 2 * use.series < self.limits_of(use.project_id).per_metric:
                use.sketch = None
        self.folded = int((group >= 0).sum())
        average_anew(self._groups, uses, touched_ms >= now_ms - PRESENT_MS)

    def renumber(self, uses: SlotUses, size: int) -> None:
        """Forget metrics and groups that no slot is of any more. size: slots in use."""
        metrics = np.unique(uses.metric[:size][uses.metric[:size] >= 0])
        kept = [self._uses[number] for number in metrics.tolist()]
        groups = sorted({number for use in kept for number in use.groups.values()})
        place = {old: new for new, old in enumerate(groups)}
        _replace(uses.metric[:size], metrics.tolist())
        _replace(uses.group[:size], groups)
        self._groups = [self._groups[number] for number in groups]
        self._groups_of = Counter(group.project_id for group in self._groups)
        self._uses = kept
        self._numbers = {(use.project_id, use.metric): at for at, use in enumerate(kept)}
        for at, use in enumerate(kept):
            use.number = at
            use.groups = {labels: place[old] for labels, old in use.groups.items()}

    def reports(self, *, at_least: float) -> list[MetricReport]:
        """Every project as a whole, and metrics that use this share of their limit or overflow."""
        wholes: dict[int, list[int]] = {project_id: [0, 0] for project_id in self._series}
        found = []
        for use in self._uses:
            whole = wholes.setdefault(use.project_id, [0, 0])
            whole[0] += use.folded
            whole[1] += use.samples
            limit = self.limits_of(use.project_id).per_metric
            if use.folded or use.samples or use.series >= at_least * limit:
                found.append(_report(use))
        return [
            MetricReport(
                project_id=project_id,
                metric=WHOLE_PROJECT,
                series=self._series[project_id],
                folded=folded,
                samples=samples,
            )
            for project_id, (folded, samples) in wholes.items()
        ] + found

    def _use(self, project_id: int, metric: str) -> _Use:
        """What is known of a metric; nothing is remembered of a new one."""
        number = self._numbers.get((project_id, metric))
        return _Use(project_id=project_id, metric=metric) if number is None else self._uses[number]

    def _count(self, use: _Use) -> tuple[int, int]:
        use.series += 1
        self._series[use.project_id] += 1
        return self._number(use), NOT_FOLDED

    def _number(self, use: _Use) -> int:
        if use.number == _NEW:
            use.number = self._numbers[use.project_id, use.metric] = len(self._uses)
            self._uses.append(use)
        return use.number

    def _room(self, use: _Use, limits: SeriesLimits) -> int:
        """How many more series of a metric may be stored as themselves."""
        project_id, elsewhere = use.project_id, self._elsewhere
        of_metric, of_project = use.series, self._series[project_id]
        if elsewhere:
            of_metric += elsewhere.get((project_id, use.metric), 0)
            of_project += elsewhere.get((project_id, WHOLE_PROJECT), 0)
        return min(limits.per_metric - of_metric, limits.per_project - of_project)

    def _group(self, use: _Use, labels: Labels) -> int | None:
        """The group that a series folds into; None if the project has too many."""
        for most, without in _GROUPS_A_METRIC:
            wanted = overflow_labels(labels, self._lane, without=without)
            if (known := use.groups.get(wanted)) is not None:
                return known
            if len(use.groups) < most:
                break
        if self._groups_of[use.project_id] >= _GROUPS_A_PROJECT:
            return None
        declared = self._types.get((use.project_id, use.metric))
        group = Group(
            project_id=use.project_id,
            labels=wanted,
            is_counter=is_counter(use.metric, declared),
        )
        self._groups.append(group)
        self._groups_of[use.project_id] += 1
        use.groups[wanted] = len(self._groups) - 1
        return len(self._groups) - 1

    def _unfold(self, uses: SlotUses, slots: NDArray[np.int64], use: _Use) -> None:
        uses.group[slots] = NOT_FOLDED
        use.series += len(slots)
        use.folded -= len(slots)
        self._series[use.project_id] += len(slots)


def _note(use: _Use, labels: Labels) -> None:
    if use.sketch is None:
        use.sketch = LabelSketch()
    use.sketch.add(labels)


def _report(use: _Use) -> MetricReport:
    label, values = use.sketch.widest() if use.sketch else ("", 0)
    return MetricReport(
        project_id=use.project_id,
        metric=use.metric,
        series=use.series,
        folded=use.folded,
        samples=use.samples,
        label=label,
        label_values=values,
        senders=tuple(use.senders.most_common(5)),
    )


def _replace(column: NDArray[np.int32], kept: Sequence[int]) -> None:
    """Each kept number becomes its place among them; negative ones stay."""
    is_number = column >= 0
    column[is_number] = np.searchsorted(np.array(kept, np.int64), column[is_number])
