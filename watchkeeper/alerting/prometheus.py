"""Rules and alerts in the shapes of Prometheus's /api/v1/rules and /api/v1/alerts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from watchkeeper.alerting.rules import (
    AlertingRule,
    AlertState,
    Evaluator,
    GroupStatus,
    Phase,
    Rule,
    RuleHealth,
)
from watchkeeper.lib.rfc3339 import NEVER, rfc3339
from watchkeeper.model import Scope, labels_of
from watchkeeper.query.promql import Matcher, format_expr, parse, satisfies

Json = dict[str, object]


def rules_answer(
    evaluator: Evaluator,
    scope: Scope,
    *,
    kind: str = "",
    names: Collection[str] = (),
    groups: Collection[str] = (),
    files: Collection[str] = (),
    matchers: Sequence[Sequence[Matcher]] = (),
    exclude_alerts: bool = False,
) -> list[Json]:
    """The groups of /api/v1/rules. kind: "alert", "record" or "" for both; no filter lets all by.

    matchers: sets of conditions on a rule's own labels, of which one must hold; labels that are
    templates count as absent.
    """
    found: list[Json] = []
    for status in evaluator.groups(scope):
        if (groups and status.group.name not in groups) or (files and status.file not in files):
            continue
        rules = [
            _rule(status, rule, exclude_alerts=exclude_alerts)
            for rule in status.group.rules
            if (not names or rule.name in names) and kind in ("", _kind(rule))
            if not matchers or _meets_one(rule, matchers)
        ]
        if rules or not (kind or names or matchers):
            found.append(_group(status, rules))
    return found


def _meets_one(rule: Rule, matchers: Sequence[Sequence[Matcher]]) -> bool:
    plain = labels_of({k: v for k, v in dict(rule.labels).items() if "{{" not in v})
    return any(all(satisfies(plain, each) for each in matcher_set) for matcher_set in matchers)


def alerts_answer(evaluator: Evaluator, scope: Scope) -> Json:
    """The data of /api/v1/alerts."""
    return {
        "alerts": [
            alert
            for status in evaluator.groups(scope)
            for states in status.alerts.values()
            for alert in _alerts(states.values())
        ]
    }


def _kind(rule: Rule) -> str:
    return "alert" if isinstance(rule, AlertingRule) else "record"


def _group(status: GroupStatus, rules: list[Json]) -> Json:
    return {
        "name": status.group.name,
        "file": status.file,
        "rules": rules,
        "interval": status.interval_ms / 1000,
        "limit": status.group.limit,
        "evaluationTime": status.duration_s,
        "lastEvaluation": _time(status.last_ms),
    }


def _rule(status: GroupStatus, rule: Rule, *, exclude_alerts: bool) -> Json:
    health = status.health.get(rule.key) or RuleHealth()
    facts: Json = {
        "name": rule.name,
        "query": format_expr(parse(rule.expr)),
        "labels": dict(rule.labels),
        "health": health.health,
        "evaluationTime": health.duration_s,
        "lastEvaluation": _time(health.last_evaluation_ms),
    }
    if health.last_error:
        facts["lastError"] = health.last_error
    if not isinstance(rule, AlertingRule):
        return {**facts, "type": "recording"}
    states = status.alerts.get(rule.key, {})
    return {
        "state": rule_state(states.values()),
        **facts,
        "duration": rule.hold_ms / 1000,
        "keepFiringFor": rule.keep_firing_ms / 1000,
        "annotations": dict(rule.annotations),
        "alerts": [] if exclude_alerts else _alerts(states.values()),
        "type": "alerting",
    }


def rule_state(states: Iterable[AlertState]) -> str:
    """The worst state of a rule's alerts: firing, pending or inactive."""
    phases = {state.phase for state in states}
    return next(
        (phase.value for phase in (Phase.FIRING, Phase.PENDING) if phase in phases), "inactive"
    )


def _alerts(states: Iterable[AlertState]) -> list[Json]:
    return [
        {
            "labels": dict(state.labels),
            "annotations": dict(state.annotations),
            "state": state.phase.value,
            "activeAt": _time(state.active_ms),
            **({"keepFiringSince": _time(state.keep_firing_ms)} if state.keep_firing_ms else {}),
            "value": go_exponent(state.value),
        }
        for state in states
        if state.is_active
    ]


def go_exponent(value: float) -> str:
    """A float as Go's %e with the shortest digits: 9.85699987411499e+00, 0e+00, NaN, +Inf."""
    if value != value:  # noqa: PLR0124 (NaN)
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "+Inf" if value > 0 else "-Inf"
    digits = 0
    while float(f"{value:.{digits}e}") != value:
        digits += 1
    return f"{value:.{digits}e}"


def _time(ms: int | None) -> str:
    return NEVER if ms is None else rfc3339(ms)
