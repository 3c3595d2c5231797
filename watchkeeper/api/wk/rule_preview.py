"""What a rule would compare right now, before it is kept: values, units, and likely mistakes."""

from __future__ import annotations

import math
import re

from fastapi import APIRouter

from watchkeeper.alerting import RuleFileInvalid
from watchkeeper.alerting.rules import AlertingRule
from watchkeeper.api.auth import RoomsHere, ViewerScope
from watchkeeper.api.rooms import Rooms
from watchkeeper.api.wk.charts import instant
from watchkeeper.api.wk.rules import RuleSourceBody
from watchkeeper.api.wk.shapes import ERRORS, Answer
from watchkeeper.lib.errors import WatchkeeperError
from watchkeeper.model import METRIC_NAME, Scope
from watchkeeper.query.promql import Comparison, comparison_of, metrics_of, parse

router = APIRouter(tags=["rules"], responses=ERRORS)

MOST_RULES = 20
MOST_VALUES = 3
_HOUR_S = 3600
_SHARE_WORDS = re.compile(r"%|per ?cent|\bratio\b|error ?rate|failure ?rate", re.IGNORECASE)
_HOURLY_WORDS = re.compile(r"per hour|an hour|/ ?h\b|hourly", re.IGNORECASE)


class PreviewValue(Answer):
    """One series of what is compared. per_hour: null unless the value is per second."""

    labels: dict[str, str]
    value: float
    per_hour: float | None
    is_met: bool


class RulePreview(Answer):
    """limit, operator: null and empty when the expression is no comparison with a number.

    limit_per_hour: of a rate. values: those nearest to firing, of `series` in all.
    hints: what looks like a mistake, as sentences. error: why there is no value.
    """

    alert: str
    line: int
    expr: str
    operator: str
    limit: float | None
    limit_per_hour: float | None
    values: list[PreviewValue]
    series: int
    hints: list[str]
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
    hints = _hints(rule, compared)
    if not found and not error and (names := metrics_of(tree)):
        hints = [*hints, *_missing(rooms, scope, names)]
    return RulePreview(
        alert=rule.name,
        line=rule.line,
        expr=rule.expr,
        operator=compared.operator if compared else "",
        limit=compared.limit if compared else None,
        limit_per_hour=compared.limit * _HOUR_S if compared and compared.is_per_second else None,
        values=_nearest(found, compared),
        series=len(found),
        hints=hints,
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


def _hints(rule: AlertingRule, compared: Comparison | None) -> list[str]:
    """A rate is per second; what the rule says in words may be a share or per hour."""
    if compared is None or not compared.is_per_second:
        return []
    words = " ".join((rule.name, *rule.annotations.values(), *rule.labels.values()))
    found = []
    if 0 < compared.limit < 1 and _SHARE_WORDS.search(_spaced(words)):
        found.append(
            f"The value is events per second, yet {compared.limit:g} reads like a share of"
            f" {compared.limit * 100:g} %. For a share divide by the rate of all events."
        )
    if _HOURLY_WORDS.search(words):
        found.append(
            f"The value is per second: {compared.limit:g} is {compared.limit * _HOUR_S:,.0f} an"
            " hour, and the text speaks of hours. Multiply by 3600 to compare per hour."
        )
    return found


def _spaced(words: str) -> str:
    """`HighErrorRate` as words too."""
    return f"{words} {re.sub(r'(?<=[a-z])(?=[A-Z])', ' ', words)}"


def _missing(rooms: Rooms, scope: Scope, names: tuple[str, ...]) -> list[str]:
    """Metrics that nothing has been sent of; a rule on them never fires."""
    now_ms = rooms.clock()
    absent = [
        name
        for name in names
        if not instant(rooms.engine, scope, f'count({{__name__="{_quoted(name)}"}})', now_ms)
    ]
    return [f"Nothing is sent of {', '.join(absent)} now: this rule cannot fire."] if absent else []


def _quoted(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"')
