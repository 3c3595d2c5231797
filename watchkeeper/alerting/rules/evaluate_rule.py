"""One rule at one time: from its expression's answer to alerts or recorded series."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from watchkeeper.alerting.rules.errors import EvaluationFailed
from watchkeeper.alerting.rules.state import AlertState, Seen, advance
from watchkeeper.alerting.rules.templates import Given, Sample, expand_template
from watchkeeper.alerting.rules.types import AlertingRule
from watchkeeper.model import METRIC_NAME, Histogram, Labels, labels_of
from watchkeeper.query.promql import Expr as Node
from watchkeeper.query.promql import Result, Scalar, Selector, Vector, parse

Instants = list[tuple[Labels, float]]
States = dict[Labels, AlertState]
Query = Callable[[str], Sequence[Sample]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What templates may see beside the alert."""

    external_labels: Mapping[str, str]
    external_url: str


def instants(result: Result) -> Instants:
    """The answer of an instant query as (labels, value). Raises EvaluationFailed if it is none.

    A native histogram stands as 0, as for Prometheus's alerts.
    """
    return [
        (labels, 0.0 if isinstance(sample, Histogram) else sample)
        for labels, sample in recordable(result)
    ]


def recordable(result: Result) -> list[tuple[Labels, float | Histogram]]:
    """As `instants`, with native histograms as they are."""
    match result.value:
        case Vector(labels, values, _, None):
            return list(zip(labels, values.tolist(), strict=True))
        case Vector(labels, values, _, histograms) if histograms is not None:
            samples = zip(values.tolist(), list(histograms), strict=True)
            found = [value if histogram is None else histogram for value, histogram in samples]
            return list(zip(labels, found, strict=True))
        case Scalar(value, _):
            return [((), value)]
    raise EvaluationFailed("rule result is not a vector or scalar")


def sees(
    rule: AlertingRule,
    vector: Instants,
    *,
    now_ms: int,
    surroundings: Surroundings,
    query: Query,
) -> dict[Labels, Seen]:
    """The alerts that the vector stands for, by their labels, templates expanded.

    Raises EvaluationFailed if two get the same labels.
    """
    found: dict[Labels, Seen] = {}
    for labels, value in vector:
        given = Given(
            labels=dict(labels),
            value=value,
            now_ms=now_ms,
            external_labels=surroundings.external_labels,
            external_url=surroundings.external_url,
            query=query,
        )
        own = {name: text for name, text in labels if name != METRIC_NAME}
        own |= {name: expand_template(text, given) for name, text in rule.labels.items()}
        own["alertname"] = rule.name
        identity = labels_of(own)
        if identity in found:
            raise EvaluationFailed(
                "vector contains metrics with the same labelset after applying alert labels"
            )
        notes = {name: expand_template(text, given) for name, text in rule.annotations.items()}
        found[identity] = Seen(labels=identity, annotations=notes, value=value)
    return found


def advanced(
    rule: AlertingRule, states: States, seen: Mapping[Labels, Seen], *, now_ms: int, limit: int
) -> States:
    """Every alert of the rule after this evaluation. Raises EvaluationFailed beyond the limit."""
    after: States = {}
    for labels in {**states, **seen}:
        state = advance(
            states.get(labels),
            seen.get(labels),
            now_ms=now_ms,
            hold_ms=rule.hold_ms,
            keep_firing_ms=rule.keep_firing_ms,
        )
        if state is not None:
            after[labels] = state
    active = sum(state.is_active for state in after.values())
    if limit and active > limit:
        raise EvaluationFailed(f"exceeded limit of {limit} with {active} alerts")
    return after


def selectors(expr: str) -> list[str]:
    """The selectors of an expression as written, each once."""
    found: dict[str, None] = {}

    def visit(node: Node) -> None:
        if isinstance(node, Selector):
            found.setdefault(expr[node.start : node.end])
        for child in node.children():
            visit(child)

    visit(parse(expr))
    return list(found)


def no_series_note(expr: str) -> str:
    """What to tell about a rule that selected nothing at all."""
    listed = ", ".join(selectors(expr))
    return f"Selects no series: {listed}." if listed else ""
