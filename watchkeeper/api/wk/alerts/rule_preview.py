"""What a rule would compare right now, before it is kept: values, and rates per hour too."""

from __future__ import annotations

import math

from watchkeeper.alerting import RuleFileInvalid
from watchkeeper.alerting.rules import AlertingRule
from watchkeeper.api.auth import RoomsHere, ViewerScope
from watchkeeper.api.rooms import Rooms
from watchkeeper.api.wk.alerts.rules import RuleSourceBody
from watchkeeper.api.wk.charts import instant
from watchkeeper.api.wk.late import LateRouter
from watchkeeper.api.wk.shapes import ERRORS, Answer
from watchkeeper.lib.errors import WatchkeeperError
from watchkeeper.model import METRIC_NAME, Scope
from watchkeeper.query.promql import Comparison, comparison_of, parse

router = LateRouter(tags=["rules"], responses=ERRORS)

MOST_RULES = 20
MOST_VALUES = 3
_HOUR_S = 3600


class PreviewValue(Answer):
    """One series of what is compared. per_hour: null unless the value is per second."""

    labels: dict[str, str]
    value: float
    per_hour: float | None
    is_met: bool


class RulePreview(Answer):
    """limit, operator: null and empty when the expression is no comparison with a number.

    limit_per_hour: of a rate. values: those nearest to firing, of `series` in all.
    error: why there is no value.
    """

    alert: str
    line: int
    expr: str
    operator: str
    limit: float | None
    limit_per_hour: float | None
    values: list[PreviewValue]
    series: int
    error: str


class RulePreviewsAnswer(Answer):
    """Of the first 20 alerting rules; empty while the file has a fault."""

    rules: list[RulePreview]


@router.post("/projects/{project_id}/rules/preview")
def preview_rules(rooms: RoomsHere, scope: ViewerScope, body: RuleSourceBody) -> RulePreviewsAnswer:
    """Evaluate each alerting rule of a file now, without keeping the file."""
    try:
        parsed = rooms.rules.check(body.source)
    except RuleFileInvalid:
        return RulePreviewsAnswer(rules=[])
    rules = [
        rule for group in parsed.groups for rule in group.rules if isinstance(rule, AlertingRule)
    ]
    return RulePreviewsAnswer(rules=[_preview(rooms, scope, rule) for rule in rules[:MOST_RULES]])


def _preview(rooms: Rooms, scope: Scope, rule: AlertingRule) -> RulePreview:
    tree = parse(rule.expr)
    compared = comparison_of(tree, rule.expr)
    error, found = "", list[tuple[dict[str, str], float]]()
    try:
        found = instant(
            rooms.engine, scope, compared.value if compared else rule.expr, rooms.clock()
        )
    except WatchkeeperError as problem:
        error = str(problem)
    return RulePreview(
        alert=rule.name,
        line=rule.line,
        expr=rule.expr,
        operator=compared.operator if compared else "",
        limit=compared.limit if compared else None,
        limit_per_hour=compared.limit * _HOUR_S if compared and compared.is_per_second else None,
        values=_nearest(found, compared),
        series=len(found),
        error=error,
    )


def _nearest(
    found: list[tuple[dict[str, str], float]], compared: Comparison | None
) -> list[PreviewValue]:
    is_low = compared is not None and compared.operator in {"<", "<="}
    ordered = sorted(found, key=lambda each: each[1], reverse=not is_low)
    return [
        PreviewValue(
            labels={name: text for name, text in labels.items() if name != METRIC_NAME},
            value=value,
            per_hour=value * _HOUR_S if compared and compared.is_per_second else None,
            is_met=compared is None or _holds(value, compared),
        )
        for labels, value in ordered[:MOST_VALUES]
    ]


def _holds(value: float, compared: Comparison) -> bool:
    limit = compared.limit
    return {
        ">": value > limit,
        ">=": value >= limit,
        "<": value < limit,
        "<=": value <= limit,
        "==": math.isclose(value, limit, rel_tol=0, abs_tol=0),
        "!=": value != limit,
    }[compared.operator]
