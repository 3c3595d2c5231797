"""What the guard works with: limits, what becomes of labels, who sends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from hashlib import blake2b

from watchkeeper.model import METRIC_NAME, Labels, labels_of

NOT_FOLDED = -1
"""The group of a series that is stored as itself."""
OVERFLOW_LABEL = "watchkeeper_overflow"
LANE_LABEL = "watchkeeper_lane"
WHOLE_PROJECT = ""
"""Stands where a metric's name would, for all metrics of a project."""
FIXED_LABELS = frozenset({METRIC_NAME, "le", "quantile"})
"""Neither dropped nor hashed."""
_HASH_BYTES = 8

current_sender: ContextVar[str] = ContextVar("current_sender", default="")
"""Who sends what is being taken in, for series that name neither job nor service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesLimits:
    """How many active series may be stored as themselves."""

    per_metric: int = 100_000
    per_project: int = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelPolicy:
    """Labels that are never stored, or only as 16 hex digits of a salted hash."""

    drop: frozenset[str] = frozenset()
    hash: frozenset[str] = frozenset()
    salt: bytes = b""

    def kept_of(self, labels: Mapping[str, str]) -> dict[str, str]:
        """The same of labels that are no series', such as an exemplar's."""
        return dict(self.kept(labels_of(labels)))

    def kept(self, labels: Labels) -> Labels:
        """The labels as they are stored."""
        if not any(name in self.drop or name in self.hash for name, _ in labels):
            return labels
        return labels_of(
            (name, self._hashed(value) if name in self.hash else value)
            for name, value in labels
            if name not in self.drop
        )

    def _hashed(self, value: str) -> str:
        return blake2b(value.encode(), key=self.salt[:64], digest_size=_HASH_BYTES).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRules:
    """What a project's admin set; None: the server's default holds."""

    per_metric: int | None = None
    per_project: int | None = None
    drop_labels: tuple[str, ...] = ()
    hash_labels: tuple[str, ...] = ()

    def limits(self, default: SeriesLimits) -> SeriesLimits:
        """The limits that hold."""
        return SeriesLimits(
            per_metric=default.per_metric if self.per_metric is None else self.per_metric,
            per_project=default.per_project if self.per_project is None else self.per_project,
        )

    def policy(self, salt: bytes) -> LabelPolicy | None:
        """What becomes of labels; None if nothing does."""
        if not self.drop_labels and not self.hash_labels:
            return None
        return LabelPolicy(
            drop=frozenset(self.drop_labels) - FIXED_LABELS,
            hash=frozenset(self.hash_labels) - FIXED_LABELS,
            salt=salt,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricReport:
    """What one process knows of one metric. metric: WHOLE_PROJECT for all of a project.

    series: active and stored as themselves. folded: active and beyond a limit. samples: folded
    since the process started. label: the one with most values among the latest series, about
    `label_values`. senders: of folded series, most first.
    """

    project_id: int
    metric: str
    series: int
    folded: int = 0
    samples: int = 0
    label: str = ""
    label_values: int = 0
    senders: tuple[tuple[str, int], ...] = ()


def joined_reports(reports: Iterable[MetricReport]) -> list[MetricReport]:
    """One report a metric, of what several processes told; the widest label of any of them."""
    found: dict[tuple[int, str], MetricReport] = {}
    for one in reports:
        known = found.get((one.project_id, one.metric))
        found[one.project_id, one.metric] = one if known is None else _joined(known, one)
    return list(found.values())


def _joined(left: MetricReport, right: MetricReport) -> MetricReport:
    wider = max(left, right, key=lambda one: one.label_values)
    senders = Counter(dict(left.senders)) + Counter(dict(right.senders))
    return MetricReport(
        project_id=left.project_id,
        metric=left.metric,
        series=left.series + right.series,
        folded=left.folded + right.folded,
        samples=left.samples + right.samples,
        label=wider.label,
        label_values=wider.label_values,
        senders=tuple(senders.most_common()),
    )


def sender_of(labels: Labels) -> str:
    """The job or service of a series, else what its sender calls itself."""
    by_name = dict(labels)
    return (
        by_name.get("job")
        or by_name.get("service_name")
        or by_name.get("service")
        or current_sender.get()
    )
