"""The metric catalogue: what there is to ask."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path, Query
from pydantic import BaseModel, Field

from watchkeeper.api.auth import RoomsHere, ViewerScope
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.shapes import ERRORS, Answer
from watchkeeper.query.metrics import (
    FRESH_MS,
    LabelFacts,
    MetricCatalogue,
    MetricQuery,
    MetricRow,
    MetricSort,
)

router = LateRouter(tags=["metrics"], responses=ERRORS)


class MetricsQuery(BaseModel):
    """q: words of the name or help. cursor: rows to pass over, as `next_cursor` said."""

    q: str = Field(default="", max_length=200)
    type: str = Field(default="", max_length=40)
    sort: Literal["name", "series", "silent"] = "name"
    cursor: int = Field(default=0, ge=0, le=10_000_000)
    limit: int = Field(default=100, ge=1, le=500)


class MetricAnswer(Answer):
    """series: active ones, of the last two days. last_ms: Unix ms of the newest sample.

    is_exact false: last_ms is only known to the day. samples_per_day: at the present pace.
    """

    metric: str
    type: str
    help: str
    unit: str
    series: int
    last_ms: int
    is_exact: bool
    samples_per_day: float | None
    jobs: list[str]


class MetricsAnswer(Answer):
    """total: metrics that match; of: all; next_cursor null: this was the last page."""

    metrics: list[MetricAnswer]
    total: int
    of: int
    series: int
    next_cursor: int | None
    fresh_ms: int


class LabelValue(Answer):
    """series: of this metric that carry the value."""

    value: str
    series: int


class MetricLabel(Answer):
    """values: how many different ones; top: the most frequent."""

    name: str
    values: int
    series: int
    top: list[LabelValue]


class MetricDetailAnswer(Answer):
    """One metric and its labels, the one with most values first."""

    metric: MetricAnswer
    labels: list[MetricLabel]


@router.get("/projects/{project_id}/metrics")
def list_metrics(
    rooms: RoomsHere, scope: ViewerScope, query: Annotated[MetricsQuery, Query()]
) -> MetricsAnswer:
    """Metrics of the last 30 days with type, help, unit, series and age, a page at a time."""
    wanted = MetricQuery(
        text=query.q,
        type=query.type,
        sort=MetricSort(query.sort),
        offset=query.cursor,
        limit=query.limit,
    )
    page = MetricCatalogue(rooms.columns, scope, rooms.clock()).page(wanted)
    end = query.cursor + len(page.rows)
    return MetricsAnswer(
        metrics=[_row(each) for each in page.rows],
        total=page.total,
        of=page.of,
        series=page.series,
        next_cursor=end if end < page.total and page.rows else None,
        fresh_ms=FRESH_MS,
    )


@router.get("/projects/{project_id}/metrics/{metric:path}")
def get_metric(
    rooms: RoomsHere, scope: ViewerScope, metric: Annotated[str, Path(max_length=1024)]
) -> MetricDetailAnswer:
    """One metric with its labels and their most frequent values."""
    found = MetricCatalogue(rooms.columns, scope, rooms.clock()).detail(metric)
    return MetricDetailAnswer(
        metric=_row(found.row), labels=[_label(each) for each in found.labels]
    )


def _row(row: MetricRow) -> MetricAnswer:
    return MetricAnswer(
        metric=row.metric,
        type=row.type,
        help=row.help,
        unit=row.unit,
        series=row.series,
        last_ms=row.last_ms,
        is_exact=row.is_exact,
        samples_per_day=row.samples_per_day,
        jobs=list(row.jobs),
    )


def _label(facts: LabelFacts) -> MetricLabel:
    return MetricLabel(
        name=facts.name,
        values=facts.values,
        series=facts.series,
        top=[LabelValue(value=value, series=series) for value, series in facts.top],
    )
