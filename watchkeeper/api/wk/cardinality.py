"""Where the series are, and who sends them."""

from __future__ import annotations

from fastapi import APIRouter

from watchkeeper.api.auth import RoomsHere, ViewerScope
from watchkeeper.api.wk.shapes import ERRORS, Answer
from watchkeeper.query.metrics import MetricLoad, series_load

router = APIRouter(tags=["metrics"], responses=ERRORS)


class SenderLoad(Answer):
    """sender: the job or service of the series; empty for series that name neither."""

    sender: str
    series: int


class MetricCardinality(Answer):
    """limit null: none is set. overflowed: series beyond it. top_label: most values."""

    metric: str
    series: int
    limit: int | None
    overflowed: int
    top_label: str
    top_label_values: int
    senders: list[SenderLoad]


class LabelCardinality(Answer):
    """values: different ones over all metrics."""

    label: str
    values: int


class CardinalityAnswer(Answer):
    """Series of the last two days. metrics, labels: those with most, the largest first."""

    limit_per_metric: int | None
    limit_per_project: int | None
    active_series: int
    metrics: list[MetricCardinality]
    labels: list[LabelCardinality]


@router.get("/projects/{project_id}/cardinality")
def get_cardinality(rooms: RoomsHere, scope: ViewerScope) -> CardinalityAnswer:
    """The metrics and labels with the most series, and who sends them."""
    load = series_load(rooms.columns, scope, rooms.clock())
    return CardinalityAnswer(
        limit_per_metric=None,
        limit_per_project=None,
        active_series=load.active_series,
        metrics=[_metric(each) for each in load.metrics],
        labels=[LabelCardinality(label=name, values=values) for name, values in load.labels],
    )


def _metric(load: MetricLoad) -> MetricCardinality:
    return MetricCardinality(
        metric=load.metric,
        series=load.series,
        limit=None,
        overflowed=0,
        top_label=load.top_label,
        top_label_values=load.top_label_values,
        senders=[SenderLoad(sender=name, series=series) for name, series in load.senders],
    )
