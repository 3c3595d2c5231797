"""Where the series of a project are, and who sends them."""

from __future__ import annotations

from dataclasses import dataclass

from watchkeeper.model import Scope
from watchkeeper.query.metrics.repo import MetricRepo
from watchkeeper.store.columns import Columns

MOST_METRICS = 50
MOST_LABELS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricLoad:
    """One metric's part. top_label: the one with most values; senders: (job or service, series)."""

    metric: str
    series: int
    top_label: str
    top_label_values: int
    senders: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectLoad:
    """Series of the last two days. metrics, labels: those with most, the largest first."""

    active_series: int
    metrics: list[MetricLoad]
    labels: list[tuple[str, int]]


def series_load(columns: Columns, scope: Scope, now_ms: int) -> ProjectLoad:
    """How the series spread over metrics, labels and senders. Blocks."""
    repo = MetricRepo(columns, scope, now_ms)
    counts = repo.recent()
    top = sorted(counts, key=lambda name: (-counts[name], name))[:MOST_METRICS]
    widest = repo.widest_labels(top) if top else {}
    senders = repo.senders(top) if top else {}
    return ProjectLoad(
        active_series=sum(counts.values()),
        metrics=[
            MetricLoad(
                metric=name,
                series=counts[name],
                top_label=widest.get(name, ("", 0))[0],
                top_label_values=widest.get(name, ("", 0))[1],
                senders=tuple(senders.get(name, ())),
            )
            for name in top
        ],
        labels=repo.label_values(MOST_LABELS),
    )
