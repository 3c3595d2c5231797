"""Where the series are, who sends them, how many there may be, and which labels are kept."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from watchkeeper.access import audit
from watchkeeper.api.auth import AdminScope, Caller, RoomsHere, ViewerScope
from watchkeeper.api.rooms import Rooms
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.shapes import ERRORS, Answer, Body, example
from watchkeeper.ingest import RuleRows, UseRows, put_rules
from watchkeeper.ingest.cardinality import (
    FIXED_LABELS,
    WHOLE_PROJECT,
    MetricReport,
    ProjectRules,
    SeriesLimits,
    joined_reports,
)
from watchkeeper.lib.errors import Invalid
from watchkeeper.query.metrics import MetricLoad, series_load

router = LateRouter(tags=["metrics"], responses=ERRORS)

MOST_SERIES = 10_000_000
_MOST_LABELS = 100
LabelName = Annotated[str, Field(min_length=1, max_length=200)]
Limit = Annotated[int, Field(ge=1, le=MOST_SERIES)]


class SenderLoad(Answer):
    """sender: the job or service of the series, else the program that sends them; or empty."""

    sender: str
    series: int


class MetricCardinality(Answer):
    """series: stored as themselves. overflowed: active ones beyond a limit, which are folded.

    overflow_samples: folded since the servers' processes started. top_label: most values.
    """

    metric: str
    series: int
    limit: int | None
    overflowed: int
    overflow_samples: int
    top_label: str
    top_label_values: int
    senders: list[SenderLoad]


class LabelCardinality(Answer):
    """values: different ones over all metrics."""

    label: str
    values: int


class SeriesRulesAnswer(Answer):
    """What the project set, null where the server's limit holds; and the server's limits."""

    limit_per_metric: int | None
    limit_per_project: int | None
    drop_labels: list[str]
    hash_labels: list[str]
    default_per_metric: int
    default_per_project: int


class CardinalityAnswer(Answer):
    """Series of the last two days. metrics, labels: those with most, the largest first.

    Metrics that overflow come before all others. Overflow is at most 15 seconds old.
    """

    limit_per_metric: int | None
    limit_per_project: int | None
    active_series: int
    metrics: list[MetricCardinality]
    labels: list[LabelCardinality]
    rules: SeriesRulesAnswer


class SeriesRulesBody(Body):
    """Limits: null takes the server's. Labels are dropped or hashed from now on."""

    model_config = example(
        limit_per_metric=50_000, limit_per_project=None, drop_labels=[], hash_labels=["user_id"]
    )
    limit_per_metric: Limit | None = None
    limit_per_project: Limit | None = None
    drop_labels: list[LabelName] = Field(default_factory=list, max_length=_MOST_LABELS)
    hash_labels: list[LabelName] = Field(default_factory=list, max_length=_MOST_LABELS)


@router.get("/projects/{project_id}/cardinality")
def get_cardinality(rooms: RoomsHere, scope: ViewerScope, project_id: int) -> CardinalityAnswer:
    """The metrics and labels with the most series, who sends them, and what is beyond a limit."""
    now_ms = rooms.clock()
    load = series_load(rooms.columns, scope, now_ms)
    rules = RuleRows(rooms.meta).of(project_id)
    limits = rules.limits(_default(rooms))
    told = UseRows(rooms.meta).of_project(project_id, now_ms=now_ms)
    beyond = {one.metric: one for one in joined_reports(told) if one.folded}
    beyond.pop(WHOLE_PROJECT, None)
    stored = {each.metric: each for each in load.metrics}
    names = sorted(beyond, key=lambda name: (-beyond[name].folded, name))
    names += [each.metric for each in load.metrics if each.metric not in beyond]
    return CardinalityAnswer(
        limit_per_metric=limits.per_metric,
        limit_per_project=limits.per_project,
        active_series=load.active_series,
        metrics=[
            _metric(name, stored.get(name), beyond.get(name), limits.per_metric) for name in names
        ],
        labels=[LabelCardinality(label=name, values=values) for name, values in load.labels],
        rules=_rules(rooms, rules),
    )


@router.put("/projects/{project_id}/cardinality")
def put_series_rules(
    rooms: RoomsHere, caller: Caller, scope: AdminScope, project_id: int, body: SeriesRulesBody
) -> SeriesRulesAnswer:
    """Set limits and label rules. They hold within 15 seconds. Needs role admin.

    A limit raised lets folded series be stored as themselves; lowered, it folds new ones: those
    that are stored already stay until they are idle for an hour.
    """
    for name in (*body.drop_labels, *body.hash_labels):
        if name in FIXED_LABELS:
            raise Invalid(f"The label {name} makes the metric what it is; it cannot be changed.")
    rules = ProjectRules(
        per_metric=body.limit_per_metric,
        per_project=body.limit_per_project,
        drop_labels=tuple(body.drop_labels),
        hash_labels=tuple(body.hash_labels),
    )
    with rooms.meta.write() as conn:
        put_rules(conn, project_id, rules)
        audit(
            conn,
            org_id=scope.org_id,
            at_ms=rooms.clock(),
            actor=caller.email,
            action="series_rules.changed",
            target=str(project_id),
            facts=body.model_dump(),
        )
    return _rules(rooms, rules)


def _default(rooms: Rooms) -> SeriesLimits:
    options = rooms.acceptor.series.options
    return SeriesLimits(per_metric=options.max_per_metric, per_project=options.max_per_project)


def _rules(rooms: Rooms, rules: ProjectRules) -> SeriesRulesAnswer:
    default = _default(rooms)
    return SeriesRulesAnswer(
        limit_per_metric=rules.per_metric,
        limit_per_project=rules.per_project,
        drop_labels=list(rules.drop_labels),
        hash_labels=list(rules.hash_labels),
        default_per_metric=default.per_metric,
        default_per_project=default.per_project,
    )


def _metric(
    name: str, load: MetricLoad | None, beyond: MetricReport | None, limit: int
) -> MetricCardinality:
    """What is stored, and over it what the guard knows of a metric beyond its limit."""
    label, values = (load.top_label, load.top_label_values) if load else ("", 0)
    senders = dict(load.senders) if load else {}
    if beyond is not None and beyond.label:
        values = max(beyond.label_values, values if label == beyond.label else 0)
        label = beyond.label
    for sender, series in beyond.senders if beyond else ():
        senders[sender] = senders.get(sender, 0) + series
    most_first = sorted(senders.items(), key=lambda each: (-each[1], each[0]))
    return MetricCardinality(
        metric=name,
        series=load.series if load else (beyond.series if beyond else 0),
        limit=limit,
        overflowed=beyond.folded if beyond else 0,
        overflow_samples=beyond.samples if beyond else 0,
        top_label=label,
        top_label_values=values,
        senders=[SenderLoad(sender=sender, series=series) for sender, series in most_first],
    )
